# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The examples of sockets: one source, served by Tern to the kernel's clients, and by the kernel to the same ones."""

import signal
import socket
from pathlib import Path

import kernel
from common import PORT, TERN, case_list, expect, expect_equal, need, poll

CASES = []
case = case_list(CASES)
HOST = {True: TERN, False: {4: "127.0.0.1", 6: "::1"}}


def answers(v, on_tern):
    try:
        socket.create_connection((HOST[on_tern][v], PORT), 1).close()
        return True
    except OSError:
        return False


def begin(w, v, name, on_tern, *words):
    """The example, when it takes connections."""
    w.retransmissions_expected = True   # it does not say how many tail loss probes it sent
    program = Path(w.tern_path).parents[1] / "examples" / (name + "_tern" if on_tern else name)
    words = [str(word) for word in (program, PORT, *words)]
    running = w.start([*words, "--", *w.tern()] if on_tern else words, program.name)
    poll(lambda: running.is_alive() and answers(v, on_tern), f"{program.name} to listen")
    return running


def end(v, running, on_tern):
    if on_tern:
        kernel.settle(v)
    # not SIGINT: who runs the tests in the background has it ignored, and the plain program leaves that so
    running.process.terminate()
    running.wait(10, (0,) if on_tern else (-signal.SIGTERM,))


def echo(v, on_tern, data):
    """What comes back, which is sent while it comes."""
    back = bytearray()
    with socket.create_connection((HOST[on_tern][v], PORT), 10) as s:
        sent = 0
        while len(back) < len(data):
            if sent < len(data) and sent - len(back) < 200000:
                sent += s.send(data[sent:sent + 65536])
            else:
                back += s.recv(65536)
    return bytes(back)


@case("epoll_echo sends back what it was sent, on Tern as on Linux")
def echoes(w, v):
    data = bytes(range(256)) * 8000
    for on_tern in (True, False):
        running = begin(w, v, "epoll_echo", on_tern)
        for size in (1, 1000, len(data)):
            expect(echo(v, on_tern, data[:size]) == data[:size], f"{size} bytes came back as something else")
        end(v, running, on_tern)


def url(v, on_tern):
    return f"http://{HOST[on_tern][v] if v == 4 else '[' + HOST[on_tern][v] + ']'}:{PORT}/"


def run(w, *argv):
    program = w.start([str(word) for word in argv], argv[0])
    program.wait(60)
    return program.out.read_text(errors="replace")


@case("epoll_http answers curl and wrk, on Tern as on Linux")
def http(w, v):
    need("curl", "wrk")
    for on_tern in (True, False):
        running = begin(w, v, "epoll_http", on_tern, 30000)
        to = url(v, on_tern)
        said = run(w, "curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code} %{size_download} %{num_connects}\\n", to,
                   "-o", "/dev/null", to)
        expect_equal(said.split(), ["200", "30000", "1", "200", "30000", "0"], "answers to two requests of one connection")
        said = run(w, "curl", "-sS", "-0", "-m", "20", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", to)
        expect_equal(said, "200 30000", "answer to HTTP/1.0")
        said = run(w, "curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "-d", "data", to)
        expect_equal(said, "405", "answer to a POST")
        said = run(w, "wrk", "-t", "1", "-c", "16", "-d", "1s", to)
        expect("Requests/sec" in said and "Socket errors" not in said and "Non-2xx" not in said, f"wrk said {said}")
        end(v, running, on_tern)
