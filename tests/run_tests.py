#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Run test programs out of meson's build directories and count their cases.

A stage is NAME=DIRECTORY:SUITE,SUITE. A test's full name is stage/suite/name; --filter
takes a part of it. Programs print TAP, or are one case by their exit status. A program
that crashes, runs out of time or breaks off before its plan is fulfilled has failed,
whatever it said before.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIPPED = 77    # the exit status by which a program without TAP says that it skipped

QUIET = ("unit", "scenario", "walk", "soak", "fuzz")
CASE = re.compile(r"^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#\s*skip\w*\s*(.*))?$", re.IGNORECASE)
SKIP = re.compile(r"#\s*skip\w*\s*(.*)$", re.IGNORECASE)


class Test:
    def __init__(self, stage, directory, entry):
        self.suite = entry["suite"][0].split(":")[-1]
        self.name = f"{stage}/{self.suite}/{entry['name']}"
        self.command = entry["cmd"]
        self.env = {**os.environ, **entry["env"]}
        self.directory = entry["workdir"] or directory
        self.limit_s = entry["timeout"]
        self.tap = entry["protocol"] == "tap"


class Result:
    def __init__(self):
        self.passed = self.failed = self.skipped = self.planned = 0
        self.plans = 0
        self.trouble = []       # lines that tell what failed
        self.skips = []         # and what was left out, and why

    def fail(self, text, count=1):
        self.failed += count
        self.trouble.append(text)

    @property
    def cases(self):
        return self.passed + self.failed + self.skipped


def tests_of(stage):
    name, _, rest = stage.partition("=")
    directory, _, suites = rest.partition(":")
    listed = json.loads((Path(directory) / "meson-info" / "intro-tests.json").read_text())
    wanted = suites.split(",")
    found = [Test(name, directory, entry) for entry in listed]
    return sorted((t for t in found if t.suite in wanted), key=lambda t: wanted.index(t.suite))


def read_tap(lines, result):
    before = []     # what the program said since the last case: the reason of a failure, or of a skip
    after_failure = False
    for line in lines:
        plan, case = PLAN.match(line), CASE.match(line)
        if plan:
            result.plans += 1
            result.planned += int(plan[1])
            if int(plan[1]) == 0:
                result.skipped += 1
                result.skips.append(f"everything: {plan[2] or 'no reason told'}")
        elif case:
            skip = SKIP.search(case[3])
            after_failure = False
            if skip:
                # cmocka prints "not ok 3 # SKIP name" and no reason: that is the line before
                name = SKIP.sub("", case[3]).strip()
                reason = skip[1] if name else " ".join(before) or "no reason told"
                result.skipped += 1
                result.skips.append(f"{name or skip[1]}: {reason}")
            elif case[1]:
                after_failure = True
                result.fail("\n".join([*before, line]))
            else:
                result.passed += 1
            before = []
        elif line.startswith("Bail out!"):
            result.fail(line)
        elif after_failure and line.startswith("#"):
            result.trouble.append(line)
        else:
            before.append(line)


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def execute(test):
    """Output, what it said on stderr, and how it ended: its status, or None for out of time."""
    with tempfile.TemporaryFile("w+", errors="replace") as out, \
         tempfile.TemporaryFile("w+", errors="replace") as errors:
        # a session of its own, so that what it started ends with it
        process = subprocess.Popen(test.command, env=test.env, cwd=test.directory, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=errors, start_new_session=True)
        try:
            status = process.wait(test.limit_s)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            stop(process)
        out.seek(0)
        errors.seek(0)
        return out.read().splitlines(), errors.read().splitlines(), status


def run(test):
    result = Result()
    lines, errors, status = execute(test)
    if test.tap:
        read_tap(lines, result)
        if result.plans == 0:
            result.fail("printed no plan")
        elif result.planned > result.cases:
            missing = result.planned - result.cases
            result.fail(f"planned {result.planned} cases, {missing} of them never ran", missing)
        elif result.plans == 1 and 0 < result.planned < result.cases:
            result.fail(f"planned {result.planned} cases, ran {result.cases}")
    elif status == 0:
        result.passed = 1
    elif status == SKIPPED:
        result.skipped = 1
        result.skips.append(" ".join(lines + errors) or "no reason told")
    if status is None:
        result.fail(f"did not end within {test.limit_s} s")
    elif status < 0:
        result.fail(f"ended by {signal.Signals(-status).name}")
    elif status != 0 and status != SKIPPED and result.failed == 0:
        result.fail(f"exit status {status}")
    if result.failed > 0:
        if not test.tap:
            result.trouble += lines[-100:]
        result.trouble += errors[-100:]
    return result


def show(test, result, seconds):
    verdict = "ok  " if result.failed == 0 else "FAIL"
    counts = f"{result.passed} passed"
    if result.failed:
        counts += f", {result.failed} failed"
    if result.skipped:
        counts += f", {result.skipped} skipped"
    print(f"{verdict} {test.name:<40} {counts}, {seconds:.1f} s")
    for text in result.skips:
        print(f"     skipped: {text}")
    for text in result.trouble:
        for line in text.splitlines():
            print(f"     {line}")
    sys.stdout.flush()


def timed(test):
    start = time.monotonic()
    result = run(test)
    return test, result, time.monotonic() - start


def results(tests):
    """In the order of the tests. Those without a clock, a device or a namespace share the processors."""
    for quiet, group in itertools.groupby(tests, key=lambda t: t.suite in QUIET):
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0)) if quiet else 1) as pool:
            yield from pool.map(timed, group)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="", help="run only tests with this in their full name")
    parser.add_argument("--list", action="store_true", help="print the full names instead")
    parser.add_argument("--note-failure", action="append", default=[], metavar="TEXT",
                        help="count this as a failed case too: a stage that could not be built")
    parser.add_argument("--note-skip", action="append", default=[], metavar="TEXT",
                        help="count this as a skipped case too: a stage that cannot be had here")
    parser.add_argument("stage", nargs="*")
    args = parser.parse_args()

    tests = [t for stage in args.stage for t in tests_of(stage) if args.filter in t.name]
    if args.list:
        print("\n".join(t.name for t in tests))
        return 0

    total = Result()
    for test, result, seconds in results(tests):
        show(test, result, seconds)
        total.passed += result.passed
        total.failed += result.failed
        total.skipped += result.skipped
    for text in args.note_failure:
        print(f"FAIL {text}")
        total.failed += 1
    for text in args.note_skip:
        print(f"     skipped: {text}")
        total.skipped += 1
    if total.cases == 0:
        print(f"run_tests.py: no test has '{args.filter}' in its name", file=sys.stderr)
        return 1
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
