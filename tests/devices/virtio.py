# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""vhost and virtio, as between a host and its guest: checksums that nobody computes, frames that nobody cuts."""

import time

from world import case_list, expect, expect_equal

CASES = []
case = case_list(CASES, driver="net_virtio", hugepages=True)
CUT = "frames cut into segments by the device (TSO)"


def run(w, more="", *client_words):
    path = f"{w.directory}/vhost.sock"
    server = w.serve(f"vdev:net_vhost0,iface={path}{more}")
    for v in (4, 6):
        client = w.load(f"vdev:net_virtio_user0,path={path}", v, "rr", "--verify", "--count", "300",
                        "--request-size", "60000", "--answer-size", "60000", *client_words)
        client.wait()
        counts = w.report("load")["whole_run"]["counts"]
        expect_equal((counts["connections_failed"], counts["transactions_failed"], counts["transactions_completed"]),
                     (0, 0, 300), "connections failed, transactions failed and completed")
        # the end of a device is told to the other side by a thread of the driver's
        time.sleep(0.2)
    server.stop()
    drops = w.report("serve")["sides"]["server"]["counters"]["drops"]
    expect_equal((drops.get("tcp_checksum", 0), drops.get("ip_checksum", 0)), (0, 0), "frames dropped for their checksum")
    return client, w.report("load")["sides"]["client"]["counters"], w.report("serve")["sides"]["server"]["counters"]


@case("virtio to vhost, every byte compared: checksums that memory does not need are not missed")
def plain(w):
    client, _, _ = run(w)
    expect(CUT not in client.said(), client.complaint("the device is said to cut frames, and was not asked to"))


@case("virtio to vhost with TSO, every byte compared: large frames, counted as the segments that they are")
def large(w):
    client, sent, got = run(w, ",tso=1")
    expect(CUT in client.said(), client.complaint("the device is not said to cut frames"))
    expect(sent["tx_bytes"] / sent["tx_packets"] < 1514, "packets sent: their mean is longer than a frame may be")
    expect(got["segment_rx"] / got["rx_packets"] < 0.5, f"received {got['segment_rx']} frames, of {got['rx_packets']} "
           "segments: no large ones")


@case("virtio to vhost with TSO, switched off by --tso off")
def off(w):
    client, _, got = run(w, ",tso=1", "--tso", "off")
    expect(CUT not in client.said(), client.complaint("the device is said to cut frames"))
    expect(got["segment_rx"] == got["tcp_rx_segments"], f"received {got['segment_rx']} frames, of "
           f"{got['tcp_rx_segments']} segments: large ones")
