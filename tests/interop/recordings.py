# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""The kernel's own clients, recorded and played again."""

import capture
import kernel
from common import PORT, PREFIX, TERN, case_list, expect, expect_equal

CASES = []
case = case_list(CASES)

NAMES = ("tcp.dstport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.payload")


def segments(path, display_filter):
    words = [word for name in NAMES for word in ("-e", name)]
    return [tuple(line.split("\t")) for line in capture.tshark(path, display_filter, "-T", "fields", *words)]


def is_pure_ack(words):
    flags, length = int(words[NAMES.index("tcp.flags")], 0), int(words[NAMES.index("tcp.len")])
    return flags == 0x10 and length == 0


@case("the kernel's connections, captured and played again with the same seed, are answered with the same segments")
def again(w, v):
    path, out = w.directory / "in.pcapng", w.directory / "out.pcap"
    w.serve("echo", "--seed", "7", "--capture", str(path))
    kernel.Crowd(v, 30, 5).run()
    w.stop_server()
    capture.judge(path, w.may_go_again())
    files = []
    # the same addresses, in the same order: their places are in the keys of the sequence numbers
    addresses = [word for family in w.families for word in ("--ip", f"{TERN[family]}/{PREFIX[family]}")]
    for name in ("one", "two"):
        out = w.directory / f"{name}.pcap"
        player = w.start([w.tern_path, "serve", "--dev", f"pcap:{path},{out}", "--listen", str(PORT), "--seed", "7",
                          "--quiet", *addresses, *w.words, "--rto-min", "2s"], name)
        player.wait(30)
        files.append(out.read_bytes())
    expect(files[0] == files[1], "two runs with one seed differ")
    made, found = set(segments(path, f"tcp.srcport == {PORT}")), set(segments(out, "tcp"))
    expect(len(made) >= 90, f"segments that Tern sent to the kernel: found {len(made)}")
    # where the machine gave the server no CPU for the time of a delayed ACK, one went alone that rides on the answer now
    unanswered = [words for words in made - found if not is_pure_ack(words)]
    expect_equal((len(found - made), len(unanswered)), (0, 0), "answers made now and not then, then and not now")
