# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The kernel's side of a case: clients and servers over its sockets."""

import os
import selectors
import socket
import struct
import threading

from pattern import CHUNK
from common import FAMILY, KERNEL, PORT, TERN, Failure, expect, expect_equal, poll

RESET_ON_CLOSE = struct.pack("ii", 1, 0)    # struct linger
TIME_WAIT, LISTEN = "06", "0A"              # as /proc shows them


def connect(v, seconds=30, receive_buffer=None):
    s = socket.socket(FAMILY[v], socket.SOCK_STREAM)
    s.settimeout(seconds)
    if receive_buffer is not None:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.connect((TERN[v], PORT))
    return s


def listen(v, backlog=1024):
    s = socket.socket(FAMILY[v], socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(30)
    s.bind((KERNEL[v], PORT))
    s.listen(backlog)
    return s


def accept(listener):
    s, _ = listener.accept()
    s.settimeout(30)
    return s


def close_with_reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    s.close()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ping(v, sequence=0, data=b""):
    """One echo request; returns the data of its reply."""
    identifier = os.getpid() & 0xffff
    request = struct.pack("!BBHHH", 8 if v == 4 else 128, 0, 0, identifier, sequence) + data
    if v == 4:      # the kernel fills it in for ICMPv6
        request = request[:2] + struct.pack("!H", checksum(request)) + request[4:]
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    else:
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with s:
        s.settimeout(30)
        s.connect((TERN[v], 0))
        s.send(request)
        while True:
            reply = s.recv(65535)
            if v == 4:
                reply = reply[(reply[0] & 15) * 4:]
            kind, code, _, found_identifier, found_sequence = struct.unpack("!BBHHH", reply[:8])
            if (kind, code, found_identifier, found_sequence) == (0 if v == 4 else 129, 0, identifier, sequence):
                return reply[8:]


def is_listening(v):
    """Whether anybody in the namespace listens on PORT."""
    with open(f"/proc/self/net/tcp{'6' if v == 6 else ''}", encoding="ascii") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return any(row[3] == LISTEN and row[1].endswith(f":{PORT:04X}") for row in rows)


def connections_left():
    """States of the kernel's connections but for those in TIME-WAIT."""
    states = []
    for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        with open(table, encoding="ascii") as f:
            states += [line.split()[3] for line in list(f)[1:]]
    return [state for state in states if state not in (TIME_WAIT, LISTEN)]


def settle(v):
    """Wait until Tern, too, has seen the end of all connections: the kernel has answered its FINs, and what was
    sent before a ping was handled when that is answered."""
    poll(lambda: not connections_left(), "the end of all connections at the kernel")
    ping(v)


class Sender(threading.Thread):
    """Sends `length` bytes of the pattern while another thread reads; then closes this side unless told otherwise."""

    def __init__(self, s, pattern, length, shutdown=True):
        super().__init__(daemon=True)
        self.s, self.pattern, self.length, self.shutdown = s, pattern, length, shutdown
        self.error = None
        self.start()

    def run(self):
        try:
            sent = 0
            while sent < self.length:
                sent += self.s.send(self.pattern.at(sent, min(CHUNK, self.length - sent)))
            if self.shutdown:
                self.s.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.error = error

    def finish(self):
        self.join(60)
        expect(not self.is_alive(), "the kernel could not send everything within 60 s")
        expect(self.error is None, f"the kernel could not send everything: {self.error}")


def receive(s, pattern, length, start=0):
    """Read so many bytes of the pattern from that place on, and compare every one."""
    place = memoryview(bytearray(min(CHUNK, length)))
    received = 0
    while received < length:
        n = s.recv_into(place, min(CHUNK, length - received))
        expect(n > 0, f"the stream ended after {received} bytes, want {length}")
        expected = pattern.at(start + received, n)
        if place[:n] != expected:
            wrong = next(i for i in range(n) if place[i] != expected[i])
            raise Failure(f"byte {received + wrong} is wrong")
        received += n


def receive_end(s):
    """The stream ends here, in order."""
    expect_equal(s.recv(1), b"", "what came where the end of the stream should be")


def exchange(s, pattern, length):
    """Send and read back at the same time, then both sides close."""
    sender = Sender(s, pattern, length)
    receive(s, pattern, length)
    sender.finish()
    receive_end(s)


class Crowd:
    """Many connections to Tern's echo, at most `at_once` of them open: connect, send, read back, close."""

    def __init__(self, v, count, at_once, message=b"a question of 64 bytes".ljust(64, b".")):
        self.v, self.count, self.at_once, self.message = v, count, at_once, message
        self.begun = self.done = 0
        self.failures = []

    def begin(self, selector):
        s = socket.socket(FAMILY[self.v], socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        s.connect_ex((TERN[self.v], PORT))
        selector.register(s, selectors.EVENT_WRITE, bytearray())
        self.begun += 1

    def advance(self, selector, key):
        """True when this connection is over."""
        s, got = key.fileobj, key.data
        if key.events == selectors.EVENT_WRITE:
            s.send(self.message)
            selector.modify(s, selectors.EVENT_READ, got)
            return False
        part = s.recv(len(self.message) + 1)
        got += part
        if part and len(got) < len(self.message):
            return False
        if got != self.message:
            raise ConnectionError(f"{len(got)} bytes came back, and not those that were sent")
        return True

    def end(self, selector, s):
        selector.unregister(s)
        s.close()
        self.done += 1

    def run(self):
        with selectors.DefaultSelector() as selector:
            while self.done < self.count:
                while self.begun < self.count and self.begun - self.done < self.at_once:
                    self.begin(selector)
                ready = selector.select(20)
                expect(ready, f"nothing happened for 20 s, with {self.done} of {self.count} connections done")
                for key, _ in ready:
                    try:
                        if self.advance(selector, key):
                            self.end(selector, key.fileobj)
                    except OSError as error:
                        self.failures.append(str(error))
                        self.end(selector, key.fileobj)
        expect(not self.failures, f"{len(self.failures)} of {self.count} connections failed; first: "
               f"{self.failures[:1]}")


class EchoServer(threading.Thread):
    """Echoes to many clients of Tern's until stopped. Counts how their connections ended."""

    def __init__(self, v):
        super().__init__(daemon=True)
        self.listener = listen(v)
        self.listener.setblocking(False)
        self.over, self.wake = socket.socketpair()
        self.accepted = self.ended = self.reset = 0
        self.start()

    def accept_all(self, selector):
        while True:
            try:
                s, _ = self.listener.accept()
            except BlockingIOError:
                return
            s.setblocking(False)
            selector.register(s, selectors.EVENT_READ)
            self.accepted += 1

    def echo(self, selector, s):
        try:
            part = s.recv(1 << 16)
            if part:
                s.send(part)
                return
            self.ended += 1
        except ConnectionResetError:
            self.reset += 1
        selector.unregister(s)
        s.close()

    def run(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            selector.register(self.over, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.over:
                        return
                    if key.fileobj is self.listener:
                        self.accept_all(selector)
                    else:
                        self.echo(selector, key.fileobj)

    def stop(self):
        """When every connection has ended."""
        poll(lambda: self.ended + self.reset == self.accepted, "the end of all connections at the kernel", 20)
        self.wake.send(b".")
        self.join(10)
        expect(not self.is_alive(), "the kernel's echo server did not end")
