# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""How connections end, and that the others go on."""

import errno
import socket

import kernel
from common import FAMILY, PORT, TERN, Failure, case_list, expect, expect_equal, poll

CASES = []
case = case_list(CASES)
SOME = 1_000_000


@case("the kernel closes its side first and still gets all of the echo, then the end")
def kernel_half_close(w, v):
    w.serve("echo")
    with kernel.connect(v) as s:
        kernel.exchange(s, w.pattern, SOME)
    counters = w.stop_server()
    expect_equal(counters["closed"], {"normal": 1}, "how the connection ended")


@case("Tern closes its side first and still reads all that the kernel then sends")
def tern_half_close(w, v):
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v, send=1000, closing="half")
        with kernel.accept(listener) as s:
            kernel.receive(s, w.pattern, 1000)
            kernel.receive_end(s)
            kernel.Sender(s, w.pattern, SOME).finish()
    result = w.end_peer(peer)
    expect_equal((result["received"], result["end"], result["reason"]), (SOME, True, "normal"),
                 "received, end, reason")


@case("a connection that is opened and closed without a byte ends in order")
def empty(w, v):
    w.serve("echo")
    with kernel.connect(v) as s:
        s.shutdown(socket.SHUT_WR)
        kernel.receive_end(s)
    expect_equal(w.stop_server()["closed"], {"normal": 1}, "how the connection ended")


@case("the kernel resets in the middle of a transfer; Tern tells so and serves the next")
def kernel_reset(w, v):
    w.serve("chargen")
    s = kernel.connect(v)
    s.recv(1)
    kernel.close_with_reset(s)
    with kernel.connect(v) as s:
        s.recv(1)
        kernel.close_with_reset(s)
    expect_equal(w.stop_server()["closed"], {"reset": 2}, "how the connections ended")


@case("the kernel closes with data unread; Tern takes the reset that follows")
def kernel_unread(w, v):
    w.serve("echo")
    with kernel.connect(v) as s:
        s.sendall(b"to be echoed and not to be read")
        poll(lambda: s.recv(1, socket.MSG_PEEK), "the echo")
    with kernel.connect(v) as s:
        kernel.exchange(s, w.pattern, 1000)
    expect_equal(w.stop_server()["closed"], {"normal": 1, "reset": 1}, "how the connections ended")


@case("tern load --close rst ends every connection with a reset that the kernel sees")
def tern_reset(w, v):
    server = kernel.EchoServer(v)
    report = w.load(v, "crr", "--close", "rst", "--count", "500", "--warmup", "0s", "--connections", "8")
    server.stop()
    counts = report["whole_run"]["counts"]
    expect_equal((counts["transactions_completed"], counts["transactions_failed"]), (500, 0), "completed, failed")
    # and perhaps the one for trial, if its RST did not come in place of the handshake's ACK
    expect(server.reset >= 500 and server.ended == 0, f"connections that the kernel saw reset, and closed: found "
           f"{server.reset}, {server.ended}, want 500 or more, 0")


@case("Tern's client resets while the kernel sends, which gets ECONNRESET")
def peer_reset(w, v):
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v, receive=100_000, closing="rst")
        with kernel.accept(listener) as s:
            sender = kernel.Sender(s, w.pattern, 1 << 30)
            sender.join(30)
    expect_equal(getattr(sender.error, "errno", None), errno.ECONNRESET, "error of the kernel's send")
    expect_equal(w.end_peer(peer)["reason"], "aborted", "reason that Tern tells")


@case("the kernel is refused at a port where Tern does not listen")
def tern_refuses(w, v):
    w.serve("echo")
    with socket.socket(FAMILY[v], socket.SOCK_STREAM) as s:
        s.settimeout(30)
        expect_equal(s.connect_ex((TERN[v], PORT + 1)), errno.ECONNREFUSED, "errno of connect()")


@case("Tern's client is refused at a port where the kernel does not listen")
def kernel_refuses(w, v):
    result = w.end_peer(w.begin_peer(v))
    expect_equal((result["connected"], result["reason"]), (False, "refused"), "connected, reason")


@case("tern load says that nobody listens, and exits 1")
def load_refused(w, v):
    try:
        w.load(v, "crr", "--count", "10", statuses=(1,))
    except FileNotFoundError:
        pass    # a run that could not begin has no report
    said = w.programs[-1].said()
    if "refused" not in said:
        raise Failure(w.programs[-1].complaint("the message does not say 'refused'"))
