#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What sockets cost beside the event API, in time: requests on open connections, and a connection for each, over loop.

Client and server are one program (socket_cost.c), a core each; both ends through the event API, or both through sockets
and epoll. The two take turns; each window is a process of its own. A ratio is the median of its rounds' ratios.
"""

import argparse
import json
import statistics

import arguments
from windows import Failed, Windows, what_was_disturbed

WORK = {"rr": "request", "crr": "connection, client closes"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="build directory (build)")
    parser.add_argument("--rounds", type=arguments.count, default=5, help="of one window of each (5)")
    parser.add_argument("--seconds", type=arguments.seconds, default=1.5, help="of a window (1.5)")
    parser.add_argument("--connections", type=arguments.count, default=512, help="under way (512)")
    parser.add_argument("--json", type=arguments.file_to_write, help="the record")
    args = parser.parse_args()
    windows = Windows(args.build, quick=False)
    windows.seconds = args.seconds
    try:
        for _ in range(args.rounds):
            for shape in (f"{work}-{api}" for work in WORK for api in ("events", "sockets")):
                windows.other(shape, "socket_cost", "--shape", shape, "--connections", args.connections)
    except Failed as error:
        raise SystemExit(f"sockets.py: {error}") from None
    record = {"schema": 1, "connections": args.connections, "seconds": args.seconds, "rounds": args.rounds}
    print("                            event API/s     sockets/s   ns each    ns each     time")
    for work, title in WORK.items():
        events, sockets = ([r["per_second"] for r in windows.reports[f"{work}-{api}"]] for api in ("events", "sockets"))
        ratio = statistics.median(e / s for e, s in zip(events, sockets))
        e, s = statistics.median(events), statistics.median(sockets)
        record[work] = {"events_per_second": events, "sockets_per_second": sockets, "time_ratio": ratio}
        print(f"{title:26} {e:12,.0f}  {s:12,.0f}  {1e9 / e:8,.1f}   {1e9 / s:8,.1f}   {ratio:6.2f}")
    record["failed"] = sum(r["failed"] for reports in windows.reports.values() for r in reports)
    if record["failed"]:
        print(f"{record['failed']} failed")
    disturbed = windows.disturbed()
    if disturbed[0]:
        print(what_was_disturbed(*disturbed))
    if args.json:
        args.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
