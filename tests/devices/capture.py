# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""--capture, as tshark reads it."""

import json
import signal
import subprocess

from world import CLIENT, PORT, SERVER, case_list, expect, expect_equal

CASES = []
case = case_list(CASES, tools=("tshark", "capinfos"))

BAD = "_ws.malformed || _ws.expert.severity == error || " + " || ".join(
    f"{sum} == 0" for sum in ("ip.checksum.status", "tcp.checksum.status", "icmpv6.checksum.status"))
PREFERENCES = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "tcp.desegment_tcp_streams:FALSE"]
PAIR = ["--count", "200", "--warmup", "0s", "--no-probe"]


def tshark(path, display_filter, *more):
    words = ["tshark", "-n", "-r", str(path), "-Y", display_filter, "-d", f"tcp.port=={PORT},data", "-d", "tcp.port==80,data"]
    for preference in PREFERENCES:
        words += ["-o", preference]
    done = subprocess.run([*words, *more], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    expect(done.returncode == 0, f"tshark cannot read the capture: {done.stderr.strip()}")
    expect("cut short" not in done.stderr, f"tshark: {done.stderr.strip()}")
    return done.stdout.splitlines()


def fields(path, display_filter, *names):
    words = [word for name in names for word in ("-e", name)]
    return [tuple(line.split("\t")) for line in tshark(path, display_filter, "-T", "fields", *words)]


def judge(path):
    lines = tshark(path, BAD)
    expect(not lines, "\n".join([f"tshark complains about {len(lines)} frames", *lines[:20]]))


def frames_of(w, command):
    """Sent and received by all its stacks, over the whole run, as the report counts them."""
    lost = w.report(command)["capture"]
    expect_equal((lost["missed"], lost["beyond_limit"]), (0, 0), "frames that are not in the capture")
    return lost["frames"]


@case("capture: both sides of a pair over loop, every checksum filled in")
def pair(w):
    path = w.directory / "pair.pcapng"
    w.tern("pair", *PAIR, "--capture", str(path), "--request-size", "3000", "--answer-size", "3000").wait()
    judge(path)
    expect_equal(sorted(set(fields(path, "frame", "frame.interface_name"))), [("client loop",), ("server loop",)],
                 "interfaces")
    # what left one side came in at the other, and nothing else did
    count = {}
    for interface, direction in fields(path, "tcp", "frame.interface_id", "frame.packet_flags_direction"):
        count[interface, int(direction, 0)] = count.get((interface, int(direction, 0)), 0) + 1
    expect_equal((count["0", 2], count["1", 2]), (count["1", 1], count["0", 1]), "out of one side and into the other")
    expect_equal(len(tshark(path, "tcp.flags.syn == 1 && tcp.flags.ack == 0 && frame.interface_id == 0")), 200, "SYNs")
    expect_equal(len(tshark(path, "frame")), frames_of(w, "pair"), "frames in the file and in the report")
    expect_equal(len(tshark(path, "frame.time_delta < 0")), 0, "frames that go back in time")


@case("capture: --checksum software writes the same sums as are filled in")
def software(w):
    path = w.directory / "pair.pcapng"
    w.tern("pair", *PAIR, "--capture", str(path), "--checksum", "software").wait()
    judge(path)


@case("capture: --capture-size cuts the frames and keeps their length")
def size(w):
    path = w.directory / "pair.pcapng"
    w.tern("pair", *PAIR, "--capture", str(path), "--capture-size", "100", "--request-size", "1000",
           "--answer-size", "1000").wait()
    lengths = {(int(a), int(b)) for a, b in fields(path, "frame", "frame.cap_len", "frame.len")}
    expect(all(captured == min(100, length) for captured, length in lengths), f"lengths: found {lengths}")
    expect(any(length > 1000 for _, length in lengths), "no frame with a whole request")
    expect(not tshark(path, "ip.checksum.status == 0"), "bad IP checksums")


@case("capture: --capture-limit ends the file, and what is not in it is counted")
def limit(w):
    path = w.directory / "pair.pcapng"
    w.tern("pair", *PAIR, "--capture", str(path), "--capture-limit", "50k").wait()
    judge(path)
    report = w.report("pair")["capture"]
    expect(50000 - 2000 < path.stat().st_size < 50000 + 500, f"the file has {path.stat().st_size} bytes, of 50,000 allowed")
    expect_equal(report["frames"], len(tshark(path, "frame")), "frames")
    expect(report["beyond_limit"] > 0, "nothing is counted beyond the limit")


@case("capture: an end by SIGINT or SIGTERM leaves a whole file, an end by SIGKILL a readable one")
def signals(w):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        path = w.directory / f"{number}.pcapng"
        program = w.tern("pair", "--duration", "1h", "--rate", "2k", "--capture", str(path), report=False)
        program.wait_for("memory ")
        while path.stat().st_size < 200000:
            expect(program.process.poll() is None, program.complaint("it has ended"))
        program.stop(number, statuses=(0, 3))   # 3: the machine was too busy for the rate, which is no matter here
        judge(path)
        infos = subprocess.run(["capinfos", str(path)], capture_output=True, text=True, check=False).stdout
        expect_equal(infos.count("Number of stat entries = 1"), 0 if number == signal.SIGKILL else 2,
                     "interfaces with counts at the end of the file")


@case("capture: serve and load, each with its own, see the same conversation")
def both_ends(w):
    paths = {name: w.directory / f"{name}.pcapng" for name in ("serve", "load")}
    device = f"memif:{w.directory}/tern.sock"
    server = w.serve(device, "--capture", str(paths["serve"]))
    w.load(device, 4, "crr", "--count", "100", "--no-probe", "--capture", str(paths["load"])).wait()
    server.stop()
    names = ("ip.src", "tcp.srcport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.checksum")
    seen = {name: sorted(fields(path, "tcp", *names)) for name, path in paths.items()}
    for path in paths.values():
        judge(path)
    expect(len(seen["serve"]) >= 700, f"segments: found {len(seen['serve'])}, want 700 or more")
    expect_equal(seen["serve"] == seen["load"], True, "the same segments at both ends")
    expect_equal({CLIENT[4], SERVER[4]}, {s[0] for s in seen["serve"]}, "addresses")


@case("capture: a file that cannot be made is an error at the start")
def unwritable(w):
    program = w.tern("pair", *PAIR, "--capture", str(w.directory / "none" / "x.pcapng"))
    program.wait(statuses=(1,))
    expect("cannot be written: No such file or directory" in program.said(), program.complaint("no reason told"))


@case("capture: without the option the report has none")
def off(w):
    w.tern("pair", *PAIR).wait()
    expect("capture" not in json.loads((w.directory / "pair.json").read_text()), "there is a capture")
