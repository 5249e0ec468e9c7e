# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""TAP for the checks that are written in Python."""


class Tap:
    def __init__(self):
        self.number = 0
        self.failures = 0

    def case(self, name, good, *why):
        """One case; `why` are lines told when it failed."""
        self.number += 1
        print(f"{'ok' if good else 'not ok'} {self.number} - {name}")
        if not good:
            self.failures += 1
            for text in why:
                for line in str(text).splitlines():
                    print(f"# {line}")

    def skip(self, name, why):
        self.number += 1
        print(f"ok {self.number} - {name} # SKIP {why}")

    def end(self):
        """Print the plan. Returns the exit status."""
        print(f"1..{self.number}", flush=True)
        return 1 if self.failures else 0
