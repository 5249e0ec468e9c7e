#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Count the instructions of a connection, a request and a full segment, of both ends together.

Two stacks in one thread and in virtual time do the same work twice, once longer; valgrind counts, and what the
longer run needs more is what the work costs. No clock is read, so a busy machine does not matter: counted again it is
the same to less than 0.1 %. It tells whether a change has moved the path that a healthy connection takes, and where;
not how long it takes, which is for ./run bench. Built with the release's flags and link-time optimisation, for
skylake: that has AES, and no AVX-512, which valgrind does not know. By sockets: the same work through epoll, with
what sockets cost over the event API as a ratio.

Before there was loss recovery (78e4759, gcc 12.2): 13,592 instructions a connection that the client closes, 12,118
where the server does, 4,114 a request, 2,392 a full segment.

--save FILE keeps the figures and each function's share, --since FILE shows what has changed since.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import arguments

# mode: what is counted, the two lengths
MODES = {
    "crr": ("connection, client closes", 2000, 6000),
    "crr-server-closes": ("connection, server closes", 2000, 6000),
    "rr": ("request on an open connection", 4000, 12000),
    "stream": ("full segment of bulk data", 4000, 12000),
    "crr-sockets": ("connection, client closes, by sockets", 2000, 6000),
    "rr-sockets": ("request, by sockets", 4000, 12000),
}
MOVED = 2           # instructions a function must have moved by to be shown


def count(program, mode, length, read=None):
    """Instructions by function, inlined ones with whom they went into; or what read() makes of callgrind's file."""
    if shutil.which("valgrind") is None:
        raise SystemExit("instructions: valgrind is not installed: sudo apt-get install valgrind")
    if not Path(program).is_file():
        raise SystemExit(f"instructions: found no program {program}; ./run bench --instructions builds and runs it")
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "callgrind"
        process = subprocess.run(["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}", program, mode,
                                  str(length)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if process.returncode != 0 or process.stdout.strip() != str(length):
            raise SystemExit(f"instructions: {program} {mode} {length}: exit {process.returncode}\n{process.stderr}")
        return (read or by_function)(out.read_text())


def by_function(text):
    """Callgrind's own costs: what stands behind calls= belongs to who was called."""
    names, costs = {}, collections.Counter()
    function, inclusive = None, False
    for line in text.splitlines():
        named = re.match(r"fn=\((\d+)\)(?: (.*))?", line) or re.match(r"cfn=\((\d+)\)(?: (.*))?", line)
        if named:
            if named[2]:
                names[named[1]] = re.sub(r"\.(constprop|isra|part|lto_priv|cold)(\.\d+)*", "", named[2])
            if line.startswith("fn="):
                function = names[named[1]]
        elif line.startswith("calls="):
            inclusive = True
        elif re.match(r"[+\-*\d]", line):
            if not inclusive:
                costs[function] += int(line.split()[1])
            inclusive = False
    return costs


def measure(program, modes):
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = {(mode, n): pool.submit(count, program, mode, n) for mode in modes for n in MODES[mode][1:]}
    figures = {}
    for mode in modes:
        _, short, long = MODES[mode]
        few, many = runs[mode, short].result(), runs[mode, long].result()
        functions = {f: (many[f] - few[f]) / (long - short) for f in many if many[f] != few[f]}
        figures[mode] = {"instructions": round(sum(functions.values()), 1),
                         "functions": {f: round(n, 2) for f, n in functions.items()}}
    return figures


def show(figures, before):
    for mode, figure in figures.items():
        line = f"  {MODES[mode][0]:<36} {figure['instructions']:>10,.1f} instructions"
        without = figures.get(mode.removesuffix("-sockets"))
        if without is not None and without is not figure:
            line += f", {figure['instructions'] / without['instructions']:.2f} times the event API's"
        if mode in before:
            old = before[mode]["instructions"]
            line += f"   was {old:,.1f}, {100 * (figure['instructions'] / old - 1):+.2f} %"
        print(line)
    for mode in figures:
        if mode in before:
            show_moved(mode, figures[mode]["functions"], before[mode]["functions"])


def show_moved(mode, new, old):
    moved = {f: new.get(f, 0) - old.get(f, 0) for f in {*new, *old}}
    moved = sorted((item for item in moved.items() if abs(item[1]) >= MOVED), key=lambda item: -item[1])
    if moved:
        print(f"\n  {MODES[mode][0]}: functions that moved")
    for f, n in moved:
        print(f"    {f:<40} {old.get(f, 0):>9.1f} {new.get(f, 0):>9.1f} {n:>+9.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build-count/tests/bench/instructions", help="(%(default)s)")
    parser.add_argument("--mode", choices=MODES, action="append", help="this alone; may be given again")
    parser.add_argument("--save", type=arguments.file_to_write, metavar="FILE", help="write the figures here as JSON")
    parser.add_argument("--since", type=arguments.json_object, metavar="FILE", help="show what moved since that was saved")
    args = parser.parse_args()
    before = args.since or {}
    figures = measure(args.program, args.mode or list(MODES))
    show(figures, before)
    if args.save:
        args.save.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
