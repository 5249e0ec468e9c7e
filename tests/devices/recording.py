# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""pcap:IN,OUT: what a recording's client is answered, in the recording's own time."""

import json
import struct
import subprocess
import time

import capture
from world import CLIENT, PORT, SERVER, addresses, case_list, expect, expect_equal

CASES = []
case = case_list(CASES, tools=("tshark", "editcap"))

SERVER_MAC, CLIENT_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
BEGIN_S = 1_000_000_000
ANSWER = ("frame.time_relative", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw")


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(address):
    return bytes(int(part) for part in address.split("."))


def syn(port=40000, sequence=1000, vlan=None):
    """A SYN of the client's, as a frame."""
    tcp = struct.pack("!HHIIBBHHH", port, PORT, sequence, 0, 5 << 4, 2, 65535, 0, 0)
    source, target = packed(CLIENT[4]), packed(SERVER[4])
    tcp = tcp[:16] + struct.pack("!H", checksum(source + target + struct.pack("!HH", 6, len(tcp)) + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0, source, target)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
    return SERVER_MAC + CLIENT_MAC + tag + b"\x08\x00" + ip + tcp


def arp_request():
    return b"\xff" * 6 + CLIENT_MAC + struct.pack("!HHHBBH6s4s6s4s", 0x806, 1, 0x800, 6, 4, 1, CLIENT_MAC, packed(CLIENT[4]),
                                                  b"\0" * 6, packed(SERVER[4]))


def write(path, frames, link_type=1, most=65535):
    """Frames with their times in nanoseconds since the recording's begin."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, most, link_type))
        for at_ns, frame in frames:
            f.write(struct.pack("<IIII", BEGIN_S + at_ns // 10**9, at_ns % 10**9, min(len(frame), most), len(frame)))
            f.write(frame[:most])
    return path


def play(w, path, out="out.pcap", *words, rest="1s", seed="1", ip=None, statuses=(0,)):
    """The recording played to a server; returns the path of what it said, and its counters."""
    out = w.directory / out
    program = w.tern("serve", "--dev", f"pcap:{path},{out},rest={rest}", "--listen", str(PORT), "--seed", seed,
                     *(ip or addresses(SERVER)), *words)
    program.wait(statuses=statuses)
    report = w.directory / "serve.json"
    return out, json.loads(report.read_text())["whole_run"] if statuses == (0,) else program.said()


def drops(w):
    return w.report("serve")["sides"]["server"]["counters"]["drops"]


def answers(path):
    return capture.fields(path, "tcp", *ANSWER)


def conversation(w):
    """A server's capture of fifty connections, with seed 1."""
    path, device = w.directory / "in.pcapng", f"memif:{w.directory}/tern.sock"
    server = w.serve(device, "--seed", "1", "--capture", str(path))
    w.load(device, 4, "crr", "--count", "50", "--no-probe", "--request-size", "2000", "--answer-size", "2000").wait()
    server.stop()
    return path


@case("pcap: a recording played twice with one seed is answered with the same bytes, with another one it is not")
def same(w):
    path = conversation(w)
    one, two = play(w, path, "one.pcap")[0], play(w, path, "two.pcap")[0]
    expect(len(one.read_bytes()) > 100000, f"the answers have {len(one.read_bytes())} bytes")
    expect(one.read_bytes() == two.read_bytes(), "two runs with one seed differ")
    capture.judge(one)
    three = play(w, path, "three.pcap", seed="2")[0]
    expect(one.read_bytes() != three.read_bytes(), "another seed makes no difference: is it used?")


@case("pcap: a capture of Tern's own is answered as it was when it was made with that seed")
def again(w):
    path = conversation(w)
    out, _ = play(w, path)
    expect_equal(w.report("serve")["sides"]["server"]["counters"]["accepts"], 50, "connections")
    names = ("tcp.dstport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.payload")
    # an ACK alone, or with the answer: that depends on how many frames a burst brought
    says = "(tcp.len > 0 || tcp.flags & 7)"
    made = capture.fields(path, f"tcp.srcport == {PORT} && {says}", *names)
    expect(len(made) >= 150, f"segments in the recording: found {len(made)}")
    # in whatever order: connections whose frames came in one burst may be answered in another one's place
    found = sorted(set(capture.fields(out, f"tcp && {says}", *names)))
    wanted = sorted(set(made))
    strange = [f[:5] for f in found if f not in wanted]
    expect(found == wanted, f"{len(strange)} answers were not made then, as {strange[:3]}")


@case("pcap: timers fire in the recording's time, and nobody waits for them")
def timers(w):
    path = write(w.directory / "in.pcap", [(0, arp_request()), (500_000_000, syn()), (30_000_000_000, syn(40001))])
    begin = time.monotonic()
    out, _ = play(w, path, rest="10s")
    passed = time.monotonic() - begin
    times = [(float(at), int(flags, 0)) for at, flags, *_ in answers(out)]
    # 500 ms, and then after 1, 2, 4, 8 s and so on (RFC 6298), for both; ticks are of 1 ms
    wanted = [0.5, 1.5, 3.5, 7.5, 15.5, 30.0, 31.0, 31.5, 33.0, 37.0]
    expect_equal([flags for _, flags in times], [0x12] * len(wanted), "flags")
    found = [at for at, _ in times]
    expect(all(0 <= f - x < 0.005 for f, x in zip(found, wanted)), f"times of the SYN-ACKs: found {found}, want {wanted}")
    expect(passed < 20, f"40 s of the recording took {passed:.0f} s")


@case("pcap: rest= bounds what happens behind the last frame")
def rest(w):
    path = write(w.directory / "in.pcap", [(0, arp_request()), (0, syn())])
    for text, wanted in (("0", 1), ("500ms", 1), ("1100ms", 2), ("4s", 3)):
        expect_equal(len(answers(play(w, path, rest=text)[0])), wanted, f"SYN-ACKs with rest={text}")


@case("pcap: pcap in micro- and nanoseconds and pcapng are read")
def formats(w):
    path = write(w.directory / "in.pcap", [(0, arp_request()), (1_000, syn())])
    wanted = play(w, path)[0].read_bytes()
    for kind in ("pcap", "nsecpcap", "pcapng"):
        other = w.directory / f"in.{kind}"
        subprocess.run(["editcap", "-F", kind, str(path), str(other)], check=True, capture_output=True)
        expect(play(w, other)[0].read_bytes() == wanted, f"{kind} is answered otherwise")


@case("pcap: the Ethernet address is that of the recording, and VLAN tags are kept")
def vlan(w):
    path = write(w.directory / "in.pcap", [(0, syn(vlan=7))])
    ip = ["--ip", f"{SERVER[4]}/24@7"]
    out, _ = play(w, path, ip=ip, rest="500ms")
    frames = capture.fields(out, "tcp", "eth.src", "eth.dst", "vlan.id")
    expect_equal(frames, [("02:00:00:00:00:01", "02:00:00:00:00:02", "7")], "source, destination and VLAN of the SYN-ACK")


@case("pcap: a client of whom no ARP was recorded is answered, and so is one behind a router")
def neighbours(w):
    path = write(w.directory / "in.pcap", [(0, syn())])
    out, _ = play(w, path, rest="500ms")
    expect_equal(len(answers(out)), 1, "SYN-ACKs to a neighbour")
    out, _ = play(w, path, rest="500ms", ip=["--ip", f"{SERVER[4]}/32", "--ip", "198.18.9.1/24", "--gw", "198.18.9.9"])
    expect_equal(capture.fields(out, "tcp", "eth.dst"), [("02:00:00:00:00:02",)], "the router's Ethernet address")


@case("pcap: frames cut short, and the interface's own, are counted and not played")
def counted(w):
    own = CLIENT_MAC + SERVER_MAC + syn()[12:]
    path = write(w.directory / "in.pcap", [(0, arp_request()), (0, syn()), (1, own), (2, own)], most=60)
    play(w, path)
    expect_equal((drops(w).get("rx_own", 0), drops(w).get("rx_cut", 0)), (2, 0), "own frames, frames cut short")
    path = write(w.directory / "cut.pcap", [(0, arp_request()), (0, syn()), (1, syn(40001))], most=50)
    out, _ = play(w, path)
    expect_equal(drops(w).get("rx_cut", 0), 2, "frames cut short")
    expect_equal(answers(out), [], "answers to frames cut short")
    # a file that ends within a frame
    whole = write(w.directory / "whole.pcap", [(0, arp_request()), (0, syn()), (1, syn(40001))]).read_bytes()
    path = w.directory / "torn.pcap"
    path.write_bytes(whole[:-10])
    out, _ = play(w, path, rest="0")
    expect_equal((drops(w).get("rx_cut", 0), len(answers(out))), (1, 1), "frames cut short, SYN-ACKs")


@case("pcap: either file may be left out")
def halves(w):
    path = write(w.directory / "in.pcap", [(0, arp_request()), (0, syn())])
    w.tern("serve", "--dev", f"pcap:{path}", "--listen", str(PORT), *addresses(SERVER)).wait()
    expect_equal(w.report("serve")["sides"]["server"]["counters"]["tcp_rx_segments"], 1, "segments received")
    out = w.directory / "only.pcap"
    w.tern("serve", "--dev", f"pcap:,{out}", "--listen", str(PORT), *addresses(SERVER)).wait()
    # who hears nothing asks whether its address is free, and ends
    expect(capture.tshark(out, "arp.src.hw_mac == 02:74:65:72:6e:03"), "no word about its address")


@case("pcap: --capture beside it has the recording's time")
def captured(w):
    path = write(w.directory / "in.pcap", [(0, arp_request()), (500_000_000, syn())])
    both = w.directory / "both.pcapng"
    play(w, path, "out.pcap", "--capture", str(both))
    capture.judge(both)
    times = capture.fields(both, "tcp && frame.packet_flags_direction == 1", "frame.time_epoch")
    expect_equal(times, [(f"{BEGIN_S}.500000000",)], "time of the SYN")


@case("pcap: what cannot be played is refused, with the reason")
def refused(w):
    path = write(w.directory / "cooked.pcap", [(0, syn())], link_type=113)
    empty = write(w.directory / "empty.pcap", [])
    good = write(w.directory / "good.pcap", [(0, syn())])
    (w.directory / "text").write_text("this is no recording\n" * 10)
    (w.directory / "link.pcap").symlink_to(good)
    for device, words, reason in (
            (f"pcap:{path}", (), "LINUX_SLL (link type 113), and Ethernet"),
            (f"pcap:{empty}", (), "there is no frame in it"),
            (f"pcap:{w.directory}/none", (), "No such file"),
            (f"pcap:{w.directory}/text", (), "unknown file format"),
            (f"pcap:{good},{w.directory}/link.pcap", (), "one file"),
            (f"pcap:{good},{w.directory}/none/out", (), "No such file"),
            (f"pcap:{good}", ("--cores", f"{w.cores[0]},{w.cores[1]}"), "one of --cores")):
        if words and w.cores[0] == w.cores[1]:
            continue
        program = w.tern("serve", "--dev", device, *addresses(SERVER), *words)
        program.wait(statuses=(1,))
        expect(reason in program.said(), program.complaint(f"{device}: no word of '{reason}'"))
    expect(good.stat().st_size > 24, "the recording was overwritten")
    program = w.tern("pair", "--client-dev", f"pcap:{good}", "--server-dev", "tap:t0", "--client-ip", "198.18.0.2/24",
                     "--server-ip", "198.18.0.1/24")
    program.wait(statuses=(1,))
    expect("time of its own" in program.said(), program.complaint("a pair over a recording is taken"))
