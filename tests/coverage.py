#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What the tests of a coverage build have reached, by room of the library, and its ten worst files.

usage: coverage.py BUILD

Exit status 1: less than 95 % of the lines or 85 % of the branches of the rooms that see packets. Assertions are
compiled out, so that they count for nothing.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOMS = ("wire", "ip", "tcp", "stack")
LEAST = {"line": 95.0, "branch": 85.0}


def files(build):
    """{path: summary} of the rooms' files, as gcovr has it."""
    root = Path(__file__).resolve().parent.parent
    filters = [word for room in ROOMS for word in ("--filter", f"{root}/lib/{room}/")]
    out = subprocess.run(
        ["gcovr", "--root", root, "--object-directory", build, *filters, "--exclude-unreachable-branches",
         "--exclude-throw-branches", "--json-summary", "-", build],
        check=True, capture_output=True, text=True).stdout
    return {f["filename"]: f for f in json.loads(out)["files"]}


def share(count, of):
    return 100.0 * count / of if of else 100.0


def row(name, sums):
    text = f"{name:<28}"
    for kind in LEAST:
        reached, of = sums[f"{kind}_covered"], sums[f"{kind}_total"]
        text += f" {reached:>6} of {of:>6} {share(reached, of):>6.1f} %"
    return text


def main():
    found = files(Path(sys.argv[1]).resolve())
    rooms = {room: defaultdict(int) for room in ROOMS}
    total = defaultdict(int)
    for path, f in found.items():
        for key in ("line_covered", "line_total", "branch_covered", "branch_total"):
            rooms[path.split("/")[1]][key] += f[key]
            total[key] += f[key]
    if total["line_total"] == 0:
        print("coverage.py: nothing was measured", file=sys.stderr)
        return 1
    print(f"{'':<28} {'lines reached':>24} {'branches reached':>24}")
    for room, sums in rooms.items():
        print(row(f"lib/{room}", sums))
    print(row("all four", total))
    print("\nthe ten worst files, by branches")
    worst = sorted(found.values(), key=lambda f: share(f["branch_covered"], f["branch_total"]))
    for f in worst[:10]:
        print(row(f["filename"], f))
    short = [kind for kind, least in LEAST.items() if share(total[f"{kind}_covered"], total[f"{kind}_total"]) < least]
    for kind in short:
        print(f"\ncoverage: of the {kind}es" if kind == "branch" else f"\ncoverage: of the {kind}s",
              f"less than {LEAST[kind]:.0f} % are reached")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
