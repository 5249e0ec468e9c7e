# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The cells of the table: what each network is like, how long it runs, and what theory says of it."""

import theory

CONGESTIONS = ("cubic", "newreno")
RTTS = (0.0001, 0.01, 0.1)
LOSSES = (0.0001, 0.001, 0.01, 0.03, 0.1)
BUFFERS = (0.25, 1, 4)

# where losses shall limit: a bandwidth-delay product far beyond any window
WIDE = {0.0001: 100e9, 0.01: 10e9, 0.1: 1e9}
# where the link limits: 83, 83 and 166 segments of bandwidth-delay product
NARROW = {0.0001: 10e9, 0.01: 100e6, 0.1: 20e6}

# fairness
RATE, RTT = 50e6, 0.02
NEAR, FAR = 0.01, 0.04
LATE, SETTLED, END = 20, 50, 100    # seconds: the last flow begins, shares are counted from, to
QUEUES = (0.5, 1, 4, "codel", "red")


def time_text(seconds):
    return f"{seconds * 1e3:g}ms"


def loss_text(p):
    return f"{p * 100:g}%"


def flows(*kinds):
    return [{"congestion": c, "rtt": rtt, "start": start} for c, rtt, start in kinds]


def applies(p):
    """Where theory.py's formulas hold by themselves."""
    return p <= 0.001


def applies_corrected(p, rtt):
    return p <= 0.01 and rtt >= 0.001


def lossy(losses, congestion, rtt, p, epochs):
    """One flow on a wide link that loses: so many mean distances of losses, after a tenth of them."""
    window = theory.window(congestion, losses, p, rtt)
    epoch = rtt / (p * window)
    cell = {
        "block": losses, "congestion": congestion, "rtt": rtt, "loss": p,
        "rate": WIDE[rtt], "queue_bytes": 1 << 26, "sndbuf": max(1 << 20, int(8 * window * theory.MSS)),
        "warm": max(epochs / 10, 10) * epoch + 20 * rtt + 0.1,
        "measure": max(epochs * epoch, LONG if p >= 0.03 else 0),
        "flows": flows((congestion, rtt, 0)),
        "bound": theory.lossy(congestion, losses, p, rtt), "applies": applies(p),
    }
    if applies_corrected(p, rtt):
        cell["corrected"] = cell["bound"] * theory.corrected(window)
    cell["name"] = f"{losses}/{congestion}/{time_text(rtt)}/loss {loss_text(p)}"
    if losses == "periodic":
        cell["loss_every"] = round(1 / p)
    return cell


def narrow(block, congestion, rtt, p, buffer):
    packets = max(PACKETS, CHANCES[p] / p if p > 0 else 0)
    rate = NARROW[rtt]
    bdp = rate * rtt / 8
    window = bdp / theory.LINE
    measure = packets * theory.LINE * 8 / rate
    share = theory.newreno_share(buffer) if congestion == "newreno" else theory.cubic_share(buffer, window, rtt)
    bound = theory.line(rate) * share
    if p > 0:
        bound = min(bound, theory.lossy(congestion, "independent", p, rtt))
    return {
        "name": f"{block}/{congestion}/{time_text(rtt)}/loss {loss_text(p)}/buffer {buffer:g}",
        "block": block, "congestion": congestion, "rtt": rtt, "loss": p, "buffer": buffer,
        "rate": rate, "queue_bytes": round(buffer * bdp), "sndbuf": max(1 << 20, int(8 * bdp)),
        "warm": measure / 3 + 0.1, "measure": measure,
        "flows": flows((congestion, rtt, 0)), "bound": bound, "applies": p == 0,
    }


def reordering(congestion, rtt, p, delay):
    cell = narrow("reordering", congestion, rtt, p, 1)
    depth = time_text(delay) if delay else "3 packets"
    cell["name"] = f"reordering/{congestion}/{time_text(rtt)}/loss {loss_text(p)}/1% by {depth}"
    cell.update(reorder=0.01, reorder_delay=delay, depth=depth, applies=False)
    return cell


def fair_bounds(kinds, queue):
    """What a test holds. Two BDP of queue and more is no longer a matter of the round trip without it: four times 81 segments
    are grown by one a round trip of 100 ms, so there all takes longer, and CUBIC leaves its Reno-friendly region."""
    deep = queue == 4
    algorithms, rtts = {c for c, _ in kinds}, {rtt for _, rtt in kinds}
    bounds = {"queue_most_ms": {"codel": 15, "red": 20}.get(queue, 20 * queue if not isinstance(queue, str) else 0)}
    if len(rtts) > 1:
        return {**bounds, "share_least": 0.1}    # a flow's rate is as 1 / RTT or worse, which is the algorithms' own
    if len(algorithms) > 1:
        return {**bounds, "share_least": 0.2 if deep else 0.35}
    return {**bounds, "jain_least": 0.9 if deep else 0.95, "converged_most": 45 if deep else 15}


def fairness(kinds, queue):
    """Several flows over one bottleneck; the last begins late. `kinds` are (congestion, rtt)."""
    bdp = RATE * RTT / 8
    active = isinstance(queue, str)
    starts = [0.1 * i for i in range(len(kinds) - 1)] + [LATE]
    count = {}
    for kind in kinds:
        count[kind] = count.get(kind, 0) + 1
    what = " + ".join(f"{n} {c} {time_text(rtt)}" for (c, rtt), n in count.items())
    return {
        "name": f"fairness/{what}/{queue if active else f'buffer {queue:g}'}",
        "block": "fairness", "what": what, "kinds": kinds, "buffer": queue,
        "rate": RATE, "queue": queue if active else "taildrop", "ecn": active,
        "queue_bytes": round((4 if active else queue) * bdp), "sndbuf": 2 << 20,
        "warm": SETTLED, "measure": END - SETTLED, "interval": 0.25,
        "flows": flows(*((c, rtt, start) for (c, rtt), start in zip(kinds, starts))),
        "bound": theory.line(RATE), "applies": False, **fair_bounds(kinds, queue),
    }


def mixes():
    for c in CONGESTIONS:
        for n in (2, 4, 16):
            for queue in QUEUES:
                yield [(c, RTT)] * n, queue
        for queue in QUEUES:
            yield [(c, NEAR), (c, FAR)] * 2, queue
        for n in (2, 16):
            yield [(c, NEAR), (c, FAR)] * (n // 2), 1
    for n in (1, 4):
        for queue in QUEUES:
            yield [("cubic", RTT), ("newreno", RTT)] * n, queue


SLICE_OF_FAIRNESS = ("2 cubic 20ms", "2 newreno 20ms", "2 cubic 10ms + 2 cubic 40ms", "1 cubic 20ms + 1 newreno 20ms")

LONG = 20               # seconds, at least, where timeouts decide
EPOCHS = {0.0001: 200, 0.001: 1200, 0.01: 2000, 0.03: 2000, 0.1: 2000}
PERIODS = {0.00001: 10, 0.0001: 40, 0.001: 100, 0.01: 400, 0.03: 1000}
PACKETS = 200_000       # and where they are also lost by chance, until so many losses:
CHANCES = {0.0001: 30, 0.001: 300}
SEEDS = {"independent": (1, 2), "link": (1, 2), "reordering": (1, 2), "periodic": (1,), "fairness": (1,)}


def in_slice(cell):
    """Whether the tests run it: what tells most for its time, less than a minute of one core in all."""
    p, rtt, buffer = cell.get("loss"), cell.get("rtt"), cell.get("buffer")
    return {
        "independent": lambda: p == 0.01 or (p > 0.0001 and rtt == 0.01),
        "periodic": lambda: p >= 0.0001,
        "link": lambda: p == 0 and buffer < 4 and rtt >= 0.01,
        "reordering": lambda: p == 0 or rtt == 0.01,
        "fairness": lambda: cell["what"] in SLICE_OF_FAIRNESS and buffer in (1, "codel"),
    }[cell["block"]]()


def every():
    """All cells, in the table's order."""
    for cell in all_blocks():
        cell["slice"] = in_slice(cell)
        cell["seeds"] = SEEDS[cell["block"]]
        yield cell


def all_blocks():
    for c in CONGESTIONS:
        for p in LOSSES:
            for rtt in RTTS:
                yield lossy("independent", c, rtt, p, EPOCHS[p])
        for p in PERIODS:
            for rtt in RTTS if p > 0.00001 else (0.1,):
                yield lossy("periodic", c, rtt, p, PERIODS[p])
        for rtt in RTTS:
            for p in (0, 0.0001):
                for buffer in BUFFERS:
                    yield narrow("link", c, rtt, p, buffer)
            for p in (0, 0.001):
                for delay in (0, 0.01) if rtt >= 0.01 else (0,):
                    yield reordering(c, rtt, p, delay)
    for kinds, queue in mixes():
        yield fairness(kinds, queue)
