# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Segments get lost between the two, and the bytes arrive all the same."""

import ctypes
import socket
import struct

import kernel
from common import TAP, case_list, expect, expect_equal, ip

CASES = []
case = case_list(CASES)
LENGTH = 20_000_000

SO_ATTACH_FILTER = 26
BPF_LD_W_ABS, BPF_JGT_K, BPF_RET_K = 0x20, 0x25, 0x06
SKF_AD_RANDOM = 0xfffff000 + 56


def lose_of_received(s, share):
    """The kernel throws away this share of the segments that come for a socket: a classic BPF program
    compares a random number. The stack above sees what it would see of a network that loses them."""
    keep_above = int(share * 0xffffffff)
    program = b"".join(struct.pack("HBBI", *line) for line in (
        (BPF_LD_W_ABS, 0, 0, SKF_AD_RANDOM),
        (BPF_JGT_K, 0, 1, keep_above),
        (BPF_RET_K, 0, 0, 0xffffffff),
        (BPF_RET_K, 0, 0, 0),
    ))
    place = ctypes.create_string_buffer(program)
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(program) // 8, ctypes.addressof(place)))


@case("1% of Tern's segments get lost: its echo repairs them, byte for byte")
def of_tern(w, v):
    w.retransmissions_expected = True
    w.serve("echo")
    with kernel.connect(v, 60) as s:
        lose_of_received(s, 0.01)
        kernel.exchange(s, w.pattern, LENGTH)
    counters = w.stop_server()
    expect(counters["retransmits_data"] > 0, "nothing was sent again, so nothing was lost")
    expect(counters["fast_retransmits"] > 0, "no loss was repaired before its time-out")


@case("a short queue loses segments of the kernel's: Tern puts the rest in order and says what it has")
def of_kernel(w, v):
    w.serve("discard")
    ip(f"link set {TAP} txqueuelen 8")
    with kernel.connect(v, 60) as s:
        kernel.Sender(s, w.pattern, LENGTH).finish()
        kernel.receive_end(s)
    w.capture.stop()
    counters = w.stop_server()
    expect_equal(counters["rx_payload_bytes"], LENGTH, "bytes that the server received")
    expect(counters["ooo_segments"] > 0, "nothing came out of order, so nothing was lost")
    expect(w.capture.count("tcp.options.sack.count > 0") > 0, "Tern told of no block that it had (SACK)")
