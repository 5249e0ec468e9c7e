/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What the algorithms of congestion control share. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "tcp/tcp.h"

static const struct tcp_cc_ops *const algorithms[] = {
	[TERN_CONGESTION_CUBIC] = &tcp_cc_cubic,
	[TERN_CONGESTION_NEWRENO] = &tcp_cc_newreno,
	[TERN_CONGESTION_NONE] = &tcp_cc_none,
};

int
tcp_cc_find(const char *name)
{
	for (unsigned int i = 0; i < RTE_DIM(algorithms); i++)
		if (strcmp(algorithms[i]->name, name) == 0)
			return (int)i;
	return -1;
}

const struct tcp_cc_ops *
tcp_cc_at(unsigned int number)
{
	return algorithms[number];
}

int
tcp_cc_change(struct tcp *tcp, struct tcp_conn *c, uint64_t number)
{
	bool unlimited = !algorithms[c->cc]->validates;

	if (number >= RTE_DIM(algorithms))
		return -EINVAL;
	if (number == c->cc)
		return 0;
	c->cc = (uint8_t)number;
	if (c->state < TCP_ESTABLISHED)
		return 0;  /* begins with it */
	if (tcp_cc_block(tcp, c) != NULL)
		memset(tcp_cc_block(tcp, c)->bytes, 0, TCP_CC_BYTES);
	if (unlimited)
		tcp_conn_initial_window(tcp, c);
	if (algorithms[number]->wants_rate)
		tcp_rate_start(tcp, c);
	c->cc_bytes = 0;
	if (algorithms[number]->start != NULL)
		algorithms[number]->start(tcp, c);
	return 0;
}

struct tcp_cc_block *
tcp_cc_block_make(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->cc_block == 0) {
		struct tcp_cc_block *b;

		c->cc_block = slab_get(&tcp->cc_blocks);
		if (c->cc_block == 0)
			return NULL;
		b = tcp_cc_block(tcp, c);
		memset(b, 0, sizeof(*b));
		b->cwv.period = tcp->now;
	}
	return tcp_cc_block(tcp, c);
}

void
tcp_cc_block_free(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->cc_block == 0)
		return;
	if (unlikely(c->opt & CONN_METERED))
		tcp_pacing_forget(tcp, c);
	slab_put(&tcp->cc_blocks, c->cc_block);
	c->cc_block = 0;
}

__rte_noinline void
tcp_cc_acked(struct tcp *tcp, struct tcp_conn *c, const struct tcp_cc_sample *sample)
{
	const struct tcp_cc_ops *cc = algorithms[c->cc];
	struct tcp_cc_block *b = tcp_cc_block(tcp, c);

	if (unlikely(tcp->config.linux_cwnd)) {
		if (b == NULL && c->cwnd >= 2 * tcp_initial_window(tcp, c))
			tcp_cc_block_make(tcp, c);
		if (tcp_cwnd_was_used_in_round(tcp, c, sample->outstanding))
			cc->acked(tcp, c, sample);
		return;
	}
	if (b == NULL) {
		if (cc->validates && c->cwnd >= 2 * tcp_initial_window(tcp, c))
			tcp_cc_block_make(tcp, c);
	} else if (cc->validates) {
		tcp_cwv_acked(tcp, c, &b->cwv, sample->outstanding);
		if (!tcp_cwnd_was_used(c, sample->outstanding) || b->cwv.nonvalidated)
			return;
	}
	cc->acked(tcp, c, sample);
}

void
tcp_cc_slow_start(struct tcp_conn *c, uint32_t acked)
{
	/*
	 * An ACK may stand for eight segments, so L = 1 SMSS (RFC 5681) would starve
	 * slow start; Linux too takes all that was acknowledged. After a timeout one
	 * ACK can cover a whole old flight, and there L is 1 (RFC 3465, 2.3).
	 */
	uint32_t grow = c->flags & CONN_RTO_RECOVERY ? RTE_MIN(acked, (uint32_t)c->mss) : acked;

	c->cwnd += RTE_MIN(grow, c->ssthresh - c->cwnd);
}

void
tcp_cc_additive(struct tcp_conn *c, uint32_t acked)
{
	c->cc_bytes += acked;
	if (c->cc_bytes >= c->cwnd) {
		c->cc_bytes -= c->cwnd;
		c->cwnd = RTE_MIN(c->cwnd + c->mss, TCP_CC_INFINITE);
	}
}
