#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Tern against the Linux kernel's TCP over a tap interface, both directions, IPv4 and IPv6.

Each case runs in a process of its own in a network namespace without a name: kernel-side sockets
here, Tern started beside them, one tap between. All that it started dies with it, and with the last
of them the tap and the namespace, however the case ends. Prints TAP.
"""

import argparse
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import bulk
import closing
import common
import connections
import loss
import neighbours
import opens
import options
import path
import probes
import recordings
import signals
import sockets
import verdicts
import web
import windows
import world

MODULES = (verdicts, neighbours, closing, windows, bulk, loss, options, connections, opens, web, path, probes, signals, sockets, recordings)
LIMIT_S = 150    # for one case
SKIPPED = 77    # exit status of a case


def cases():
    return {case.name: case for module in MODULES for case in module.CASES}


def impediment():
    """Why nothing can run here, or None."""
    if os.geteuid() != 0:
        return "needs root, for a network namespace and a tap interface"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "needs /dev/net/tun"
    if not os.path.exists("/proc/sys/net/ipv6"):
        return "needs a kernel with IPv6"
    missing = [tool for tool in ("ip", "tcpdump", "tshark") if shutil.which(tool) is None]
    if missing:
        return f"needs {', '.join(missing)}: ./run setup installs them"
    return common.namespace_impediment()


def run_case(args):
    """In the case's own process."""
    case = cases()[args.case]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))   # so that what is open is closed
    try:
        with world.World(args.tern, args.peer, args.directory, args.core) as w:
            case.run(w)
    except common.Skip as skip:
        print(skip)
        return SKIPPED
    except common.Failure as failure:
        print(failure)
        return 1
    except Exception:   # a case that is wrong itself must not look like one that passed
        traceback.print_exc(file=sys.stdout)
        return 1
    return 0


class Running:
    def __init__(self, args, name, core, directory):
        self.name, self.core, self.directory = name, core, directory
        self.start = time.monotonic()
        self.said = open(directory / "verdict.txt", "w+", errors="replace")
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, "--tern", args.tern, "--peer", args.peer,
             "--case", name, "--core", str(core), "--directory", str(directory)],
            stdin=subprocess.DEVNULL, stdout=self.said, stderr=subprocess.STDOUT,
            preexec_fn=common.die_with_parent)
        self.ended = os.pidfd_open(self.process.pid)

    def stop(self):
        """It ends what it has started; should it not come to that, the kernel does, with its end."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.ended)
        self.said.close()

    def result(self):
        """Whether it is good, and what it said."""
        status = self.process.poll()
        if status is None:
            self.stop()
            return False, f"did not end within {LIMIT_S} s"
        self.said.seek(0)
        text = self.said.read().strip()
        os.close(self.ended)
        self.said.close()
        if status == SKIPPED:
            self.name += f" # SKIP {text}"
        good = status in (0, SKIPPED)
        return good, text if good or text else f"ended with status {status}"


def available_cores(jobs):
    allowed = sorted(os.sched_getaffinity(0))
    return [allowed[i % len(allowed)] for i in range(jobs)]


def run_all(args, names, directory):
    """Some at a time, each with a core of its own for Tern. Returns how many failed."""
    failed = number = 0
    waiting = list(names)
    free = available_cores(args.jobs)
    running = []
    with selectors.DefaultSelector() as ends:
        try:
            while waiting or running:
                while waiting and free:
                    place = directory / f"{len(names) - len(waiting) + 1:02}"
                    place.mkdir()
                    case = Running(args, waiting.pop(0), free.pop(), place)
                    running.append(case)
                    ends.register(case.ended, selectors.EVENT_READ)
                ends.select(1)
                now = time.monotonic()
                for case in [r for r in running if r.process.poll() is not None or now - r.start > LIMIT_S]:
                    running.remove(case)
                    ends.unregister(case.ended)
                    free.append(case.core)
                    number += 1
                    good, text = case.result()
                    failed += not good
                    print(f"{'ok' if good else 'not ok'} {number} - {case.name}")
                    if args.verbose or not good:
                        for line in [f"{now - case.start:.1f} s", *text.splitlines()]:
                            print(f"# {line}")
                    sys.stdout.flush()
                    if not args.keep:
                        shutil.rmtree(case.directory)
        finally:
            for case in running:
                case.stop()
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tern", required=True, help="the program")
    parser.add_argument("--peer", help="the test's own program of libtern (default: interop_peer beside the tests)")
    parser.add_argument("--jobs", type=int, default=3, help="cases at a time (3)")
    parser.add_argument("--keep", metavar="DIRECTORY", help="leave captures and logs there")
    parser.add_argument("--verbose", action="store_true", help="time and figures of every case")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--core", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--directory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("filter", nargs="?", default="", help="run the cases with this in their name")
    args = parser.parse_args()

    if args.peer is None:
        args.peer = str(Path(args.tern).resolve().parent.parent / "tests" / "interop" / "interop_peer")
    if args.case is not None:
        return run_case(args)
    names = [name for name in cases() if args.filter in name]
    if args.list:
        print("\n".join(names))
        return 0
    reason = impediment()
    if reason is not None:
        print(f"1..0 # SKIP {reason}")
        return 0
    for program in (args.tern, args.peer):
        if not os.access(program, os.X_OK):
            print(f"Bail out! {program} is no program")
            return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"1..{len(names)}", flush=True)
    if args.keep:
        kept = Path(args.keep)
        kept.mkdir(parents=True)
        return 1 if run_all(args, names, kept) else 0
    with tempfile.TemporaryDirectory(prefix="tern-interop-") as directory:
        return 1 if run_all(args, names, Path(directory)) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
