# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What the cases share: programs, their reports, what is wanted of them."""

import ctypes
import glob
import json
import os
import shutil
import signal
import subprocess
import time

PORT = 7000
SERVER = {4: "198.18.0.1", 6: "2001:2::1"}
CLIENT = {4: "198.18.0.2", 6: "2001:2::2"}
PREFIX = {4: 24, 6: 64}
PR_SET_PDEATHSIG = 1
HUGEPAGES = 128     # for two programs with little memory

libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The case has failed; the text says what was found and what is wanted."""


class Case:
    def __init__(self, name, function, driver, tools, hugepages):
        self.name, self.function, self.driver, self.tools = name, function, driver, tools
        self.hugepages = hugepages

    def impediment(self):
        """Why it cannot run here, or None."""
        if self.driver is not None and not driver_is_there(self.driver):
            return f"DPDK's driver {self.driver} is not installed"
        if self.hugepages and free_hugepages() < HUGEPAGES:
            return f"needs {HUGEPAGES} free hugepages of 2 MiB"
        missing = [tool for tool in self.tools if shutil.which(tool) is None]
        return f"needs {', '.join(missing)}: ./run setup installs them" if missing else None


def free_hugepages():
    try:
        with open("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", encoding="ascii") as f:
            return int(f.read())
    except OSError:
        return 0


def driver_is_there(name):
    libraries = subprocess.run(["pkg-config", "--variable=libdir", "libdpdk"], capture_output=True, text=True,
                               check=False).stdout.strip() or "/usr/lib"
    return bool(glob.glob(f"{libraries}/librte_{name}.so*") + glob.glob(f"{libraries}/dpdk/pmds-*/librte_{name}.so*"))


def case_list(cases, driver=None, tools=(), hugepages=False):
    """A decorator: the function is a case."""
    def register(name):
        def add(function):
            cases.append(Case(name, function, driver, tools, hugepages))
            return function
        return add
    return register


def expect(condition, text):
    if not condition:
        raise Failure(text)


def expect_equal(found, wanted, what):
    expect(found == wanted, f"{what}: found {found}, want {wanted}")


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def addresses(which, families=(4, 6)):
    return [word for v in families for word in ("--ip", f"{which[v]}/{PREFIX[v]}")]


def target(v):
    return f"{SERVER[4]}:{PORT}" if v == 4 else f"[{SERVER[6]}]:{PORT}"


class Program:
    def __init__(self, argv, directory, name):
        self.name = name
        self.out, self.err = directory / f"{name}.out", directory / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            preexec_fn=die_with_parent)

    def said(self):
        return self.out.read_text(errors="replace") + self.err.read_text(errors="replace")

    def complaint(self, text):
        tail = "\n".join(self.said().splitlines()[-25:])
        return f"{text}\n{self.name} said:\n{tail}"

    def wait_for(self, text, seconds=20):
        deadline = time.monotonic() + seconds
        while text not in self.said():
            expect(self.process.poll() is None, self.complaint(f"{self.name} has ended with {self.process.returncode}"))
            expect(time.monotonic() < deadline, self.complaint(f"waited {seconds} s in vain for '{text}'"))
            time.sleep(0.005)

    def wait(self, statuses=(0,), seconds=60):
        try:
            found = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(self.complaint(f"{self.name} did not end within {seconds} s")) from None
        expect(found in statuses, self.complaint(f"{self.name} ended with status {found}, want one of {statuses}"))

    def stop(self, number=signal.SIGINT, statuses=(0,)):
        self.process.send_signal(number)
        self.wait(statuses=statuses if number != signal.SIGKILL else (-signal.SIGKILL,))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class World:
    """A directory, and programs that end with the case."""

    def __init__(self, tern, directory):
        self.tern_path, self.directory = tern, directory
        self.programs = []
        self.started = 0
        cores = sorted(os.sched_getaffinity(0))
        self.cores = cores[0], cores[-1]
        # little memory, so that two of them and much else run beside each other
        self.room = ["--mbufs", "16Ki", "--max-connections", "32Ki", "--max-time-wait", "64Ki"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in self.programs:
            program.kill()

    def start(self, argv, name):
        self.started += 1
        program = Program(argv, self.directory, f"{name}{self.started}")
        self.programs.append(program)
        return program

    def tern(self, command, *words, report=True):
        argv = [self.tern_path, command, *words, *self.room, "--quiet"]
        if report:
            argv += ["--json", str(self.directory / f"{command}.json")]
        return self.start(argv, command)

    def serve(self, device, *words):
        program = self.tern("serve", "--dev", device, "--listen", str(PORT), "--cores", str(self.cores[0]),
                            *addresses(SERVER), *words)
        program.wait_for("serving ")
        return program

    def load(self, device, v, mode, *words):
        return self.tern("load", target(v), "--dev", device, "--mode", mode, "--cores", str(self.cores[1]),
                         "--warmup", "0s", "--timeout", "20s", "--rto-min", "2s", *addresses(CLIENT), *words)

    def report(self, command):
        return json.loads((self.directory / f"{command}.json").read_text())
