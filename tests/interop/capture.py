# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What passed the tap, kept by tcpdump and judged by tshark."""

import socket
import struct
import subprocess

import common

SNAP = 2048         # beyond the largest frame of these cases
# The last frame of a capture: local experimental Ethertype (IEEE 802), which Tern drops and counts.
END = bytes.fromhex("02000000000202000000000188b5") + b"end of the capture".ljust(46, b"\0")

FROM_TERN = f"(ip.src == {common.TERN[4]} || ipv6.src == {common.TERN[6]})"
# The kernel, where it computes a sum for a device, writes 0xffff for 0 whatever the protocol: equal in
# one's complement and right for UDP alone, so tshark calls it bad. Tern has to write 0.
BAD_SUM = " || ".join(f"{sum} == 0" for sum in (
    "ip.checksum.status", "tcp.checksum.status", "icmp.checksum.status", "icmpv6.checksum.status"))
# An ICMP error quotes as much as there is room for, and tshark judges the quotation like a whole packet.
QUOTES = "(icmp.type in {3, 11, 12} || icmpv6.type in {1, 2, 3, 4})"
BAD = (f"!{QUOTES} && (_ws.malformed || ((_ws.expert.severity == error || {BAD_SUM}) && "
       f"!(tcp.checksum == 0xffff && !{FROM_TERN})))")
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


def judge(path, again, hostile=False):
    """Raises Failure for a frame that should not be there; where the others' are meant to be wrong, for one of Tern's.
    `again`: how many of Tern's may be retransmissions; None: any number."""
    bad = f"(({BAD}) && {FROM_TERN})" if hostile else f"({BAD})"
    # mostly there is neither, and starting tshark is half of a short case's work
    if not tshark(path, bad if again is None else f"{bad} || {RETRANSMISSION}"):
        return
    complain(tshark(path, bad), "")
    if again is not None:
        lines = tshark(path, RETRANSMISSION)
        complain(lines if len(lines) > again else [], f" as retransmissions, of which {again} may be")


def complain(lines, what):
    if lines:
        raise common.Failure("\n".join([f"tshark complains about {len(lines)} frames{what}", *lines[:20]]))


class Capture:
    def __init__(self, w, interface):
        self.interface = interface
        self.stopped = False
        self.path = w.directory / "capture.pcap"
        # Each frame at once into the file, and no change of user: that would let it outlive its parent.
        self.program = w.start(["tcpdump", "-i", interface, "-n", "-s", str(SNAP), "-B", "65536", "--immediate-mode",
                                "-U", "-Z", "root", "-w", str(self.path)], "tcpdump")
        self.program.wait_for("listening on")

    def since(self, place):
        with open(self.path, "rb") as f:
            f.seek(place)
            return f.read()

    def stop(self):
        """When the mark that is sent now has arrived, so has all before it."""
        if self.stopped:
            return
        place = self.path.stat().st_size
        if common.is_running(self.interface):
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
                s.bind((self.interface, 0))
                s.send(END)
        else:   # Tern has gone: from its place, since an interface without a carrier sends nothing
            common.ip(f"link set {self.interface} up")
            with common.tap_queue(self.interface) as queue:
                queue.write(struct.pack("!HH", 0, 0x88b5) + END)    # struct tun_pi
        common.poll(lambda: END in self.since(place), "the end of the capture", 20)
        self.program.interrupt()
        self.program.wait(30)
        self.stopped = True

    def judge(self, again, hostile=False):
        judge(self.path, again, hostile)

    def count(self, display_filter):
        return len(tshark(self.path, display_filter))

    def fields(self, display_filter, names):
        """Of each such frame, its fields by name; "" for one that it lacks."""
        words = [word for name in names for word in ("-e", name)]
        lines = tshark(self.path, display_filter, "-T", "fields", *words)
        return [dict(zip(names, line.split("\t"))) for line in lines]
