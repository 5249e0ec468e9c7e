#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What a device costs: the same load over each, a client on one core and a server on the other, in turns.

loop, in one process; memif between two, copying and with the client's memory shared; two taps on a bridge of the
kernel's; and beside them the kernel's own connections over loopback and over a pair of veth. Checksums as each device's
default has them: over loop they are not computed, over the others in software. Taps, bridge and veth live in network
namespaces that go with this program; without the privilege to make one (root) they are left out. A window that fails is
told at the end and leaves a gap; the others go on.
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
from pathlib import Path

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
    "memif": (f"{MEMIF},server", f"{MEMIF},client"),
    "memif, zero-copy": (f"{MEMIF},server", f"{MEMIF},zero-copy"),
    "tap": ("tap:t0", "tap:t1"),
}
BRIDGE_WAIT_S = 10
CLONE_NEWNET = 0x40000000


def ip(*words, inside=None):
    return subprocess.run(["ip", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False,
                          preexec_fn=inside and (lambda: join_namespace(inside))).returncode == 0


def own_network():
    """Of this program and what it starts, and of nobody else."""
    return ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0 and ip("link", "set", "lo", "up") and \
        ip("link", "add", "br0", "type", "bridge") and ip("link", "set", "br0", "up") and no_filters()


def no_filters():
    """The bridge would show each frame to iptables, at a tenth of a tap's time: not what a tap costs."""
    for name in ("iptables", "ip6tables", "arptables"):
        try:
            Path(f"/proc/sys/net/bridge/bridge-nf-call-{name}").write_text("0")
        except OSError:
            pass                # a kernel without them
    return True


def join_namespace(file):
    with open(file, "rb") as namespace:
        return ctypes.CDLL(None).setns(namespace.fileno(), CLONE_NEWNET) == 0


def other_end_of_veth():
    """A process in a namespace of its own, with a veth to ours; the addresses are those that kernel_crr listens at."""
    process = subprocess.Popen(["sleep", "infinity"], stdin=subprocess.DEVNULL,
                               preexec_fn=lambda: ctypes.CDLL(None).unshare(CLONE_NEWNET))
    there = f"/proc/{process.pid}/ns/net"
    made = ip("link", "add", "v0", "type", "veth", "peer", "name", "v1") and \
        ip("link", "set", "v1", "netns", str(process.pid)) and ip("addr", "add", "198.18.1.254/24", "dev", "v0") and \
        ip("link", "set", "v0", "up") and \
        all(ip("addr", "add", f"198.18.1.{n}/24", "dev", "v1", inside=there) for n in range(1, 17)) and \
        ip("link", "set", "v1", "up", inside=there)
    if made:
        return process, there
    process.kill()
    process.wait()
    return None, None


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


def measure(windows, devices, args, veth):
    """What failed, in words: one window's failure is not the others'."""
    failures = []

    def attempt(how, *words):
        try:
            how(*words)
        except Failed as failed:
            failures.append(str(failed))

    for number in range(args.rounds):
        for mode in args.mode:
            progress(f"round {number + 1} of {args.rounds}: {mode}")
            words = ("--checksum", "software") if args.software else ()
            attempt(windows.tern, f"loop, {mode}", *MODES[mode][1], *words)
            for device in devices:
                attempt(two, windows, device, mode, args.software)
        if "crr" in args.mode:
            attempt(windows.kernel_crr, "kernel over loopback, crr")
            if veth is not None:
                attempt(windows.kernel_crr, "kernel over veth, crr", veth)
    progress(None)
    return failures


def figures(windows):
    result = {}
    for name, reports in windows.reports.items():
        device, mode = name.rsplit(", ", 1)
        values = [r["kernel_connections_per_second"] if device.startswith("kernel") else rate(r) for r in reports]
        result.setdefault(device, {})[mode] = {"median": statistics.median(values), "windows": values}
    return result


def show(result, windows):
    print(f"\n  {'medians':<28}" + "".join(f"{unit:>18}" for unit, _ in MODES.values()))
    for device, found in result.items():
        cells = [f"{found[m]['median']:,.{1 if m == 'stream' else 0}f}" if m in found else "-" for m in MODES]
        print(f"  {device:<28}" + "".join(f"{cell:>18}" for cell in cells))
    count, of, worst = windows.disturbed()
    if count:
        print(f"\n  {what_was_disturbed(count, of, worst)}")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="meson's build directory (%(default)s)")
    parser.add_argument("--rounds", type=arguments.count, default=5, help="(%(default)s)")
    parser.add_argument("--mode", choices=tuple(MODES), action="append", help="only this (all)")
    parser.add_argument("--device", choices=tuple(DEVICES), action="append", help="only this beside loop and the kernel (all)")
    parser.add_argument("--software", action="store_true", help="checksums in software over loop, too")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures here, too")
    args = parser.parse_args()
    args.mode = args.mode or list(MODES)
    devices = args.device or list(DEVICES)
    other_end, veth = None, None
    if os.geteuid() == 0 and own_network():
        other_end, veth = other_end_of_veth()
    else:
        devices = [d for d in devices if d != "tap"]
        print("devices: tap and veth left out: no network namespace can be made here without root", file=sys.stderr)
    windows = TwoProcesses(args.build, True)
    windows.seconds, windows.warmup = 0.5, 0.3
    try:
        failures = measure(windows, devices, args, veth)
    finally:
        if other_end is not None:
            other_end.kill()
            other_end.wait()
    result = figures(windows)
    show(result, windows)
    for failure in failures:
        print(f"devices: a window failed:\n  {failure}", file=sys.stderr)
    if args.json:
        args.json.write_text(json.dumps({"schema": 1, "figures": result, "waited": windows.waited,
                                               "failures": failures, "machine": machine.describe(windows.cores)}, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
