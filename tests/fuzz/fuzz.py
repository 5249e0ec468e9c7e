#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Fuzz one target for a while, or all in turn, and keep what is new. ./run fuzz calls it.

What was found to lead further is kept in BUILD/corpus-TARGET, from one run to the next; an input that breaks
something is written to BUILD/findings, and the way to see it again is printed. Exit status 1: something broke.
"""

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
TARGETS = {"packets": ("corpus", 4096), "stack": ("corpus-stack", 2048), "parsers": ("corpus-parsers", 2048)}
COVERED = re.compile(r"^#(\d+)\s.*\bcov: (\d+) ft: (\d+)")


def figures(log):
    """Executions, and places of the code that were reached, as the last line of statistics has them."""
    last = None
    with open(log, errors="replace") as f:
        for line in f:
            last = COVERED.match(line) or last
    return (int(last[1]), int(last[2]), int(last[3])) if last else (0, 0, 0)


def why(log):
    """The lines that say what broke."""
    wanted = re.compile(r"invariant:|ERROR: |runtime error:|^\s*#\d+ .*/(lib|tests)/")
    return [line.rstrip() for line in open(log, errors="replace") if wanted.search(line)][:12]


def fuzz(target, build, seconds):
    seeds, longest = TARGETS[target]
    corpus, findings, log = build / f"corpus-{target}", build / "findings", build / f"fuzz-{target}.log"
    corpus.mkdir(exist_ok=True)
    findings.mkdir(exist_ok=True)
    before = len(list(corpus.iterdir()))
    program = build / "tests" / "fuzz" / f"fuzz_{target}"
    print(f"{target}: {seconds} s from {before} inputs kept and the seeds in tests/fuzz/{seeds}", flush=True)
    start = time.monotonic()
    with open(log, "w") as f:
        status = subprocess.run(
            [program, f"-max_len={longest}", f"-max_total_time={seconds}", "-print_final_stats=1",
             f"-artifact_prefix={findings}/{target}-", corpus, SOURCE / seeds],
            stdout=f, stderr=subprocess.STDOUT, check=False).returncode
    executions, places, features = figures(log)
    print(f"  {executions} executions in {time.monotonic() - start:.0f} s, {places} places reached ({features} ways), "
          f"{len(list(corpus.iterdir())) - before} inputs more", flush=True)
    if status == 0:
        return True
    print("  something broke:")
    print("\n".join(f"    {line}" for line in why(log)))
    found = [path for path in findings.iterdir() if path.name.startswith(f"{target}-")]
    newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    print(f"  see it again:  {program} {newest}\n  make it small:  {program} -minimize_crash=1 -runs=10000 {newest}\n"
          f"  all of it:  {log}")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("seconds", type=int)
    args = parser.parse_args()

    targets = list(TARGETS) if args.target == "all" else [args.target]
    return 0 if all([fuzz(t, args.build, args.seconds) for t in targets]) else 1


if __name__ == "__main__":
    sys.exit(main())
