# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""A host behind a router whose link is narrow, becomes narrow, or swallows long packets without a word."""

import os
import subprocess

import common
import kernel
from capture import FROM_TERN
from common import KERNEL, PREFIX, TAP, case_list, expect, expect_equal, ip, sysctl
import pattern

CASES = []
case = case_list(CASES)
LENGTH = 3_000_000

# the router's address on the far link, the host's, and the network
ROUTER = {4: "198.19.0.1", 6: "2001:2:1::1"}
HOST = {4: "198.19.0.2", 6: "2001:2:1::2"}
FAR = {4: "198.19.0.0/24", 6: "2001:2:1::/64"}


class Far:
    """A host of its own behind this namespace, which routes. Goes with the process that holds its namespace."""

    def __init__(self, w):
        self.w = w
        self.here = os.open("/proc/self/ns/net", os.O_RDONLY)
        holder = subprocess.Popen(["unshare", "--net", "sleep", "600"], stdin=subprocess.DEVNULL,
                                  preexec_fn=common.die_with_parent)
        w.programs.append(Holder(holder))
        common.poll(lambda: os.stat(f"/proc/{holder.pid}/ns/net").st_ino != os.stat("/proc/self/ns/net").st_ino,
                    "the far host's namespace")
        self.there = os.open(f"/proc/{holder.pid}/ns/net", os.O_RDONLY)
        ip(f"link add far type veth peer name near netns {holder.pid}", "link set far up",
           *(f"addr add {ROUTER[v]}/{PREFIX[v]} dev far {'nodad' if v == 6 else ''}" for v in (4, 6)))
        for v, key in ((4, "ipv4/ip_forward"), (6, "ipv6/conf/all/forwarding")):
            sysctl(key, 1)
        self.enter(lambda: (
            sysctl("ipv6/conf/near/accept_dad", 0),
            ip("link set lo up", "link set near up",
               *(f"addr add {HOST[v]}/{PREFIX[v]} dev near {'nodad' if v == 6 else ''}" for v in (4, 6)),
               *(f"route add default via {ROUTER[v]}" for v in (4, 6)))))
        # whole packets, so that the links' limits are met
        for device in ("far", TAP):
            subprocess.run(["ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off"], check=True,
                           capture_output=True)

    def enter(self, function):
        """Call it in the far namespace: sockets made there stay there."""
        if common.libc.setns(self.there, common.CLONE_NEWNET) != 0:
            raise OSError("setns")
        try:
            return function()
        finally:
            common.libc.setns(self.here, common.CLONE_NEWNET)

    def connect(self, v):
        return self.enter(lambda: kernel.connect(v, 30))

    def narrow(self, v, mtu):
        """The router tells who sends more than this towards the host."""
        ip(f"route replace {FAR[v]} dev far {'metric 256' if v == 6 else ''} mtu lock {mtu}")

    def swallow(self, mtu):
        """The link drops longer packets, and nobody is told."""
        self.enter(lambda: ip(f"link set near mtu {mtu}"))


class Holder:
    def __init__(self, process):
        self.process = process

    def kill(self):
        self.process.kill()
        self.process.wait()


def gateway(v):
    return ["--gw", KERNEL[v]]


def read_some(s, stream, length, start):
    kernel.receive(s, stream, length, start)
    return start + length


@case("a narrow link behind the router: Tern heeds the message, and everything arrives")
def narrow(w, v):
    w.retransmissions_expected = True
    far = Far(w)
    far.narrow(v, 1300)
    w.serve("chargen", *gateway(v))
    with far.connect(v) as s:
        kernel.receive(s, pattern.chargen(), LENGTH)
        kernel.close_with_reset(s)
    counters = w.stop_server()
    expect(counters["path_mtu_changes"] > 0, "Tern counts no change of the path's MTU")
    expect_equal(counters["rto_fired"], 0, "retransmission timeouts: what was too long is sent again at once")
    w.capture.stop()
    long = w.capture.fields(f"tcp.len > {1300 - (40 if v == 4 else 60)} && {FROM_TERN}", ["frame.number"])
    full = w.capture.count(f"tcp.len > 0 && {FROM_TERN}")
    expect(0 < len(long) < 30, f"{len(long)} of {full} segments of Tern's were too long for the path, want the first few")


@case("a path that becomes narrow, and narrower, while bytes flow")
def narrower(w, v):
    w.retransmissions_expected = True
    far = Far(w)
    w.serve("chargen", *gateway(v))
    with far.connect(v) as s:
        place = read_some(s, pattern.chargen(), LENGTH, 0)
        for mtu in (1400, 1280):
            far.narrow(v, mtu)
            place = read_some(s, pattern.chargen(), LENGTH, place)
        kernel.close_with_reset(s)
    expect(w.stop_server()["path_mtu_changes"] >= 2, "Tern counts fewer than 2 changes of the path's MTU")


@case("the next connection knows the path's MTU and sends nothing too long")
def remembered(w, v):
    w.retransmissions_expected = True
    far = Far(w)
    far.narrow(v, 1300)
    w.serve("chargen", *gateway(v))
    for _ in range(2):
        with far.connect(v) as s:
            kernel.receive(s, pattern.chargen(), 500_000)
            kernel.close_with_reset(s)
        place = w.capture.path.stat().st_size
    w.capture.stop()
    streams = {f["tcp.stream"] for f in w.capture.fields(f"tcp.len > {1300 - (40 if v == 4 else 60)} && {FROM_TERN}",
                                                       ["tcp.stream"])}
    expect_equal(streams, {"0"}, "streams with segments of Tern's that were too long")
    expect(place > 0, "nothing was captured")


@case("a link that swallows long packets without a word: Tern finds a length that passes")
def black_hole(w, v):
    w.retransmissions_expected = True
    w.usual_rto = True
    far = Far(w)
    w.serve("chargen", *gateway(v))
    with far.connect(v) as s:
        place = read_some(s, pattern.chargen(), 500_000, 0)
        far.swallow(1290)
        read_some(s, pattern.chargen(), 4_000_000, place)
        kernel.close_with_reset(s)
    expect(w.stop_server()["black_holes"] > 0, "Tern counts no black hole")


@case("a host that cannot be reached: Tern's open fails with the router's word for it")
def unreachable(w, v):
    w.retransmissions_expected = True    # a soft error: the open goes on to its end (RFC 9293, 3.9.2.2)
    Far(w)
    ip(f"route add unreachable {'198.19.1.0/24' if v == 4 else '2001:2:2::/64'}")
    target = "198.19.1.1:7000" if v == 4 else "[2001:2:2::1]:7000"
    peer = w.start([w.peer_path, target, "0", "0", "0", "both", *w.tern(*gateway(v), "--syn-timeout", "4s")], "peer")
    result = w.end_peer(peer)
    expect_equal(result["connected"], False, "connected")
    expect(result["reason"] in ("network", "unreachable"), f"reason: found {result['reason']}, want network or unreachable")
