/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What few connections add to a segment on its way out: ECN, a TTL and DSCP of their own, urgent data, no DF, counts. */

#include <errno.h>

#include <rte_common.h>

#include "tcp/tcp.h"

/* ECT on new data alone: not on ACKs, probes or what is sent again (RFC 3168, 6.1.4 to 6.1.6). */
static void
mark(struct tcp_conn *c, struct tcp_emit *e, bool fresh)
{
	if (c->flags & CONN_ECE_OWED)
		e->flags |= TCP_ECE;
	if (!fresh)
		return;
	e->tos |= IP_ECN_ECT0;
	if (c->flags & CONN_CWR_OWED)
		e->flags |= TCP_CWR;
}

static void
count(const struct tcp *tcp, const struct tcp_conn *c, struct tcp_extra *x, const struct tcp_emit *e)
{
	uint32_t segments = e->length > c->mss && !(e->flags & TCP_SYN) ? (e->length + c->mss - 1) / c->mss : 1;

	x->segs_out += segments;
	if (e->length == 0)
		return;
	x->data_segs_out += segments;
	x->last_sent = tcp->now;
	x->bytes_sent += e->length;
	if (e->seq != c->snd_nxt && !(e->flags & TCP_SYN))
		x->bytes_retransmitted += e->length;
}

int
tcp_emit_dressed(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e)
{
	const struct tcp_extra *x = tcp_extra(tcp, c);
	bool fresh = e->length > 0 && e->seq == c->snd_nxt;
	struct tcp_extra *own;
	int error;

	e->ttl = x->ttl;
	/* the lower two bits belong to ECN, and to the user only where there is none */
	e->tos = c->opt & CONN_ECN ? x->tos & (uint8_t)~IP_ECN_MASK : x->tos;
	if ((c->opt & CONN_ECN) && !(e->flags & (TCP_SYN | TCP_RST)))
		mark(c, e, fresh);
	if (c->flags & CONN_URGENT_OUT)
		tcp_urgent_mark(tcp, c, e);
	e->may_fragment = x->may_fragment || tcp_mtu_is_below_least(tcp, c);
	error = tcp_emit_segment(tcp, e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	if (fresh)
		c->flags &= ~(uint32_t)CONN_CWR_OWED;
	if ((c->flags & CONN_ACCOUNT) && (own = tcp_extra_make(tcp, c)) != NULL)
		count(tcp, c, own, e);
	return error;
}
