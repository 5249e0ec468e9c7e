#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Overload over loop on two cores: goodput and latency beyond a server's capacity, and honest clients beside a flood.

The server works --work on each request, so that one client offers more than it takes. Its capacity is found (closed
loop), then so many times of it are offered in an open loop, and behind that half of it: alone, and beside floods of
SYNs from random sources. Each line is a process of its own. The capacity is found again behind each overload, and what
was held is set against the mean of the two that it lies between: a machine whose speed changes within minutes changes
both. Exit status 2 when less was held than HELD and SHARE ask for.
"""

import argparse
import json
import statistics
import sys

import arguments
from windows import Failed, Windows

TIMES = (0.9, 1.0, 1.5, 2.0)
CLOSED = 256                        # connections of the closed loop
OPEN = "1M"                         # and of the open one: those refused wait a second each
FLOODS = (200_000, 1_000_000)       # SYNs a second
HELD = 0.9                          # of the peak, beyond the capacity
SHARE = 0.8                         # of what honest clients get without a flood


class Bench:
    def __init__(self, args):
        self.args = args
        self.windows = Windows(args.build, quick=False)
        self.windows.warmup = 1     # until those refused first have come again
        self.rows = []

    def tern(self, name, *words, seconds=None):
        self.windows.seconds = seconds or self.args.seconds
        self.windows.tern(name, "--work", self.args.work, *words)
        self.rows.append(row(name, self.windows.reports[name][-1]))
        show(self.rows[-1])
        return self.rows[-1]

    def capacity(self):
        return self.tern("closed loop", "-c", CLOSED, seconds=min(self.args.seconds, 3))["done_per_second"]

    def run(self):
        heading()
        peak = self.capacity()
        kept = {}
        for times in TIMES:
            done = self.tern(f"{times:g} x", "-R", int(times * peak), "-c", OPEN)["done_per_second"]
            before, peak = peak, self.capacity()
            kept[times] = done / statistics.mean((before, peak))
        worst = min(share for times, share in kept.items() if times > 1)
        half = int(peak / 2)
        alone = self.tern("0.5 x", "-R", half, "-c", OPEN, seconds=min(self.args.seconds, 5))
        shares = []
        for flood in FLOODS:
            beside = self.tern(f"0.5 x, flood {flood // 1000} k/s", "-R", half, "-c", OPEN, "--lab", "--flood", flood,
                               seconds=min(self.args.seconds, 5))
            shares.append(beside["done_per_second"] / alone["done_per_second"])
        return {"schema": 1, "work": self.args.work, "seconds": self.args.seconds, "peak_per_second": peak,
                "shares_of_capacity": {str(times): share for times, share in kept.items()}, "overload_share": worst,
                "flood_shares": dict(zip(map(str, FLOODS), shares)), "rows": self.rows,
                "held": worst >= HELD and min(shares) >= SHARE}


def percentile(report, key, p):
    return (report.get(key) or {}).get(p) or 0


def row(name, report):
    client, server = report["sides"]["client"], report["sides"]["server"]
    counters = server["counters"]
    seconds = report["seconds"]
    return {
        "name": name,
        "offered_per_second": report["counts"]["arrivals_offered"] / seconds,
        "done_per_second": report["transactions_per_second"],
        "answer_us": {p: percentile(report, "answer_latency_us", p) for p in ("p50", "p99")},
        "setup_us": {p: percentile(report, "setup_latency_us", p) for p in ("p50", "p99")},
        "lateness_p99_us": percentile(report, "lateness_us", "p99"),
        "failed": report["counts"]["transactions_failed"],
        "failed_by_reason": report["counts"]["failed_by_reason"],
        "not_started_by_reason": report["counts"]["not_started_by_reason"],
        "server_open": counters["open_now"], "server_half_open": counters["half_open_now"],
        "server_drops": counters["drops"], "syns_refused": counters["drops"].get("tcp_overload", 0),
        "cookies_sent": counters["cookies_sent"], "retransmits_data": client["counters"]["retransmits_data"],
        "client_busy": client["busy_share_max"], "server_busy": server["busy_share_max"],
        "cpu_wait_share": max(client.get("cpu_wait_share") or 0, server.get("cpu_wait_share") or 0),
        "memory_bytes": report.get("memory_bytes"),
    }


def heading():
    print(f"{'':24} {'offered/s':>10} {'done/s':>10} {'answer p50':>11} {'p99 us':>9} {'late p99':>9} "
          f"{'refused':>9} {'open':>7} {'half-open':>9} {'busy c':>7} {'s':>5}", flush=True)


def show(r):
    print(f"{r['name']:24} {r['offered_per_second']:10,.0f} {r['done_per_second']:10,.0f} "
          f"{r['answer_us']['p50']:11,.1f} {r['answer_us']['p99']:9,.1f} {r['lateness_p99_us']:9,.1f} "
          f"{r['syns_refused']:9,} {r['server_open']:7,} {r['server_half_open']:9,} {100 * r['client_busy']:6.0f}% "
          f"{100 * r['server_busy']:4.0f}%", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="meson's build directory (%(default)s)")
    parser.add_argument("--seconds", type=arguments.seconds, default=30, help="of each overload (%(default)s)")
    parser.add_argument("--work", default="5us", help="of the server, a request (%(default)s)")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the record here, too")
    args = parser.parse_args()
    try:
        result = Bench(args).run()
    except Failed as failed:
        print(f"overload: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    print(f"\nbeyond the capacity {100 * result['overload_share']:.0f} % of the peak; beside floods "
          + ", ".join(f"{100 * s:.0f} %" for s in result["flood_shares"].values()) + " of an honest load")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if result["held"] else 2


if __name__ == "__main__":
    sys.exit(main())
