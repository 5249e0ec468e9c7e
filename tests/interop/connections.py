# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Thousands of connections, none of which may fail."""

import threading

import kernel
from common import case_list, expect, expect_equal

CASES = []
case = case_list(CASES)


@case("5,000 connections of the kernel's, up to 200 at once, are echoed and closed")
def crowd(w, v):
    w.serve("echo")
    kernel.Crowd(v, 5000, 200).run()
    counters = w.stop_server()
    expect_equal((counters["accepts"], counters["closed"]), (5000, {"normal": 5000}), "accepted, and how they ended")


@case("2,000 connections of the kernel's, one after the other, are echoed and closed")
def queue(w, v):
    w.serve("echo")
    kernel.Crowd(v, 2000, 1).run()
    counters = w.stop_server()
    expect_equal((counters["accepts"], counters["closed"]), (2000, {"normal": 2000}), "accepted, and how they ended")


def check_report(report, least):
    counts = report["whole_run"]["counts"]
    expect_equal((counts["connections_failed"], counts["transactions_failed"], counts["close_timeouts"]), (0, 0, 0),
                 "connections failed, transactions failed, closes that timed out")
    expect(counts["transactions_completed"] >= least,
           f"transactions completed: found {counts['transactions_completed']}, want {least} or more")
    expect_equal(counts["connections_started"], counts["connections_established"], "started, established")
    counters = report["whole_run"]["sides"]["client"]["counters"]
    expect_equal(counters["retransmits_syn"], 0, "SYNs sent again")


@case("tern load crr against a kernel server: thousands of connections, none fails")
def load_crr(w, v):
    server = kernel.EchoServer(v)
    report = w.load(v, "crr", "--connections", "64", "--count", "5000", "--warmup", "0s", "--verify")
    server.stop()
    check_report(report, 5000)
    expect(report["connections_per_second"] > 0, "connections per second: found 0")
    expect(report["setup_latency_us"]["p50"] > 0, "setup latency: found 0")
    expect(server.ended >= 5000, f"connections that the kernel saw end in order: found {server.ended}, want 5000")


@case("tern load cc against a kernel server: thousands of connections, none fails")
def load_cc(w, v):
    server = kernel.EchoServer(v)
    report = w.load(v, "cc", "--connections", "64", "--count", "3000", "--warmup", "0s")
    server.stop()
    check_report(report, 3000)
    expect(report["connections_per_second"] > 0, "connections per second: found 0")
    expect(report["setup_latency_us"]["p50"] > 0, "setup latency: found 0")


@case("tern load rr against a kernel server: requests on 500 open connections, none fails")
def load_rr(w, v):
    server = kernel.EchoServer(v)
    report = w.load(v, "rr", "--connections", "500", "--count", "20000", "--warmup", "0s", "--verify",
                    "--request-size", "200", "--answer-size", "200")
    server.stop()
    check_report(report, 20000)
    expect(report["requests_per_second"] > 0, "requests per second: found 0")
    expect(report["answer_latency_us"]["p50"] > 0, "answer latency: found 0")


@case("tern load at a given rate against a kernel server starts what was asked for")
def load_rate(w, v):
    server = kernel.EchoServer(v)
    report = w.load(v, "crr", "--rate", "300", "--duration", "2s", "--warmup", "0s",
                    # a machine that does other work may keep the generator from its own times: it says so
                    statuses=(0, 3))
    server.stop()
    check_report(report, 400)
    expect(report["latency_from_intended_start_us"]["p50"] > 0, "no latency from the intended start")


@case("tern load hold against a kernel server: 300 connections are kept, each asks every so often, none is lost")
def load_hold(w, v):
    server = kernel.EchoServer(v)
    report = w.load(v, "hold", "--connections", "300", "--open-rate", "1000", "--every", "200ms", "--duration", "1s",
                    "--warmup", "100ms")
    server.stop()
    counts = report["whole_run"]["counts"]
    expect_equal((counts["connections_started"], counts["connections_established"], counts["connections_lost"]),
                 (300, 300, 0), "connections started, established, lost")
    expect_equal(report["counts"]["connections_open"], 300, "connections open at the end of the measured time")
    expect_equal(counts["transactions_failed"], 0, "requests that failed")
    expect(counts["transactions_completed"] >= 300,
           f"requests answered: found {counts['transactions_completed']}, want 300 or more")
    expect(report["memory_bytes_per_connection"] > 0, "memory of a connection: found 0")


@case("tern load stream up against a kernel server: it gets all that was acknowledged, and the end")
def load_stream(w, v):
    received = []

    def read_all(listener):
        s = kernel.accept(listener)
        total = 0
        while data := s.recv(1 << 18):
            total += len(data)
        received.append(total)
        s.close()

    reader = threading.Thread(target=read_all, args=(kernel.listen(v),), daemon=True)
    reader.start()
    report = w.load(v, "stream", "--duration", "500ms", "--warmup", "0s", "--no-probe")
    reader.join(30)
    acknowledged = report["whole_run"]["sides"]["client"]["counters"]["acked_payload_bytes"]
    expect(received, "the kernel's server saw no end of the stream")
    expect(received[0] >= acknowledged > 0, f"bytes: {received[0]} received, {acknowledged} acknowledged")
    expect(report["payload_gbit_up_per_second"] > 0, "payload up: found 0")
    expect_equal(report["whole_run"]["counts"]["transactions_failed"], 0, "streams that failed")
