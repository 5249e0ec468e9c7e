#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Measure a dperf that is there already (--dperf PATH) and Tern on this machine, in turns, over the same device.

Each is two processes with memory between them (net_memif, copying), an end on each of two cores, checksums in software,
64 bytes there and back. The two take turns, a pair of short windows after the other, since a virtual machine's cores may
be moved apart within a minute: what counts is the median of the pairs' ratios. A window that went without its cores for
more than 2 % of its time is left out with its pair, and it is said how many were.

dperf's connections come at a rate that rises second by second until it loses some: its best second is its window. Its
requests on 512 open connections wait, stopped, while Tern has its window. Tern's 512 take turns with nothing between. A
generator that is no endpoint (no TIME-WAIT, no options after the SYN, nothing received checked) is to be compared by
packets a connection and nanoseconds a packet, not by connections alone.

dperf takes PCI devices: build/tests/bench/libeal_words.so tells its EAL of ours, for which it has to be linked
with DPDK's shared libraries (make LDFLAGS="$(pkg-config --libs libdpdk) -lrte_net_bond -lrte_bus_pci -lrte_bus_vdev
-lpthread -lm"). It takes about 1 GiB of hugepages an end. Needs no privilege where hugepages are free.
"""

import argparse
import contextlib
import json
import os
import pty
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import arguments
import machine
from two_processes import CLIENT, SERVER, TwoProcesses, busy_ns, packets, rate, stop
from windows import WAITED_TOO_LONG, Failed, progress

IN_FLIGHT = 512
BYTES = 64
SLOW_START = 10                 # seconds in which dperf's rate rises to the highest: its least
CLIENTS = 16                    # addresses: with 64 Ki ports each, and ports at the server, two seconds of connections
START_S = 4                     # until dperf's client has begun
WINDOW_S = 2.3                  # of dperf's requests: a second that began before it, and a whole one
RTO = 2                         # seconds, dperf's: then what was lost is sent again
BUSY_ENOUGH = 50                # per cent of dperf's core, for its nanoseconds to be told
DEVICE = "net_memif000"         # as long as a PCI address, which dperf insists on
MACS = {"server": "02:00:00:00:00:01", "client": "02:00:00:00:00:02"}
PARTS = {
    "crr, server closes": ("connections, server's FIN on the answer", ("--mode", "crr"),
                           ("--closer", "server", "--answer-size", BYTES)),
    "crr": ("connections, client closes", ("--mode", "crr"), ()),
    "rr": (f"requests on {IN_FLIGHT} connections", ("--mode", "rr"), ()),
}
SIDES = ("client", "server")


class Dperf:
    def __init__(self, program, words, cores, ring):
        self.program, self.preload, self.cores = program, words, cores
        self.device = f"rsize={ring.bit_length() - 1},bsize=2048,socket-abstract=no"

    def settings(self, side, more, seconds):
        peer = "client" if side == "server" else "server"
        address = {"server": SERVER, "client": CLIENT}
        ports = more.pop("listen", 1)
        return "\n".join([
            f"mode {side}", f"cpu {self.cores[SIDES.index(side)]}", f"duration {seconds}", f"payload_size {BYTES}",
            f"port {DEVICE} {address[side]} {address[peer]} {MACS[peer]}",
            f"client {CLIENT} {CLIENTS}", f"server {SERVER} 1", f"listen 80 {ports}",
            *(f"{key} {value}" for key, value in more.items()), ""])

    def start(self, directory, side, more, seconds):
        """Its output goes line by line to a terminal of ours: what it has said is there when it is killed."""
        file = directory / f"{side}.conf"
        file.write_text(self.settings(side, dict(more), seconds))
        words = (f"--no-pci --in-memory --vdev={DEVICE},role={side},socket={directory}/memif.sock,{self.device},"
                 f"mac={MACS[side]}")
        ours, its = pty.openpty()
        process = subprocess.Popen([self.program, "-c", file], stdin=subprocess.DEVNULL, stdout=its, stderr=its,
                                   env={**os.environ, "EAL_WORDS": words, "LD_PRELOAD": str(self.preload)},
                                   start_new_session=True, preexec_fn=machine.ask_for_the_cores)
        os.close(its)
        os.set_blocking(ours, False)
        return process, ours

    @contextlib.contextmanager
    def running(self, client_words, server_words, seconds):
        """A server and a client for at most so long."""
        with tempfile.TemporaryDirectory(prefix="tern-dperf-") as directory:
            run = Run()
            try:
                for side, more in (("server", server_words), ("client", client_words)):
                    run.ends[side] = self.start(Path(directory), side, more, seconds + 30)
                    run.listen(1.5)
                yield run
            finally:
                for process, terminal in run.ends.values():
                    stop(process, signal.SIGKILL)
                    os.close(terminal)


class Run:
    """Both ends of dperf while they live, and what they have said."""

    def __init__(self):
        self.ends = {}
        self.heard = {side: "" for side in SIDES}

    def listen(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for side, (process, terminal) in self.ends.items():
                self.heard[side] += hear(terminal)
                if process.poll() is not None:
                    raise Failed(f"dperf's {side} ended by itself: {self.heard[side].strip()[-600:] or 'it said nothing'}")
            time.sleep(0.05)

    def seconds(self, side):
        """That it has told, oldest first."""
        return seconds_of(self.heard[side])

    def signal(self, how):
        for process, _ in self.ends.values():
            process.send_signal(how)

    def waited_ns(self):
        """Of each end, its core's thread: the one that has run longest. (Another prints, and waits for that one.)"""
        waits = []
        for process, _ in self.ends.values():
            tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
            _, waited = max(tuple(map(int, task.read_text().split()[:2])) for task in tasks)
            waits.append(waited)
        return waits


def waited_share(before, after, seconds):
    return max(b - a for a, b in zip(before, after)) / (1e9 * seconds)


def hear(terminal):
    try:
        return os.read(terminal, 1 << 16).decode(errors="replace")
    except OSError:             # nothing there, or nobody any more
        return ""


def seconds_of(text):
    """dperf's own table a second: its names and their numbers."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    tables = re.split(r"^seconds", text, flags=re.MULTILINE)[1:]
    return [{name: int(value.replace(",", "")) for name, value in re.findall(r"(\w+) +([\d,]+)(?=\s)", table)}
            for table in tables if "imissed" in table]


def lost(second):
    return sum(second.get(name, 0) for name in ("synRt", "finRt", "ackRt", "pushRt", "skErr"))


def without_loss(seconds):
    """The highest rate of a second in which nothing was dropped, and behind which nothing had to go again."""
    clean = [s["skClose"] for i, s in enumerate(seconds[:-RTO]) if s["dropTx"] + lost(s) + lost(seconds[i + RTO]) == 0]
    return max(clean, default=0)


def busiest(seconds, key):
    """The second with the most of them, and the core's nanoseconds for one."""
    best = max(seconds, key=lambda s: s[key])
    return best[key], 1e7 * best["cpuUsage"] / best[key] if best["cpuUsage"] >= BUSY_ENOUGH else None


def dperf_connections(dperf, args):
    more = {"tx_burst": 128, "listen": -(-RTO * args.top // (CLIENTS * 65535))}
    rise = {"cps": args.top, "slow_start": SLOW_START, "wait": 1, "launch_num": 10}
    with dperf.running({**more, **rise}, more, SLOW_START + START_S) as run:
        before = run.waited_ns()
        run.listen(SLOW_START + START_S)
        waited = waited_share(before, run.waited_ns(), SLOW_START + START_S)
        seconds = {side: run.seconds(side) for side in SIDES}
    completed, client_ns = busiest(seconds["client"], "skClose")
    _, server_ns = busiest(seconds["server"], "skClose")
    best = max(seconds["client"], key=lambda s: s["skClose"])
    return {"rate": completed, "rate_without_loss": without_loss(seconds["client"]), "waited": waited,
            "packets": (best["pktRx"] + best["pktTx"]) / completed, "busy_ns": (client_ns, server_ns)}


def dperf_requests(run):
    """A window of a run that is stopped before and behind it."""
    known = {side: len(run.seconds(side)) for side in SIDES}
    before = run.waited_ns()
    run.signal(signal.SIGCONT)
    run.listen(WINDOW_S)
    run.signal(signal.SIGSTOP)
    waited = waited_share(before, run.waited_ns(), WINDOW_S)
    # the first that is told began before the stop
    told = {side: [s for s in run.seconds(side)[known[side] + 1:] if s["skOpen"] == 0 and s["tcpRsp"] > 0] for side in SIDES}
    if not told["client"] or not told["server"]:
        raise Failed(f"dperf had no second with {IN_FLIGHT} connections open and requests answered")
    answered, client_ns = busiest(told["client"], "tcpRsp")
    _, server_ns = busiest(told["server"], "tcpRsp")
    return {"rate": answered, "packets": 2.0, "busy_ns": (client_ns, server_ns), "waited": waited}


def ours(windows, name, ring):
    device = "memif:{}/tern.sock"
    report = windows.both(name, (f"{device},server,ring={ring}", f"{device},client,ring={ring}"), serve=PARTS[name][2],
                          load=("-c", IN_FLIGHT, *PARTS[name][1], *PARTS[name][2]))
    return {"rate": rate(report), "packets": packets(report), "busy_ns": busy_ns(report), "waited": windows.waited[name][-1]}


def connections(dperf, windows, args):
    """Pairs of both kinds of close, with one window of dperf's for both: its server's FIN rides its answer."""
    pairs = []
    for number in range(args.pairs):
        progress(f"connections, pair {number + 1} of {args.pairs}")
        mine = {name: ours(windows, name, args.ring) for name in PARTS if name != "rr"}
        them = dperf_connections(dperf, args)
        pairs += [(name, {"dperf": them, "tern": window}) for name, window in mine.items()]
    return pairs


def requests(dperf, windows, args):
    pairs, more = [], {"tx_burst": 128, "keepalive": "0s"}
    until = args.pairs * (WINDOW_S + 10) + SLOW_START + START_S
    with dperf.running({**more, "cc": IN_FLIGHT, "cps": 10 * IN_FLIGHT, "slow_start": SLOW_START, "wait": 1}, more,
                       round(until)) as run:
        run.listen(START_S)
        run.signal(signal.SIGSTOP)
        for number in range(args.pairs):
            progress(f"requests, pair {number + 1} of {args.pairs}")
            pairs.append(("rr", {"dperf": dperf_requests(run), "tern": ours(windows, "rr", args.ring)}))
        run.signal(signal.SIGCONT)
    return pairs


def measure(dperf, windows, args):
    """Pairs of windows with the name of their shape."""
    found = (connections(dperf, windows, args) if "crr" in args.shape else []) + \
        (requests(dperf, windows, args) if "rr" in args.shape else [])
    progress(None)
    return found


def is_disturbed(pair):
    return any(window["waited"] > WAITED_TOO_LONG for window in pair.values())


def figure(pairs, name):
    def of(which, key):
        return statistics.median(key(p[which]) for p in pairs)

    def ns(which, side):
        found = [p[which]["busy_ns"][side] for p in pairs if p[which]["busy_ns"][side] is not None]
        return statistics.median(found) if found else None

    result = {which: {"per_second": of(which, lambda f: f["rate"]),
                      "per_second_best": max(p[which]["rate"] for p in pairs),
                      "packets": of(which, lambda f: f["packets"]),
                      "busy_ns": [ns(which, 0), ns(which, 1)]} for which in ("dperf", "tern")}
    if name != "rr":
        result["dperf"]["per_second_without_loss"] = of("dperf", lambda f: f["rate_without_loss"])
    ratios = [p["tern"]["rate"] / p["dperf"]["rate"] for p in pairs]
    result["ratio"] = {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios),
                       "best": result["tern"]["per_second_best"] / result["dperf"]["per_second_best"]}
    return result


def figures_of(pairs):
    """Of the pairs in which nobody went without its cores; of all, where there are no others."""
    figures = {}
    for name in PARTS:
        all_of_them = [pair for shape, pair in pairs if shape == name]
        quiet = [pair for pair in all_of_them if not is_disturbed(pair)]
        if all_of_them:
            figures[name] = {**figure(quiet or all_of_them, name), "pairs": len(all_of_them), "quiet_pairs": len(quiet)}
    return figures


def told_of_pairs(f):
    if f["quiet_pairs"] == 0:
        return f"all {f['pairs']} pairs were disturbed, and are here all the same"
    return f"{f['quiet_pairs']} pairs, {f['pairs'] - f['quiet_pairs']} disturbed ones left out"


def show(figures):
    def line(who, f):
        a_packet = [ns / f["packets"] if ns else None for ns in f["busy_ns"]]
        numbers = [f"{n:>8.0f}" if n else f"{'-':>8}" for n in (*f["busy_ns"], *a_packet)]
        return f"    {who:<8}{f['per_second']:>14,.0f}{f['per_second_best']:>12,.0f}{f['packets']:>9.2f} " + " ".join(numbers)

    print("\n  64 bytes each way over memif, medians of the pairs; ns: busy, of an end's core\n")
    print(f"  {'':<10}{'a second':>14}{'best':>12}{'packets':>9} {'ns, one':>8} {'':>8} {'a packet':>8}\n  {'':<46}"
          + " ".join(f"{side:>8}" for side in (*SIDES, *SIDES)))
    for name, f in figures.items():
        print(f"  {PARTS[name][0]}: {told_of_pairs(f)}\n{line('dperf', f['dperf'])}\n{line('tern', f['tern'])}")
        print(f"    {'ratio':<8}{f['ratio']['median']:>14.2f}{f['ratio']['best']:>12.2f}   (single pairs"
              f" {f['ratio']['least']:.2f} to {f['ratio']['most']:.2f})")
    if "crr" in figures:
        clean = figures["crr"]["dperf"]["per_second_without_loss"]
        print(f"\n  dperf without loss: {clean:,.0f}/s; Tern loses none: what a ring does not take waits\n")


def ring_size(text):
    value = int(text)
    if not 64 <= value <= 16384 or value & (value - 1):
        raise argparse.ArgumentTypeError(f"found '{text}', want a power of two from 64 to 16384")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dperf", required=True, metavar="PATH", help="the program, built by whoever runs this")
    parser.add_argument("--build", default="build", help="meson's build directory of Tern (%(default)s)")
    parser.add_argument("--pairs", type=arguments.count, default=8,
                        help="of windows, for each shape (%(default)s); one of crr takes 20 s, one of rr 5")
    parser.add_argument("--shape", choices=("crr", "rr"), action="append", help="only this (both)")
    parser.add_argument("--with", dest="earlier", type=arguments.json_object, default={"pairs": []}, metavar="FILE",
                        help="put the pairs of this record (--json) to the new ones")
    parser.add_argument("--top", type=arguments.count, default=3000000,
                        help="connections a second that dperf's rate rises to (%(default)s)")
    parser.add_argument("--ring", type=ring_size, default=1024, help="frames a ring of memif, of both (%(default)s)")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures and every pair here, too")
    args = parser.parse_args()
    args.shape = args.shape or ["crr", "rr"]
    try:
        windows = TwoProcesses(args.build, True)
        windows.seconds, windows.warmup = 0.8, 0.3
        preload = windows.build / "tests" / "bench" / "libeal_words.so"
        for file in (Path(args.dperf), preload):
            if not file.exists():
                raise Failed(f"{file} is not there")
        pairs = measure(Dperf(Path(args.dperf).resolve(), preload, windows.cores, args.ring), windows, args)
    except Failed as failed:
        print(f"dperf: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    pairs = [*args.earlier["pairs"], *pairs]
    figures = figures_of(pairs)
    if args.json:
        args.json.write_text(json.dumps({"schema": 2, "figures": figures, "pairs": pairs, "ring": args.ring,
                                               "machine": machine.describe(windows.cores)}, indent=1) + "\n")
    show(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
