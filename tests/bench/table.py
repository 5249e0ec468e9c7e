# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The record as a table: one line a figure, with its target and its share of the device's own limit."""

import figures
import windows

HEADINGS = ("p50", "p90", "p99", "p99.9", "max")


def number(value):
    if value is None:
        return "-"
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def target_of(entry):
    if "target" not in entry:
        return ""
    target = entry["target"]
    text = f"{target / 1e6:.1f} M" if target >= 1e6 else f"{target:g}"
    return text if entry["better"] == "more" else f"<= {text}"


def row(entry):
    share = f"{100 * entry['limit_share']:.0f} %" if "limit_share" in entry else ""
    return f"  {entry['title']:<50} {number(entry['median']):>12} {entry['unit']:<19} {target_of(entry):>9} {share:>9}".rstrip()


def section(title, entries):
    """The lines of these entries under their title, and an empty one; nothing when there are none."""
    return [f"  {title:<50} {'':>12} {'':<19} {'target':>9} {'of device':>9}", *map(row, entries), ""] if entries else []


def latency_rows(record, measured):
    """Percentiles of one figure stand in one line."""
    lines = []
    for window in measured:
        keys = [f.key for f in window.figures if f.unit == "us"]
        for start in range(0, len(keys), len(figures.PERCENTILES)):
            entries = [record["figures"][key] for key in keys[start:start + len(figures.PERCENTILES)]]
            targets = [f"{p} {target_of(e)}" for p, e in zip(HEADINGS, entries) if "target" in e]
            lines.append(f"  {entries[0]['title']:<50} " + " ".join(f"{number(e['median']):>9}" for e in entries) +
                         f"  {' '.join(targets)}".rstrip())
    return lines


def heading(record):
    m, build = record["machine"], record["build"]
    return ["", f"Tern {record['version']} ({build['commit'] or 'no commit'}) over loop: frames never leave memory",
            f"{m['processor']}, cores {m['cores'][0]} and {m['cores'][1]}, "
            f"{'hugepages' if m['hugepages_2m'] else 'normal pages'}, Linux {m['kernel']}, {build['compiler']}"
            f"{', trained' if build.get('b_pgo') == 'use' else ''}",
            f"medians of {record['rounds']} windows of {record['window_seconds']} s", ""]


def notes(record):
    lines = []
    if record["machine"]["cores"][0] == record["machine"]["cores"][1]:
        lines += ["Only one core is allowed here: both ends take turns on it, and no figure is worth much.", ""]
    if record["disturbed_windows"]:
        lines += [windows.what_was_disturbed(record["disturbed_windows"], record["windows"], record["cpu_wait_share_max"]), ""]
    return lines


def text(record, sections, latencies):
    """sections: title and the figures.Window under it; latencies: those whose percentiles are shown."""
    lines = heading(record)
    for title, measured in sections:
        entries = [record["figures"][f.key] for w in measured for f in w.figures if f.unit != "us"]
        entries += [record["figures"][r.key] for r in figures.RATIOS if r.section == title and r.key in record["figures"]]
        lines += section(title, entries)
    lines += [f"  {'latency, us':<50} " + " ".join(f"{p:>9}" for p in HEADINGS), *latency_rows(record, latencies), ""]
    return "\n".join(lines + notes(record))
