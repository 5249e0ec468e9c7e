# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""Each mode of a pair over loop, by what its report must say however slow the machine is: nothing is lost or forgotten."""

from world import case_list, expect, expect_equal

CASES = []
case = case_list(CASES)

VALID, NOT_RUN, CRITERION, INVALID = range(4)
LENGTH = ("--duration", "500ms", "--warmup", "50ms")


def pair(w, *words, statuses=(VALID,)):
    """A run and its report. Nothing times out because other work has the CPU."""
    program = w.tern("pair", "--timeout", "20s", "--rto-min", "2s", *words)
    program.wait(statuses)
    return w.report("pair"), program.process.returncode


def whole(report):
    """The counts of the whole run, which must balance."""
    counts = report["whole_run"]["counts"]
    expect_equal(counts["connections_started"], counts["connections_established"], "connections started, established")
    expect_equal(counts["transactions_started"], counts["transactions_completed"], "transactions started, completed")
    expect_equal([counts[name] for name in ("connections_failed", "connections_opening", "connections_open",
                                            "transactions_failed", "transactions_under_way", "close_timeouts")],
                 [0] * 6, "failed, opening, open; failed, under way; close timeouts")
    expect_equal((counts["failed_by_reason"], counts["not_started_by_reason"]), ({}, {}), "reasons")
    expect_equal(report["whole_run"]["lost_frames"], {"client_to_server": 0, "server_to_client": 0}, "lost frames")
    expect(report["over_loop"] and not report["interrupted"], "over loop, and not interrupted")
    return counts


def rows_agree(report, row):
    """What is said above the rows is of that one."""
    expect_equal((report["seconds"], report["transactions_per_second"], report["limited_by"]),
                 (row["seconds"], row["completed_per_second"], row["limited_by"]), "the summary, and its row")


@case("modes: cc, crr and rr stop at --count, and every byte of theirs is right")
def counted(w):
    for mode, words in ("cc", ()), ("crr", ("--verify",)), ("rr", ("--verify", "--requests", "10", "-c", "8")):
        report, _ = pair(w, "--mode", mode, "--count", "400", *words)
        counts = whole(report)
        expect_equal((report["mode"], counts["transactions_completed"]), (mode, 400), "mode, transactions")


@case("modes: stream sends the way it is told, and only that way")
def stream(w):
    for direction, up, down in ("up", True, False), ("down", False, True), ("both", True, True):
        report, _ = pair(w, "--mode", "stream", "--direction", direction, "-c", "3", *LENGTH)
        expect_equal(whole(report)["connections_established"], 3, "connections")
        expect_equal(report["counts"]["connections_open"], 3, "connections that are open while it is measured")
        expect_equal((report["payload_gbit_up_per_second"] > 0, report["payload_gbit_down_per_second"] > 0), (up, down),
                     f"payload up and down with --direction {direction}")


@case("modes: streams that could fill a small pool leave it enough to go on")
def small_pool(w):
    w.tern("pair", "--mode", "stream", "-c", "64", "--mbufs", "2048", "--duration", "2s", "--warmup", "200ms").wait((VALID, INVALID))
    report = w.report("pair")
    # of 64 windows no queue fits this pool: what matters is that it never stands still
    expect(report["payload_gbit_up_per_second"] > 0, "payload while it is measured")


@case("modes: hold opens all, loses none, and asks each --every so often")
def hold(w):
    for words, asks in ((), False), (("--every", "20ms"), True):
        report, _ = pair(w, "--mode", "hold", "-c", "500", "--open-rate", "20k", *words, *LENGTH)
        counts = whole(report)
        expect_equal((counts["connections_established"], report["counts"]["connections_open"]), (500, 500),
                     "connections made, and held while it is measured")
        expect_equal(counts["connections_lost"], 0, "connections lost")
        expect_equal(counts["transactions_completed"] > 0, asks, "requests were made")


@case("modes: a ramp has a row a step, and its summary is the last one's")
def ramp(w):
    report, status = pair(w, "--ramp", "200..500/+150@200ms", "--interval", "20ms", "--warmup", "0s",
                          statuses=(VALID, INVALID))
    counts = whole(report)
    expect_equal([row["rate_per_second"] for row in report["steps"]], [200, 350, 500], "steps")
    expect_equal(counts["arrivals_offered"], counts["transactions_started"], "arrivals offered, transactions started")
    rows_agree(report, report["steps"][-1])
    expect_equal(status, VALID if report["valid"] else INVALID, "status of the exit")


@case("modes: a search tells of the highest rate that held, and of that trial")
def find(w):
    # above 300 a second a trial has failed by its criterion, however fast the machine is
    report, status = pair(w, "--find", "max", "-R", "800", "--trial", "200ms", "--warmup", "20ms", "--interval", "20ms",
                          "--fail-if", "rate>300", statuses=(VALID, CRITERION))
    whole(report)
    trials = report["trials"]
    held = {row["rate_per_second"]: row for row in trials if row["held"]}
    best = max(held, default=0)
    expect_equal((trials[0]["rate_per_second"], report["found_rate_per_second"]), (800, best), "first trial, highest held")
    expect(all(row["completed_per_second"] <= 300 for row in held.values()), f"held against the criterion: {held}")
    rows_agree(report, held[best] if held else trials[-1])
    expect_equal(status, VALID if held else CRITERION, "status of the exit")


@case("modes: Poisson arrivals are all offered, and their seed is told")
def poisson(w):
    report, status = pair(w, "-R", "2k", "--arrival", "poisson", "--seed", "7", "--count", "300", statuses=(VALID, INVALID))
    counts = whole(report)
    expect_equal((report["arrival_seed"], counts["arrivals_offered"], counts["transactions_completed"]), (7, 300, 300),
                 "seed, arrivals, transactions")
    expect_equal(status, VALID if report["valid"] else INVALID, "status of the exit")


@case("modes: HTTP answers every request with 200 and the whole body")
def http(w):
    for mode in "crr", "rr":
        report, _ = pair(w, "--app", "http", "--mode", mode, "--count", "200", "--answer-size", "5000", "-H", "Accept: */*")
        counts = whole(report)
        expect_equal((counts["transactions_completed"], counts["http"]["status"], counts["http"]["non_2xx"]),
                     (200, {"200": 200}, 0), "answered, by status, not 2xx")


@case("modes: a flood counts each SYN, and opens nothing")
def flood(w):
    report, status = pair(w, "--mode", "flood", "--lab", "-R", "2k", "--src", "198.18.64.0/24", *LENGTH,
                          statuses=(VALID, INVALID))
    counts = report["whole_run"]["counts"]
    expect(counts["arrivals_offered"] > 0, "no SYN was sent")
    expect_equal((counts["transactions_completed"], counts["connections_started"]), (counts["arrivals_offered"], 0),
                 "SYNs sent, connections started")
    expect_equal(status, VALID if report["valid"] else INVALID, "status of the exit")


@case("modes: compare tells ratios, and ends by its criteria")
def compare(w):
    pair(w, "--count", "100")
    path = str(w.directory / "pair.json")
    for criterion, wanted in (None, VALID), ("requests_per_second<0.99", VALID), ("requests_per_second>0.99", CRITERION), \
            ("nonsense>1", NOT_RUN):
        words = () if criterion is None else ("--fail-if", criterion)
        program = w.start([w.tern_path, "compare", path, path, *words], "compare")
        program.wait((wanted,))
        expect("1.000" in program.said(), program.complaint("no ratio of 1.000 of a report to itself"))


@case("modes: a report that cannot be written is refused before the run")
def unwritable(w):
    program = w.start([w.tern_path, "pair", "--json", "/nonexistent/report.json"], "pair")
    program.wait((NOT_RUN,))
    expect("--json '/nonexistent/report.json': No such file" in program.said(), program.complaint("it does not say why"))
    expect("CPU" not in program.said(), program.complaint("it has begun"))
