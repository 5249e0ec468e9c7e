#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Measure this tree's build against another commit's, alternating in one run.

A machine drifts by more than a change costs, so the two take turns, and who goes first does too; the ratio is the
median of the rounds' own ratios. Exit status 2 when one of them is worse than --within allows.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import arguments
import figures
from windows import WAITED_TOO_LONG, Failed, Windows, progress, what_was_disturbed

MODES = {
    "connections, client closes": ("--mode", "crr", "-c", figures.IN_FLIGHT),
    "connections, server closes": ("--mode", "crr", "-c", figures.IN_FLIGHT, "--closer", "server"),
    "requests, 64 connections": ("--mode", "rr", "-c", 64),
    "requests, 1,024 connections": ("--mode", "rr", "-c", 1024),
    "bulk, payload Gbit/s": ("--mode", "stream"),
}


def command(*words, **more):
    process = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, **more)
    if process.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}\n  exit {process.returncode}: {process.stdout.strip()[-2000:]}")
    return process.stdout.strip()


def build_of(revision, root):
    """The commit's files under build-against/, built with the release's options."""
    commit = command("git", "-C", root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    tree = root / "build-against" / commit[:12]
    build = tree / "build"
    if not tree.exists():
        tree.mkdir(parents=True)
        command("sh", "-c", 'git -C "$1" archive "$2" | tar -x -C "$3"', "sh", root, commit, tree)
    if not (build / "build.ninja").exists():
        command("meson", "setup", build, tree, "-Dmarch=native", "-Dtests=false")
    progress(f"building {commit[:12]}")
    command("ninja", "-C", build, "--quiet", "app/tern")
    progress(None)
    return commit[:12], build


def rate(report):
    return report["payload_gbit_up_per_second"] if report["mode"] == "stream" else report["transactions_per_second"]


def measure(ours, theirs, rounds):
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for name, words in MODES.items():
            for side in (ours, theirs) if number % 2 == 0 else (theirs, ours):
                side.tern(name, *words)
    progress(None)
    ratios_of = {}
    for name in MODES:
        a, b = ([rate(r) for r in side.reports[name]] for side in (ours, theirs))
        ratios = [x / y for x, y in zip(a, b)]
        ratios_of[name] = {"this": statistics.median(a), "other": statistics.median(b), "ratio": statistics.median(ratios),
                           "ratio_least": min(ratios), "ratio_most": max(ratios)}
    return ratios_of


def show(measured, other, waited):
    print(f"\n  {'':<30} {'this tree':>14} {other:>14} {'ratio':>7}   of single rounds")
    for name, f in measured.items():
        digits = 2 if f["this"] < 1000 else 0
        print(f"  {name:<30} {f['this']:>14,.{digits}f} {f['other']:>14,.{digits}f} {f['ratio']:>7.3f}"
              f"   {f['ratio_least']:.3f} to {f['ratio_most']:.3f}")
    disturbed = sum(w > WAITED_TOO_LONG for w in waited)
    if disturbed:
        print(f"\n  {what_was_disturbed(disturbed, len(waited), max(waited))}")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", help="commit to measure against")
    parser.add_argument("--build", default="build", help="meson's build directory of this tree (%(default)s)")
    parser.add_argument("--rounds", type=arguments.count, default=9, help="(%(default)s)")
    parser.add_argument("--quick", action="store_true", help="three rounds of shorter windows")
    parser.add_argument("--within", type=float, default=3, metavar="PERCENT", help="(%(default)g)")
    parser.add_argument("--json", type=arguments.file_to_write, metavar="FILE", help="write the figures here, too")
    args = parser.parse_args()
    try:
        other, build = build_of(args.revision, Path(__file__).resolve().parents[2])
        ours, theirs = Windows(args.build, args.quick), Windows(build, args.quick)
        measured = measure(ours, theirs, ours.rounds if args.quick else args.rounds)
    except Failed as failed:
        print(f"bench: could not measure:\n  {failed}", file=sys.stderr)
        return 1
    show(measured, other, [w for side in (ours, theirs) for waits in side.waited.values() for w in waits])
    if args.json:
        args.json.write_text(json.dumps({"against": other, "figures": measured}, indent=2) + "\n")
    worse = [name for name, f in measured.items() if f["ratio"] < 1 - args.within / 100]
    for name in worse:
        print(f"bench: {name}: worse than {other} by more than {args.within:g} %", file=sys.stderr)
    return 2 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
