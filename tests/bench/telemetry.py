#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What reading telemetry costs: `tern pair` over loop, in turns with a reader of all its stacks' counters and without.

The reader is a thread of this program that asks over DPDK's telemetry socket so often a second. Asking takes a CPU, too:
where there are no more than the two that are measured, the reader and DPDK's thread take their time from them, and that
time is told beside the ratio. Exit status 2 when the median of the ratios is below --within.
"""

import argparse
import json
import os
import socket
import statistics
import sys
import threading
import time
from pathlib import Path

import arguments
import figures
from windows import Failed, Windows, progress, what_was_disturbed

MODES = {
    "connections": ("--mode", "crr", "-c", figures.IN_FLIGHT),
    "requests": ("--mode", "rr", "-c", 512),
}
LONGEST = 1 << 16                       # an answer


def sockets():
    """Of all of DPDK's processes of this user."""
    base = Path("/var/run/dpdk") if os.geteuid() == 0 else Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp")) / "dpdk"
    return sorted((base / "rte").glob("dpdk_telemetry.v2*"))


def connect(program):
    """To the process that runs this program: the socket, its number, how many stacks it has. None: it runs not yet."""
    for path in sockets():
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            s.connect(str(path))
            pid = json.loads(s.recv(LONGEST))["pid"]
            if Path(f"/proc/{pid}/exe").resolve() == program:
                s.send(b"/tern/stacks")
                return s, pid, len(json.loads(s.recv(LONGEST))["/tern/stacks"] or {})
        except (OSError, ValueError):
            pass
        s.close()
    return None


def answering_s(pid):
    """CPU time of DPDK's own threads that answer."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()
               if (task / "comm").read_text().startswith("telemetry")) / 1e9


class Reader:
    """A thread that asks while the block runs. answers: how many came; cpu_s, answer_s: what asking and answering took."""

    def __init__(self, program, rate):
        self.program, self.gap = program, 1 / rate
        self.answers, self.cpu_s, self.answer_s = 0, 0.0, 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.read)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def read(self):
        found = None
        while found is None or not found[2]:
            if self.ended.wait(0.02):
                return
            found = connect(self.program)
        s, pid, stacks = found
        with s:
            try:
                before_s = answering_s(pid)
                while not self.ended.wait(self.gap):
                    begin = time.thread_time()
                    for stack in range(stacks):
                        s.send(f"/tern/stats,{stack}".encode())
                        self.answers += b"rx_packets" in s.recv(LONGEST)
                    self.cpu_s += time.thread_time() - begin
                    self.answer_s = answering_s(pid) - before_s
            except OSError:
                pass                    # the process has ended


def measure(windows, args):
    program = windows.build / "app" / "tern"
    told = {name: [] for name in MODES}
    for number in range(args.rounds):
        progress(f"round {number + 1} of {args.rounds}")
        for name, words in MODES.items():
            for read in (True, False) if number % 2 == 0 else (False, True):
                if not read:
                    windows.tern(name, *words)
                    continue
                with Reader(program, args.rate) as reader:
                    windows.tern(name + ", read", *words)
                if reader.answers == 0:
                    raise Failed("nobody answered on DPDK's telemetry socket; want its runtime directory to be this user's")
                told[name].append(reader)
    progress(None)
    result = {}
    for name in MODES:
        without, read = ([r["transactions_per_second"] for r in windows.reports[n]] for n in (name, name + ", read"))
        ratios = [x / y for x, y in zip(read, without)]
        result[name] = {"without": statistics.median(without), "read": statistics.median(read),
                        "ratio": statistics.median(ratios), "ratio_least": min(ratios), "ratio_most": max(ratios),
                        "answers": sum(r.answers for r in told[name]), "asking_s": sum(r.cpu_s for r in told[name]),
                        "answering_s": sum(r.answer_s for r in told[name])}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="meson's build directory (%(default)s)")
    parser.add_argument("--rate", type=arguments.count, default=10, metavar="N", help="times a second that it is read (%(default)s)")
    parser.add_argument("--rounds", type=arguments.count, default=9, help="(%(default)s)")
    parser.add_argument("--seconds", type=arguments.seconds, default=1.5, help="of a window (%(default)s)")
    parser.add_argument("--within", type=float, default=0.99, metavar="RATIO", help="(%(default)g)")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures here, too")
    args = parser.parse_args()
    try:
        windows = Windows(args.build, quick=False)
        windows.seconds = args.seconds
        result = measure(windows, args)
    except Failed as failed:
        print(f"telemetry: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    print(f"{'':14} {'not read':>12} {f'read {args.rate}/s':>12} {'ratio':>7}   of single rounds; answers, CPU time to ask for one and to give it")
    for name, f in result.items():
        print(f"{name:14} {f['without']:>12,.0f} {f['read']:>12,.0f} {f['ratio']:>7.3f}   {f['ratio_least']:.3f} to "
              f"{f['ratio_most']:.3f}; {f['answers']}, {1e6 * f['asking_s'] / f['answers']:.0f} and "
              f"{1e6 * f['answering_s'] / f['answers']:.0f} us")
    disturbed = windows.disturbed()
    if disturbed[0]:
        print(f"\n{what_was_disturbed(*disturbed)}")
    if args.json:
        args.json.write_text(json.dumps({"schema": 1, "rate": args.rate, "figures": result}, indent=1) + "\n")
    return 0 if min(f["ratio"] for f in result.values()) >= args.within else 2


if __name__ == "__main__":
    sys.exit(main())
