/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Slow start and congestion avoidance of RFC 5681, counted in bytes (RFC 3465). */

#include <rte_common.h>

#include "tcp/tcp.h"

static void
acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	(void)tcp;
	if (c->cwnd < c->ssthresh)
		tcp_cc_slow_start(c, sample->acked);
	else
		tcp_cc_additive(c, sample->acked);
}

/* RFC 5681, equation 4; a mark comes before the queue is full, and in congestion avoidance calls for less (RFC 8511, 3.1). */
static void
reduce(struct tcp *tcp, struct tcp_conn *c, uint32_t flight, enum tcp_cc_event event)
{
	uint32_t base = tcp_cwv_flight(tcp, c, flight);
	bool marked = event == TCP_CC_ECN && c->cwnd >= c->ssthresh;

	c->ssthresh = RTE_MAX(marked ? base - base / 5 : base / 2, 2u * c->mss);
	c->cc_bytes = 0;
	tcp_cwv_reset(tcp, c);
}

const struct tcp_cc_ops tcp_cc_newreno = {
	.name = "newreno", .validates = true, .acked = acked, .reduce = reduce,
};
