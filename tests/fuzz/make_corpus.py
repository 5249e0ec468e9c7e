#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Write the seeds of fuzz_packets: conversations that reach each state, in its little language.

usage: make_corpus.py DIRECTORY
"""

import struct
import sys
from pathlib import Path

RAW, FIXED, SEGMENT, TIME, CALL, NEIGHBOUR = range(6)
SEND, RECV, SHUTDOWN, CLOSE, ABORT, CONNECT, LISTEN, SET = range(8)
PASSIVE, ACTIVE = 0, 1
MORE = 0x80
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def segment(flow, flags, seq=0, ack=0, window=8000, payload=0, options=None, more=False):
    out = bytes([SEGMENT | (MORE if more else 0), flow | (0x40 if options is not None else 0), flags])
    out += struct.pack(">hhH", seq, ack, window)
    if flags & URG:
        out += struct.pack(">H", 5)
    if options is not None:
        out += bytes([len(options)]) + options
    return out + struct.pack(">H", payload)


def call(what, which=0, n=0):
    return bytes([CALL, what, which]) + struct.pack(">H", n)


def milliseconds(power):
    return bytes([TIME, 0x80 | power])


def raw(frame):
    return bytes([RAW]) + struct.pack(">H", len(frame)) + frame


def fixed(flow, tcp):
    return bytes([FIXED, flow]) + struct.pack(">H", len(tcp)) + tcp


# connection 0 is the active open, so the first accepted one is 1
passive = segment(PASSIVE, SYN) + segment(PASSIVE, ACK)
active = segment(ACTIVE, SYN | ACK)
data = segment(PASSIVE, PSH | ACK, payload=100)
fin = segment(PASSIVE, FIN | ACK)
ack = segment(PASSIVE, ACK)

SEEDS = {
    "handshake": passive + data + call(RECV, 1, 1000) + milliseconds(6),
    "active": active + call(SEND, 0, 3000) + segment(ACTIVE, ACK) + segment(ACTIVE, PSH | ACK, payload=500),
    "active-close": active + call(CLOSE, 0) + segment(ACTIVE, ACK) + segment(ACTIVE, FIN | ACK) + milliseconds(15),
    "passive-close": passive + fin + call(CLOSE, 1) + ack,
    "simultaneous-open": segment(ACTIVE, SYN) + segment(ACTIVE, ACK) + call(SEND, 0, 10),
    "simultaneous-close": passive + call(SHUTDOWN, 1) + segment(PASSIVE, FIN | ACK, ack=-1) + ack,
    "refused": segment(ACTIVE, RST | ACK),
    "reset": passive + segment(PASSIVE, RST),
    "challenge": passive + segment(PASSIVE, RST, seq=100) + segment(PASSIVE, SYN, seq=100),
    "time-wait": passive + call(CLOSE, 1) + fin + fin + segment(PASSIVE, SYN, seq=1000) + ack,
    "reordered": passive + segment(PASSIVE, ACK, seq=200, payload=100) + segment(PASSIVE, ACK, seq=100, payload=100)
    + segment(PASSIVE, ACK, payload=150) + call(RECV, 1, 4000),
    "burst": passive + b"".join(segment(PASSIVE, ACK, seq=1000 * i, payload=1000, more=i < 7) for i in range(8))
    + call(RECV, 1, 8000),
    "retransmit": passive + call(SEND, 1, 5000) + milliseconds(9) + milliseconds(10) + ack,
    "duplicate-acks": passive + call(SEND, 1, 8000)
    + b"".join(segment(PASSIVE, ACK, ack=-8000) for _ in range(5)) + ack,
    "zero-window": passive + segment(PASSIVE, ACK, window=0) + call(SEND, 1, 100) + milliseconds(9)
    + segment(PASSIVE, ACK, window=0) + milliseconds(10) + ack,
    "options": segment(PASSIVE, SYN, options=bytes.fromhex("020405b40402080a000000010000000001030307"))
    + segment(PASSIVE, ACK, options=bytes.fromhex("0101080a0000000200000000"))
    + segment(PASSIVE, ACK, payload=10, options=bytes.fromhex("fd04aabb00")),
    "sack": passive + call(SEND, 1, 6000)
    + segment(PASSIVE, ACK, ack=-6000, options=bytes.fromhex("0101050a0000000000000100")),
    "abort": passive + call(SEND, 1, 100) + call(ABORT, 1) + call(SEND, 1, 1),
    "unlisten": segment(PASSIVE, SYN) + call(LISTEN) + segment(PASSIVE, ACK),
    "urgent": passive + segment(PASSIVE, PSH | ACK | URG, payload=20),
    "neighbours": bytes([NEIGHBOUR, 0, 1]) + bytes([NEIGHBOUR, 1, 2]) + bytes([NEIGHBOUR, 2, 0, 56]),
    "header": passive + fixed(PASSIVE, bytes.fromhex("0fa000070000000000000000501020000000000041424344")),
    "arp": raw(bytes.fromhex("ffffffffffff02005e005302080600010800060400010200" "5e005302c6120002000000000000c6120001")),
    "udp": raw(bytes.fromhex("02005e00530102005e0053020800450000200000400040110000c6120002c6120001" "0035003500080000")),
}


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, seed in SEEDS.items():
        (directory / f"{name}-v4").write_bytes(b"\x00" + seed)
        (directory / f"{name}-v6").write_bytes(b"\x01" + seed)
    (directory / "small-bounds").write_bytes(b"\x0e" + passive * 3 + data)


if __name__ == "__main__":
    main()
