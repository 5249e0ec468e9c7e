#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Measure Tern over loop on two cores, beside its device's limit and the Linux kernel.

Every figure is the median of five windows (three with --quick). What is compared alternates
within one run, so that all of it sees the same machine: the device, Tern, the kernel, and
again. Each window is a process of its own. tests/bench/README.md says what each figure means.
"""

import argparse
import json
import sys
import time

import arguments
import figures
import phases
import record
import table
from windows import Failed, Windows, progress

SECTIONS = (
    ("device", figures.DEVICE),
    ("connections", figures.CONNECTIONS),
    ("requests", figures.REQUESTS),
    ("bulk, payload", figures.BULK),
    ("batching", figures.BATCHING),
    ("start and memory", (*figures.START, figures.MEMORY)),
)


def run_window(windows, window):
    usual = windows.seconds
    windows.seconds = usual * window.longer
    getattr(windows, window.how)(window.name, *window.words)
    windows.seconds = usual


def run(windows, quick):
    """Every round, then what needs its figures. Returns the windows that were measured."""
    chosen = [w for w in figures.ROUND if w.quick or not quick]
    for number in range(windows.rounds):
        for window in chosen:
            progress(f"round {number + 1} of {windows.rounds}: {window.name}")
            run_window(windows, window)
    rates = record.of_figure(figures.CONNECTIONS[0].figures[0], windows.reports["crr"])
    half = figures.half_load(int(rates["median"] / 2))
    for number in range(windows.rounds):
        progress(f"half load {number + 1} of {windows.rounds}")
        run_window(windows, half)
    progress("memory")
    run_window(windows, figures.MEMORY)
    progress(None)
    return [*chosen, half, figures.MEMORY]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="meson's build directory (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="under a minute: three short windows instead of five, and fewer figures")
    parser.add_argument("--probe", metavar="BUILD", help="one with -Dprobe=time: nanoseconds by phase, too")
    parser.add_argument("--calls", metavar="BUILD", help="one with -Dprobe=calls: instructions by phase, too")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the record here, too")
    args = parser.parse_args()
    begin = time.monotonic()
    windows = Windows(args.build, args.quick)
    try:
        measured = run(windows, args.quick)
        by_phase = phases.measure(args.probe, args.calls, args.quick)
    except Failed as failed:
        print(f"bench: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    result = record.of(windows, measured, by_phase, args.quick, time.monotonic() - begin)
    half = [w for w in measured if w.name == "half load"]
    sections = [(title, [w for w in group if w in measured]) for title, group in SECTIONS]
    sections.append(("half load", half))
    print(table.text(result, sections, [*(w for w in figures.LATENCY if w in measured), *half]))
    print(phases.table(by_phase))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
