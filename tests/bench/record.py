# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The record of a measurement, as JSON: every figure with its windows, its median, its target and its limit."""

import math
import statistics

import figures
import machine

SCHEMA = 2          # tern compare knows it; 1 was flat, and had no "figures"


def of_figure(figure, reports):
    values = [figure.take(report) for report in reports]
    median = statistics.median(values)
    entry = {"title": figure.title, "unit": figure.unit, "median": rounded(median), "windows": [rounded(v) for v in values]}
    if figure.target is not None:
        entry["target"] = figure.target
        entry["reached"] = median >= figure.target if figure.least else median <= figure.target
        entry["better"] = "more" if figure.least else "less"
    if figure.limit is not None:
        entry["limit"] = figure.limit
    return entry


def rounded(value):
    """To six digits; null where a report had no such figure."""
    return None if math.isnan(value) else float(f"{value:.6g}")


def with_shares(entries):
    """Beside each rate its share of the device's own limit; beside the kernel's what Tern does of it."""
    for entry in entries.values():
        limit = entries.get(entry.get("limit"), {}).get("median")
        if limit and entry["median"]:
            entry["limit_share"] = round(entry["median"] / limit, 4)
    if entries["kernel_crr"]["median"] and entries["crr"]["median"]:
        ratio = entries["crr"]["median"] / entries["kernel_crr"]["median"]
        entries["kernel_ratio"] = {"title": "Tern beside the kernel", "unit": "times", "median": rounded(ratio)}
    return entries


def of(windows, measured, quick, seconds):
    """measured: the figures.Window that were run on `windows`."""
    entries = {f.key: of_figure(f, windows.reports[w.name]) for w in measured for f in w.figures}
    first = next(r for reports in windows.reports.values() for r in reports if "version" in r)
    disturbed, count, worst = windows.disturbed()
    return {
        "schema": SCHEMA,
        "command": "bench",
        "version": first["version"],
        "machine": machine.describe(windows.cores),
        "build": machine.describe_build(windows.build),
        "quick": quick,
        "rounds": windows.rounds,
        "window_seconds": windows.seconds,
        "warmup_seconds": windows.warmup,
        "measured_seconds": round(seconds, 1),
        "figures": with_shares(entries),
        "cpu_wait_share": windows.waited,
        "cpu_wait_share_max": worst,
        "disturbed_windows": disturbed,
        "windows": count,
        "system": first.get("system"),
    }
