#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Every MUST of RFC 9293 is named by a scenario, or has nothing to test and says why."""

import re
import sys
from pathlib import Path

from requirements import read_requirements, read_scenarios
from tap import Tap

COUNTS = {"MUST": 69, "SHLD": 31, "MAY": 18, "REC": 1}      # of RFC 9293, appendix B


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    requirements = read_requirements(root)
    scenarios = read_scenarios(root)
    known = {r.id for r in requirements}
    named = {i for s in scenarios for i in s.ids}
    tap = Tap()

    for kind, count in COUNTS.items():
        ids = [r.id for r in requirements if r.id.startswith(f"{kind}-")]
        tap.case(f"the list holds {kind}-1 to {kind}-{count}, each once",
                 sorted(ids) == sorted(f"{kind}-{n}" for n in range(1, count + 1)))
    unknown = [f"{s.file}:{s.number}: {i}" for s in scenarios for i in s.ids if i not in known]
    tap.case("scenarios name requirements that exist", not unknown, *unknown)
    missing = [f"{r.id}: {r.text}" for r in requirements
               if r.id.startswith("MUST-") and r.id not in named and not r.note.startswith("n/a ")]
    tap.case("every MUST is named by a scenario, or is marked n/a", not missing, *missing)
    tested = [f"{r.id}: {r.note}" for r in requirements if r.note and r.id in named]
    tap.case("what is marked as not to be tested is named by no scenario", not tested, *tested)
    silent = [f"{s.file}:{s.number}: {s.name}" for s in scenarios if not s.rfcs]
    tap.case("every scenario says where its expectation comes from", not silent, *silent)
    # states.scn holds routines alone
    built = set(re.findall(r"^  '(\w+)',$", (Path(root) / "tests" / "scenario" / "meson.build").read_text(), re.MULTILINE))
    forgotten = sorted({s.file for s in scenarios if s.file.removesuffix(".scn") not in built})
    tap.case("every file of scenarios is run", not forgotten, *forgotten)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
