# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Two processes with memory between them."""

import os
import random
import signal
import time

from world import Failure, case_list, expect, expect_equal

CASES = []
case = case_list(CASES, driver="net_memif")


def socket_of(w):
    return f"memif:{w.directory}/tern.sock"


def check(report, count):
    counts = report["whole_run"]["counts"]
    expect_equal((counts["connections_failed"], counts["transactions_failed"], counts["close_timeouts"]), (0, 0, 0),
                 "connections failed, transactions failed, closes that timed out")
    expect(counts["transactions_completed"] >= count,
           f"transactions completed: found {counts['transactions_completed']}, want {count} or more")


def run(w, server_words=(), client_words=(), device="", load=("--count", "3000")):
    server = w.serve(socket_of(w), *server_words)
    for v in (4, 6):
        for mode in ("crr", "rr"):
            client = w.load(socket_of(w) + device, v, mode, "--verify", *load, *client_words)
            client.wait()
            check(w.report("load"), 1)
    server.stop()
    drops = w.report("serve")["sides"]["server"]["counters"]["drops"]
    for drop in ("tcp_checksum", "ip_checksum", "tcp_header", "arp_bad", "ndp_bad"):
        expect_equal(drops.get(drop, 0), 0, f"frames dropped for {drop}")


@case("memif: crr and rr, IPv4 and IPv6, every byte compared, no failure")
def plain(w):
    run(w)


@case("memif: an MTU of 9000 bytes")
def large(w):
    size = ["--mtu", "9000"]
    run(w, size, [*size, "--request-size", "20000", "--answer-size", "20000"], load=("--count", "300"))


@case("memif: zero-copy at the client")
def zero_copy(w):
    # it takes hugepages, and says so where there are none
    server = w.serve(socket_of(w))
    client = w.load(socket_of(w) + ",zero-copy", 4, "crr", "--count", "3000", "--verify",
                    "--request-size", "3000", "--answer-size", "3000")
    client.wait(statuses=(0, 1))
    if client.process.returncode == 1:
        expect("zero-copy shares the packets' own memory" in client.said(), client.complaint("another failure"))
    else:
        check(w.report("load"), 3000)
    server.stop()


@case("memif: the end that comes first is the server, whichever command it runs")
def either(w):
    client = w.load(socket_of(w), 4, "crr", "--count", "100")
    client.wait_for("waiting for the other end")
    server = w.serve(socket_of(w))
    client.wait()
    check(w.report("load"), 100)
    expect("server of the memif" in client.said(), client.complaint("load is not the memif's server"))
    server.stop()


@case("memif: the socket of a server that was killed does not stand in the way")
def stale(w):
    w.serve(socket_of(w)).stop(signal.SIGKILL)
    expect(os.path.exists(f"{w.directory}/tern.sock"), "the killed server's socket is gone: this tests nothing")
    server = w.serve(socket_of(w))
    client = w.load(socket_of(w), 4, "crr", "--count", "100")
    client.wait()
    check(w.report("load"), 100)
    server.stop()


def comes_back(w, words=""):
    server = w.serve(socket_of(w))
    client = w.load(socket_of(w) + words, 4, "crr", "--rate", "1k", "--duration", "1h", "--timeout", "1s")
    try:
        client.wait_for("client of the memif")
    except Failure:
        expect("zero-copy shares the packets' own memory" in client.said(), client.complaint("another failure"))
        server.stop()
        return
    # once with a word to the client, once without
    for how in (signal.SIGINT, signal.SIGKILL):
        server.stop(how)
        server = w.serve(socket_of(w), "--count", "200")
        server.wait(seconds=20)     # it ends by itself after 200 connections
        server = w.serve(socket_of(w))
    client.process.send_signal(signal.SIGINT)
    client.wait(statuses=(0, 3))
    server.stop()


@case("memif: a client goes on when its server comes back")
def back(w):
    comes_back(w)


@case("memif: a zero-copy client goes on when its server comes back")
def back_zero_copy(w):
    comes_back(w, ",zero-copy")


@case("memif: either end outlives the other one's death, at whatever moment it comes")
def killed(w):
    # with all threads on one core, the one that hears of the death interrupts the one that uses the memory anywhere
    before = os.sched_getaffinity(0)
    w.cores = (w.cores[0], w.cores[0])
    moment = random.Random(1)
    os.sched_setaffinity(0, {w.cores[0]})
    try:
        forever = ("--duration", "1h", "--timeout", "1s")
        server = w.serve(socket_of(w))
        for how in (signal.SIGKILL, signal.SIGINT) * 8:
            client = w.load(socket_of(w), 4, "crr", *forever)
            client.wait_for("client of the memif")
            time.sleep(0.1 + moment.random() / 5)
            client.process.send_signal(how)
            client.wait(statuses=(0, 1, 3, -signal.SIGKILL))   # 1: the signal came before the load began
            expect(server.process.poll() is None, server.complaint(f"serve has ended with {server.process.returncode}"))
        client = w.load(socket_of(w), 4, "crr", *forever)
        client.wait_for("client of the memif")
        for how in (signal.SIGKILL, signal.SIGINT) * 8:
            time.sleep(0.1 + moment.random() / 5)
            server.stop(how)
            server = w.serve(socket_of(w))
        expect(client.process.poll() is None, client.complaint(f"load has ended with {client.process.returncode}"))
        # and they still speak with each other
        server.stop()
        w.serve(socket_of(w), "--count", "200").wait()
        client.process.send_signal(signal.SIGINT)
        client.wait(statuses=(0, 3))
    finally:
        os.sched_setaffinity(0, before)


@case("memif: a server at a place that is taken, and a file that is no socket, are refused")
def refused(w):
    server = w.serve(socket_of(w))
    second = w.tern("serve", "--dev", socket_of(w) + ",server", "--ip", "198.18.0.9/24")
    second.wait(statuses=(1,))
    expect("listens there already" in second.said(), second.complaint("no reason told"))
    server.stop()
    (w.directory / "tern.sock").write_text("")
    third = w.tern("serve", "--dev", socket_of(w), "--ip", "198.18.0.9/24")
    third.wait(statuses=(1,))
    expect("is no socket" in third.said(), third.complaint("no reason told"))
