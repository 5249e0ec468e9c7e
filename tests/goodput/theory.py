# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Tern authors
"""What the models of NewReno and CUBIC say of a flow's goodput.

All count a window in full segments, p is the loss rate of packets, and goodput is W * MSS / RTT.

NewReno, periodic losses (Mathis, Semke, Mahdavi, Ott: "The Macroscopic Behavior of the TCP Congestion Avoidance
Algorithm", 1997): every 1/p-th packet is lost, so the window is a saw-tooth between W/2 and W, whose area is
3/8 W^2 = 1/p packets: the mean is 3/4 W = sqrt(3 / (2 b p)). b is the packets that one increment of the window by 1/W
takes. Tern's receiver acknowledges two to eight segments at once, but its sender counts the bytes that were
acknowledged (RFC 3465), so the window grows by a segment a round trip whatever the ACKs are like: b = 1, C = 1.22.

NewReno, independent losses: between two losses lie exponentially many packets, mean 1/p. W^2 / 2 grows by a packet a
packet and falls to a quarter at a loss; in its stationary state E[W] over time is 1.310 / sqrt(p) (Ott, Kemperman,
Mathis: "The Stationary Behavior of Ideal TCP Congestion Avoidance", 1996; the constant for random losses and an ACK a
packet in the table of the paper above).

CUBIC, periodic losses (RFC 9438, 5.1, where the loss model is deterministic too): the larger of
AVG_W_cubic = (C (3 + beta) / (4 (1 - beta)))^(1/4) RTT^(3/4) / p^(3/4) = 1.054 (RTT / p)^(3/4) and, in the Reno-friendly
region (4.3), whose alpha is chosen so, Mathis's sqrt(3 / (2 p)).

CUBIC, independent losses: the RFC has no formula. The same fluid (its equations 1 to 5 with fast convergence, alpha = 1
once W_est has passed cwnd_prior) is followed through exponential numbers of packets: cubic_independent(). In the
Reno-friendly region that gives 1.41 / sqrt(p): more than NewReno's 1.31, since beta is 0.7 and alpha is 1 beyond the
last window.

None knows that a loss takes a round trip to repair, in which the window does not grow: of the 2/3 W + 1 round trips from one
loss to the next, one. Nor that segments are whole: of a window half a segment is not sent, on the average, and of an odd
number of segments the last waits for the next ones before it is acknowledged (RFC 9293, 3.8.6.3): a segment of W together.
corrected() takes both off: 2 % at W = 122, 6 % at 39, 18 % at 12 (1 % of losses). So the formulas themselves are
held to 15 % up to 0.1 % of losses, and with these corrections up to 1 %. Beyond, second losses in one window, lost retransmissions and
timeouts decide, of which no formula here knows; and where a round trip is a tenth of a tick of the timers (1 ms), a
timeout of 200 ms stands for two thousand round trips.
"""

import functools
import math
import random

MSS = 1448              # bytes of payload: 1500 less the headers of IPv4 and of TCP with timestamps
LINE = 1538             # what a full segment takes of the line: headers, FCS, preamble, gap
BETA, C = 0.7, 0.4      # RFC 9438, 4.6 and 5
EPOCHS = 3000           # the mean's own error is about 1 %


def newreno_periodic(p, _rtt):
    return math.sqrt(3 / (2 * p))


def newreno_independent(p, _rtt):
    return 1.3098 / math.sqrt(p)


def cubic_periodic(p, rtt):
    return max(1.054 * (rtt / p) ** 0.75, newreno_periodic(p, rtt))


class Fluid:
    """CUBIC's window as a function of time, between two losses (RFC 9438, 4.2 to 4.7)."""

    def __init__(self, window, rtt):
        self.rtt = rtt
        self.w_max = self.prior = window
        self.window = BETA * window

    def epoch(self, packets):
        """@return the time until so many packets have left; a loss follows."""
        start = w_est = self.window
        above = max(self.w_max - start, 0)
        k = (above / C) ** (1 / 3)
        origin = start + above
        alpha = 3 * (1 - BETA) / (1 + BETA)
        step = self.rtt / 4
        t = sent = 0.0
        while sent < packets:
            t += step
            w_est += (alpha if w_est < self.prior else 1) * step / self.rtt
            self.window = max(self.window, C * (t - k) ** 3 + origin, w_est)
            sent += self.window * step / self.rtt
        self.prior = self.window
        self.w_max = self.window * (1 + BETA) / 2 if self.window < self.w_max else self.window
        self.window *= BETA
        return t, sent


@functools.lru_cache
def cubic_independent(p, rtt):
    if 1.145 * (rtt / p) ** 0.75 < 0.5 * newreno_independent(p, rtt):
        return 1.41 / math.sqrt(p)
    chance = random.Random(1)
    fluid = Fluid(cubic_periodic(p, rtt), rtt)
    time = packets = 0.0
    for epoch in range(EPOCHS):
        t, sent = fluid.epoch(chance.expovariate(p))
        if epoch >= 50:
            time += t
            packets += sent
    return packets / time * rtt


WINDOW = {
    ("newreno", "periodic"): newreno_periodic,
    ("newreno", "independent"): newreno_independent,
    ("cubic", "periodic"): cubic_periodic,
    ("cubic", "independent"): cubic_independent,
}


def window(congestion, losses, p, rtt):
    return WINDOW[congestion, losses](p, rtt)


def lossy(congestion, losses, p, rtt):
    """Bits a second of goodput where losses alone limit it."""
    return window(congestion, losses, p, rtt) * MSS * 8 / rtt


def corrected(w):
    """The part of a window that is left of it once losses are repaired and segments are whole."""
    return (1 - 1 / (2 / 3 * w + 1)) * (1 - 1 / w)


def line(rate):
    """Bits a second of payload that fill a link."""
    return rate * MSS / LINE


def newreno_share(buffer):
    """The part of a link that one NewReno flow fills, by the buffer in bandwidth-delay products (of which, here, the
    link's own is 1): from half of 1 + buffer the window grows by a segment a round trip. Below 1 a round trip sends W in a
    time of 1; beyond, the queue stretches it to W."""
    top = 1 + buffer
    low = top / 2
    if low >= 1:
        return 1.0
    queued = (top ** 2 - 1) / 2     # packets while there is a queue, and the time they take
    return ((1 - low ** 2) / 2 + queued) / (1 - low + queued)


def cubic_share(buffer, bdp, rtt):
    """The same of CUBIC, whose growth is of time: integrated over one epoch from BETA * top to top."""
    top = (1 + buffer) * bdp
    w = w_est = BETA * top
    alpha = 3 * (1 - BETA) / (1 + BETA)
    k = (top * (1 - BETA) / C) ** (1 / 3)
    step = rtt / 16
    t = sent = 0.0
    while w < top:
        stretch = max(w / bdp, 1)
        t += step
        w_est += alpha * step / (rtt * stretch)
        w = max(w, C * (t - k) ** 3 + top, w_est)
        sent += min(w, bdp) * step / rtt
        if t > 4 * k + 1000 * rtt:
            break
    return sent * rtt / (bdp * t)
