/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Slow start and congestion avoidance of RFC 5681, counted in bytes (RFC 3465). */

#include <rte_common.h>

#include "tcp/tcp.h"

static void
start(struct tcp *tcp, struct tcp_conn *c)
{
	(void)tcp;
	c->cc_bytes = 0;
}

static void
acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	uint32_t bytes = sample->acked;

	(void)tcp;
	if (c->cwnd < c->ssthresh) {
		/*
		 * An ACK may stand for eight segments, so L = 1 SMSS (RFC 5681) would starve
		 * slow start; Linux too takes all that was acknowledged. After a timeout one
		 * ACK can cover a whole old flight, and there L is 1 (RFC 3465, 2.3).
		 */
		uint32_t grow = c->flags & CONN_RTO_RECOVERY ? RTE_MIN(bytes, (uint32_t)c->mss) : bytes;
		uint32_t room = c->ssthresh - c->cwnd;

		c->cwnd += RTE_MIN(grow, room);
		return;
	}
	c->cc_bytes += bytes;
	if (c->cc_bytes >= c->cwnd) {
		c->cc_bytes -= c->cwnd;
		c->cwnd += c->mss;
	}
}

/* RFC 5681, equation 4 */
static void
halve(struct tcp *tcp, struct tcp_conn *c, uint32_t flight, enum tcp_cc_event event)
{
	(void)tcp, (void)event;
	c->ssthresh = RTE_MAX(flight / 2, 2u * c->mss);
	c->cc_bytes = 0;
}

const struct tcp_cc_ops tcp_cc_newreno = {
	.name = "newreno", .start = start, .acked = acked, .reduce = halve,
};
