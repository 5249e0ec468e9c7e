/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a connection's extra record learns of each acceptable segment, for those that want it. */

#include "tcp/tcp.h"

/* Bytes are counted by how far the sequence numbers have moved, so that the data path has nothing to count. */
void
tcp_account_bytes(struct tcp_conn *c, struct tcp_extra *x)
{
	uint32_t received = c->rcv_nxt - ((c->flags & CONN_FIN_RECEIVED) != 0);
	uint32_t acked = c->snd_una - seq_gt(c->snd_una, c->snd_end);

	/* the FINs are no bytes: both marks stand still at them */
	x->bytes_received += received - x->account_rcv;
	x->account_rcv = received;
	x->bytes_acked += acked - x->account_una;
	x->account_una = acked;
}

void
tcp_account(struct tcp *tcp, struct tcp_conn *c, bool on)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	if (!on) {
		if (c->flags & CONN_ACCOUNT)
			tcp_account_bytes(c, x);
		c->flags &= ~(uint32_t)CONN_ACCOUNT;
		return;
	}
	if (c->flags & CONN_ACCOUNT)
		return;
	c->flags |= CONN_ACCOUNT;
	c->opt |= CONN_DRESSED;
	x->account_rcv = c->rcv_nxt - ((c->flags & CONN_FIN_RECEIVED) != 0);
	x->account_una = c->snd_una - seq_gt(c->snd_una, c->snd_end);
	x->last_sent = x->last_received = x->last_ack = tcp->now;
}

void
tcp_note_start(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	/* the SYNs are no bytes either */
	x->account_rcv = c->rcv_nxt;
	x->account_una = c->snd_una;
	x->heard = tcp->now;
	tcp_keepalive_wake(tcp, c);
}

void
tcp_note(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	x->received_tos = p->tos;
	x->heard = tcp->now;
	x->keep_probes = 0;
	if (!(c->flags & CONN_ACCOUNT))
		return;
	if (c->state >= TCP_ESTABLISHED)
		tcp_account_bytes(c, x);
	x->segs_in++;
	if (p->seg.payload > 0) {
		x->data_segs_in++;
		x->last_received = tcp->now;
	}
	if (p->seg.flags & TCP_ACK)
		x->last_ack = tcp->now;
}
