# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""A receiver that does not read: the sender stops, asks now and then, and goes on."""

import time

import kernel
import pattern
from capture import FROM_TERN
from common import case_list, expect, expect_equal

CASES = []
case = case_list(CASES)
STALL_S = 2.5       # several of the probes' time-outs
LENGTH = 5_000_000


@case("chargen stops at a kernel window of zero, probes it, and goes on when it opens")
def kernel_does_not_read(w, v):
    w.usual_rto = True
    w.serve("chargen")
    with kernel.connect(v, receive_buffer=32 << 10) as s:
        time.sleep(STALL_S)
        kernel.receive(s, pattern.chargen(), LENGTH)
        kernel.close_with_reset(s)
    expect(w.stop_server()["zero_window_probes"] >= 2, "Tern counts fewer than 2 window probes")
    w.capture.stop()
    # a byte below the window, as the kernel sends them: what tshark takes for a keepalive
    probes = "(tcp.analysis.zero_window_probe || tcp.analysis.keep_alive)"
    expect(w.capture.count(f"{probes} && {FROM_TERN}") >= 2,
           "tshark finds fewer than 2 window probes of Tern's in the capture")


@case("the kernel stops at Tern's window of zero, and goes on when Tern reads")
def tern_does_not_read(w, v):
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v, pause_ms=int(STALL_S * 1000), words=["--window", "32Ki"])
        with kernel.accept(listener) as s:
            sender = kernel.Sender(s, w.pattern, LENGTH)
            sender.finish()
            kernel.receive_end(s)
    result = w.end_peer(peer)
    expect_equal((result["received"], result["end"]), (LENGTH, True), "received, end")
    w.capture.stop()
    expect(w.capture.count(f"tcp.analysis.zero_window && {FROM_TERN}") >= 3,
           "Tern did not announce a window of zero and say it again when the kernel asked")


@case("an echo whose client reads nothing for long holds everything and loses nothing")
def echo_stalls(w, v):
    w.usual_rto = True
    w.serve("echo")
    with kernel.connect(v, 30, receive_buffer=32 << 10) as s:
        sender = kernel.Sender(s, w.pattern, LENGTH)
        time.sleep(STALL_S)
        expect(sender.is_alive(), "the kernel could send everything although nobody read")
        kernel.receive(s, w.pattern, LENGTH)
        sender.finish()
        kernel.receive_end(s)


@case("many slow clients at once get every byte of theirs back")
def slow_clients(w, v):
    w.serve("echo")
    clients = [kernel.connect(v) for _ in range(300)]
    size, rounds = 7, 25
    for turn in range(rounds):
        for place, s in enumerate(clients):
            s.sendall(w.pattern.at(1000 * place + size * turn, size))
        time.sleep(0.1)     # what makes them slow
    for place, s in enumerate(clients):
        kernel.receive(s, w.pattern, size * rounds, 1000 * place)
        s.close()
