#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The devices of one machine, as the program uses them: memory between two processes, recordings, captures;
and each mode of a pair over loop.

Nothing leaves this machine and nothing needs a privilege. Prints TAP.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import capture
import memif
import modes
import recording
import simulated
import virtio
import world

MODULES = (modes, memif, virtio, capture, recording, simulated)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tern", required=True, help="the program")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    parser.add_argument("filter", nargs="?", default="", help="run the cases with this in their name")
    args = parser.parse_args()
    cases = [case for module in MODULES for case in module.CASES if args.filter in case.name]
    if args.list:
        print("\n".join(case.name for case in cases))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))   # so that what was started ends
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, case in enumerate(cases, 1):
        reason = case.impediment()
        if reason is not None:
            print(f"ok {number} - {case.name} # SKIP {reason}", flush=True)
            continue
        directory = Path(tempfile.mkdtemp(prefix="tern-devices-"))
        text = ""
        try:
            with world.World(os.path.abspath(args.tern), directory) as w:
                case.function(w)
        except world.Failure as failure:
            text = str(failure)
        except Exception:   # a case that is wrong itself must not look like one that passed
            text = traceback.format_exc()
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        failed += bool(text)
        print(f"{'not ok' if text else 'ok'} {number} - {case.name}")
        for line in text.splitlines():
            print(f"# {line}")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
