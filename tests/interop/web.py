# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""HTTP: the clients that people measure with against tern serve, and tern load against nginx."""

import shutil
import socket

import kernel
from common import PORT, TERN, Skip, case_list, expect, expect_equal

CASES = []
case = case_list(CASES)

URL = {4: f"http://{TERN[4]}:{PORT}", 6: f"http://[{TERN[6]}]:{PORT}"}
REQUEST = b"GET / HTTP/1.1\r\nHost: tern\r\n\r\n"


def need(*programs):
    missing = [p for p in programs if shutil.which(p) is None]
    if missing:
        raise Skip(f"needs {', '.join(missing)}: ./run setup installs them")


def run(w, *argv, statuses=(0,)):
    """A client in the namespace, to its end; what it said."""
    program = w.start([str(word) for word in argv], argv[0])
    program.wait(60, statuses)
    return program.out.read_text(errors="replace")


def curl(w, v, *words):
    """The status and the bytes of the answer's body."""
    body = w.directory / "body"
    said = run(w, "curl", "-sS", "-m", "20", "-o", body, "-w", "%{http_code} %{size_download}", *words, URL[v] + "/")
    code, size = said.split()
    return int(code), int(size)


def exchange(v, *pieces):
    """Everything that the server says to these bytes, until it closes."""
    with kernel.connect(v) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            s.sendall(piece)
        said = b""
        while data := s.recv(65536):
            said += data
    return said


@case("curl is answered: GET, HEAD, POST with a length and in chunks, HTTP/1.0")
def with_curl(w, v):
    need("curl")
    w.serve("http", "--answer-size", "100000")
    data = w.directory / "data"
    data.write_bytes(bytes(300000))
    expect_equal(curl(w, v), (200, 100000), "GET")
    expect_equal(curl(w, v, "-0"), (200, 100000), "GET of HTTP/1.0")
    expect_equal(curl(w, v, "-I")[0], 200, "HEAD")
    expect_equal(curl(w, v, "--data-binary", f"@{data}"), (200, 100000), "POST")
    expect_equal(curl(w, v, "--data-binary", f"@{data}", "-H", "Transfer-Encoding: chunked"), (200, 100000),
                 "POST in chunks")
    expect_equal(curl(w, v, "--data-binary", f"@{data}", "-H", "Expect: 100-continue"), (200, 100000),
                 "POST that asks first")
    expect_equal(curl(w, v, "-X", "PUT")[0], 405, "PUT")
    expect_equal(curl(w, v, "-X", "BREW")[0], 501, "a method that nobody knows")
    expect_equal(curl(w, v, "-H", "X: " + 9000 * "x")[0], 431, "9,000 bytes of fields")


@case("HTTP requests cut into single bytes, pipelined, and bad ones are answered as they should be")
def by_hand(w, v):
    w.serve("http")
    last = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    expect_equal(exchange(v, *(bytes([b]) for b in last)).count(b"HTTP/1.1 200 OK"), 1, "answers to single bytes")
    said = exchange(v, 99 * REQUEST + last)
    expect_equal(said.count(b"HTTP/1.1 200 OK"), 100, "answers to a pipeline of 100")
    expect_equal(said.count(b"Connection: close"), 1, "answers that announce the end")
    expect_equal(exchange(v, b"NONSENSE\r\n\r\n" + bytes(50000)).split(b"\r\n")[0], b"HTTP/1.1 400 Bad Request",
                 "answer to what is no request, with more behind it")
    expect_equal(exchange(v, b"GET / HTTP/1.0\r\n\r\n").count(b"HTTP/1.1 200 OK"), 1, "answers to HTTP/1.0")


@case("ab, h2load and wrk are served without an error")
def with_benchmarks(w, v):
    need("ab", "h2load", "wrk")
    w.serve("http", "--answer-size", "1000")
    for words in ((), ("-k",)):
        said = run(w, "ab", "-q", "-n", "1000", "-c", "16", *words, URL[v] + "/")
        expect("Complete requests:      1000\n" in said and "Failed requests:        0\n" in said, f"ab said {said}")
        expect("Non-2xx" not in said, f"ab said {said}")
    said = run(w, "h2load", "--h1", "-n", "2000", "-c", "8", "-m", "4", URL[v] + "/")
    expect("2000 succeeded, 0 failed, 0 errored" in said, f"h2load said {said}")
    said = run(w, "wrk", "-t", "1", "-c", "16", "-d", "1s", URL[v] + "/")
    expect("Requests/sec" in said and "Socket errors" not in said and "Non-2xx" not in said, f"wrk said {said}")
