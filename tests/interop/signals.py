# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What ends tell each other beside bytes: congestion (ECN), urgency, that they are still there (keepalive)."""

import select
import socket
import time

import kernel
import options
from capture import FROM_TERN
from common import TAP, case_list, expect, expect_equal, ip, sysctl

CASES = []
case = case_list(CASES)
ECT0 = "(ip.dsfield.ecn == 2 || ipv6.tclass.ecn == 2)"
ECN_SETUP = "tcp.flags.syn == 1 && tcp.flags.ece == 1"


def ecn(kernel_mode, word, negotiated):
    """kernel_mode: net.ipv4.tcp_ecn; negotiated: with Tern as server, with Tern as client."""
    @case(f"ECN with {kernel_mode} at the kernel and --ecn {word} at Tern: "
          f"{'/'.join('used' if n else 'not used' for n in negotiated)} by Tern's server/client")
    def run(w, v):
        sysctl("ipv4/tcp_ecn", kernel_mode)
        options.talk_both_ways(w, v, ["--ecn", word])
        for stream, wanted in zip((0, 1), negotiated):
            of_stream = f"tcp.stream == {stream}"
            answered = w.capture.count(f"{ECN_SETUP} && tcp.flags.ack == 1 && tcp.flags.cwr == 0 && {of_stream}")
            expect_equal(answered > 0, wanted, f"ECN agreed to in connection {stream}")
            marked = w.capture.count(f"{ECT0} && tcp.len > 0 && {FROM_TERN} && {of_stream}")
            expect_equal(marked > 0, wanted, f"data of Tern's with ECT(0) in connection {stream}")
        wrong = w.capture.count(f"{ECT0} && tcp.len == 0 && {FROM_TERN}")
        expect_equal(wrong, 0, "segments of Tern's without data that carry ECT(0)")
    return run


ecn(0, "on", (False, False))
ecn(1, "on", (True, True))
ecn(2, "on", (False, True))
ecn(1, "accept", (True, False))
ecn(1, "off", (False, False))


@case("Tern answers the kernel's keepalive probes")
def kernel_probes(w, v):
    w.serve("echo")
    with kernel.connect(v) as s:
        kernel_keepalive(s)
        time.sleep(4.5)
        kernel.exchange(s, w.pattern, 1000)
    w.capture.stop()
    expect(w.capture.count(f"tcp.analysis.keep_alive && !{FROM_TERN}") >= 3, "the kernel sent fewer than 3 probes")


def kernel_keepalive(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 3)):
        s.setsockopt(socket.IPPROTO_TCP, option, value)


@case("urgent data of the kernel's arrives in line, and nothing is lost")
def urgent_in(w, v):
    w.serve("echo")
    with kernel.connect(v) as s:
        for part in (b"first", b"!", b"second"):
            s.send(part, socket.MSG_OOB if part == b"!" else 0)
            time.sleep(0.05)
        got = b""
        while len(got) < 12:
            got += s.recv(100)
        expect_equal(got, b"first!second", "what came back")
    expect(w.stop_server()["urgent_rx"] > 0, "Tern counts no urgent data")


@case("urgent data of Tern's raises the kernel's exceptional condition; the marked byte is the last one")
def urgent_out(w, v):
    length = 20_000
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v, send=length, closing="urgent")
        with kernel.accept(listener) as s:
            poll = select.poll()
            poll.register(s, select.POLLPRI)
            expect(poll.poll(10_000), "the kernel saw no urgent data within 10 s")
            kernel.receive(s, w.pattern, length - 1)
            expect_equal(s.recv(1, socket.MSG_OOB), bytes(w.pattern.at(length - 1, 1)), "the byte out of band")
            kernel.receive_end(s)
    expect_equal(w.end_peer(peer)["sent"], length, "bytes sent")
KEEPALIVE = ["--keepalive", "1s", "--keepalive-interval", "1s", "--keepalive-count", "3"]


@case("Tern's keepalive probes keep a connection whose kernel answers")
def tern_probes(w, v):
    w.serve("echo", *KEEPALIVE)
    with kernel.connect(v) as s:
        time.sleep(5.5)
        kernel.exchange(s, w.pattern, 1000)
    counters = w.stop_server()
    expect(counters["keepalive_probes"] >= 3, f"Tern sent {counters['keepalive_probes']} probes, want 3 or more")
    expect_equal(counters["closed"], {"normal": 1}, "how the connection ended")
    w.capture.stop()
    probes = w.capture.count(f"tcp.analysis.keep_alive && tcp.len == 0 && {FROM_TERN}")
    expect(probes >= 3, f"tshark finds {probes} keepalive probes of Tern's without data, want 3 or more")


@case("Tern's keepalive ends a connection whose host has gone")
def gone(w, v):
    w.retransmissions_expected = True
    w.serve("echo", *KEEPALIVE)
    s = kernel.connect(v)
    s.sendall(b"hello")
    kernel_answer = s.recv(5)
    expect_equal(kernel_answer, b"hello", "echo")
    ip(f"addr flush dev {TAP}", f"neigh flush dev {TAP}")    # nobody there answers any more
    time.sleep(6)
    s.close()
    w.capture.stop()
    w.server.interrupt()
    w.server.wait(30)
    report = w.report_of_server()
    w.server = None
    expect_equal(report["whole_run"]["sides"]["server"]["counters"]["closed"], {"keepalive": 1}, "how the connection ended")
