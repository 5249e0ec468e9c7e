# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What passed the tap, kept by tcpdump and judged by tshark."""

import socket
import subprocess

import common

SNAP = 2048         # beyond the largest frame of these cases
# The last frame of a capture: local experimental Ethertype (IEEE 802), which Tern drops and counts.
END = bytes.fromhex("02000000000202000000000188b5") + b"end of the capture".ljust(46, b"\0")

FROM_TERN = "(" + " || ".join([f"ip.src == {common.TERN[4]}", f"ipv6.src == {common.TERN[6]}"]) + ")"
BAD = " || ".join([
    "_ws.malformed", "_ws.expert.severity == error",
    "ip.checksum.status == 0", "tcp.checksum.status == 0", "icmp.checksum.status == 0", "icmpv6.checksum.status == 0",
])
RETRANSMISSION = f"(tcp.analysis.retransmission && {FROM_TERN})"
PREFERENCES = [
    "ip.check_checksum:TRUE", "tcp.check_checksum:TRUE",
    "tcp.desegment_tcp_streams:FALSE",      # the payload is no protocol's
]


def tshark(path, display_filter, *more):
    words = ["tshark", "-n", "-r", str(path), "-Y", display_filter, "-d", f"tcp.port=={common.PORT},data"]
    for preference in PREFERENCES:
        words += ["-o", preference]
    done = subprocess.run([*words, *more], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          preexec_fn=common.die_with_parent)
    common.expect(done.returncode == 0, f"tshark cannot read the capture: {done.stderr.strip()}")
    return done.stdout.splitlines()


def judge(path, retransmissions_expected):
    """Frames in it; raises Failure for a frame that should not be there."""
    wrong = BAD if retransmissions_expected else f"{BAD} || {RETRANSMISSION}"
    lines = tshark(path, wrong)
    if lines:
        raise common.Failure("\n".join([f"tshark complains about {len(lines)} frames", *lines[:20]]))


class Capture:
    def __init__(self, w, interface):
        self.interface = interface
        self.path = w.directory / "capture.pcap"
        # Each frame at once into the file, and no change of user: that would let it outlive its parent.
        self.program = w.start(["tcpdump", "-i", interface, "-n", "-s", str(SNAP), "-B", "65536", "--immediate-mode",
                                "-U", "-Z", "root", "-w", str(self.path)], "tcpdump")
        self.program.wait_for("listening on")

    def tail(self):
        with open(self.path, "rb") as f:
            f.seek(max(0, f.seek(0, 2) - 4 * SNAP))
            return f.read()

    def stop(self):
        """When the mark that is sent now has arrived, so has all before it."""
        if common.is_running(self.interface):
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
                s.bind((self.interface, 0))
                s.send(END)
            common.poll(lambda: END in self.tail(), "the end of the capture", 20)
        self.program.interrupt()
        self.program.wait(10)

    def judge(self, retransmissions_expected):
        judge(self.path, retransmissions_expected)

    def count(self, display_filter):
        return len(tshark(self.path, display_filter))
