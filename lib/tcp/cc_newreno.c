/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Slow start and congestion avoidance of RFC 5681, counted in bytes (RFC 3465). */

#include <rte_common.h>

#include "tcp/cc.h"
#include "tcp/conn.h"

enum { BYTES_ACKED };   /* cc_state: since cwnd last grew, in congestion avoidance */

static void
start(struct tcp_conn *c)
{
	c->cc_state[BYTES_ACKED] = 0;
}

static void
acked(struct tcp_conn *c, uint32_t bytes)
{
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
	c->cc_state[BYTES_ACKED] += bytes;
	if (c->cc_state[BYTES_ACKED] >= c->cwnd) {
		c->cc_state[BYTES_ACKED] -= c->cwnd;
		c->cwnd += c->mss;
	}
}

/* RFC 5681, equation 4 */
static void
halve(struct tcp_conn *c, uint32_t flight)
{
	c->ssthresh = RTE_MAX(flight / 2, 2u * c->mss);
	c->cc_state[BYTES_ACKED] = 0;
}

const struct tcp_cc_ops tcp_cc_newreno = {
	.name = "newreno", .start = start, .acked = acked, .loss = halve, .timeout = halve,
};
