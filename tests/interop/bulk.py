# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Many bytes through one connection, every one compared."""

import kernel
import pattern
from common import case_list, expect_equal

CASES = []
case = case_list(CASES)
LENGTH = 100_000_000


@case("100 MB come back from tern serve --app echo byte for byte")
def echo(w, v):
    w.serve("echo")
    with kernel.connect(v, 30) as s:
        kernel.exchange(s, w.pattern, LENGTH)
    counters = w.stop_server()
    expect_equal(counters["rx_payload_bytes"], LENGTH, "bytes that the server received")
    expect_equal(counters["acked_payload_bytes"], LENGTH, "bytes that the kernel acknowledged")


@case("tern serve --app discard takes 100 MB and then closes too")
def discard(w, v):
    w.serve("discard")
    with kernel.connect(v, 30) as s:
        kernel.Sender(s, w.pattern, LENGTH).finish()
        kernel.receive_end(s)
    expect_equal(w.stop_server()["rx_payload_bytes"], LENGTH, "bytes that the server received")


@case("tern serve --app chargen sends 100 MB as RFC 864 wants them")
def chargen(w, v):
    w.serve("chargen")
    with kernel.connect(v, 30) as s:
        kernel.receive(s, pattern.chargen(), LENGTH)
        kernel.close_with_reset(s)


@case("a kernel server reads the 100 MB that Tern's client sends")
def send(w, v):
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v, send=LENGTH, closing="half")
        with kernel.accept(listener) as s:
            kernel.receive(s, w.pattern, LENGTH)
            kernel.receive_end(s)
    result = w.end_peer(peer)
    expect_equal((result["sent"], result["end"], result["reason"]), (LENGTH, True, "normal"), "sent, end, reason")


@case("Tern's client reads the 100 MB that a kernel server sends")
def receive(w, v):
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v)
        with kernel.accept(listener) as s:
            kernel.Sender(s, w.pattern, LENGTH).finish()
            kernel.receive_end(s)
    result = w.end_peer(peer)
    expect_equal((result["received"], result["end"], result["reason"]), (LENGTH, True, "normal"),
                 "received, end, reason")
