# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The record as a page to be read."""

import cells

HEAD = """# Goodput

Made by `./run goodput`; figures are in `goodput.json`, what they are held against is derived in `theory.py`, and the cells stand
in `cells.py`. Real stacks in virtual time, Tern's defaults but for the buffers' sizes (1,448 bytes of payload a
segment). Goodput is what the receiver's application read, in Mbit/s, after a warm-up. *of theory* is goodput over the model's; in
brackets where the model does not apply by itself. *2nd seed* is how far another seed's figure lies from the first. `./run test` runs a slice of
these cells: it fails when one is more than 5 % worse than here, or more than {held:.0%} from a model that applies.
"""

INDEPENDENT = """
## Independent losses

The link is wide (100 Gbit/s, 10 Gbit/s and 1 Gbit/s at 0.1, 10 and 100 ms), each packet towards the receiver is lost by chance.
Theory: NewReno 1.31 / sqrt(p), CUBIC the same fluid as RFC 9438's. *corrected*: of theory with a round trip for each repair and with
whole segments, which a window of 12 feels (1 %); a test holds this up to 1 %, where a round trip is longer than a tick of the timers.
Beyond, second losses in a window, lost retransmissions and timeouts decide; at 10 % full segments that vanish in a row may be
taken for a path with a smaller MTU (RFC 4821, 7.7), which tells from seed to seed.
"""

PERIODIC = """
## Periodic losses

The same links; every 1/p-th packet is lost, which is the loss that both formulas were derived from: Mathis's
sqrt(3 / (2p)) for NewReno, and for CUBIC the larger of that and RFC 9438's 1.054 (RTT / p)^(3/4).
"""

LINK = """
## A link that limits

10 Gbit/s, 100 Mbit/s and 20 Mbit/s at 0.1, 10 and 100 ms: 83, 83 and 166 segments of bandwidth-delay product (BDP). Tail drop; the
buffer is in BDP. Theory without losses: the saw-tooth of one flow over that buffer. With losses: the smaller of that and of what losses
allow, which one flow that meets both does not reach.
"""

REORDERING = """
## Reordering

The links of the block above with a buffer of 1 BDP; 1 % of the packets come later than those behind them. *of theory*: of what the
same link would give without reordering.
"""

FAIRNESS = """
## Fairness

Flows over one bottleneck of 50 Mbit/s; buffers in BDP of 20 ms (81 segments); CoDel and RED mark (ECN). Round trips without the queue. The last flow
begins after 20 s: *converged* is the time until it had 80 % of an equal share over 2 s. Shares, Jain's index, and the queue
are those of the seconds 50 to 100; where there are two kinds of flows *shares* are of each kind together.
"""


def mbits(rate):
    value = rate / 1e6
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def seeds(entry):
    first = entry["goodput"][0]
    return ", ".join(f"{other / first - 1:+.1%}" for other in entry["goodput"][1:]) if first else "-"


def of_theory(cell, entry):
    ratio = sum(entry["goodput"]) / len(entry["goodput"]) / cell["bound"]
    return f"{ratio:.0%}" if cell["applies"] else f"({ratio:.0%})"


def corrected(cell, entry):
    return f"{entry['goodput'][0] / cell['corrected']:.0%}" if "corrected" in cell else ""


def table(columns, rows):
    """Without the columns in which nothing stands."""
    used = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    columns, rows = [columns[i] for i in used], [[row[i] for i in used] for row in rows]
    return "\n".join(["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)] +
                     ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def by_congestion(chosen, record, keys, titles):
    """A row for each set of keys, and the columns of each congestion control beside another."""
    rows = {}
    for cell in chosen:
        entry = record[cell["name"]]
        row = rows.setdefault(tuple(cell[k] for k in keys), {})
        row[cell["congestion"]] = [mbits(entry["goodput"][0]), mbits(cell["bound"]), of_theory(cell, entry), corrected(cell, entry),
                                   str(entry["timeouts"]), seeds(entry)]
    columns = list(titles)
    for c in cells.CONGESTIONS:
        columns += [c, "theory", "of theory", "corrected", "timeouts", "2nd seed"]
    text = {"loss": cells.loss_text, "rtt": cells.time_text, "buffer": lambda b: f"{b:g}", "depth": str}
    return table(columns, [[text[k](v) for k, v in zip(keys, key)] + [f for c in cells.CONGESTIONS for f in row[c]]
                           for key, row in sorted(rows.items(), key=lambda r: [str(v) if isinstance(v, str) else v for v in r[0]])])


def fairness(chosen, record):
    rows = []
    for cell in chosen:
        entry = record[cell["name"]]
        queue = cell["buffer"] if isinstance(cell["buffer"], str) else f"{cell['buffer']:g} BDP"
        late = f"{entry['converged']:.1f} s" if entry["converged"] is not None else "not"
        rows.append([cell["what"], queue, mbits(entry["goodput"][0]), f"{entry['jain']:.3f}",
                     " : ".join(f"{s:.0%}" for s in entry["shares"]) if len(entry["shares"]) > 1 else "", late,
                     f"{entry['queue_mean_ms']:.1f}", f"{entry['queue_p95_ms']:.1f}", str(entry["retransmits"]),
                     str(entry["marked"])])
    return table(["flows", "queue", "goodput", "Jain", "shares", "converged", "queue mean, ms", "p95, ms", "retransmitted",
                  "marked"], rows)


def page(chosen, record, held):
    def block(name):
        return [cell for cell in chosen if cell["block"] == name]

    return "".join([
        HEAD.format(held=held),
        INDEPENDENT, "\n", by_congestion(block("independent"), record, ("loss", "rtt"), ("loss", "RTT")),
        PERIODIC, "\n", by_congestion(block("periodic"), record, ("loss", "rtt"), ("loss", "RTT")),
        LINK, "\n", by_congestion(block("link"), record, ("loss", "rtt", "buffer"), ("loss", "RTT", "buffer")),
        REORDERING, "\n", by_congestion(block("reordering"), record, ("loss", "rtt", "depth"), ("loss", "RTT", "late by")),
        FAIRNESS, "\n", fairness(block("fairness"), record),
    ])
