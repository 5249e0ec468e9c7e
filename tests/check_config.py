#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Hold the ready configurations to the program: each is taken whole, and a mistake in one is refused. Prints TAP.

    check_config.py SOURCE BUILD

The file's name begins with the command that it is for: serve-tap.ini, load-tap.ini, pair-crr.ini;
without one it is pair's.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tap import Tap


def check(build, command, file):
    # a load needs a target; a file may bring its own, and then this one is not looked at
    target = ["198.18.0.2:80"] if command == "load" else []
    return subprocess.run([build / "app" / "tern", command, *target, "--config", file, "--check"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)


def command_of(file):
    first = file.stem.split("-")[0]
    return first if first in ("serve", "load") else "pair"


def main():
    source, build = Path(sys.argv[1]), Path(sys.argv[2])
    files = sorted((source / "config").glob("*.ini"))
    tap = Tap()
    tap.case("there are ready configurations", bool(files))
    for file in files:
        result = check(build, command_of(file), file)
        tap.case(f"config/{file.name} is taken by tern {command_of(file)}", result.returncode == 0, result.stderr)
    with tempfile.TemporaryDirectory() as directory:
        wrong = Path(directory) / "wrong.ini"
        wrong.write_text("[tern]\nconections = 5\n")
        result = check(build, "pair", wrong)
        tap.case("an unknown key is refused with status 1", result.returncode == 1, f"status {result.returncode}")
        told = "conections" in result.stderr and "wrong.ini" in result.stderr
        tap.case("the message names the file and the key", told, result.stderr)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
