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
    """Beside each rate its share of the device's own limit; and what one figure is of another."""
    for entry in entries.values():
        limit = entries.get(entry.get("limit"), {}).get("median")
        if limit and entry["median"]:
            entry["limit_share"] = round(entry["median"] / limit, 4)
    for ratio in figures.RATIOS:
        of, to = (entries.get(key, {}).get("median") for key in (ratio.of, ratio.to))
        if of and to:
            entry = {"title": ratio.title, "unit": ratio.unit, "median": rounded(of / to)}
            if ratio.target is not None:
                entry.update(target=ratio.target, reached=of / to >= ratio.target, better="more")
            entries[ratio.key] = entry
    return entries


def of_phases(by_phase):
    """Phases as figures of their own, for tern compare."""
    entries = {}
    for mode, time in (by_phase["nanoseconds"] or {}).items():
        for side, figure in time["sides"].items():
            for phase, ns in figure["phases_ns"].items():
                entries[f"ns_{mode}_{side}_{phase}"] = {"title": f"{mode}, {side}: {phase}", "unit": "ns", "median": ns}
    for mode, counted in (by_phase["instructions"] or {}).items():
        for phase, n in counted["phases"].items():
            entries[f"instructions_{mode}_{phase}"] = {"title": f"{mode}: {phase}", "unit": "instructions", "median": n}
    return entries


def of(windows, measured, by_phase, quick, seconds):
    """measured: the figures.Window that were run on `windows`; by_phase: what phases.measure() found."""
    entries = {f.key: of_figure(f, windows.reports[w.name]) for w in measured for f in w.figures}
    entries = {**with_shares(entries), **of_phases(by_phase)}
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
        "figures": entries,
        "phases": by_phase,
        "cpu_wait_share": windows.waited,
        "cpu_wait_share_max": worst,
        "disturbed_windows": disturbed,
        "windows": count,
        "system": first.get("system"),
    }
