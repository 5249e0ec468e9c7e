#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Count the instructions of a connection, both ends together, with 1, 2, 4 and 8 cores a side.

Stacks in one thread over loop and in virtual time, counted as instructions.py does. What the device does to find a
frame's core, as a NIC's RSS would, stands apart. It tells what more cores cost each other in work; lines that go from
one cache to another it cannot see: that none of a core's own does is a test's to show (tests/unit/test_steering.c).
"""

import argparse
import concurrent.futures
import json
import os
import re
import sys

import arguments
import instructions

CORES = (1, 2, 4, 8)
LENGTHS = (4000, 12000)
DEVICE = ("transmit_to_one", "transmit_to_many", "receive_from_one", "receive_from_many", "spread", "receiver_of")


def split(text):
    """Instructions of all, and of the device with whom it calls: costs behind calls= hold what the called one called."""
    total = sum(instructions.by_function(text).values())
    names, device, inclusive = {}, 0, 0
    inside = counts = False
    for line in text.splitlines():
        named = re.match(r"c?fn=\((\d+)\)(?: (.*))?", line)
        if named:
            name = names.setdefault(named[1], (named[2] or "").partition(".")[0])
            if line.startswith("fn="):
                inside = name in DEVICE
            else:
                counts = name not in DEVICE    # a part of the device's stands for itself
        elif line.startswith("calls="):
            inclusive = True
        elif re.match(r"[+\-*\d]", line):
            if inside and (counts or not inclusive):
                device += int(line.split()[1])
            inclusive = False
    return {"stacks": total - device, "device": device}


def measure(program):
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = {(n, length): pool.submit(instructions.count, program, str(n), length, split)
                for n in CORES for length in LENGTHS}
    figures = {}
    for n in CORES:
        few, many = (runs[n, length].result() for length in LENGTHS)
        figures[n] = {part: round((many[part] - few[part]) / (LENGTHS[1] - LENGTHS[0]), 1) for part in many}
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build-count/tests/bench/cores", help="(%(default)s)")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures here, too")
    args = parser.parse_args()
    figures = measure(args.program)
    one = figures[CORES[0]]["stacks"]
    print(f"\n  {'cores a side':<14}{'stacks':>10}{'':>9}{'device':>10}   instructions a connection, both ends")
    for n, f in figures.items():
        print(f"  {n:<14}{f['stacks']:>10,.0f}{100 * (f['stacks'] / one - 1):>+8.2f} %{f['device']:>9,.0f}")
    print()
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
