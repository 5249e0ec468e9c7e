#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Many connections of which few are busy: open and hold them, load beside them, requests on some of a million.

    scale.py --build build --connections 10M      # ./run setup --hugepages 3000 first, and 6 GiB of memory

Rates alternate with what they are compared with, so that both see the same machine; the figures are medians.
"""

import argparse
import json
import statistics
import sys

import arguments
import machine
from windows import Failed, Windows, progress

IN_FLIGHT = 512
PEAK, HOLD, BESIDE, FEW, MANY, START = "peak", "hold", "beside", "few", "many", "start"


def measure(windows, connections, requests, rounds):
    for i in range(rounds):
        progress(f"round {i + 1} of {rounds}: peak rate, and {connections:,} connections")
        windows.tern(PEAK, "--mode", "crr", "-c", IN_FLIGHT)
        windows.tern(HOLD, "--mode", "hold", "-c", connections)
        windows.tern(PEAK, "--mode", "crr", "-c", IN_FLIGHT)
        windows.tern(BESIDE, "--mode", "crr", "-c", IN_FLIGHT, "--hold", connections)
        progress(f"round {i + 1} of {rounds}: requests")
        windows.tern(FEW, "--mode", "rr", "-c", IN_FLIGHT)
        windows.tern(MANY, "--mode", "rr", "-c", requests, "--in-flight", IN_FLIGHT)
        progress(f"round {i + 1} of {rounds}: start")
        windows.start(START, "--max-connections", connections)
    progress(None)


def median(windows, name, value):
    return statistics.median(value(report) for report in windows.reports[name])


def check(windows, connections):
    """Figures of runs that lost what they should hold would say nothing."""
    for name in (HOLD, BESIDE):
        for report in windows.reports[name]:
            counts = report["whole_run"]["counts"]
            if counts["connections_established"] < connections or counts["connections_lost"]:
                raise Failed(f"{name}: {counts['connections_established']:,} of {connections:,} connections were opened, "
                             f"{counts['connections_lost']:,} lost")


def figures(windows, connections, requests):
    peak = median(windows, PEAK, lambda r: r["connections_per_second"])
    opened = median(windows, HOLD, lambda r: r["opened_first"] / r["opened_first_seconds"])
    beside = median(windows, BESIDE, lambda r: r["connections_per_second"])
    few = median(windows, FEW, lambda r: r["requests_per_second"])
    many = median(windows, MANY, lambda r: r["requests_per_second"])
    both = median(windows, HOLD, lambda r: r["memory_bytes_per_connection"])
    own = median(windows, HOLD, lambda r: r["load_bytes_per_connection"])
    held = windows.reports[HOLD][-1]
    return [
        ("peak_rate", "connections come and go, none beside", peak, "conn/s", None),
        ("opened_rate", f"{connections:,} connections opened", opened, "conn/s", opened / peak),
        ("rate_beside", f"connections come and go, {connections:,} idle beside", beside, "conn/s", beside / peak),
        ("requests_few", f"requests on {IN_FLIGHT} connections, one on each", few, "request/s", None),
        ("requests_many", f"requests on {requests:,}, {IN_FLIGHT} at a time, at random", many, "request/s", many / few),
        ("memory_side", "memory of an idle connection, a side: block, table, timer", (both - own) / 2, "bytes", None),
        ("memory_process", f"memory of the process with {connections:,} open", held["memory_bytes"] + held["hugepage_bytes"], "bytes", None),
        ("start_seconds", f"start with room for {connections:,}, a connection, end", median(windows, START, lambda r: r["seconds"]), "s", None),
    ]


def table(rows):
    for _, title, value, unit, share in rows:
        text = f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
        print(f"{title:<68}{text:>16} {unit:<10}{'' if share is None else f' {100 * share:.0f} %'}".rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="meson's build directory (%(default)s)")
    parser.add_argument("--connections", type=arguments.count, default=1000000, help="to hold: 500k, 10M (1M)")
    parser.add_argument("--requests", type=arguments.count, default=1000000, help="connections that requests pick from (1M)")
    parser.add_argument("--rounds", type=arguments.count, default=3, help="windows of each (%(default)s)")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the record here, too")
    args = parser.parse_args()
    windows = Windows(args.build, quick=False)
    try:
        measure(windows, args.connections, args.requests, args.rounds)
        check(windows, args.connections)
    except Failed as failed:
        print(f"scale: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    rows = figures(windows, args.connections, args.requests)
    table(rows)
    if args.json:
        record = {"schema": 1, "machine": machine.describe(windows.cores), "rounds": args.rounds,
                  "waited_for_cpu": windows.waited,
                  "figures": {name: {"title": title, "median": value, "unit": unit, "share": share}
                              for name, title, value, unit, share in rows}}
        args.json.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
