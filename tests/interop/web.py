# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""HTTP: the clients that people measure with against tern serve, and tern load against nginx."""

import socket

import kernel
from common import KERNEL, PORT, TERN, Case, case_list, expect, expect_equal, need, poll

CASES = []
case = case_list(CASES)

URL = {4: f"http://{TERN[4]}:{PORT}", 6: f"http://[{TERN[6]}]:{PORT}"}
REQUEST = b"GET / HTTP/1.1\r\nHost: tern\r\n\r\n"


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


NGINX = """
daemon off;
master_process off;
user root;
pid {0}/nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {0}/body;
    proxy_temp_path {0}/proxy;
    fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi;
    scgi_temp_path {0}/scgi;
    keepalive_requests 100;
    server {{
        listen {1}:{3};
        listen [{2}]:{3};
        root {0}/root;
        location = /chunked {{ ssi on; ssi_types *; }}
        location = /nothing {{ return 204; }}
        location = /elsewhere {{ return 301 /small; }}
        location = /mirror {{ add_header X $http_x; return 200 $http_x; }}
    }}
}}
"""


def begin_nginx(w):
    """nginx of Debian's, in the namespace alone, with a configuration of its own."""
    need("nginx")
    root = w.directory / "root"
    root.mkdir()
    (root / "small").write_bytes(b"x" * 64)
    (root / "large").write_bytes(b"x" * 300000)
    (root / "chunked").write_bytes(b"x" * 20000)
    config = w.directory / "nginx.conf"
    config.write_text(NGINX.format(w.directory, KERNEL[4], KERNEL[6], PORT))
    program = w.start(["nginx", "-e", "stderr", "-c", str(config)], "nginx")
    for v in (4, 6):
        poll(lambda v=v: program.is_alive() and kernel.is_listening(v), "nginx to listen")


def check_http(report, count, **status):
    counts = report["whole_run"]["counts"]
    expect_equal((counts["connections_failed"], counts["transactions_failed"]), (0, 0),
                 "connections failed, transactions failed")
    expect_equal(counts["transactions_completed"], count, "transactions completed")
    expect_equal(counts["http"]["status"], {code[1:]: n for code, n in status.items()}, "responses by status")
    return counts


def load_nginx_crr(w, v, path, count, status):
    begin_nginx(w)
    report = w.load_url(v, path, "crr", "--warmup", "0s", "--connections", "16", "--count", str(count))
    counts = check_http(report, count, **{f"_{status}": count})
    others = 0 if status // 100 == 2 else count
    expect_equal((counts["http"]["classes"][f"{status // 100}xx"], counts["http"]["non_2xx"]), (count, others),
                 "responses of the class, and not 2xx")


# One load a case: nginx closes first, and the next program's SYNs would meet what is in TIME-WAIT.
for name, *what in (("by length", "/small", 1000, 200), ("of 300,000 bytes", "/large", 30, 200),
                    ("chunked", "/chunked", 300, 200), ("without a body", "/nothing", 300, 204),
                    ("that say no", "/none", 300, 404)):
    for family in (4, 6):
        CASES.append(Case(f"IPv{family}: tern load of http:// against nginx, responses {name}", load_nginx_crr,
                          (family, *what)))


@case("tern load of http:// against nginx: kept connections, as long as either side keeps them")
def load_nginx_rr(w, v):
    begin_nginx(w)
    words = ("--warmup", "0s", "--connections", "8", "--count", "1600")
    w.retransmissions_expected = True   # SYNs of the second program that meet TIME-WAIT of the first
    # nginx ends a connection after 100 requests, with a word in the last response
    counts = check_http(w.load_url(v, "/small", "rr", *words), 1600, _200=1600)
    expect(16 <= counts["connections_started"] <= 24,
           f"connections for 1,600 requests: found {counts['connections_started']}, want 16 to 24")
    counts = check_http(w.load_url(v, "/chunked", "rr", *words, "--requests", "20"), 1600, _200=1600)
    expect(80 <= counts["connections_started"] <= 88,
           f"connections for 1,600 requests, 20 each: found {counts['connections_started']}, want 80 to 88")


@case("the fields of tern load --header reach nginx")
def load_nginx_fields(w, v):
    begin_nginx(w)
    words = ("--warmup", "0s", "--connections", "4", "--count", "50")
    report = w.load_url(v, "/mirror", "crr", *words, "--header", "X: " + 500 * "a")
    check_http(report, 50, _200=50)
    # twice: in the head and in the body
    received = report["whole_run"]["sides"]["client"]["counters"]["rx_payload_bytes"]
    expect(received >= 50 * 1000, f"bytes of payload: found {received}, want 50,000 or more")
