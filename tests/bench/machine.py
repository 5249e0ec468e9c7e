# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The machine and the build that a measurement speaks of, and the two cores that it takes."""

import json
import os
import platform
import subprocess
from pathlib import Path

HUGEPAGES = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")


def two_cores():
    """Two that are allowed, not threads of one core if that can be had, on one socket."""
    allowed = sorted(os.sched_getaffinity(0))
    first = allowed[0]

    def topology(cpu, name):
        try:
            return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/{name}").read_text().strip()
        except OSError:
            return str(cpu) if name == "core_id" else "0"

    def distance(cpu):
        same_socket = topology(cpu, "physical_package_id") == topology(first, "physical_package_id")
        same_core = same_socket and topology(cpu, "core_id") == topology(first, "core_id")
        return (same_core, not same_socket, cpu)

    return first, min(allowed[1:], key=distance, default=first)


def core_words(cores):
    return () if cores[0] == cores[1] else ("--client-cores", cores[0], "--server-cores", cores[1])


def ask_for_the_cores():
    """In the child. The kernel shares cores out by session: as root, this one is asked to come first."""
    try:
        Path("/proc/self/autogroup").write_text("-20")
    except OSError:
        pass


def describe(cores):
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    try:
        pages = int(HUGEPAGES.read_text())
    except OSError:
        pages = 0
    memory = next((int(line.split()[1]) * 1024 for line in Path("/proc/meminfo").read_text().splitlines()
                   if line.startswith("MemTotal:")), None)
    return {"processor": model, "kernel": platform.release(), "cores": list(cores), "cpus": os.cpu_count(),
            "memory_bytes": memory, "hugepages_2m": pages}


def describe_build(build):
    """What meson was told, and the commit, where there is one."""
    wanted = ("buildtype", "optimization", "b_lto", "b_pgo", "b_ndebug", "b_sanitize", "march", "probe")
    words = {o["name"]: o["value"] for o in meson(build, "buildoptions") if o["name"] in wanted}
    words["compiler"] = compiler_of(build)
    words["commit"] = commit()
    return words


def meson(build, what):
    try:
        return json.loads((build / "meson-info" / f"intro-{what}.json").read_text())
    except OSError:
        return []


def compiler_of(build):
    """Its own first line."""
    for target in meson(build, "targets"):
        for source in target.get("target_sources", []):
            if source.get("language") == "c":
                said = subprocess.run([*source["compiler"], "--version"], capture_output=True, text=True)
                return said.stdout.partition("\n")[0]
    return "unknown compiler"


def commit():
    root = Path(__file__).resolve().parents[2]
    git = subprocess.run(["git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True,
                         text=True, stdin=subprocess.DEVNULL)
    return git.stdout.strip() if git.returncode == 0 else None
