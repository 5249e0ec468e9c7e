#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Measure a dperf that is there already (--dperf PATH) and Tern on this machine, in turns, over the same device.

Each is two processes with memory between them (net_memif, copying), an end on each of two cores, checksums in software,
64 bytes there and back. dperf opens connections at a rate that rises second by second until it loses some; then it asks
again and again on 512 open ones. Tern's 512 take turns with nothing between. A generator that is no endpoint (no
TIME-WAIT, no options after the SYN, nothing received checked) is to be compared by packets a connection and nanoseconds
a packet, not by connections alone.

dperf takes PCI devices: build/tests/bench/libeal_words.so tells its EAL of ours, for which it has to be linked
with DPDK's shared libraries (make LDFLAGS="$(pkg-config --libs libdpdk) -lrte_net_bond -lrte_bus_pci -lrte_bus_vdev
-lpthread -lm"). It takes about 1 GiB of hugepages an end. Needs no privilege where hugepages are free.
"""

import argparse
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
from windows import Failed, progress

IN_FLIGHT = 512
BYTES = 64
SLOW_START = 20                 # seconds in which dperf's rate rises to the highest
CLIENTS = 16                    # addresses: with 64 Ki ports each, and ports at the server, two seconds of connections
START_S = 4                     # until dperf's client has begun
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

    def run(self, client_words, server_words, seconds):
        """The seconds that each side has told, oldest first."""
        heard = {side: "" for side in SIDES}
        running = {}

        def listen(until):
            while time.monotonic() < until:
                for side, (process, terminal) in running.items():
                    heard[side] += hear(terminal)
                    if process.poll() is not None:
                        raise Failed(f"dperf's {side} ended by itself: {heard[side].strip()[-600:] or 'it said nothing'}")
                time.sleep(0.05)

        with tempfile.TemporaryDirectory(prefix="tern-dperf-") as directory:
            try:
                for side, more in (("server", server_words), ("client", client_words)):
                    running[side] = self.start(Path(directory), side, more, seconds + 30)
                    listen(time.monotonic() + 1.5)
                listen(time.monotonic() + seconds)
            finally:
                for process, terminal in running.values():
                    stop(process, signal.SIGKILL)
                    os.close(terminal)
        return {side: seconds_of(heard[side]) for side in SIDES}


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


def dperf_connections(dperf, top):
    more = {"tx_burst": 128, "listen": -(-RTO * top // (CLIENTS * 65535))}
    seconds = dperf.run({**more, "cps": top, "slow_start": SLOW_START, "wait": 1, "launch_num": 10}, more,
                        SLOW_START + START_S)
    completed, client_ns = busiest(seconds["client"], "skClose")
    _, server_ns = busiest(seconds["server"], "skClose")
    best = max(seconds["client"], key=lambda s: s["skClose"])
    return {"rate": completed, "rate_without_loss": without_loss(seconds["client"]),
            "packets": (best["pktRx"] + best["pktTx"]) / completed, "busy_ns": (client_ns, server_ns), "seconds": seconds}


def dperf_requests(dperf):
    more = {"tx_burst": 128, "keepalive": "0s"}
    seconds = dperf.run({**more, "cc": IN_FLIGHT, "cps": 10 * IN_FLIGHT, "slow_start": 10, "wait": 1}, more, START_S + 4)
    measured = {side: [s for s in seconds[side] if s["skOpen"] == 0 and s["tcpRsp"] > 0] for side in SIDES}
    if not measured["client"] or not measured["server"]:
        raise Failed(f"dperf had no second with {IN_FLIGHT} connections open and requests answered")
    answered, client_ns = busiest(measured["client"], "tcpRsp")
    _, server_ns = busiest(measured["server"], "tcpRsp")
    return {"rate": answered, "packets": 2.0, "busy_ns": (client_ns, server_ns), "seconds": seconds}


def ours(windows, name, ring):
    """The best of a round's windows, as dperf's is its best second."""
    device = "memif:{}/tern.sock"
    for _ in range(3):
        windows.both(name, (f"{device},server,ring={ring}", f"{device},ring={ring}"), serve=PARTS[name][2],
                     load=("-c", IN_FLIGHT, *PARTS[name][1], *PARTS[name][2]), common=("--checksum", "software"))
    best = max(windows.reports[name][-3:], key=rate)
    return {"rate": rate(best), "packets": packets(best), "busy_ns": busy_ns(best)}


def measure(dperf, windows, args):
    rounds = []
    for number in range(args.rounds):
        progress(f"round {number + 1} of {args.rounds}")
        them = {"crr, server closes": dperf_connections(dperf, args.top), "rr": dperf_requests(dperf)}
        them["crr"] = them["crr, server closes"]
        rounds.append({"dperf": them, "tern": {name: ours(windows, name, args.ring) for name in PARTS}})
    progress(None)
    return rounds


def figure(rounds, name):
    def of(which, key):
        return statistics.median(key(r[which][name]) for r in rounds)

    def ns(which, side):
        found = [r[which][name]["busy_ns"][side] for r in rounds if r[which][name]["busy_ns"][side] is not None]
        return statistics.median(found) if found else None

    result = {which: {"per_second": of(which, lambda f: f["rate"]),
                      "per_second_best": max(r[which][name]["rate"] for r in rounds),
                      "packets": of(which, lambda f: f["packets"]),
                      "busy_ns": [ns(which, 0), ns(which, 1)]} for which in ("dperf", "tern")}
    if name != "rr":
        result["dperf"]["per_second_without_loss"] = of("dperf", lambda f: f["rate_without_loss"])
    ratios = [r["tern"][name]["rate"] / r["dperf"][name]["rate"] for r in rounds]
    result["ratio"] = {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios),
                       "best": result["tern"]["per_second_best"] / result["dperf"]["per_second_best"]}
    return result


def show(figures, rounds):
    def line(who, f):
        a_packet = [ns / f["packets"] if ns else None for ns in f["busy_ns"]]
        numbers = [f"{n:>8.0f}" if n else f"{'-':>8}" for n in (*f["busy_ns"], *a_packet)]
        return f"    {who:<8}{f['per_second']:>14,.0f}{f['per_second_best']:>12,.0f}{f['packets']:>9.2f} " + " ".join(numbers)

    print(f"\n  64 bytes each way over memif, medians of the best second in each of {rounds} rounds; ns: busy, of an end's"
          " core\n")
    print(f"  {'':<10}{'a second':>14}{'best round':>12}{'packets':>9} {'ns, one':>8} {'':>8} {'a packet':>8}\n  {'':<46}"
          + " ".join(f"{side:>8}" for side in (*SIDES, *SIDES)))
    for name, f in figures.items():
        print(f"  {PARTS[name][0]}\n{line('dperf', f['dperf'])}\n{line('tern', f['tern'])}")
        print(f"    {'ratio':<8}{f['ratio']['median']:>14.2f}{f['ratio']['best']:>12.2f}   (single rounds"
              f" {f['ratio']['least']:.2f} to {f['ratio']['most']:.2f})")
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
    parser.add_argument("--rounds", type=arguments.count, default=3, help="(%(default)s), of about 50 seconds")
    parser.add_argument("--top", type=arguments.count, default=3000000,
                        help="connections a second that dperf's rate rises to (%(default)s)")
    parser.add_argument("--ring", type=ring_size, default=1024, help="frames a ring of memif, of both (%(default)s)")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures and every second of dperf's here, too")
    args = parser.parse_args()
    try:
        windows = TwoProcesses(args.build, True)
        windows.seconds, windows.warmup = 0.8, 0.3
        preload = windows.build / "tests" / "bench" / "libeal_words.so"
        for file in (Path(args.dperf), preload):
            if not file.exists():
                raise Failed(f"{file} is not there")
        rounds = measure(Dperf(Path(args.dperf).resolve(), preload, windows.cores, args.ring), windows, args)
    except Failed as failed:
        print(f"dperf: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    figures = {name: figure(rounds, name) for name in PARTS}
    if args.json:
        args.json.write_text(json.dumps({"schema": 1, "figures": figures, "rounds": rounds, "ring": args.ring,
                                               "machine": machine.describe(windows.cores)}, indent=1) + "\n")
    show(figures, len(rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
