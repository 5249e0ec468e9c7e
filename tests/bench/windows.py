# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Windows of measurement. Each is a process of its own, on the same two cores, and leaves a report."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import machine

WAITED_TOO_LONG = 0.02              # share of a window without the CPU: it was not measured
LIMIT_S = 120


class Failed(Exception):
    pass


class Windows:
    """How long they are, and what has been measured so far: reports[name] has one report a window."""

    def __init__(self, build, quick):
        self.build = Path(build).resolve()
        self.rounds = 3 if quick else 5
        self.seconds = 0.25 if quick else 1.5
        self.warmup = 0.1 if quick else 0.4
        self.cores = machine.two_cores()
        self.reports = {}
        self.waited = {}            # name -> share of each window that its slowest thread spent without its CPU

    def execute(self, words, may_exit=(0,)):
        try:
            process = subprocess.Popen([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, start_new_session=True,
                                       preexec_fn=machine.ask_for_the_cores)
        except OSError as error:
            raise Failed(f"found no program {words[0]} ({error.strerror}); want a build directory: ./run build makes build/") from None
        try:
            out, errors = process.communicate(timeout=LIMIT_S + self.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            said = process.communicate()[1]
            raise Failed(f"{' '.join(map(str, words))}\n  had not ended after {LIMIT_S + self.seconds:.0f} s: {said.strip()}") from None
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode not in may_exit:
            raise Failed(f"{' '.join(map(str, words))}\n  exit {process.returncode}: {errors.strip()}")
        return out

    def keep(self, name, report, waited):
        self.reports.setdefault(name, []).append(report)
        self.waited.setdefault(name, []).append(round(waited, 4))

    def tern(self, name, *words):
        """One of `tern pair`."""
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "report.json"
            # 3: the generator was the limit of an open loop; the figures stand, and the report says so
            self.execute([self.build / "app" / "tern", "pair", *machine.core_words(self.cores), "--quiet", "--json", file,
                          "--duration", f"{round(self.seconds * 1000)}ms", "--warmup", f"{round(self.warmup * 1000)}ms",
                          *words], may_exit=(0, 3))
            report = json.loads(file.read_text())
        self.keep(name, report, max(side.get("cpu_wait_share") or 0 for side in report["sides"].values()))

    def other(self, name, program, *words):
        """One of a program that stands beside this file."""
        report = json.loads(self.execute([self.build / "tests" / "bench" / program, "--json",
                                          "--duration", self.seconds, "--warmup", self.warmup,
                                          "--cores", ",".join(map(str, self.cores)), *words]))
        self.keep(name, report, report["cpu_wait_share"])

    def device_limit(self, name, *words):
        self.other(name, "device_limit", *words)

    def kernel_crr(self, name, *words):
        self.other(name, "kernel_crr", *words)

    def start(self, name, *words):
        """A process from its start over one connection to its end."""
        begin = time.monotonic()
        self.execute([self.build / "app" / "tern", "pair", *machine.core_words(self.cores), "--quiet", "--count", 1,
                      "-c", 1, "--warmup", 0, *words])
        self.keep(name, {"seconds": time.monotonic() - begin}, 0)

    def idle_memory(self, name, few, many):
        """What idle connections hold: the difference of two processes that hold few and many."""
        few, many = (json.loads(self.execute([self.build / "tests" / "bench" / "idle_connections", n])) for n in (few, many))
        grown, more = many["memory_bytes"] - few["memory_bytes"], many["connections"] - few["connections"]
        # of a pair's process each end is half
        self.keep(name, {"bytes": grown / more / 2}, 0)

    def disturbed(self):
        """Windows that went without a CPU for too long, of all, and the worst share."""
        all_of_them = [w for waits in self.waited.values() for w in waits]
        return sum(w > WAITED_TOO_LONG for w in all_of_them), len(all_of_them), max(all_of_them, default=0)


def what_was_disturbed(count, of, worst):
    return (f"{count} of {of} windows went without a CPU for more than {100 * WAITED_TOO_LONG:.0f} % of their time"
            f" (at most {100 * worst:.0f} %): something else is running here.")


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text or ''}", end="", file=sys.stderr, flush=True)
