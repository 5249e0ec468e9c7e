/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Quick ACKs: a peer that begins slowly waits for each ACK to send more, and 40 ms for each are long. With
 * config.quick_acks the first segments are acknowledged at once, unless we have begun to answer them: then an answer
 * most likely takes the next ACK along. As Linux does it, and not by default: an ACK more for every request is what small
 * answers pay for it.
 */

#include <errno.h>

#include "tcp/tcp.h"

#define ASKED_FOR 16u   /* by TERN_OPT_QUICKACK; Linux's bound, too */

static void
begin(struct tcp_conn *c, struct tcp_extra *x, uint32_t acks)
{
	x->quick_began = true;
	x->quick_acks = (uint8_t)acks;
	x->quick_snd_nxt = c->snd_nxt;
}

int
tcp_quick_set(struct tcp *tcp, struct tcp_conn *c, bool quick)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return -ENOBUFS;
	begin(c, x, quick ? ASKED_FOR : 0);
	c->opt |= CONN_DRESSED;
	if (quick && (c->flags & CONN_ACK_LATER)) {
		c->flags = (c->flags & ~(uint32_t)CONN_ACK_LATER) | CONN_ACK_NOW;
		tcp_conn_owe(tcp, c);
	}
	return 0;
}

bool
tcp_is_quick(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_extra *x = tcp_extra(tcp, c);

	if (!x->quick_began)
		return tcp->config.quick_acks > 0;
	return x->quick_acks > 0 && c->snd_nxt == x->quick_snd_nxt;
}

bool
tcp_ack_is_quick(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x;

	if (c->extra == 0 && tcp->config.quick_acks == 0)
		return false;
	x = tcp_extra_make(tcp, c);
	if (x == NULL)
		return false;
	if (!x->quick_began)
		begin(c, x, tcp->config.quick_acks);
	if (c->snd_nxt != x->quick_snd_nxt)
		x->quick_acks = 0;
	if (x->quick_acks == 0)
		return false;
	x->quick_acks--;
	return true;
}
