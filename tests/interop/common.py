# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What all of this shares: addresses, cases, expectations, the namespace, programs in it."""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

TAP = "t0"
PORT = 7000     # of all servers: a port that tshark takes for nobody's
TERN = {4: "198.18.0.1", 6: "2001:2::1"}
KERNEL = {4: "198.18.0.2", 6: "2001:2::2"}
PREFIX = {4: 24, 6: 64}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, IFF_RUNNING = 0x8913, 0x40
TUNSETIFF, IFF_TAP, IFF_MULTI_QUEUE = 0x400454ca, 0x2, 0x100

libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """The case has failed; the text says what was found and what is wanted."""


class Skip(Exception):
    """The case cannot be run here; the text says what it needs."""


def need(*programs):
    missing = [p for p in programs if shutil.which(p) is None]
    if missing:
        raise Skip(f"needs {', '.join(missing)}: ./run setup installs them")


class Case:
    def __init__(self, name, function, arguments):
        self.name, self.function, self.arguments = name, function, arguments

    def run(self, world):
        self.function(world, *self.arguments)


def case_list(cases):
    """A decorator: the function is a case of each family, its name begins with that."""
    def register(name, families=(4, 6)):
        def add(function):
            for v in families:
                cases.append(Case(f"IPv{v}: {name}", function, (v,)))
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


def unshare_network():
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def namespace_impediment():
    """Tried in a child, since there is no way back."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if libc.unshare(CLONE_NEWNET) == 0 else 1)
    return None if os.waitpid(pid, 0)[1] == 0 else "needs the right to make a network namespace"


def poll(condition, what, seconds=30):
    """Wait until the condition gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        expect(time.monotonic() < deadline, f"waited {seconds} s in vain for {what}")
        time.sleep(0.002)
    return value


def sysctl(key, value):
    with open("/proc/sys/net/" + key, "w", encoding="ascii") as f:
        f.write(str(value))


def ip(*lines):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def is_running(interface):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            answer = fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack("16sH14x", interface.encode(), 0))
        except OSError:
            return False
    return bool(struct.unpack("16sH14x", answer)[1] & IFF_RUNNING)


def tap_queue(interface):
    """The place of a program at the other end of a tap, as long as the file is open."""
    queue = open("/dev/net/tun", "r+b", buffering=0)
    fcntl.ioctl(queue, TUNSETIFF, struct.pack("16sH14x", interface.encode(), IFF_TAP | IFF_MULTI_QUEUE))
    return queue


class Program:
    """A program in the namespace; its words go to files."""

    def __init__(self, argv, directory, name):
        self.name = name
        self.out, self.err = directory / f"{name}.out", directory / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            preexec_fn=die_with_parent)

    def said(self):
        return self.err.read_text(errors="replace")

    def complaint(self, text):
        tail = "\n".join((self.out.read_text(errors="replace") + self.said()).splitlines()[-25:])
        return f"{text}\n{self.name} said:\n{tail}"

    def is_alive(self):
        status = self.process.poll()
        expect(status is None, self.complaint(f"{self.name} has ended with status {status}"))
        return True

    def wait_for(self, text):
        poll(lambda: text in self.said() or not self.is_alive(), f"{self.name} to say '{text}'")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def wait(self, seconds, statuses=(0,)):
        try:
            found = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(self.complaint(f"{self.name} did not end within {seconds} s")) from None
        expect(found in statuses, self.complaint(f"{self.name} ended with status {found}, want one of {statuses}"))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
