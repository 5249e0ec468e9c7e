# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What ./run bench measures: the windows of a round, and the figures that are taken from each window's report."""

from dataclasses import dataclass
from typing import Callable, Optional

IN_FLIGHT = 512                     # connections under way
IN_FLIGHT_BULK = 256                # full frames under way: a window of some 350 KB
HEADERS = 52                        # of IPv4 and TCP with timestamps: what an MTU holds beside payload
BURSTS = (1, 8, 32, 64)
PERCENTILES = ("p50", "p90", "p99", "p999", "max")


@dataclass(frozen=True)
class Figure:
    key: str                        # in the record; a dot would be read as a place by tern compare
    title: str
    unit: str
    take: Callable                  # from a window's report
    target: Optional[float] = None  # what is aimed at
    least: bool = True              # and whether more is better
    limit: Optional[str] = None     # the figure of the device's own limit


@dataclass(frozen=True)
class Window:
    name: str
    how: str                        # a method of Windows
    words: tuple
    figures: tuple
    quick: bool = True              # measured by --quick, too
    longer: float = 1               # so many times as long as the others


def dig(*keys):
    """The number at that place of a report; not a number where there is none."""
    def take(report):
        for key in keys:
            report = (report or {}).get(key)
        return report if report is not None else float("nan")
    return take


def times(factor, take):
    return lambda report: factor * take(report)


def busy_ns(side, rate):
    """Nanoseconds that a side's core was at work for each connection or request."""
    return lambda r: 1e9 * r["sides"][side]["busy_share_mean"] * r["sides"][side]["cores"] / r[rate] if r[rate] else float("nan")


def per_second(side, counter):
    return lambda r: r["sides"][side]["counters"][counter] / r["seconds"]


def packets(key, per):
    return tuple(Figure(f"{key}_packets_{way}", f"  packets {way} of the client", f"per {per}", dig(f"packets_per_{per}", way))
                 for way in ("out", "in"))


def busy(key, per):
    rate = f"{per}s_per_second"
    return tuple(Figure(f"{key}_{side}_busy_ns", f"  {side} at work", f"ns per {per}", busy_ns(side, rate))
                 for side in ("client", "server"))


def percentiles(key, what, report_key, targets=()):
    targets = dict(targets)
    return tuple(Figure(f"{key}_{p}_us", what, "us", dig(report_key, p), targets.get(p), least=False) for p in PERCENTILES)


def device_limit(key, shape, title, unit, factor=1.0, quick=True):
    in_flight = IN_FLIGHT_BULK if shape.startswith("bulk") else IN_FLIGHT
    take = times(factor, dig("device_limit_per_second"))
    return Window(f"device {shape}", "device_limit", ("--shape", shape, "--connections", in_flight),
                  (Figure(key, title, unit, take),), quick)


def connections(key, title, words, limit, target=None, quick=True, detail=True, connected="connection"):
    rate = Figure(key, title, "conn/s", dig("connections_per_second"), target, limit=limit)
    more = (*packets(key, connected), *busy(key, connected)) if detail else ()
    return Window(key, "tern", (*words, "-c", IN_FLIGHT), (rate, *more), quick)


def requests(key, title, words, target=None, quick=True, detail=False, longer=1):
    rate = Figure(key, title, "requests/s", dig("requests_per_second"), target, limit="device_1_1")
    more = (*packets(key, "request"), *busy(key, "request")) if detail else ()
    return Window(key, "tern", ("--mode", "rr", *words), (rate, *more), quick, longer)


def bulk(mtu, way, checksum, quick, target=None):
    """Payload, on one connection. Echoed: what comes back; as much goes there."""
    key = f"bulk_{mtu}_{way}" + ("_software_checksums" if checksum == "software" else "")
    words = ["--mode", "stream", "--mtu", mtu, "--checksum", checksum]
    words += ["--direction", "both", "--app", "echo"] if way == "echo" else ["--direction", "up"]
    title = {"up": f"bulk, MTU {mtu:,}", "echo": f"bulk, MTU {mtu:,}, echoed: each way"}[way]
    if checksum == "software":
        title += ", software checksums"
    take = dig("payload_gbit_up_per_second" if way == "up" else "payload_gbit_down_per_second")
    figure = Figure(key, title, "Gbit/s", take, target, limit=f"device_bulk_{mtu}" if way == "up" else None)
    return Window(key, "tern", tuple(words), (figure,), quick)


def gbit(mtu):
    return 8e-9 * (mtu - HEADERS)


DEVICE = (
    device_limit("device_4_3", "4+3", "device limit, 4 + 3 packets", "conn/s"),
    device_limit("device_3_3", "3+3", "device limit, 3 + 3 packets", "conn/s"),
    device_limit("device_3_2", "3+2", "device limit, 3 + 2 packets", "conn/s"),
    device_limit("device_1_1", "1+1", "device limit, 1 + 1 packets", "requests/s"),
    device_limit("device_bulk_1500", "bulk-1500", "device limit, full frames of 1,500", "Gbit/s", gbit(1500)),
    device_limit("device_bulk_9000", "bulk-9000", "device limit, full frames of 9,000", "Gbit/s", gbit(9000)),
)

CONNECTIONS = (
    connections("crr", "connections, 64 B each way, client closes", ("--mode", "crr"), "device_4_3", 2.5e6),
    connections("crr_server_closes", "the same, server closes", ("--mode", "crr", "--closer", "server"), "device_3_3", 3.0e6),
    connections("cc", "connections without a request", ("--mode", "cc"), "device_3_2"),
    connections("crr_software_checksums", "client closes, software checksums", ("--mode", "crr", "--checksum", "software"),
                "device_4_3", detail=False),
    connections("crr_server_closes_software_checksums", "server closes, software checksums",
                ("--mode", "crr", "--closer", "server", "--checksum", "software"), "device_3_3", quick=False, detail=False),
    Window("kernel", "kernel_crr", (), (Figure("kernel_crr", "Linux kernel over loopback, client closes", "conn/s",
                                               dig("kernel_connections_per_second")),)),
)

REQUESTS = (
    requests("rr_64", "requests on 64 open connections", ("-c", 64)),
    requests("rr_512", "requests on 512", ("-c", 512), 8e6, detail=True),
    requests("rr_1k", "requests on 1,024", ("-c", 1024)),
    requests("rr_16k", "requests on 16,384", ("-c", 16384)),
    requests("rr_1m", "requests on a million, 512 under way, at random", ("-c", "1M", "--in-flight", IN_FLIGHT), quick=False),
)

LATENCY = (
    Window("ping-pong", "tern", ("--mode", "rr", "-c", 1), percentiles(
        "ping_pong", "one open connection, request to answer", "answer_latency_us", {"p50": 1.5})),
    Window("one connection", "tern", ("--mode", "crr", "-c", 1), (
        *percentiles("one_setup", "one connection, set-up", "setup_latency_us"),
        *percentiles("one_answer", "one connection, SYN to answer", "answer_latency_us")), quick=False),
)

BULK = (
    bulk(1500, "up", "auto", True, 25), bulk(9000, "up", "auto", True, 60),
    bulk(1500, "echo", "auto", True, 25), bulk(9000, "echo", "auto", True, 60),
    bulk(1500, "up", "software", True, 25), bulk(9000, "up", "software", True, 60),
    bulk(1500, "echo", "software", False, 25), bulk(9000, "echo", "software", False, 60),
)

BATCHING = tuple(connections(f"burst_{n}", f"client closes, bursts of {n}", ("--mode", "crr", "--burst", n), None, detail=False)
                 for n in BURSTS)

START = (
    Window("start", "start", (), (Figure("start_seconds", "start, one connection and end of a pair", "s", dig("seconds"), 0.4,
                                         least=False),)),
)

# what is compared alternates within a round, so that all of it sees the same machine
ROUND = (*DEVICE, *CONNECTIONS, *REQUESTS, *LATENCY, *BULK, *BATCHING, *START)


def half_load(rate):
    """Half of what was reached, evenly offered: how long an answer takes while neither core is full."""
    return Window("half load", "tern", ("--mode", "crr", "-R", rate), (
        Figure("half_load_offered", "half load: offered", "conn/s", dig("parsed", "rate_per_second")),
        Figure("half_load_completed", "half load: completed", "conn/s", dig("connections_per_second")),
        *(Figure(f"half_load_{side}_gaps", f"  gaps above 10 us of the {side}", "a second", per_second(side, "gaps"), least=False)
          for side in ("client", "server")),
        *(Figure(f"half_load_{side}_gap_share", f"  time in them, {side}", "%", times(1e-7, per_second(side, "gap_ns")), least=False)
          for side in ("client", "server")),
        *percentiles("half_load_setup", "half load, set-up", "setup_latency_us"),
        *percentiles("half_load_answer", "half load, intended start to answer", "answer_latency_us"),
        *percentiles("half_load_undisturbed", "  the same, where no gap above 10 us overlapped", "undisturbed_latency_us", {"p99": 20}),
    ), longer=2)


@dataclass(frozen=True)
class Ratio:
    """Of the medians of two figures."""
    key: str
    title: str
    unit: str
    of: str
    to: str
    section: str
    target: Optional[float] = None


RATIOS = (
    Ratio("kernel_ratio", "Tern beside the kernel", "times", "crr", "kernel_crr", "connections"),
    Ratio("rr_1m_ratio", "a million open beside 512", "times", "rr_1m", "rr_512", "requests", 0.7),
)

MEMORY = Window("idle memory", "idle_memory", (16384, 262144), (
    Figure("idle_bytes", "memory of an idle connection, one end", "bytes", dig("bytes"), 288, least=False),))
