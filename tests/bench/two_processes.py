# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""`tern serve` and `tern load` as two processes with a device between them, each on its own core."""

import json
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import machine
from windows import Failed, Windows

START_S = 10                            # until a program has said that it serves
PORTS = "7-22"                          # with the sources 64 times 16 times 64 Ki tuples: TIME-WAIT is filled and
SOURCES = "198.18.0.64-198.18.0.127"    # does not hold up the next connection
SERVER, CLIENT = "198.18.0.1", "198.18.0.2"


def stop(process, how=signal.SIGINT, seconds=10):
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(process, text, what):
    """What it said up to then."""
    said, until = b"", time.monotonic() + START_S
    while text not in said:
        ready, _, _ = select.select([process.stdout], [], [], max(0, until - time.monotonic()))
        more = process.stdout.read1() if ready else b""
        if not more:
            raise Failed(f"{what} did not start: {said.decode(errors='replace').strip() or 'it said nothing'}")
        said += more
    return said


class TwoProcesses(Windows):
    """Windows of two processes: reports[name] has the client's report, with the server's under "server"."""

    def serve(self, directory, device, words):
        process = subprocess.Popen([self.build / "app" / "tern", "serve", "--dev", device, "--ip", f"{SERVER}/24",
                                    "--listen", PORTS, "--cores", str(self.cores[1]), "--quiet", "--json",
                                    directory / "serve.json", *map(str, words)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                   preexec_fn=machine.ask_for_the_cores)
        try:
            wait_for(process, b"serving ", "tern serve")
        except BaseException:
            stop(process, signal.SIGKILL)
            raise
        return process

    def load(self, directory, device, words):
        self.execute([self.build / "app" / "tern", "load", f"{SERVER}:{PORTS}", "--dev", device, "--ip",
                      f"{CLIENT}/24", "--src", SOURCES, "--cores", self.cores[0], "--quiet", "--json",
                      directory / "load.json", "--duration", f"{round(self.seconds * 1000)}ms", "--warmup",
                      f"{round(self.warmup * 1000)}ms", *words], may_exit=(0, 3))
        return json.loads((directory / "load.json").read_text())

    def both(self, name, devices, serve=(), load=(), common=()):
        """devices: the server's and the client's, with {} for a directory that both see."""
        with tempfile.TemporaryDirectory(prefix="tern-bench-") as directory:
            directory = Path(directory)
            at_server, at_client = (d.format(directory) for d in devices)
            server = self.serve(directory, at_server, (*common, *serve))
            try:
                report = self.load(directory, at_client, (*common, *load))
            finally:
                stop(server)
            report["server"] = json.loads((directory / "serve.json").read_text())
        if report["mode"] != "stream" and report["counts"]["transactions_completed"] == 0:
            raise Failed(f"{name}: nothing was completed between {at_server} and {at_client}")
        self.keep(name, report, max(side.get("cpu_wait_share") or 0 for side in report["sides"].values()))
        return report


def rate(report):
    return report["payload_gbit_up_per_second"] if report["mode"] == "stream" else report["transactions_per_second"]


def busy_ns(report):
    """Of the client's core, and of the server's over its whole life, for a transaction."""
    client = report["sides"]["client"]["counters"]["busy_ns"] / max(1, report["counts"]["transactions_completed"])
    server = report["server"]["sides"]["server"]["counters"]["busy_ns"]
    return client, server / max(1, report["whole_run"]["counts"]["transactions_completed"])


def packets(report):
    """Both ways, for a transaction."""
    ways = report.get("packets_per_connection") or report.get("packets_per_request")
    return ways["out"] + ways["in"]
