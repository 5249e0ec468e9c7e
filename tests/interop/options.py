# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Both ends negotiate, and what one of them does not have is not used."""

import kernel
from capture import FROM_TERN
from common import TAP, case_list, expect, expect_equal, ip, sysctl

CASES = []
case = case_list(CASES)
LENGTH = 2_000_000

# option: the kernel's switch, Tern's, and how tshark sees it
OPTIONS = {
    "timestamps": ("ipv4/tcp_timestamps", "--no-timestamps", "tcp.options.timestamp.tsval"),
    "SACK": ("ipv4/tcp_sack", "--no-sack", "tcp.options.sack_perm"),
    "window scaling": ("ipv4/tcp_window_scaling", "--no-wscale", "tcp.options.wscale.shift"),
}


def talk_both_ways(w, v, words=()):
    """Tern as server, and then as client, in one capture."""
    w.serve("echo", *words)
    with kernel.connect(v, 30) as s:
        kernel.exchange(s, w.pattern, LENGTH)
    w.stop_server()
    with kernel.listen(v) as listener:
        peer = w.begin_peer(v, send=LENGTH, closing="half", words=words)
        with kernel.accept(listener) as s:
            sender = kernel.Sender(s, w.pattern, LENGTH)
            kernel.receive(s, w.pattern, LENGTH)
            sender.finish()
            kernel.receive_end(s)
    result = w.end_peer(peer)
    expect_equal((result["sent"], result["received"], result["reason"]), (LENGTH, LENGTH, "normal"),
                 "sent, received, reason")
    w.capture.stop()


def expect_answered(w, wanted):
    """Of the options, Tern's SYN-ACK carries these, answering a SYN."""
    shown = {name: field for name, (_, _, field) in OPTIONS.items()}
    answers = w.capture.fields(f"tcp.flags.syn == 1 && tcp.flags.ack == 1 && {FROM_TERN}", list(shown.values()))
    expect(answers, "Tern sent no SYN-ACK")
    for answer in answers:
        found = {name for name, field in shown.items() if answer[field]}
        expect_equal(found, wanted, "options in a SYN-ACK of Tern's")


def without(who, name):
    key, word, _ = OPTIONS[name]

    @case(f"{who} has no {name}: both directions go on without")
    def run(w, v):
        if who == "the kernel":
            sysctl(key, 0)
        talk_both_ways(w, v, [word] if who == "Tern" else [])
        expect_answered(w, OPTIONS.keys() - {name})
    return run


for side in ("the kernel", "Tern"):
    for option in OPTIONS:
        without(side, option)


@case("neither end has any option but MSS: both directions work")
def bare(w, v):
    for key, _, _ in OPTIONS.values():
        sysctl(key, 0)
    talk_both_ways(w, v, [word for _, word, _ in OPTIONS.values()])
    expect_answered(w, set())


def small_mtu(mtu, families):
    @case(f"an MTU of {mtu} at both ends: no longer packet either way", families=families)
    def run(w, v):
        w.families = families
        talk_both_ways(w, v, ["--mtu", str(mtu)])
        expect_equal(w.capture.count(f"tcp.len > 0 && frame.len > {mtu + 14}"), 0, f"frames above an MTU of {mtu}")
        expect(w.capture.count(f"frame.len == {mtu + 14} && {FROM_TERN}") > 0, "Tern sent no full packet")


small_mtu(576, (4,))
small_mtu(1280, (4, 6))


@case("--mss bounds what the kernel sends")
def mss(w, v):
    talk_both_ways(w, v, ["--mss", "700"])
    expect_equal(w.capture.count(f"tcp.len > 700 && !{FROM_TERN}"), 0, "segments of the kernel's above 700 bytes")


@case("an MTU of 1280 at the kernel alone: Tern heeds its MSS")
def kernel_mtu(w, v):
    w.serve("echo")
    ip(f"link set {TAP} mtu 1280")
    with kernel.connect(v, 30) as s:
        kernel.exchange(s, w.pattern, LENGTH)
    w.capture.stop()
    expect_equal(w.capture.count(f"tcp && frame.len > {1280 + 14}"), 0, "frames above the kernel's MTU")
