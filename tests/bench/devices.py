#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What a device costs: the same load over each, a client on one core and a server on the other, in turns.

loop, in one process; memif between two, copying and with the client's memory shared; two taps on a bridge of the
kernel's; and beside them the kernel's own connections over loopback. Checksums as each device's default has them: over
loop they are not computed, over the others in software. Taps and bridge live in a network namespace that goes with this
program; without the privilege to make one (root) they are left out.
"""

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import threading
import time

import arguments
import machine
from two_processes import TwoProcesses, rate
from windows import Failed, progress, what_was_disturbed

MODES = {
    "crr": ("connections/s", ("--mode", "crr", "-c", 512)),
    "rr": ("requests/s", ("--mode", "rr", "-c", 512)),
    "stream": ("Gbit/s", ("--mode", "stream")),
}
SERVE = {"stream": ("--app", "discard")}
MEMIF = "memif:{}/tern.sock"
DEVICES = {
    "memif": (f"{MEMIF},server", MEMIF),
    "memif, zero-copy": (f"{MEMIF},server", f"{MEMIF},zero-copy"),
    "tap": ("tap:t0", "tap:t1"),
}
BRIDGE_WAIT_S = 10
CLONE_NEWNET = 0x40000000


def ip(*words):
    return subprocess.run(["ip", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def own_network():
    """Of this program and what it starts, and of nobody else."""
    return ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0 and ip("link", "set", "lo", "up") and \
        ip("link", "add", "br0", "type", "bridge") and ip("link", "set", "br0", "up")


def join_taps(over):
    """Puts both taps on the bridge when their programs have made them."""
    until, missing = time.monotonic() + BRIDGE_WAIT_S, ["t0", "t1"]
    while missing and time.monotonic() < until and not over.is_set():
        missing = [t for t in missing if not (ip("link", "set", t, "master", "br0") and ip("link", "set", t, "up"))]
        time.sleep(0.02)


def two(windows, device, mode, software):
    words = ("--checksum", "software") if software else ()
    over = threading.Event()
    joiner = threading.Thread(target=join_taps, args=(over,))
    if device == "tap":
        joiner.start()
    try:
        windows.both(f"{device}, {mode}", DEVICES[device], serve=SERVE.get(mode, ()), load=MODES[mode][1], common=words)
    finally:
        over.set()
        if device == "tap":
            joiner.join()


def measure(windows, devices, rounds, software):
    for number in range(rounds):
        for mode, (_, words) in MODES.items():
            progress(f"round {number + 1} of {rounds}: {mode}")
            windows.tern(f"loop, {mode}", *words, *(("--checksum", "software") if software else ()))
            for device in devices:
                two(windows, device, mode, software)
        windows.kernel_crr("kernel, crr")
    progress(None)


def figures(windows):
    result = {}
    for name, reports in windows.reports.items():
        device, mode = name.rsplit(", ", 1)
        values = [r["kernel_connections_per_second"] if device == "kernel" else rate(r) for r in reports]
        result.setdefault(device, {})[mode] = {"median": statistics.median(values), "windows": values}
    return result


def show(result, windows):
    print(f"\n  {'medians':<28}" + "".join(f"{unit:>18}" for unit, _ in MODES.values()))
    for device, found in result.items():
        cells = [f"{found[m]['median']:,.{1 if m == 'stream' else 0}f}" if m in found else "-" for m in MODES]
        name = "kernel, over loopback" if device == "kernel" else device
        print(f"  {name:<28}" + "".join(f"{cell:>18}" for cell in cells))
    count, of, worst = windows.disturbed()
    if count:
        print(f"\n  {what_was_disturbed(count, of, worst)}")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="meson's build directory (%(default)s)")
    parser.add_argument("--rounds", type=arguments.count, default=5, help="(%(default)s)")
    parser.add_argument("--software", action="store_true", help="checksums in software over loop, too")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures here, too")
    args = parser.parse_args()
    devices = [d for d in DEVICES if d != "tap"]
    if os.geteuid() == 0 and own_network():
        devices.append("tap")
    else:
        print("devices: tap left out: no network namespace can be made here without root", file=sys.stderr)
    windows = TwoProcesses(args.build, True)
    windows.seconds, windows.warmup = 0.5, 0.3
    try:
        measure(windows, devices, args.rounds, args.software)
    except Failed as failed:
        print(f"devices: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    result = figures(windows)
    show(result, windows)
    if args.json:
        args.json.write_text(json.dumps({"schema": 1, "figures": result, "waited": windows.waited,
                                               "machine": machine.describe(windows.cores)}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
