/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* No congestion control: for benchmarks that ask for it by name. The peer's window alone limits. */

#include "tcp/tcp.h"

#define UNLIMITED (1u << 30)

static void
start(struct tcp *tcp, struct tcp_conn *c)
{
	(void)tcp;
	c->cwnd = UNLIMITED;
}

static void
acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	(void)tcp, (void)sample;
	c->cwnd = UNLIMITED;
}

static void
reduce(struct tcp *tcp, struct tcp_conn *c, uint32_t flight, enum tcp_cc_event event)
{
	(void)tcp, (void)flight, (void)event;
	c->ssthresh = UNLIMITED;
}

const struct tcp_cc_ops tcp_cc_none = {
	.name = "none", .start = start, .acked = acked, .reduce = reduce, .restart = start,
};
