# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Below TCP: who is where, and echo."""

import os
import socket
import struct
import subprocess

import kernel
from capture import FROM_TERN
from common import KERNEL, TAP, TERN, case_list, expect, expect_equal, ip, poll

CASES = []
case = case_list(CASES)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ping(v, identifier, sequence, data):
    """One echo request; returns the data of its reply."""
    request = struct.pack("!BBHHH", 8 if v == 4 else 128, 0, 0, identifier, sequence) + data
    if v == 4:      # the kernel fills it in for ICMPv6
        request = request[:2] + struct.pack("!H", checksum(request)) + request[4:]
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    else:
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with s:
        s.settimeout(5)
        s.connect((TERN[v], 0))
        s.send(request)
        while True:
            reply = s.recv(65535)
            if v == 4:
                reply = reply[(reply[0] & 15) * 4:]
            kind, code, _, found_identifier, found_sequence = struct.unpack("!BBHHH", reply[:8])
            if (kind, code, found_identifier, found_sequence) == (0 if v == 4 else 129, 0, identifier, sequence):
                return reply[8:]


@case("ping is answered with the same bytes, of every size that fits")
def echo(w, v):
    w.serve("echo")
    for sequence, size in enumerate((0, 2, 56, 1000, 1400)):
        data = bytes(w.pattern.at(sequence, size))
        expect_equal(ping(v, os.getpid() & 0xffff, sequence, data), data, f"the answer to a ping of {size} bytes")


def neighbour_of_kernel(v):
    words = subprocess.run(["ip", "neigh", "show", TERN[v], "dev", TAP], capture_output=True, text=True,
                           check=True).stdout.split()
    return dict(zip(words[1::2], words[2::2])).get("lladdr"), words[-1] if words else None


@case("the kernel resolves Tern's address, and again after it has forgotten it")
def kernel_resolves(w, v):
    w.serve("echo")
    macs = set()
    for _ in range(3):
        with kernel.connect(v) as s:
            kernel.exchange(s, w.pattern, 100)
        mac, state = neighbour_of_kernel(v)
        expect(state in ("REACHABLE", "DELAY", "STALE"), f"the kernel's neighbour is {state}")
        macs.add(mac)
        ip(f"neigh flush dev {TAP}")
    expect(len(macs) == 1 and None not in macs, f"addresses that the kernel learned: found {macs}, want one")
    question = f"arp.opcode == 2 && arp.src.proto_ipv4 == {TERN[4]}" if v == 4 else f"icmpv6.type == 136 && {FROM_TERN}"
    w.capture.stop()
    expect(w.capture.count(question) >= 3, "Tern answered fewer than 3 of the kernel's questions")


@case("the kernel's reachability probe finds Tern alive")
def kernel_probes(w, v):
    w.serve("echo")
    with kernel.connect(v) as s:
        kernel.exchange(s, w.pattern, 100)
    mac, _ = neighbour_of_kernel(v)
    ip(f"neigh change {TERN[v]} dev {TAP} lladdr {mac} nud probe")
    poll(lambda: neighbour_of_kernel(v)[1] == "REACHABLE", "the kernel to find Tern reachable")


@case("Tern resolves the kernel's address before it connects")
def tern_resolves(w, v):
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v, send=100, closing="half")
        with kernel.accept(listener) as s:
            kernel.receive(s, w.pattern, 100)
            kernel.receive_end(s)
    w.end_peer(peer)
    w.capture.stop()
    question = (f"arp.opcode == 1 && arp.dst.proto_ipv4 == {KERNEL[4]}" if v == 4 else
                f"icmpv6.type == 135 && icmpv6.nd.ns.target_address == {KERNEL[6]}")
    expect(w.capture.count(f"({question}) && eth.dst.ig == 1") >= 1, "Tern never asked")
