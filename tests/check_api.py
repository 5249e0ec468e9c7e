#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Hold the library to its headers: each compiles alone, and what they declare is what is exported. Prints TAP.

    check_api.py SOURCE BUILD
"""

import re
import subprocess
import sys
from pathlib import Path

from tap import Tap


def declared(header):
    """Names of the functions that a header declares and does not define."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.DOTALL)
    text = re.sub(r"^\s*#.*(?:\\\n.*)*", "", text, flags=re.MULTILINE)
    text = re.sub(r"static inline.*?\n}", "", text, flags=re.DOTALL)
    return set(re.findall(r"\b((?:tern|tsock)_\w+)\s*\(", text))


def exported(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    names = (line.split()[-1].split("@")[0] for line in lines.splitlines() if line.split()[1] != "A")
    return set(names)


def compile_alone(header, include, compiler, language, flags):
    return subprocess.run([*compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{include}", *flags,
                           "-x", language, "-include", header, "/dev/null"], capture_output=True, text=True)


def main():
    source, build = Path(sys.argv[1]), Path(sys.argv[2])
    include = source / "include"
    dpdk = subprocess.run(["pkg-config", "--cflags", "libdpdk"], check=True, capture_output=True, text=True).stdout
    dpdk = [re.sub("^-I", "-isystem", flag) for flag in dpdk.split()]
    tap = Tap()
    names = set()
    for header in sorted((include / "tern").glob("*.h")):
        names |= declared(header)
        # the one header that needs DPDK, and so GNU's dialect; the others must do without
        flags, dialect = (dpdk, "gnu") if header.name == "mbuf.h" else ([], "c")
        for language, compiler in (("c", ["gcc", f"-std={dialect}11"]), ("c++", ["g++", f"-std={dialect}++11"])):
            result = compile_alone(header, include, compiler, language, flags)
            tap.case(f"tern/{header.name} compiles alone as {compiler[1][5:]}", result.returncode == 0, result.stderr)
    symbols = exported(build / "lib" / "libtern.so")
    missing, foreign = sorted(names - symbols), sorted(symbols - names)
    tap.case("every function of the public headers is exported", not missing, *missing)
    tap.case("nothing but the public headers' functions is exported", not foreign, *foreign)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
