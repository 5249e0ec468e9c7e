#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Put every scenario to Tern and to this machine's Linux kernel, and print what RFC 9293 asks with what was found.

A verdict is of all of a scenario's cases. Of the kernel's: "differs" passed with lines of its own, where the RFC leaves
the choice or the kernel has made another; "virtual" takes virtual time; "tern only" says why no other stack is asked.
"""

import argparse
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from requirements import read_requirements, read_scenarios

CASE = re.compile(r"^(not )?ok \d+ - (.*) \[[^\]]*\]$")


def run(runner, backend, files, needle):
    """Verdict by the name of a scenario, and what the runner said of failures."""
    verdicts, trouble, failing = {}, [], False
    command = [runner, "--backend", backend, *(["--filter", needle] if needle else []), *files]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    for line in done.stdout.splitlines():
        case = CASE.match(line)
        if case:
            failing = bool(case[1])
            verdicts[case[2]] = verdicts.get(case[2], True) and not failing
        if failing:
            trouble.append(line)
    return verdicts, trouble


def kernel_verdict(scenario, verdicts):
    if scenario.virtual:
        return "virtual"
    if scenario.only:
        return "tern only"
    if scenario.name not in verdicts:
        return "-"
    if not verdicts[scenario.name]:
        return "FAIL"
    return "differs" if scenario.differs else "pass"


def print_requirement(requirement, scenarios, tern, kernel):
    print(f"{requirement.id} ({requirement.level}): {requirement.text}")
    if requirement.note:
        print(f"    {requirement.note}")
    elif not scenarios:
        print("    no scenario names it")
    for s in scenarios:
        verdict = {True: "pass", False: "FAIL"}.get(tern.get(s.name), "-")
        print(f"    {verdict:<5} {kernel_verdict(s, kernel):<10} {s.name}")


def print_reasons(title, lines):
    if lines:
        print(f"\n{title}")
        for name, reason in lines:
            print(f"    {name}\n        {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", required=True, help="the scenario runner that was built")
    parser.add_argument("--root", default=".", help="the source tree")
    parser.add_argument("filter", nargs="?", default="", help="only scenarios whose sentence, RFC sections or ids contain this")
    args = parser.parse_args()
    requirements, scenarios = read_requirements(args.root), read_scenarios(args.root)
    files = [str(path) for path in sorted((Path(args.root) / "tests" / "scenario").glob("*.scn"))]

    if args.filter:
        scenarios = [s for s in scenarios if any(args.filter in text for text in (s.name, " ".join(s.ids), " ".join(s.rfcs)))]
    tern, tern_trouble = run(args.runner, "tern", files, args.filter)
    kernel, kernel_trouble = run(args.runner, "linux", files, args.filter) if os.geteuid() == 0 else ({}, [])

    print(f"RFC 9293, appendix B: Tern, and Linux {platform.release()}\n")
    for r in requirements:
        naming = [s for s in scenarios if r.id in s.ids]
        if naming or not args.filter:
            print_requirement(r, naming, tern, kernel)
    print_reasons("Where the two differ:", [(s.name, reason) for s in scenarios for reason in s.differs])
    print_reasons("What only Tern is asked:", [(s.name, s.only) for s in scenarios if s.only])
    for title, trouble in (("Tern fails:", tern_trouble), ("Linux fails:", kernel_trouble)):
        if trouble:
            print(f"\n{title}", *trouble, sep="\n")

    both = [kernel_verdict(s, kernel) for s in scenarios]
    print(f"\nTern: {sum(tern.values())} of {len(scenarios)} scenarios pass.")
    if os.geteuid() == 0:
        print(f"Linux: {both.count('pass') + both.count('differs')} of {both.count('FAIL') + both.count('pass') + both.count('differs')} "
              f"pass, {both.count('differs')} of them with lines of its own; {both.count('virtual')} take virtual time, "
              f"{both.count('tern only')} are for Tern only.")
    else:
        print("Linux was not asked: that wants root, for network namespaces and tap interfaces.")
    missing = [r.id for r in requirements if r.id.startswith("MUST-") and not r.note and not any(r.id in s.ids for s in scenarios)]
    if not args.filter:
        print(f"MUST without a scenario: {', '.join(missing) or 'none'}")
    return 1 if tern_trouble or kernel_trouble or (missing and not args.filter) or not all(tern.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
