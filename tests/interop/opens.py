# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Other ways to open: SYN cookies, also under a flood, and Fast Open in both directions."""

import random
import socket
import struct

import kernel
from capture import FROM_TERN
from common import PORT, TERN, case_list, expect, expect_equal, sysctl

CASES = []
case = case_list(CASES)
LENGTH = 2_000_000

IPV6_HDRINCL = 36
FLOOD = 3000
NET = {4: "198.18.0.{}", 6: "2001:2::{}"}


def cookie_server(w, *words):
    w.serve("echo", "--syn-cookies", "always", *words)


@case("a client of the kernel's gets through with SYN cookies, its options kept")
def cookies(w, v):
    cookie_server(w)
    with kernel.connect(v, 30) as s:
        kernel.exchange(s, w.pattern, LENGTH)
    counters = w.stop_server()
    expect_equal((counters["cookies_sent"], counters["cookies_accepted"]), (1, 1), "cookies sent, accepted")
    expect_equal((counters["with_timestamps"], counters["with_sack"], counters["with_wscale"]), (1, 1, 1),
                 "connections with timestamps, SACK, window scaling")
    w.capture.stop()
    answers = w.capture.fields(f"tcp.flags.syn == 1 && {FROM_TERN}", ["tcp.options.wscale.shift"])
    expect(answers and answers[0]["tcp.options.wscale.shift"], "Tern's SYN-ACK has no window scale")


@case("a client without timestamps gets through with SYN cookies")
def cookies_bare(w, v):
    sysctl("ipv4/tcp_timestamps", 0)
    cookie_server(w)
    with kernel.connect(v, 30) as s:
        kernel.exchange(s, w.pattern, LENGTH)
    counters = w.stop_server()
    expect_equal(counters["cookies_accepted"], 1, "cookies accepted")
    expect_equal((counters["with_timestamps"], counters["with_sack"], counters["with_wscale"]), (0, 0, 0),
                 "connections with timestamps, SACK, window scaling")


@case("2,000 connections of the kernel's, up to 100 at once, all with SYN cookies")
def cookie_crowd(w, v):
    cookie_server(w)
    kernel.Crowd(v, 2000, 100).run()
    counters = w.stop_server()
    expect_equal((counters["accepts"], counters["closed"]), (2000, {"normal": 2000}), "accepted, and how they ended")
    # a port that is still in TIME-WAIT gets a record instead
    expect(counters["cookies_accepted"] > 0, "cookies accepted: found 0")
    expect_equal(counters["cookies_accepted"] + counters["time_wait_reused"], 2000, "cookies accepted and records")


def spoofed_syn(v, rng):
    """A SYN from an address and port at random, as nobody's connection."""
    family = socket.AF_INET if v == 4 else socket.AF_INET6
    source = socket.inet_pton(family, NET[v].format(rng.randrange(10, 90)))
    target = socket.inet_pton(family, TERN[v])
    tcp = struct.pack("!HHIIBBHHH4B", rng.randrange(1024, 65536), PORT, rng.getrandbits(32), 0, 6 << 4, 2, 65535, 0, 0,
                      2, 4, 5, 0xb4)
    pseudo = source + target + (struct.pack("!BBH", 0, 6, len(tcp)) if v == 4 else struct.pack("!II", len(tcp), 6))
    tcp = tcp[:16] + struct.pack("!H", kernel.checksum(pseudo + tcp)) + tcp[18:]
    if v == 4:      # the kernel fills in length, identification and checksum
        return struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0x4000, 64, 6, 0) + source + target + tcp
    return struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + source + target + tcp


def flood(v, count, rng):
    with socket.socket(socket.AF_INET if v == 4 else socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
        if v == 6:
            s.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
        for _ in range(count):
            s.sendto(spoofed_syn(v, rng), (TERN[v], 0))


@case("a client of the kernel's gets through a flood of SYNs")
def flooded(w, v):
    # judged would be what nobody answers: a SYN-ACK for an address that is not the kernel's own, it ignores
    w.serve("echo", "--max-half-open", "64")
    w.capture.stop()
    kernel.ping(v)
    rng = random.Random(1)
    for _ in range(10):
        flood(v, FLOOD // 10, rng)
        with kernel.connect(v, 10) as s:
            kernel.exchange(s, w.pattern, 1000)
    counters = w.stop_server()
    expect_equal(counters["accepts"], 10, "accepted")
    expect(counters["cookies_sent"] > FLOOD / 2, f"cookies sent: found {counters['cookies_sent']}")
    expect(counters["cookies_accepted"] > 0, "cookies accepted: found 0")
    expect(counters["half_open_now"] <= 64, f"half-open: found {counters['half_open_now']}, want 64 at most")


# ---- Fast Open

def fast_open():
    sysctl("ipv4/tcp_fastopen", 3)


def connect_with(v, data):
    s = socket.socket(socket.AF_INET if v == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    s.sendto(data, socket.MSG_FASTOPEN, (TERN[v], PORT))    # with a time limit it would not wait for the first answer
    s.settimeout(30)
    return s


@case("the kernel's data comes on the SYN, once it has a cookie of Tern's")
def server(w, v):
    fast_open()
    w.serve("echo", "--fastopen")
    for _ in range(5):
        with connect_with(v, w.pattern.at(0, 500)) as s:
            sender = kernel.Sender(s, w.pattern, 0)
            sender.finish()
            kernel.receive(s, w.pattern, 500)
            kernel.receive_end(s)
    counters = w.stop_server()
    expect_equal((counters["accepts"], counters["closed"]), (5, {"normal": 5}), "accepted, and how they ended")
    expect_equal((counters["fastopen_accepted"], counters["fastopen_refused"]), (4, 0), "SYNs whose data was taken, not")
    w.capture.stop()
    expect_equal(w.capture.count("tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.len == 500"), 4, "SYNs with data")


@case("a cookie that Tern does not know any more is replaced")
def stale(w, v):
    fast_open()
    w.serve("echo", "--fastopen")
    with connect_with(v, w.pattern.at(0, 500)) as s:
        kernel.Sender(s, w.pattern, 0).finish()
        kernel.receive(s, w.pattern, 500)
        kernel.receive_end(s)
    w.stop_server()
    w.retransmissions_expected = True       # the kernel sends the SYN's data again
    w.serve("echo", "--fastopen")
    for _ in range(2):
        with connect_with(v, w.pattern.at(0, 500)) as s:
            kernel.Sender(s, w.pattern, 0).finish()
            kernel.receive(s, w.pattern, 500)
            kernel.receive_end(s)
    counters = w.stop_server()
    expect_equal((counters["fastopen_accepted"], counters["fastopen_refused"]), (1, 1), "SYNs whose data was taken, not")


@case("tern load --fastopen against a kernel server: requests ride on SYNs, none fails")
def client(w, v):
    fast_open()
    echo = kernel.EchoServer(v)
    echo.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 1024)
    report = w.load(v, "crr", "--fastopen", "--connections", "4", "--count", "500", "--warmup", "0s", "--verify")
    echo.stop()
    counts, counters = report["whole_run"]["counts"], report["whole_run"]["sides"]["client"]["counters"]
    expect_equal((counts["connections_failed"], counts["transactions_failed"]), (0, 0), "connections, transactions failed")
    expect(counters["fastopen_sent"] >= 490, f"SYNs with data: found {counters['fastopen_sent']}, want 490 or more")
    expect_equal((counters["fastopen_accepted"], counters["fastopen_refused"]), (counters["fastopen_sent"], 0),
                 "SYNs whose data the kernel took, not")
    expect_equal(counters["retransmits_syn"], 0, "SYNs sent again")


@case("tern load --fastopen against a kernel server that does not know it")
def client_refused(w, v):
    echo = kernel.EchoServer(v)
    report = w.load(v, "crr", "--fastopen", "--connections", "4", "--count", "100", "--warmup", "0s", "--verify")
    echo.stop()
    counts, counters = report["whole_run"]["counts"], report["whole_run"]["sides"]["client"]["counters"]
    expect_equal((counts["connections_failed"], counts["transactions_failed"]), (0, 0), "connections, transactions failed")
    expect_equal(counters["fastopen_sent"], 0, "SYNs with data")
