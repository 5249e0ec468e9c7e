#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Measure Tern over loop on two cores, beside its device's limit and the Linux kernel.

Every figure is the median of five windows (three with --quick). What is compared alternates
within one run, so that all of it sees the same machine: Tern, the device, the kernel, and
again. Each window is a process of its own.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PERCENTILES = ("p50", "p90", "p99", "p999", "max")
OPEN = (64, 1024, 16384)            # connections of the request rate
IDLE = (16384, 262144)              # connections whose memory is compared
IN_FLIGHT = 512                     # connections under way, of the connection rate
WAITED_TOO_LONG = 0.02              # share of a window without the CPU


class Failed(Exception):
    pass


class Bench:
    def __init__(self, build, quick):
        self.build = Path(build).resolve()
        self.rounds = 3 if quick else 5
        self.seconds = 0.5 if quick else 1.5
        self.warmup = 0.3 if quick else 0.5
        self.cores = two_cores()
        self.windows = {}           # name -> reports, one a round
        self.waited = []            # share of each window that its slowest thread spent without its CPU

    def execute(self, words, may_exit=(0,)):
        process = subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True,
                                   preexec_fn=ask_for_the_cores)
        try:
            out, errors = process.communicate(timeout=120)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode not in may_exit:
            raise Failed(f"{' '.join(map(str, words))}\n  exit {process.returncode}: {errors.strip()}")
        return out

    def keep(self, name, report, waited):
        self.windows.setdefault(name, []).append(report)
        self.waited.append(waited)

    def tern(self, name, *words):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "report.json"
            # 3: the generator was the limit of an open loop; the figures stand, and the report says so
            self.execute([self.build / "app" / "tern", "pair", *core_words(self.cores), "--quiet", "--json", file,
                          "--duration", f"{int(self.seconds * 1000)}ms", "--warmup", f"{int(self.warmup * 1000)}ms",
                          *words], may_exit=(0, 3))
            report = json.loads(file.read_text())
        self.keep(name, report, max(side.get("cpu_wait_share") or 0 for side in report["sides"].values()))

    def other(self, name, program, *words):
        report = json.loads(self.execute([self.build / "tests" / "bench" / program, "--json",
                                          "--duration", self.seconds, "--warmup", self.warmup,
                                          "--cores", ",".join(map(str, self.cores)), *words]))
        self.keep(name, report, report["cpu_wait_share"])

    def median(self, name, *keys):
        return statistics.median(dig(report, keys) for report in self.windows[name])

    def latency(self, name, key):
        return {p: self.median(name, key, p) for p in PERCENTILES}

    def idle_bytes(self):
        """Of one end of a connection; half of what a pair's process grows by."""
        few, many = (json.loads(self.execute([self.build / "tests" / "bench" / "idle_connections", n])) for n in IDLE)
        return (many["memory_bytes"] - few["memory_bytes"]) / (many["connections"] - few["connections"]) / 2

    def run(self):
        for number in range(self.rounds):
            progress(f"round {number + 1} of {self.rounds}")
            self.tern("crr", "--mode", "crr", "-c", IN_FLIGHT)
            self.other("device", "device_limit", "--connections", IN_FLIGHT)
            self.other("kernel", "kernel_crr")
            self.tern("crr, server closes", "--mode", "crr", "-c", IN_FLIGHT, "--closer", "server")
            for n in OPEN:
                self.tern(f"rr {n}", "--mode", "rr", "-c", n)
            self.tern("one connection", "--mode", "crr", "-c", 1)
            self.tern("one open connection", "--mode", "rr", "-c", 1)
        half = int(self.median("crr", "connections_per_second") / 2)
        for number in range(self.rounds):
            progress(f"half load {number + 1} of {self.rounds}")
            self.tern("half load", "--mode", "crr", "-R", half)
        progress("memory")
        idle = self.idle_bytes()
        progress(None)
        return self.result(half, idle)

    def result(self, half, idle):
        rate = self.median("crr", "connections_per_second")
        device = self.median("device", "device_limit_connections_per_second")
        kernel = self.median("kernel", "kernel_connections_per_second")
        return {
            "schema": 1,
            "version": self.windows["crr"][0]["version"],
            "connections_per_second": rate,
            "connections_per_second_server_closes": self.median("crr, server closes", "connections_per_second"),
            "requests_per_second": {str(n): self.median(f"rr {n}", "requests_per_second") for n in OPEN},
            "packets_per_connection": {way: self.median("crr", "packets_per_connection", way) for way in ("out", "in")},
            "setup_latency_us": {
                "one_connection": self.latency("one connection", "setup_latency_us"),
                "half_load": self.latency("half load", "setup_latency_us"),
            },
            "answer_latency_us": {
                "one_connection": self.latency("one connection", "answer_latency_us"),
                "one_open_connection": self.latency("one open connection", "answer_latency_us"),
                "half_load": self.latency("half load", "answer_latency_us"),
            },
            "half_load_offered_per_second": half,
            "half_load_completed_per_second": self.median("half load", "connections_per_second"),
            "device_limit_connections_per_second": device,
            "device_limit_share": rate / device,
            "kernel_connections_per_second": kernel,
            "kernel_ratio": rate / kernel,
            "idle_connection_bytes": idle,
            "windows": {name: [headline(r) for r in reports] for name, reports in self.windows.items()},
            "window_seconds": self.seconds,
            "cpu_wait_share_max": max(self.waited),
            "disturbed_windows": sum(w > WAITED_TOO_LONG for w in self.waited),
            "machine": machine(self.cores),
            "system": self.windows["crr"][0].get("system"),
        }


def dig(report, keys):
    for key in keys:
        report = (report or {}).get(key)
    return report if report is not None else float("nan")


def headline(report):
    for key in ("device_limit_connections_per_second", "kernel_connections_per_second"):
        if key in report:
            return report[key]
    return report["transactions_per_second"]


def two_cores():
    """Two that are allowed, not threads of one core if that can be had, on one socket."""
    allowed = sorted(os.sched_getaffinity(0))
    first = allowed[0]

    def topology(cpu, name):
        try:
            return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/{name}").read_text().strip()
        except OSError:
            return str(cpu) if name == "core_id" else "0"

    def distance(cpu):
        same_socket = topology(cpu, "physical_package_id") == topology(first, "physical_package_id")
        same_core = same_socket and topology(cpu, "core_id") == topology(first, "core_id")
        return (same_core, not same_socket, cpu)

    return first, min(allowed[1:], key=distance, default=first)


def core_words(cores):
    return () if cores[0] == cores[1] else ("--client-cores", cores[0], "--server-cores", cores[1])


def ask_for_the_cores():
    """In the child. The kernel shares cores out by session: as root, this one is asked to come first."""
    try:
        Path("/proc/self/autogroup").write_text("-20")
    except OSError:
        pass


def machine(cores):
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    try:
        pages = int(Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages").read_text())
    except OSError:
        pages = 0
    return {"processor": model, "kernel": platform.release(), "cores": list(cores), "hugepages_2m": pages}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text or ''}", end="", file=sys.stderr, flush=True)


def table(r):
    def row(what, value, unit, note=""):
        return f"  {what:<44} {value:>14} {unit:<10} {note}".rstrip()

    def latencies(what, figures):
        return f"  {what:<44} " + " ".join(f"{figures[p]:>9.1f}" for p in PERCENTILES)

    m, out, in_ = r["machine"], r["packets_per_connection"]["out"], r["packets_per_connection"]["in"]
    lines = [
        "",
        f"Tern {r['version']} over loop (frames never leave memory), {m['processor']}, cores {m['cores'][0]} and"
        f" {m['cores'][1]}, {'hugepages' if m['hugepages_2m'] else 'normal pages'}, Linux {m['kernel']}",
        f"medians of {len(r['windows']['crr'])} windows of {r['window_seconds']} s",
        "",
        row("connections, 64 bytes each way, client closes", f"{r['connections_per_second']:,.0f}", "conn/s",
            f"{out:.2f} packets out, {in_:.2f} in"),
        row("the same, server closes", f"{r['connections_per_second_server_closes']:,.0f}", "conn/s"),
        row("device limit: the same frames, no stack", f"{r['device_limit_connections_per_second']:,.0f}", "conn/s",
            f"Tern's share {100 * r['device_limit_share']:.0f} %"),
        row("Linux kernel over loopback", f"{r['kernel_connections_per_second']:,.0f}", "conn/s",
            f"Tern does {r['kernel_ratio']:.1f} times as many"),
        *(row(f"requests on {int(n):,} open connections", f"{rate:,.0f}", "requests/s")
          for n, rate in r["requests_per_second"].items()),
        row("memory of an idle connection, one end", f"{r['idle_connection_bytes']:.0f}", "bytes"),
        "",
        f"  {'latency, us':<44} " + " ".join(f"{p:>9}" for p in ("p50", "p90", "p99", "p99.9", "max")),
        latencies("one connection: set-up", r["setup_latency_us"]["one_connection"]),
        latencies("one connection: SYN to answer", r["answer_latency_us"]["one_connection"]),
        latencies("one open connection: request to answer", r["answer_latency_us"]["one_open_connection"]),
        latencies(f"half load ({r['half_load_offered_per_second']:,} conn/s): set-up",
                  r["setup_latency_us"]["half_load"]),
        latencies("half load: intended start to answer", r["answer_latency_us"]["half_load"]),
        "",
    ]
    if m["cores"][0] == m["cores"][1]:
        lines += ["Only one core is allowed here: both ends take turns on it, and no figure is worth much.", ""]
    if r["disturbed_windows"]:
        total = sum(len(w) for w in r["windows"].values())
        lines += [f"{r['disturbed_windows']} of {total} windows went without a CPU for more than"
                  f" {100 * WAITED_TOO_LONG:.0f} % of their time (at most {100 * r['cpu_wait_share_max']:.0f} %):"
                  " something else is running here.", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build", help="meson's build directory (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="three windows instead of five, and shorter ones")
    parser.add_argument("--json", metavar="FILE", help="write the figures here, too")
    args = parser.parse_args()
    if args.json:
        Path(args.json).touch()     # a file that cannot be written is known before minutes have passed
    start = time.monotonic()
    try:
        result = Bench(args.build, args.quick).run()
    except Failed as failed:
        print(f"bench: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    result["measured_seconds"] = round(time.monotonic() - start, 1)
    print(table(result))
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
