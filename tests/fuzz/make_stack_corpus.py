#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Write the seeds of fuzz_stack: programs that bring its host into each state, in its little language.

usage: make_stack_corpus.py DIRECTORY
"""

import struct
import sys
from pathlib import Path

(SEGMENT, SYN, HANDSHAKE, ACK_ALL, CALL, CONNECT, LISTEN, TIME, ICMP, DEVICE, POOL, RAW_TCP, RAW_FRAME, STREAM,
 CUT) = range(15)
(SEND, SEND_REF, SEND_URGENT, SEND_MBUF, RECV, PEEK, DISCARD, RECV_MBUF, SHUTDOWN, CLOSE, ABORT, SET, GET,
 URGENT) = range(14)
MORE = 0x80
# places in fuzz_stack.c's table of flags
ACK, PUSH, FIN, RST, SYN_FLAG, SYN_ACK, URG_ACK = 0, 1, 4, 5, 7, 8, 9
# places in its table of lengths
NOTHING, ONE, HUNDRED, FULL, LARGE, HUGE = 0, 1, 4, 7, 12, 13
BASE, BEYOND, BELOW, EDGE, LAST, OVER, MIDDLE, SEGMENTS, BACK = 0, 5, 6, 7, 8, 9, 10, 11, 12
NODELAY, SNDBUF, RCVBUF, KEEPALIVE, KEEPIDLE, LINGER, ACCOUNT, NOTIFY = 0, 2, 3, 11, 12, 15, 19, 6
CORK, EOR, QUICKACK, MORE_FOLLOWS, NOTSENT_LOWAT, DF = 22, 23, 24, 27, 28, 29
MS40, MS200, S1, S61, S130, HOUR = 4, 6, 8, 12, 13, 15


def segment(target=0, flags=ACK, seq=(BASE,), ack=(BASE,), length=None, exact=False, options=(0,), urgent=None, window=None):
    how = (1 if exact else 0) | (8 if length is not None else 0) | (2 if window is not None else 0)
    out = bytes([SEGMENT, target, how, flags, *seq, *ack])
    if window is not None:
        out += struct.pack(">H", window)
    if urgent is not None:
        out += struct.pack(">H", urgent)
    out += bytes(options)
    return out + (bytes([length]) if length is not None else b"")


def handshake(port=0):
    return bytes([HANDSHAKE, port << 2, 7])


def ack_all(target=0, how=0):
    return bytes([ACK_ALL, target, how])


def call(what, which=0, length=None, option=None, value=None):
    out = bytes([CALL, what, which])
    if length is not None:
        out += bytes([length])
    if option is not None:
        out += bytes([option])
    return out + (struct.pack(">H", value) if value is not None else b"")


def connect(how=0):
    return bytes([CONNECT, how])


def passing(step):
    return bytes([TIME, step])


def stream(target=0, how=7):
    return bytes([STREAM, target, how])


def device(how):
    return bytes([DEVICE, how])


def pool(how):
    return bytes([POOL, how])


def icmp(target=0, kind=0, code=0, mtu=0, seq=(BASE,), cut=0):
    return bytes([ICMP, target, kind, code, 0, mtu, *seq, cut])


active = connect() + segment(flags=SYN_ACK)
fin = ack_all(how=1)

SEEDS = {
    "handshake": handshake() + segment(flags=PUSH, length=HUNDRED) + call(RECV, 0, LARGE) + passing(MS40),
    "active": active + call(SEND, 0, LARGE) + ack_all() + stream() + call(RECV, 0, LARGE),
    "refused": connect() + segment(flags=RST + 1),
    "simultaneous-open": connect() + segment(flags=SYN_FLAG, seq=(BASE,)) + segment(flags=ACK) + call(SEND, 0, HUNDRED),
    "active-close": handshake() + call(CLOSE) + ack_all() + fin + passing(S61),
    "passive-close": handshake() + fin + call(CLOSE) + ack_all(),
    "simultaneous-close": handshake() + call(SHUTDOWN) + ack_all(how=3) + ack_all(),
    "time-wait-reuse": handshake() + call(SHUTDOWN) + ack_all() + fin + fin + handshake() + segment(flags=RST),
    "reassembly": handshake() + stream(how=0x10 | 7) + stream(how=0x20 | 15) + stream(how=0x40 | 2) + call(RECV, 0, HUGE),
    "tinygrams": handshake() + stream(how=0x80 | 15) + stream(how=0x80 | 15) + call(RECV_MBUF) + call(DISCARD, 0, HUNDRED),
    "fast-retransmit": handshake() + call(SEND, 0, LARGE) + ack_all(how=2) + segment(ack=(BACK, 4), exact=True) * 4 + ack_all(),
    "sack": handshake() + call(SEND, 0, LARGE) + segment(exact=True, options=(8, 1, BASE, BASE, BASE, BASE)) * 3 + ack_all(),
    "timeout": handshake() + call(SEND, 0, LARGE) + passing(MS200) + passing(S1) + ack_all() + call(SEND, 0, ONE) + passing(S130),
    "zero-window": handshake() + segment(window=0) + call(SEND, 0, LARGE) + passing(S1) + segment(window=0) + passing(S1) + ack_all(),
    "send-ref": handshake() + call(SEND_REF, 0, HUGE) + device(2 | 0x80) + ack_all() * 3 + device(1) + call(ABORT),
    "send-mbuf": handshake() + call(SEND_MBUF, 0, FULL) * 3 + ack_all(how=2) + passing(S1) + ack_all(),
    "urgent": handshake() + call(SEND_URGENT, 0, HUNDRED) + segment(flags=URG_ACK, urgent=5, length=HUNDRED) + call(URGENT)
    + call(RECV, 0, LARGE) + ack_all(),
    "slow-device": device(0x10) + handshake() + call(SEND, 0, HUGE) + ack_all() + device(0) + passing(S1) + device(1) + ack_all(),
    "short-pool": handshake() + pool(0x40) + call(SEND, 0, HUGE) + stream(how=0x10 | 15) + pool(0) + stream() + ack_all() + pool(1)
    + passing(S1),
    "icmp": handshake() + call(SEND, 0, LARGE) + icmp(kind=0, code=4, mtu=0) + icmp(kind=0, code=3) + icmp(kind=2) + connect()
    + icmp(target=1, kind=0, code=3),
    "options": handshake() + call(SET, 0, option=KEEPALIVE, value=1) + call(SET, 0, option=KEEPIDLE, value=100) + passing(S1)
    + call(SET, 0, option=RCVBUF, value=150) + call(SET, 0, option=LINGER, value=10) + call(SEND, 0, LARGE) + call(CLOSE)
    + passing(S1),
    "account": handshake() + call(SET, 0, option=ACCOUNT, value=1) + call(SET, 0, option=NOTIFY, value=1) + call(SEND, 0, FULL)
    + ack_all() + call(GET, 0, option=ACCOUNT),
    "keepalive": handshake() + call(SET, 0, option=KEEPALIVE, value=1) + passing(HOUR) + passing(HOUR) + passing(HOUR),
    "backlog": b"".join(handshake(port) for port in range(6)) + bytes([LISTEN, 0]) + bytes([LISTEN, 0x23]) + handshake(7),
    "half-open": b"".join(bytes([SYN, port << 2, 9]) for port in range(8)) + passing(S1) * 2 + passing(S61) * 2,
    "unlisten": bytes([SYN, 0, 9]) + bytes([LISTEN, 0]) + segment() + bytes([LISTEN, 0x20]),
    "challenge": handshake() + segment(flags=RST, seq=(MIDDLE,)) + segment(flags=SYN_FLAG) + segment(ack=(OVER,), exact=True),
    "bad-headers": handshake() + b"".join(bytes([CUT, 0, how, 0x11, 0x22]) for how in range(1, 13)),
    "raw": handshake() + bytes([RAW_TCP, 0, 0, 24]) + bytes.fromhex("0fa000070000000000000000501020000000000041424344"),
    "syn-data": bytes([SYN, 128, 9, HUNDRED, 12]) + bytes.fromhex("020405b4220a0102030405060708"[:24]),
    "two-connections": handshake() + handshake(1) + call(SEND, 0, LARGE) + call(SEND, 1, LARGE) + ack_all(0) + ack_all(1) + stream(1),
}

# behind the others, as each seed's place chooses its hosts
LATER = {
    "held": handshake() + call(SET, 0, option=CORK, value=1) + call(SEND, 0, HUNDRED) + call(SET, 0, option=EOR, value=1)
    + call(SEND, 0, LARGE) + ack_all() + call(SET, 0, option=CORK, value=0) + call(SET, 0, option=MORE_FOLLOWS, value=1)
    + call(SEND, 0, FULL) + passing(S1) + ack_all() + call(SET, 0, option=NOTSENT_LOWAT, value=150) + call(SEND, 0, HUGE)
    + call(SET, 0, option=QUICKACK, value=1) + stream() + call(SET, 0, option=DF, value=0) + ack_all(),
}


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    hosts = [(0x00, 0x40), (0x01, 0x21), (0x0e, 0x06), (0x71, 0x10), (0x80, 0x09)]
    for i, (name, seed) in enumerate([*sorted(SEEDS.items()), *LATER.items()]):
        for k in (i, i + 2):
            how, more = hosts[k % len(hosts)]
            (directory / f"{name}-{k % len(hosts)}").write_bytes(bytes([how, more]) + seed)
        # with what Linux chooses, with Fast Open and pacing or without
        how, more = (0x00, 0x10)[i % 2], (0x80, 0xc0, 0xa0)[i % 3]
        (directory / f"{name}-linux").write_bytes(bytes([how, more]) + seed)


if __name__ == "__main__":
    main()
