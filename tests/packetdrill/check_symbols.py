#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What libtern-packetdrill.so shows to the process that loads it: two names, and nothing of the library inside. Prints TAP."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tap import Tap  # noqa: E402

WANTED = {"packetdrill_interface_init", "getsockopt"}


def main():
    words = subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]], check=True, capture_output=True, text=True).stdout
    found = {line.split()[-1] for line in words.splitlines()}
    tap = Tap()
    tap.case("the object shows what the tool looks up, and getsockopt()", WANTED <= found, f"found {sorted(found)}")
    tap.case("it shows nothing else", found <= WANTED, f"also {sorted(found - WANTED)}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
