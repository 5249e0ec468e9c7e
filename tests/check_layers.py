#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Hold the direction of every #include against the layering of the house. Prints TAP.

    app -> include;  sock -> include, core;  run -> port, sim -> stack -> tcp -> ip -> wire -> core

Each floor includes itself and what stands below it; all of lib/ may include the public
headers, which include nothing but each other. Up to the stack nothing reads a clock, draws
a random number or touches a device: time is an argument, a device is a struct tern_link.
Sockets are built over the event API, as a program would be: of lib/ they see core's lists and slabs alone.
"""

import re
import sys
import tempfile
from pathlib import Path

from tap import Tap

BELOW = {
    "core": [],
    "wire": ["core"],
    "ip": ["core", "wire"],
    "tcp": ["core", "wire", "ip"],
    "stack": ["core", "wire", "ip", "tcp"],
    "port": ["core", "wire", "ip", "tcp", "stack"],
    "sim": ["core", "wire", "ip", "tcp", "stack"],
    "run": ["core", "wire", "ip", "tcp", "stack", "port", "sim"],
    "sock": ["core"],
}

NO_CLOCK_NO_DEVICE = re.compile(r"(time|sys/(time|times|random|socket|ioctl|epoll)|linux/.*|net/if"
                                r"|rte_(cycles|random|ethdev|eth_.*|dev|bus.*|eal|lcore|launch|alarm|time))\.h$")
# where the process-wide secret is drawn, once, before any stack exists
DRAWS_THE_SECRET = {"lib/core/hash.c": "sys/random.h"}

# sockets have Linux's signatures, and so its headers
TAKES_LINUX_STRUCTS = {"sock"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def wrong_in_app(_, system, name):
    if not system:
        return None if "/" not in name else "the program includes its own headers and the public ones alone"
    if name == "tern/mbuf.h":
        return "the program must not see DPDK's types"
    if name.startswith("rte_") and name != "rte_cfgfile.h":
        return "the program uses nothing of DPDK but rte_cfgfile"
    return None


def wrong_in_include(path, system, name):
    if not system:
        return "a public header includes others as <tern/...>, so that it works once installed"
    if name.startswith("rte_"):
        return None if path.name == "mbuf.h" else "DPDK's types belong into tern/mbuf.h alone"
    if name == "tern/mbuf.h":
        return "who includes this header must not get DPDK's types"
    return None


def wrong_in_lib(path, system, name):
    floor = path.parts[1]
    if floor not in BELOW:
        return f"lib/{floor} has no place in the layering"
    if not system:
        room = name.split("/")[0] if "/" in name else floor
        if room != floor and room not in BELOW[floor]:
            return f"{room} does not stand below {floor}"
        return None
    if "stack" not in BELOW[floor] and floor not in TAKES_LINUX_STRUCTS and NO_CLOCK_NO_DEVICE.match(name):
        if DRAWS_THE_SECRET.get(path.as_posix()) != name:
            return f"nothing from core to stack knows a clock, a device or a source of chance: {floor} does"
    return None


RULES = {"app": wrong_in_app, "include": wrong_in_include, "lib": wrong_in_lib}


def violations(root, folder):
    """Lines "path:line: #include ...: why" below root/folder."""
    found = []
    for path in sorted(p for p in (root / folder).rglob("*") if p.suffix in (".c", ".h")):
        inside = path.relative_to(root)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                why = RULES[inside.parts[0]](inside, match[1] == "<", match[2])
                if why:
                    found.append(f"{inside}:{number}: {line.strip()}: {why}")
    return found


# what must be found, and what must not: file, line, forbidden
EXAMPLES = [
    ("lib/core/a.c", '#include "wire/tcp.h"', True),
    ("lib/ip/a.c", '#include "tcp/tcp.h"', True),
    ("lib/tcp/a.h", '#\tinclude "stack/stack.h"', True),
    ("lib/stack/a.c", '#include "port/ethdev.h"', True),
    ("lib/port/a.c", '#include "sim/network.h"', True),
    ("lib/port/a.c", '#include "../run/run.h"', True),
    ("lib/attic/a.c", '#include "core/seq.h"', True),
    ("lib/tcp/a.c", "#include <time.h>", True),
    ("lib/stack/a.c", "#include <rte_ethdev.h>", True),
    ("lib/ip/a.c", "#include <rte_cycles.h>", True),
    ("lib/sock/a.c", '#include "stack/stack.h"', True),
    ("lib/stack/a.c", '#include "sock/sock.h"', True),
    ("app/tern/a.c", '#include "core/seq.h"', True),
    ("app/tern/a.c", "#include <rte_mbuf.h>", True),
    ("app/tern/a.c", "#include <tern/mbuf.h>", True),
    ("include/tern/tern.h", "#include <rte_mbuf.h>", True),
    ("include/tern/tern.h", '#include "core/seq.h"', True),
    ("lib/tcp/a.c", '#include "core/seq.h"', False),
    ("lib/tcp/a.c", '#include "conn.h"', False),
    ("lib/tcp/a.c", "#include <tern/tern.h>", False),
    ("lib/run/a.c", '#include "port/ethdev.h"', False),
    ("lib/sock/a.c", '#include "core/slab.h"', False),
    ("lib/sock/a.c", "#include <sys/epoll.h>", False),
    ("lib/port/a.c", "#include <rte_ethdev.h>", False),
    ("app/tern/a.c", "#include <rte_cfgfile.h>", False),
    ("include/tern/mbuf.h", "#include <rte_mbuf.h>", False),
]


def judged_rightly(file, line, forbidden):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / file
        path.parent.mkdir(parents=True)
        path.write_text(f"/* {line} */\n{line}\n")
        found = violations(Path(directory), Path(file).parts[0])
    return [f.split(" ")[0] for f in found] == ([f"{file}:2:"] if forbidden else [])


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    folders = ["include", *(f"lib/{room.name}" for room in sorted((root / "lib").iterdir()) if room.is_dir()), "app"]
    tap = Tap()
    for file, line, forbidden in EXAMPLES:
        verdict = "refused" if forbidden else "allowed"
        tap.case(f"{line[1:].strip()} is {verdict} in {file}", judged_rightly(file, line, forbidden))
    for folder in folders:
        found = violations(root, folder)
        tap.case(f"{folder} includes only what stands below it", not found, *found)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
