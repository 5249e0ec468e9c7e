# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What scanners and crafters of odd packets send leaves the stack sane: it answers as RFC 9293 says, stays up,
holds nothing afterwards, and serves the next client as before."""

import subprocess

import kernel
from capture import FROM_TERN
from common import PORT, TERN, case_list, expect, expect_equal, need, sysctl

CASES = []
case = case_list(CASES)
CLOSED = PORT + 1


def run(argv, seconds=60):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        expect(False, f"{' '.join(argv)} did not end within {seconds} s")
    expect(done.returncode == 0, f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def nmap(v, *words):
    need("nmap")
    more = ["-6"] if v == 6 else []
    return run(["nmap", *more, "-n", "-Pn", "--max-retries", "2", "--host-timeout", "50s", "--reason", *words, TERN[v]])


def ports(output):
    """State of each port as nmap says it."""
    lines = [line.split() for line in output.splitlines() if "/tcp" in line]
    return {int(words[0].split("/")[0]): words[1] for words in lines}


def is_sane(w, v, open_connections=0):
    """A client is served, and when it has gone nothing is left behind."""
    with kernel.connect(v) as s:
        kernel.exchange(s, w.pattern, 200_000)
    w.server.is_alive()
    counters = w.stop_server()
    expect_equal(counters["open_now"], open_connections, "connections that are left")
    expect_equal(counters["mbuf_alloc_failed"], 0, "mbufs that could not be had")
    return counters


def begin(w, *words):
    w.hostile = True
    w.serve("echo", *words)


SCANS = {   # state of the open port, of the closed one
    "-sS": ("open", "closed"), "-sT": ("open", "closed"),
    "-sA": ("unfiltered", "unfiltered"), "-sW": ("closed", "closed"),
    "-sN": ("open|filtered", "closed"), "-sF": ("open|filtered", "closed"),
    "-sX": ("open|filtered", "closed"), "-sM": ("closed", "closed"),
}


def scan(words):
    @case(f"nmap {words} finds what RFC 9293 says that it finds")
    def find(w, v):
        begin(w)
        found = ports(nmap(v, words, "-p", f"{PORT},{CLOSED}"))
        expect_equal((found.get(PORT), found.get(CLOSED)), SCANS[words], "the open and the closed port")
        is_sane(w, v)


for kind in SCANS:
    scan(kind)


@case("nmap's probes for the operating system and the service leave the stack sane", families=(4,))
def fingerprint(w, v):
    begin(w)
    nmap(v, "-O", "-sV", "--version-light", "--max-os-tries", "1", "-p", f"{PORT},{CLOSED}")
    is_sane(w, v)


@case("every combination of flags that nmap can make is survived")
def flags(w, v):
    begin(w)
    for bits in range(0, 256, 15):
        nmap(v, "-sS", "--scanflags", str(bits), "-p", f"{PORT},{CLOSED}", "--max-retries", "0")
    is_sane(w, v)


@case("tiny fragments, bad sums, odd lengths and IP options are survived", families=(4,))
def oddities(w, v):
    begin(w)
    for words in (["-f"], ["--mtu", "8"], ["--badsum"], ["--data-length", "33"], ["--ip-options", "R"],
                  ["--ip-options", "T"], ["--ip-options", f"L {TERN[4]}"], ["--ttl", "1"], ["-g", "0"]):
        nmap(v, "-sS", "-p", f"{PORT},{CLOSED}", "--max-retries", "0", *words)
    is_sane(w, v)


def hping(*words, count=20):
    """hping3 answers with status 1 where nothing came back, which is no matter here."""
    need("hping3")
    argv = ["hping3", "-n", "-q", "-c", str(count), "-i", "u2000", *words, TERN[4]]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
    expect(done.returncode in (0, 1), f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


ODDITIES = (
    ["-S", "-F"], ["-S", "-R"], ["-S", "-F", "-R", "-P", "-A", "-U", "-X", "-Y"], ["-A"], ["-F"], ["-R"], ["-U", "-A"],
    ["-S", "-b"], ["-A", "-d", "1400"], ["-S", "-d", "600"], ["-S", "-w", "0"], ["-A", "-M", "4294967295", "-L", "1"],
    ["-S", "-O", "0"], ["-S", "-O", "15"], ["-S", "--tcp-timestamp"], ["-S", "--tcp-mss", "0"], ["-S", "--tcp-mss", "1"],
    ["-S", "-s", "0", "-k"], ["-0", "-H", "6"], ["-0", "-H", "17"], ["-2"], ["-1"], ["-1", "-C", "5"], ["-1", "-C", "13"],
    ["-1", "-C", "3", "-K", "4"], ["-S", "-x", "-d", "100"], ["-S", "-g", "8", "-d", "100"], ["-A", "-f", "-d", "600"],
)


@case("hping3's oddities are survived", families=(4,))
def hping_oddities(w, v):
    begin(w)
    for words in ODDITIES:
        hping(*words, "-p", str(PORT))
    counters = is_sane(w, v)
    expect(counters["drops"].get("tcp_checksum", 0) > 0, "no segment with a bad checksum was counted")


@case("a packet that claims to come from Tern's own address and port is dropped", families=(4,))
def land(w, v):
    begin(w)
    hping("-S", "-a", TERN[4], "-s", str(PORT), "-k", "-p", str(PORT))
    is_sane(w, v)
    w.capture.stop()
    expect_equal(w.capture.count(f"tcp && ip.src == {TERN[4]} && ip.dst == {TERN[4]} && tcp.flags.ack == 1"), 0,
                 "answers of Tern's to itself")


@case("a flood of SYNs from everywhere leaves room for those who mean it", families=(4,))
def flood(w, v):
    w.retransmissions_expected = True    # a SYN-ACK of half-open connections, not data
    begin(w, "--max-half-open", "256")
    sysctl("ipv4/conf/all/rp_filter", 0)
    hping("-S", "--rand-source", "-p", str(PORT), "-i", "u200", count=3000)
    for _ in range(5):
        with kernel.connect(v, 30) as s:
            kernel.exchange(s, w.pattern, 10_000)
    is_sane(w, v)
    w.capture.stop()
    expect(w.capture.count(f"tcp.flags.syn == 1 && tcp.flags.ack == 1 && {FROM_TERN}") > 0, "Tern answered nobody")
