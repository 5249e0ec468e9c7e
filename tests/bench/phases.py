#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Where the time of a connection and a request goes: nanoseconds and instructions, by phase of a core's turn and by kind of
packet received.

Nanoseconds: a build with -Dprobe=time reads the CPU's counter at the end of each phase and behind each packet, and takes off
what that costs. Instructions: a build with -Dprobe=calls has its phases as functions, and callgrind counts what each took with
all that it called; both ends together, in virtual time, as in instructions.py.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import statistics
import sys
from pathlib import Path

import arguments
from instructions import count
from windows import Failed, Windows, progress

PHASES = ("receive", "parse", "look_up", "open", "established", "close", "timers", "application", "output", "transmit")
KINDS = ("syn", "syn_ack", "handshake_ack", "data", "ack", "fin", "close_ack", "other")

# mode of instructions.c: title, words of tern pair, counter of what was done, the two lengths to count
MODES = {
    "crr": ("connection, client closes", ("--mode", "crr", "-c", 512), "connections_per_second", (2000, 6000)),
    "crr-server-closes": ("connection, server closes", ("--mode", "crr", "-c", 512, "--closer", "server"),
                          "connections_per_second", (2000, 6000)),
    "rr": ("request", ("--mode", "rr", "-c", 512), "requests_per_second", (4000, 12000)),
}

# the functions that are phases in the build of calls; the rest of stack_poll() is its own
FUNCTIONS = {
    "receive": ("receive",),
    "parse": ("stack_parse", "parse_all"),
    "look_up": ("match_all",),
    "open": ("probe_input_syn", "probe_input_syn_ack", "probe_input_handshake_ack"),
    "established": ("probe_input_data", "probe_input_ack"),
    "close": ("probe_input_fin", "probe_input_close_ack", "probe_input_other"),
    "timers": ("expire", "check_pool"),
    "application": ("collect_events",),
    "output": ("output",),
    "transmit": ("transmit",),
}


# ---- nanoseconds

def nanoseconds(windows):
    """Medians of the windows' own figures, of each mode and side."""
    for number in range(windows.rounds):
        for mode, (_, words, _, _) in MODES.items():
            progress(f"phases, round {number + 1} of {windows.rounds}: {mode}")
            windows.tern(mode, *words)
    progress(None)
    return {mode: of_reports(windows.reports[mode], MODES[mode][2]) for mode in MODES}


def of_reports(reports, rate):
    sides = {}
    for side in ("client", "server"):
        probes = [(r["sides"][side].get("probe"), r[rate] * r["seconds"]) for r in reports]
        if any(probe is None for probe, _ in probes):
            raise Failed("the program has no probe: it wants a build with -Dprobe=time")
        sides[side] = {
            "phases_ns": {p: median(probe["phases_ns"][p] / done for probe, done in probes) for p in PHASES},
            "kinds": {k: {"packets": median(probe["kinds"][k]["count"] / done for probe, done in probes),
                          "ns_each": median(probe["kinds"][k]["ns"] / max(probe["kinds"][k]["count"], 1) for probe, _ in probes)}
                      for k in KINDS},
        }
    return {"rate": median(r[rate] for r in reports), "mark_ns": probes[0][0]["mark_ns"], "sides": sides}


def median(values):
    return round(statistics.median(values), 3)


# ---- instructions

def instructions(program):
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = {(mode, n): pool.submit(count, program, mode, n, inclusive) for mode in MODES for n in MODES[mode][3]}
    result = {}
    for mode in MODES:
        short, long = MODES[mode][3]
        few, many = runs[mode, short].result(), runs[mode, long].result()
        if not any(f.startswith("probe_input_") for f in many):
            raise Failed(f"{program} has no phases that callgrind can tell apart: it wants a build with -Dprobe=calls")
        result[mode] = by_phase({f: (many[f] - few[f]) / (long - short) for f in many})
    return result


def inclusive(text):
    """Instructions of each function with all that it called: its callers' `calls=` lines. And "total"."""
    names, costs = {}, collections.Counter()
    callee, of_call = None, False
    for line in text.splitlines():
        named = re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line)
        if named:
            if named[3]:
                names[named[2]] = re.sub(r"\.(constprop|isra|part|lto_priv|cold)(\.\d+)*|'\d+$", "", named[3])
            if named[1] == "cfn":
                callee = names[named[2]]
        elif line.startswith("calls="):
            of_call = True
        elif re.match(r"[+\-*\d]", line):
            costs[callee if of_call else "total"] += int(line.split()[1])
            of_call = False
    return costs


def by_phase(costs):
    phases = {phase: round(sum(costs.get(f, 0) for f in functions), 1) for phase, functions in FUNCTIONS.items()}
    # what receives calls the stages of the input, too
    phases["receive"] -= sum(phases[p] for p in ("parse", "look_up", "open", "established", "close"))
    phases["application"] += costs["total"] - costs["stack_poll"]
    phases["rest"] = costs["total"] - sum(phases.values())
    return {"phases": {p: round(n, 1) for p, n in phases.items()},
            "kinds": {k: round(costs.get(f"probe_input_{k}", 0), 1) for k in KINDS},
            "total": round(costs["total"], 1)}


# ---- both, as a table

def measure(probe, calls, quick):
    """Of these builds, either of which may be None."""
    return {"nanoseconds": nanoseconds(Windows(probe, quick)) if probe else None,
            "instructions": instructions(Path(calls) / "tests" / "bench" / "instructions") if calls else None}


def table(by_phase):
    times, counts = by_phase["nanoseconds"], by_phase["instructions"]
    lines = []
    if not times and not counts:
        return ""
    for mode, (title, _, _, _) in MODES.items():
        time, counted = (times or {}).get(mode), (counts or {}).get(mode)
        lines += [f"  {title:<34} {'client ns':>10} {'server ns':>10} {'instructions, both':>20}"]
        for phase in (*PHASES, "rest"):
            cells = [f"{time['sides'][s]['phases_ns'][phase]:>10.1f}" if time and phase in PHASES else f"{'':>10}"
                     for s in ("client", "server")]
            number = f"{counted['phases'][phase]:>20,.0f}" if counted else ""
            lines.append(f"    {phase.replace('_', ' '):<32} {' '.join(cells)} {number}".rstrip())
        sums = [f"{sum(time['sides'][s]['phases_ns'].values()):>10.1f}" if time else f"{'':>10}" for s in ("client", "server")]
        lines += [f"    {'in all':<32} {' '.join(sums)} {counted['total'] if counted else 0:>20,.0f}", *kind_rows(time, counted), ""]
    if times:
        lines += [f"  The probe itself takes {times['crr']['mark_ns']:.1f} ns each time; that is taken off.", ""]
    return "\n".join(lines)


def kind_rows(time, counted):
    """Of each kind of segment that came: what one of them took of its receiver's input, behind the look-up."""
    for kind in KINDS:
        cells = []
        for side in ("client", "server"):
            one = time["sides"][side]["kinds"][kind] if time else {"packets": 0}
            cells.append(f"{one['ns_each']:>10.1f}" if one["packets"] > 0.01 else f"{'-':>10}")
        number = counted["kinds"][kind] if counted else 0
        if number >= 1 or any(c.strip() != "-" for c in cells):
            yield f"    input, each {kind.replace('_', ' '):<20} {' '.join(cells)} {number:>20,.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", help="meson's build directory with -Dprobe=time: nanoseconds")
    parser.add_argument("--calls", metavar="BUILD", help="one with -Dprobe=calls: instructions")
    parser.add_argument("--quick", action="store_true", help="three short windows instead of five")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures here, too")
    args = parser.parse_args()
    if not args.build and not args.calls:
        parser.error("nothing to measure: say --build, --calls or both")
    try:
        found = measure(args.build, args.calls, args.quick)
    except Failed as failed:
        print(f"phases: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    print(table(found))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
