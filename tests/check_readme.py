#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Install Tern, compile the programs that stand in README.md against it and run them as it says. Prints TAP.

    check_readme.py SOURCE BUILD

A program is the code block behind a line <!-- program: NAME.c -->. They are built as a stranger
would: from the installed headers and the shared library, with what pkg-config says.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tap import Tap

WARNINGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Wshadow", "-Werror"]
START_S = 10
LIMIT_S = 60


def programs_of(readme):
    return dict(re.findall(r"<!-- program: (\w+)\.c -->\n```c\n(.*?)```", readme, re.DOTALL))


def commands_of(readme):
    """The words of each line in the block behind <!-- commands -->, by its program's name."""
    block = re.search(r"<!-- commands -->\n```sh\n(.*?)```", readme, re.DOTALL)[1]
    lines = [shlex.split(line.rstrip("& ")) for line in block.splitlines()]
    return {words[0].removeprefix("./"): words[1:] for words in lines}


def install(build, directory):
    """Install into the directory. Returns where the library stands, or None."""
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", directory], check=True,
                   capture_output=True)
    found = sorted(directory.rglob("pkgconfig/tern.pc"))
    return found[0].parent.parent if found else None


INSTALLED = ["bin/tern", "include/tern/tern.h", "include/tern/mbuf.h", "include/tern/sim.h", "libtern.so", "libtern.so.0",
             "pkgconfig/tern.pc", "man1/tern.1"]


def lacking(directory):
    files = [path.as_posix() for path in directory.rglob("*")]
    # a manual page may be installed compressed
    return [name for name in INSTALLED if not any(f.removesuffix(".gz").endswith("/" + name) for f in files)]


def pkg_config(directory, library):
    env = {**os.environ, "PKG_CONFIG_PATH": str(library / "pkgconfig"), "PKG_CONFIG_SYSROOT_DIR": str(directory),
           "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1", "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1"}
    result = subprocess.run(["pkg-config", "--cflags", "--libs", "tern"], env=env, check=True,
                            capture_output=True, text=True)
    return shlex.split(result.stdout)


def on_these_cores(words):
    """The README's cores are 0 and 1; a machine may allow others, or one."""
    allowed = sorted(os.sched_getaffinity(0))
    place = words.index("--cores") + 1
    core = allowed[min(int(words[place]), len(allowed) - 1)]
    return [*words[:place], str(core), *words[place + 1:]]


def run(directory, library, commands):
    """The client's output and status, and the server's."""
    env = {**os.environ, "LD_LIBRARY_PATH": str(library)}

    def words(name):
        here = [w.replace("/tmp/tern.sock", f"{directory}/tern.sock") for w in commands[name]]
        return [directory / name, *on_these_cores(here)]

    server = subprocess.Popen(words("echo_server"), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        # a client needs the socket that the server makes; if that never comes, the client will say so
        deadline = time.monotonic() + START_S
        while not (directory / "tern.sock").exists() and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        client = subprocess.run(words("open_loop"), env=env, capture_output=True, text=True, timeout=LIMIT_S)
        server.send_signal(signal.SIGINT)
        told, _ = server.communicate(timeout=10)
    finally:
        server.kill()
        server.wait()
    return client, server.returncode, told


def simulate(directory, library):
    """The same words from two runs, or what went wrong."""
    env = {**os.environ, "LD_LIBRARY_PATH": str(library)}
    runs = [subprocess.run([directory / "bad_road"], env=env, capture_output=True, text=True, timeout=LIMIT_S)
            for _ in range(2)]
    wrong = [f"status {r.returncode}: {r.stdout}{r.stderr}" for r in runs if r.returncode != 0]
    return runs[0].stdout, wrong or ([] if runs[0].stdout == runs[1].stdout else [r.stdout for r in runs])


def main():
    source, build = Path(sys.argv[1]), Path(sys.argv[2])
    readme = (source / "README.md").read_text()
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        library = install(build, directory / "installed")
        missing = lacking(directory / "installed")
        tap.case("program, library, headers, pkg-config file and manual page are installed", not missing, *missing)
        flags = pkg_config(directory / "installed", library)
        built = True
        for program, text in programs_of(readme).items():
            (directory / f"{program}.c").write_text(text)
            result = subprocess.run(["gcc", *WARNINGS, "-o", directory / program, directory / f"{program}.c", *flags],
                                    capture_output=True, text=True)
            built &= result.returncode == 0
            tap.case(f"{program} compiles against the public headers", result.returncode == 0, result.stderr)
        if not built:
            return tap.end()
        client, status, told = run(directory, library, commands_of(readme))
        tap.case("the client ends with status 0", client.returncode == 0, client.stdout, client.stderr)
        tap.case("every request is answered and none fails", "20000 answered, 0 failed" in client.stdout,
                 client.stdout, client.stderr)
        tap.case("the server ends with status 0 on SIGINT", status == 0, f"status {status}", told)
        said, wrong = simulate(directory, library)
        tap.case("the simulated transfer is whole", said.startswith("100000000 bytes in "), said)
        tap.case("the simulated transfer is the same each time", not wrong, *wrong)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
