# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The requirements of RFC 9293, and the heads of the scenarios that name them."""

from pathlib import Path


class Requirement:
    def __init__(self, line):
        fields = [field.strip() for field in line.split("|")]
        if not 3 <= len(fields) <= 4:
            raise ValueError(f"not ID | level | text | note: {line}")
        self.id, self.level, self.text = fields[:3]
        self.note = fields[3] if len(fields) == 4 else ""


class Scenario:
    def __init__(self, name, file, number):
        self.name, self.file, self.number = name, file, number
        self.ids, self.rfcs, self.differs = [], [], []
        self.virtual = False
        self.only = ""      # why no stack but Tern is asked

    def read(self, line):
        word, _, rest = line.partition(" ")
        if word == "must":
            self.ids += rest.split()
        elif word == "rfc":
            self.rfcs += rest.split()
        elif word == "virtual":
            self.virtual = True
        elif word == "only":
            self.only = rest.removeprefix("tern ")
        elif word == "differs":
            self.differs.append(rest)


def read_requirements(root):
    lines = (Path(root) / "tests" / "requirements.txt").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def read_scenarios(root):
    """All scenarios of the tree, in the order of files and lines."""
    found = []
    for path in sorted((Path(root) / "tests" / "scenario").glob("*.scn")):
        current = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            if line.startswith("scenario "):
                current = Scenario(line.removeprefix("scenario ").strip(), path.name, number)
                found.append(current)
            elif line.startswith("routine "):
                current = None
            elif line and current:
                current.read(line)
    return found
