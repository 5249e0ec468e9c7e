/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Explicit congestion notification (RFC 3168), once both ends have agreed on it. The marking of what is sent is in dress.c. */

#include <rte_common.h>

#include "tcp/tcp.h"

void
tcp_ecn_start(struct tcp *tcp, struct tcp_conn *c)
{
	c->opt |= CONN_DRESSED;
	tcp->stats->with_ecn++;
}

/* 6.1.3: each ACK echoes a mark until the sender has told that it reduced. */
static void
receive_mark(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p)
{
	if (p->seg.flags & TCP_CWR)
		c->flags &= ~(uint32_t)CONN_ECE_OWED;
	/* a mark on what has no data is nobody's congestion: ACKs are not ECN-capable (6.1.4) */
	if ((p->tos & IP_ECN_MASK) != IP_ECN_CE || p->seg.payload == 0)
		return;
	tcp->stats->ecn_ce_rx++;
	/* the sender shall learn of it now, not when the delayed ACK is due */
	c->flags |= CONN_ECE_OWED | CONN_ACK_NOW;
	tcp_conn_owe(tcp, c);
}

/* 6.1.2: as on a loss, but nothing is sent again, and once a window. */
static void
receive_echo(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	if (!seq_in(s->ack, c->snd_una, c->snd_nxt - c->snd_una + 1))
		return;
	/* whatever was late or lost, congestion there was: cwnd stays as it was reduced (RFC 4015, 3.2, step 8) */
	if (c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY))
		tcp_undo_forget(tcp, c);
	/* as long as the peer could not be told of a reduction its echo tells of nothing newer */
	if (c->flags & (CONN_RECOVERY | CONN_RTO_RECOVERY | CONN_ECN_WAIT | CONN_CWR_OWED))
		return;
	tcp_cc_at(c->cc)->reduce(tcp, c, c->snd_nxt - c->snd_una, TCP_CC_ECN);
	c->cwnd = c->ssthresh;
	c->recover = c->snd_nxt;
	tcp_undo_forget(tcp, c);
	c->flags |= CONN_ECN_WAIT | CONN_CWR_OWED;
	tcp->stats->ecn_reductions++;
}

void
tcp_ecn_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p)
{
	/* the handshake's ACK echoes nothing, and a window to reduce begins with it */
	if (c->state < TCP_ESTABLISHED)
		return;
	receive_mark(tcp, c, p);
	if (p->seg.flags & TCP_ECE)
		receive_echo(tcp, c, &p->seg);
}
