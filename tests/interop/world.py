# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""A namespace with the kernel at one end of a tap interface and Tern at the other."""

import json

import capture
import kernel
import pattern
from common import (KERNEL, PORT, PREFIX, TAP, TERN, Program, expect, expect_equal, ip, sysctl, unshare_network)

TARGET = {4: f"{KERNEL[4]}:{PORT}", 6: f"[{KERNEL[6]}]:{PORT}"}


class World:
    """Closed at the end of the case: programs end, the capture is judged, figures are compared."""

    def __init__(self, tern, peer, directory, core):
        self.tern_path, self.peer_path, self.directory = tern, peer, directory
        self.tap = TAP
        # little memory, so that two of them and much else run beside each other
        self.words = ["--cores", str(core), "--mbufs", "16Ki", "--max-connections", "32Ki", "--max-time-wait", "64Ki"]
        self.families = (4, 6)
        self.programs = []
        self.probes = 0         # tail loss probes, which tshark calls retransmissions
        self.capture = None
        self.server = None
        self.pattern = pattern.peer()
        self.retransmissions_expected = False    # by the case, so not to be complained about
        self.usual_rto = False                   # the case is about what it times
        self.hostile = False                     # what comes towards Tern is meant to be wrong

    def __enter__(self):
        unshare_network()
        ip("link set lo up")
        # no frame that the case did not ask for, and no address that is not ready at once
        for which in ("default", "all"):
            sysctl(f"ipv6/conf/{which}/accept_dad", 0)
            sysctl(f"ipv6/conf/{which}/dad_transmits", 0)
            sysctl(f"ipv6/conf/{which}/accept_ra", 0)
            sysctl(f"ipv6/conf/{which}/router_solicitations", 0)
        sysctl("ipv6/conf/all/keep_addr_on_down", 1)    # when one Tern goes and another comes
        self.make_tap()
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.finish()
        finally:
            for program in self.programs:
                program.kill()

    def start(self, argv, name):
        program = Program(argv, self.directory, name)
        self.programs.append(program)
        return program

    def make_tap(self):
        """The kernel's end, ready before Tern comes: kept, since it goes with the namespace, so that nothing of a
        capture is lost when Tern goes. It gets a carrier with Tern. Without offloads it sends whole
        checksums: nothing has to be turned off for tshark's sake."""
        ip(f"tuntap add dev {TAP} mode tap multi_queue pi", f"link set {TAP} up")
        self.capture = capture.Capture(self, TAP)
        self.add_addresses(TAP)

    def add_addresses(self, interface):
        ip(*(f"addr add {KERNEL[v]}/{PREFIX[v]} dev {interface} {'nodad' if v == 6 else ''}" for v in (4, 6)))

    def tern(self, *more):
        """Words for tern_open()."""
        words = ["--dev", f"tap:{self.tap}", *self.words, *more]
        if not (self.retransmissions_expected or self.usual_rto):
            # a machine that halts for 200 ms is no reason to call a clean run unclean
            words += ["--rto-min", "2s"]
        for v in self.families:
            words += ["--ip", f"{TERN[v]}/{PREFIX[v]}"]
        return words

    def serve(self, app, *words):
        self.server = self.start([self.tern_path, "serve", "--app", app, "--listen", str(PORT), "--quiet",
                                  "--json", str(self.directory / "serve.json"), *self.tern(*words)], "serve")
        self.server.wait_for("serving ")

    def load(self, v, mode, *words, statuses=(0,)):
        """tern load against the kernel, to its end; returns its report."""
        report = self.directory / "load.json"
        program = self.start([self.tern_path, "load", TARGET[v], "--mode", mode, "--timeout", "20s", "--quiet",
                              "--json", str(report), *self.tern(*words)], "load")
        program.wait(60, statuses)
        return self.client_of(report)

    def load_url(self, v, path, mode, *words, statuses=(0,)):
        """The same with HTTP."""
        report = self.directory / "load.json"
        program = self.start([self.tern_path, "load", f"http://{TARGET[v]}{path}", "--mode", mode, "--timeout", "20s",
                              "--quiet", "--json", str(report), *self.tern(*words)], "load")
        program.wait(60, statuses)
        return self.client_of(report)

    def client_of(self, report):
        report = json.loads(report.read_text())
        if not self.retransmissions_expected:
            self.nothing_lost(report["whole_run"]["sides"]["client"]["counters"], "data that Tern's client sent again")
        return report

    def begin_peer(self, v, send=0, receive=0, pause_ms=0, closing="both", words=()):
        return self.start([self.peer_path, TARGET[v], str(send), str(receive), str(pause_ms), closing,
                           *self.tern(*words)], "peer")

    def end_peer(self, program, seconds=60):
        program.wait(seconds)
        lines = program.out.read_text().splitlines()
        expect(lines, program.complaint("peer printed no result"))
        result = json.loads(lines[-1])
        expect_equal(result["wrong_at"], None, "place of the first wrong byte that Tern received")
        if not self.retransmissions_expected:
            self.nothing_lost(result, "data that Tern's client sent again")
        return result

    def nothing_lost(self, counters, what):
        """A kernel that waits for its CPU for longer than two round trips is asked by a tail loss probe; nothing else goes again."""
        self.probes += counters["tlp_probes"]
        expect(counters["retransmits_data"] <= counters["tlp_probes"],
               f"{what}: found {counters['retransmits_data']}, want no more than the {counters['tlp_probes']} tail loss probes")

    def stop_server(self):
        """Ends tern serve; returns its counters."""
        self.server.is_alive()
        kernel.settle(self.families[0])
        self.server.interrupt()
        self.server.wait(30)
        self.server = None
        report = self.report_of_server()
        counters = report["whole_run"]["sides"]["server"]["counters"]
        for drop in () if self.hostile else ("tcp_checksum", "ip_checksum", "icmp_bad", "ndp_bad", "arp_bad", "tcp_header", "tcp_option"):
            expect_equal(counters["drops"].get(drop, 0), 0, f"frames of the kernel's that Tern dropped for {drop}")
        if not self.retransmissions_expected:
            self.nothing_lost(counters, "data that Tern's server sent again")
        return counters

    def report_of_server(self):
        return json.loads((self.directory / "serve.json").read_text())

    def finish(self):
        self.capture.stop()
        if self.server is not None:
            self.stop_server()
        self.capture.judge(self.may_go_again(), self.hostile)

    def may_go_again(self):
        return None if self.retransmissions_expected else self.probes
