# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""`tern sim`: networks in virtual time, by what their reports, their figures over time and their captures must say."""

import csv
import json
import signal
import subprocess
import xml.etree.ElementTree

from world import case_list, expect, expect_equal

CASES = []
case = case_list(CASES)

VALID, NOT_RUN, CRITERION = range(3)
SVG = "{http://www.w3.org/2000/svg}"


def sim(w, *words, statuses=(VALID,), report=True):
    """A run and its report, or what it said."""
    path = w.directory / "sim.json"
    program = w.start([w.tern_path, "sim", *words, "--quiet", *(("--json", str(path)) if report else ())], "sim")
    program.wait(statuses)
    return json.loads(path.read_text()) if report else program.said()


def without_the_machine(report):
    """What comes from the seed: all but real time, and the files' names."""
    kept = {key: value for key, value in report.items() if key != "real"}
    kept["configuration"] = {key: value for key, value in report["configuration"].items()
                             if key not in ("json", "csv", "svg", "capture")}
    return kept


def whole(report):
    """Everything that was sent has come, as it was, and every flow ended as it should."""
    expect_equal(report["bytes_received"], report["bytes_sent"], "bytes received, of those sent")
    expect_equal({flow["state"] for flow in report["flows"]} - {"complete", "stopped"}, set(), "states of flows")
    expect_equal((report["valid"], report["bad_flows"]), (True, 0), "valid, bad flows")


BAD = ("--gilbert", "0.5%,30%", "--reorder", "1%,3ms", "--duplicate", "0.5%", "--corrupt", "0.5%", "--jitter", "1ms")


@case("simulated: the same seed gives the same report, series, plot and packets, another seed others")
def repeatable(w):
    found = []
    for number, seed in enumerate("778"):
        files = {kind: w.directory / f"{number}.{kind}" for kind in ("csv", "svg", "capture")}
        report = sim(w, "--flows", "3", "--size", "300k", "--link-rate", "20mbit", "--seed", seed, *BAD,
                     *(word for kind, path in files.items() for word in (f"--{kind}", str(path))))
        whole(report)
        found.append((without_the_machine(report), *(path.read_bytes() for path in files.values())))
    for what, first, again, other in zip(("report", "series", "plot", "packets"), *found):
        expect(first == again, f"{what}: two runs with one seed differ")
        expect(first != other, f"{what}: another seed gives the same")


@case("simulated: eight flows that begin together share a bottleneck, and fill it")
def fairness(w):
    report = sim(w, "--flows", "8", "--congestion", "newreno", "--duration", "60s", "--warmup", "10s")
    whole(report)
    expect(report["jain_index"] > 0.9, f"Jain's index is {report['jain_index']}, want above 0.9")
    expect(report["goodput_bit_per_second"] > 85e6, f"goodput is {report['goodput_bit_per_second']} of 100 Mbit/s")
    expect(report["goodput_bit_per_second"] < 100e6, "goodput is above the line's rate")
    line = report["links"][0]
    expect_equal((line["name"], line["rate_bit_per_second"]), ("bottleneck", 100000000), "line")
    expect(line["queue_max_bytes"] <= line["queue_bytes"], "more waited than there is room for")


@case("simulated: bytes of known size come in the time that the line and the path need")
def completion(w):
    # without loss: a handshake of one round trip, slow start, and then the line's rate
    report = sim(w, "--link-rate", "10mbit", "--rtt", "20ms", "--size", "1M", "--queue", "1M")
    whole(report)
    least = 1e6 * 8 * (1448 + 90) / 1448 / 10e6 + 0.03
    took = report["completion_max_seconds"]
    expect(least < took < least + 0.2, f"one million bytes took {took} s, want {least:.3f} s and a little")
    expect_equal((report["retransmits"], report["dropped"]), (0, 0), "retransmits, drops")
    for line in report["links"]:
        expect(0 <= line["offered"] - line["delivered"] <= 200, f"frames are not made of nothing: {line}")
    expect_equal(report["flows"][0]["state"], "complete", "state")


@case("simulated: a lossy, disordered network loses, doubles and alters no byte of a flow, both families, all modes")
def conservation(w):
    for words in (("--size", "200k"), ("--size", "100k", "--direction", "both", "--ipv6"), ("--size", "200k", "--direction", "down"),
                  ("--mode", "rr", "--requests", "50", "--answer-size", "5k"), ("--duration", "3s")):
        report = sim(w, "--flows", "2", "--loss", "2%", *BAD, *words)
        whole(report)
        expect(report["dropped"] > 0, f"{words}: nothing was lost")
        expect(report["retransmits"] > 0, f"{words}: nothing was sent again")


@case("simulated: requests are answered in a round trip and no sooner")
def requests(w):
    report = sim(w, "--mode", "rr", "--requests", "100", "--rtt", "30ms")
    whole(report)
    latency = report["answer_latency_us"]
    expect_equal(latency["count"], 100, "answers")
    expect(30000 <= latency["p50"] <= latency["max"] < 31000, f"latency in us is {latency}")


@case("simulated: the series has a row an interval and flow, and its bytes are those of the report")
def series(w):
    path = w.directory / "flows.csv"
    report = sim(w, "--flows", "2", "--duration", "5s", "--stagger", "1s", "--interval", "500ms", "--csv", str(path))
    whole(report)
    with open(path, newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    times = [float(row["time_s"]) for row in rows]
    expect_equal(times, sorted(times), "rows by time")
    for name, first in ("1", 0.0), ("2", 1.0):
        mine = [row for row in rows if row["flow"] == name]
        expect_equal([float(row["time_s"]) for row in mine], [first + 0.5 * (i + 1) for i in range(int((5 - first) * 2))],
                     f"times of flow {name}")
        mean = sum(float(row["goodput_bit_per_s"]) for row in mine) / len(mine)
        told = report["flows"][int(name) - 1]["streams"][0]["goodput_bit_per_second"]
        expect(abs(mean - told) <= 1 + 1e-6 * told, f"flow {name}: mean of the series is {mean}, the report's {told}")
        expect(all(int(row["cwnd_bytes"]) > 0 and int(row["srtt_us"]) >= 40000 for row in mine[1:]), "window and round trip")


@case("simulated: the plot is well-formed, with a line a flow in each of its three panels")
def plot(w):
    path = w.directory / "flows.svg"
    whole(sim(w, "--flows", "3", "--duration", "3s", "--svg", str(path)))
    root = xml.etree.ElementTree.parse(path).getroot()
    expect_equal((root.tag, root.get("width"), root.get("height")), (SVG + "svg", "960", "720"), "root")
    drawn = [p for p in root.iter(SVG + "path") if p.get("stroke-width") in ("1.50", "1.30")]
    expect_equal(len(drawn), 9, "lines of three flows in three panels")
    texts = " ".join(t.text or "" for t in root.iter(SVG + "text"))
    for part in "Congestion window", "Smoothed round trip, ms", "Goodput", "time, s", "3 cubic":
        expect(part in texts, f"'{part}' is not in the plot: {texts}")


def tshark(path, *words):
    return subprocess.run(["tshark", "-r", path, *words], check=True, capture_output=True, text=True).stdout


@case_list(CASES, tools=("tshark",))("simulated: tshark finds the capture of a link clean, at either end of it")
def capture(w):
    seen = {}
    for where in "enter", "leave":
        path = str(w.directory / f"{where}.pcapng")
        report = sim(w, "--size", "300k", "--loss", "1%", "--capture", path, "--capture-at", where)
        whole(report)
        bad = tshark(path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y",
                     "tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed")
        expect_equal(bad, "", f"bad or malformed packets, {where}")
        seen[where] = len(tshark(path, "-Y", "tcp").splitlines())
        lines = {line["from"]: line for line in report["links"]}
    lost = sum(line["dropped_loss"] + line["dropped_queue"] for line in lines.values())
    expect(lost > 0, "nothing was lost")
    expect_equal(seen["enter"] - seen["leave"], lost, "packets that entered and did not leave")


OWN = """
duration = 5s
[host a]
[host b]
[host c]
no-sack = yes
[switch s]
[link a s]
[link b s]
name = thin
rate = 1mbit
delay = 10ms
[link b s reverse]
rate = 8mbit
[link c s]
delay = 5ms
[flow there]
from = a
to = b
[flow here]
from = b
to = c
size = 100k
start = 1s
"""


@case("simulated: a network of one's own runs as its file says")
def own(w):
    path = w.directory / "own.ini"
    path.write_text(OWN)
    report = sim(w, "--config", str(path))
    whole(report)
    by_name = {flow["name"]: flow for flow in report["flows"]}
    # [link b s] is from b: what comes to b is its other direction, 8 Mbit/s
    there, here = (by_name[name]["streams"][0] for name in ("there", "here"))
    expect(5e6 < there["goodput_bit_per_second"] < 8e6, f"goodput to b is {there['goodput_bit_per_second']}")
    expect_equal((by_name["here"]["state"], here["bytes_received"]), ("complete", 100000), "flow here")
    expect(0.8 < here["completion_seconds"] < 2, f"100 kB over 1 Mbit/s took {here['completion_seconds']} s")


@case("simulated: a flow whose network never comes back is reported, and ends with 2")
def dead(w):
    path = w.directory / "dead.ini"
    path.write_text("[host a]\n[host b]\n[link a b]\nrate = 1mbit\nflap = 1s,5000s\n[flow f]\nfrom = a\nto = b\nsize = 1M\n")
    report = sim(w, "--config", str(path), "--user-timeout", "30s", statuses=(CRITERION,))
    flow = report["flows"][0]
    expect_equal((flow["state"], report["bad_flows"]), ("failed", 1), "state, bad flows")
    expect("connection ended" in flow["problem"], f"problem: {flow['problem']}")


@case("simulated: wrong words are refused with what is wanted, before anything runs")
def refused(w):
    for words, wanted in ((("--loss", "200%"), "want a share"), (("--link-rate", "fast"), "want bits a second"), (("--xyz",), "unknown option"),
                          (("--csv", "/nonexistent/a.csv"), "--csv '/nonexistent/a.csv': No such file"), (("net.ini",), "takes no target"),
                          (("--congestion", "vegas"), "found 'vegas'"), (("--no-huge",), "not an option of this command")):
        said = sim(w, *words, statuses=(NOT_RUN,), report=False)
        expect(wanted in said, f"{words} said: {said}")


@case("simulated: Ctrl-C ends a run with the report so far")
def interrupted(w):
    path = w.directory / "sim.json"
    program = w.start([w.tern_path, "sim", "--duration", "365d", "--interval", "1s", "--json", str(path)], "sim")
    program.wait_for("events/s")
    program.stop(signal.SIGINT)
    report = json.loads(path.read_text())
    expect(report["interrupted"] and report["simulated_seconds"] > 1, "not interrupted, or nothing simulated")
    expect_equal(report["flows"][0]["state"], "cut", "state")
