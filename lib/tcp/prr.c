/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The congestion window of a recovery: ssthresh from the first moment on, until RFC 6937 is here. */

#include <rte_common.h>

#include "tcp/tcp.h"

void
tcp_prr_begin(struct tcp *tcp, struct tcp_conn *c)
{
	(void)tcp;
	c->cwnd = c->ssthresh;
}

void
tcp_prr_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_ack_news *news)
{
	(void)tcp, (void)c, (void)news;
}

void
tcp_prr_end(struct tcp *tcp, struct tcp_conn *c)
{
	(void)tcp;
	c->cwnd = RTE_MIN(c->ssthresh, RTE_MAX(c->snd_nxt - c->snd_una, (uint32_t)c->mss) + c->mss);
}
