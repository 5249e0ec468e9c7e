# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The judgement over a capture has teeth: it finds what it looks for."""

import struct

import capture
from common import TERN, KERNEL, Case, Failure, PORT, expect
from kernel import checksum

CASES = []


def address(text):
    return bytes(map(int, text.split(".")))


def frame(source, target, flags=0x10, seq=1, payload=b"", spoil=0, ihl=5):
    """Ethernet, IPv4, TCP without options; `spoil` is added to TCP's sum."""
    tcp = struct.pack("!HHIIBBHHH", PORT, PORT, seq, 1, 5 << 4, flags, 1000, 0, 0) + payload
    pseudo = address(source) + address(target) + struct.pack("!HH", 6, len(tcp))
    total = (checksum(pseudo + tcp + b"\0" * (len(tcp) & 1)) + spoil) & 0xffff
    tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
    head = struct.pack("!BBHHHBBH", 4 << 4 | ihl, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + address(source) + address(target)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return bytes(12) + b"\x08\0" + head + tcp


def verdict(w, *frames, retransmissions_expected=False):
    """What capture.judge() says to these, or None."""
    path = w.directory / "made.pcap"
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, data in enumerate(frames):
            f.write(struct.pack("=IIII", 1 + i, 0, len(data), len(data)) + data)
    try:
        capture.judge(path, None if retransmissions_expected else 0)
    except Failure as failure:
        return str(failure)
    return None


def finds_faults(w):
    out, back = (TERN[4], KERNEL[4]), (KERNEL[4], TERN[4])
    data = frame(*out, seq=1, payload=b"some bytes"), frame(*out, seq=11, payload=b"more bytes")
    again = frame(*out, seq=1, payload=b"some bytes")
    expect(verdict(w, *data) is None, f"complains about good frames: {verdict(w, *data)}")
    expect(verdict(w, *data, frame(*out, spoil=1)), "does not see a bad TCP checksum of Tern's")
    expect(verdict(w, *data, frame(*back, spoil=1)), "does not see a bad TCP checksum of the kernel's")
    expect(verdict(w, *data, data[0][:14] + b"\x46" + data[0][15:]), "does not see a bad IP header")
    expect(verdict(w, *data, frame(*out)[:14 + 20 + 12]), "does not see a truncated header")
    expect(verdict(w, *data, again), "does not see a retransmission of Tern's")
    expect(verdict(w, *data, again, retransmissions_expected=True) is None, "complains about an expected one")


CASES.append(Case("the judgement over a capture finds bad sums, malformed packets and retransmissions",
                  finds_faults, ()))
