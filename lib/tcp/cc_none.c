/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* No congestion control: for benchmarks that ask for it by name. The peer's window alone limits. */

#include "tcp/cc.h"
#include "tcp/conn.h"

#define UNLIMITED (1u << 30)

static void
start(struct tcp_conn *c)
{
	c->cwnd = UNLIMITED;
}

static void
acked(struct tcp_conn *c, uint32_t bytes)
{
	(void)bytes;
	c->cwnd = UNLIMITED;
}

static void
loss(struct tcp_conn *c, uint32_t flight)
{
	(void)flight;
	c->ssthresh = UNLIMITED;
}

const struct tcp_cc_ops tcp_cc_none = {
	.name = "none", .start = start, .acked = acked, .loss = loss, .timeout = loss, .restart = start,
};
