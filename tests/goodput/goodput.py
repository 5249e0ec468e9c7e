#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The table of goodput: by loss, round trip, reordering, buffer and congestion control, with what theory says beside it.

table   runs every cell, those of chance with two seeds, writes goodput.json (the record) and goodput.md (to be read), and says what moved
check   runs the cells of the slice that the tests take, or all, and holds them against the record and theory; prints TAP
run     runs the cells with FILTER in their name and prints them; nothing is written

All runs in virtual time: the same build gives the same figures to the last bit, on a busy machine too.
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cells
import markdown
from tap import Tap

HERE = Path(__file__).resolve().parent
RECORD = HERE / "goodput.json"
TABLE = HERE / "goodput.md"
WORSE = 0.05            # than the record, from which on a cell fails
HELD = 0.15             # from theory, where it applies
FAIR = 0.8              # of its share: then a flow that came late has converged
FAIR_WINDOW = 2.0       # seconds over which that is a mean

NETWORK = ("name", "rate", "queue", "queue_bytes", "ecn", "sndbuf", "warm", "measure", "interval", "loss_every", "reorder",
           "reorder_delay", "flows")


def words(cell, seed):
    """What the program is told of a cell."""
    line = {key: cell[key] for key in NETWORK if key in cell}
    line.setdefault("queue", "taildrop")
    line["seed"] = seed
    if "loss_every" not in cell:
        line["loss"] = cell.get("loss", 0)
    return line


def simulate(program, cell, seed):
    process = subprocess.run([program], input=json.dumps(words(cell, seed)) + "\n", capture_output=True, text=True)
    if process.returncode != 0:
        raise SystemExit(f"goodput: {cell['name']}: exit {process.returncode}\n{process.stderr}")
    return figures(cell, json.loads(process.stdout.splitlines()[-1]))


def jain(values):
    return sum(values) ** 2 / (len(values) * sum(v * v for v in values)) if any(values) else 0


def converged(cell, out):
    """Seconds that the last flow needed to come to 80 % of an equal share; None: it never did."""
    step, start = cell["interval"], cell["flows"][-1]["start"]
    span = round(FAIR_WINDOW / step)
    series = [flow["series"] for flow in out["flows"]]
    for end in range(round(start / step) + span, len(series[0]) + 1):
        window = [sum(s[end - span:end]) for s in series]
        if window[-1] >= FAIR * sum(window) / len(window):
            return round(end * step - start, 2)
    return None


def figures(cell, out):
    """What is kept of a run."""
    each = [flow["goodput"] for flow in out["flows"]]
    kept = {
        "goodput": round(sum(each)),
        "retransmits": sum(flow["retransmits"] for flow in out["flows"]),
        "timeouts": sum(flow["timeouts"] for flow in out["flows"]),
        "queue_mean_ms": round(out["queue_mean"] * 8e3 / cell["rate"], 3),
        "queue_p95_ms": round(out["queue_p95"] * 8e3 / cell["rate"], 3),
        "events": out["events"],
        "seconds": round(out["seconds"], 2),
    }
    if cell["block"] == "fairness":
        kept["jain"] = round(jain(each), 4)
        kept["converged"] = converged(cell, out)
        kept["marked"] = out["marked"]
        by_kind = {}
        for kind, rate in zip(cell["kinds"], each):
            by_kind.setdefault(kind, []).append(rate)
        kept["shares"] = [round(sum(v) / sum(each), 4) for v in by_kind.values()]
    return kept


def simulate_all(program, jobs, work):
    """work: pairs of cell and seed; figures in their order, the longest first begun."""
    order = sorted(work, key=lambda w: -w[0]["bound"] * (w[0]["warm"] + w[0]["measure"]))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = {(cell["name"], seed): pool.submit(simulate, program, cell, seed) for cell, seed in order}
        for n, _ in enumerate(concurrent.futures.as_completed(runs.values()), 1):
            if sys.stderr.isatty():
                print(f"\r{n} of {len(work)} cells", end="\n" if n == len(work) else "", file=sys.stderr)
        return [runs[cell["name"], seed].result() for cell, seed in work]


def load():
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def save(record):
    """A line a cell, so that a change shows what moved."""
    lines = [f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in record.items()]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def entry_of(cell, runs):
    """A cell's place in the record: the first seed's figures, and the goodput of each."""
    first = dict(runs[0])
    del first["seconds"]
    return {**first, "goodput": [run["goodput"] for run in runs], "bound": round(cell["bound"])}


def mean(values):
    return sum(values) / len(values)


# ---- commands


def command_table(args):
    chosen = list(cells.every())
    before = load()
    runs = iter(simulate_all(args.program, args.jobs, [(cell, seed) for cell in chosen for seed in cell["seeds"]]))
    record, spent = {}, 0
    for cell in chosen:
        mine = [next(runs) for _ in cell["seeds"]]
        spent += sum(run["seconds"] for run in mine)
        record[cell["name"]] = entry_of(cell, mine)
    save(record)
    TABLE.write_text(markdown.page(chosen, record, HELD))
    show_moved(record, before)
    print(f"{len(chosen)} cells, {spent:.0f} s of one core: {RECORD.name}, {TABLE.name}")
    return 0


def show_moved(record, before):
    for name, entry in record.items():
        if name in before:
            moved = mean(entry["goodput"]) / max(mean(before[name]["goodput"]), 1) - 1
            if abs(moved) >= WORSE / 2:
                print(f"{moved:+7.1%}  {name}")


def choose(every, part):
    every = list(every)
    chosen = [cell for cell in every if part in cell["name"]]
    if not chosen:
        raise SystemExit(f"goodput: found '{part}', want a part of a cell's name, as in '{every[0]['name']}'")
    return chosen


def command_run(args):
    chosen = choose(cells.every(), args.filter)
    runs = simulate_all(args.program, args.jobs, [(cell, args.seed) for cell in chosen])
    for cell, run in zip(chosen, runs):
        text = f"{run['goodput'] / 1e6:9.3f} Mbit/s {run['goodput'] / cell['bound']:7.1%}{'' if cell['applies'] else '?'}"
        if "corrected" in cell:
            text += f" {run['goodput'] / cell['corrected']:7.1%}"
        rest = {key: value for key, value in run.items() if key != "goodput"}
        print(f"{cell['name']:<52} {text}  {' '.join(f'{k}={v}' for k, v in rest.items())}")
    return 0


def compare(args, cell, run, kept):
    """@return whether the cell is not worse than its record, and what to say. The bad luck of one seed is no worsening: the
    other is asked."""
    found = [run["goodput"]]
    worse = found[0] / kept["goodput"][0] - 1
    if worse < -WORSE:
        found += [simulate(args.program, cell, seed)["goodput"] for seed in cell["seeds"][1:]]
        worse = mean(found) / mean(kept["goodput"]) - 1
    return worse >= -WORSE, f"{worse:+.1%}: found {found}, recorded {kept['goodput']} bit/s with seeds {cell['seeds']}. " \
                            "If that is meant, ./run goodput makes the record anew"


def fair_enough(cell, run):
    """@return what misses the cell's bounds."""
    wrong = []
    if "jain_least" in cell and run["jain"] < cell["jain_least"]:
        wrong.append(f"Jain's index {run['jain']}, want {cell['jain_least']} or more")
    if "converged_most" in cell and (run["converged"] is None or run["converged"] > cell["converged_most"]):
        wrong.append(f"the last flow had 80 % of its share after {run['converged']} s, want {cell['converged_most']} s or less")
    if "share_least" in cell and min(run["shares"]) < cell["share_least"]:
        wrong.append(f"shares {run['shares']}, want {cell['share_least']} or more each")
    if "queue_most_ms" in cell and run["queue_mean_ms"] > cell["queue_most_ms"]:
        wrong.append(f"a mean queue of {run['queue_mean_ms']} ms, want {cell['queue_most_ms']} ms or less")
    return wrong


def command_check(args):
    tap = Tap()
    record = load()
    chosen = choose((cell for cell in cells.every() if args.all or cell["slice"]), args.filter)
    runs = simulate_all(args.program, args.jobs, [(cell, cell["seeds"][0]) for cell in chosen])
    for cell, run in zip(chosen, runs):
        name, kept = cell["name"], record.get(cell["name"])
        if kept is None:
            tap.case(f"{name}: is in the record", False, "./run goodput makes the record anew")
            continue
        good, why = compare(args, cell, run, kept)
        tap.case(f"{name}: not worse than the record", good, why)
        for theory in (["bound"] if cell["applies"] else []) + (["corrected"] if "corrected" in cell else []):
            ratio = run["goodput"] / cell[theory]
            tap.case(f"{name}: as theory says{', corrected' if theory == 'corrected' else ''}", abs(ratio - 1) <= HELD,
                     f"{ratio:.1%} of {cell[theory]:.0f} bit/s")
        if cell["block"] == "fairness":
            wrong = fair_enough(cell, run)
            tap.case(f"{name}: shared fairly", not wrong, *wrong)
    return tap.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("table", "check", "run"))
    parser.add_argument("filter", nargs="?", default="", help="cells with this in their name (check, run)")
    parser.add_argument("--program", default="build/tests/goodput/goodput", help="(%(default)s)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="cells at a time (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of run (%(default)s)")
    parser.add_argument("--all", action="store_true", help="check every cell")
    args = parser.parse_args()
    if args.command == "table" and args.filter:
        parser.error("table makes all of it: it takes no FILTER")
    return {"table": command_table, "check": command_check, "run": command_run}[args.command](args)


if __name__ == "__main__":
    sys.exit(main())
