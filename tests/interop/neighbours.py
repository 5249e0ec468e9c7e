# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Below TCP: who is where, and echo."""

import subprocess

import kernel
from capture import FROM_TERN
from common import KERNEL, TAP, TERN, case_list, expect, expect_equal, ip, is_running, poll

CASES = []
case = case_list(CASES)


@case("ping is answered with the same bytes, of every size that fits")
def echo(w, v):
    w.serve("echo")
    for sequence, size in enumerate((0, 2, 56, 1000, 1400)):
        data = bytes(w.pattern.at(sequence, size))
        expect_equal(kernel.ping(v, sequence, data), data, f"the answer to a ping of {size} bytes")


@case("an interface that Tern has to make serves like one that was there")
def made_by_tern(w, v):
    w.tap = "t1"
    ip(f"addr flush dev {TAP}")
    w.serve("echo")
    poll(lambda: is_running(w.tap), "the interface that Tern makes")
    w.add_addresses(w.tap)
    with kernel.connect(v) as s:
        kernel.exchange(s, w.pattern, 1_000_000)
    expect_equal(w.stop_server()["closed"], {"normal": 1}, "how the connection ended")


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
