# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The bytes that both ends of a transfer agree on: as pattern.h makes them, and as chargen sends them."""

PERIOD = 1000003
CHUNK = 256 << 10


class Pattern:
    """A stream without end that repeats `once`."""

    def __init__(self, once):
        self.period = len(once)
        self.view = memoryview(once * (2 + CHUNK // len(once)))

    def at(self, offset, length):
        """`length` bytes, at most CHUNK, from this place of the stream on."""
        start = offset % self.period
        return self.view[start:start + length]


def peer():
    once, state = bytearray(PERIOD), 1
    for i in range(PERIOD):
        state = (state * 1664525 + 1013904223) & 0xffffffff
        once[i] = state >> 24
    return Pattern(bytes(once))


def chargen():
    """RFC 864: lines of 72 characters out of 95, each begun one character later."""
    printable = bytes(range(0x20, 0x7f))
    lines = ((printable[i:] + printable[:i])[:72] + b"\r\n" for i in range(len(printable)))
    return Pattern(b"".join(lines))
