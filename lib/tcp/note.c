/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a connection's extra record learns of each acceptable segment, for those that want it. */

#include "tcp/tcp.h"

/*
 * Bytes are counted by how far the sequence numbers have moved, so that the data path has nothing to count; and the
 * segments that an ACK tells of by their bytes, as if all but the last were full.
 */
void
tcp_account_bytes(struct tcp_conn *c, struct tcp_extra *x)
{
	uint32_t received = c->rcv_nxt - ((c->flags & CONN_FIN_RECEIVED) != 0);
	uint32_t acked = c->snd_una - seq_gt(c->snd_una, c->snd_end);

	/* the FINs are no bytes: both marks stand still at them */
	x->bytes_received += received - x->account_rcv;
	x->account_rcv = received;
	x->bytes_acked += acked - x->account_una;
	x->delivered += (acked - x->account_una + c->mss - 1) / c->mss;
	x->account_una = acked;
}

/* ---- what keeps it from sending, and for how long */

static enum tcp_limit
limit_of(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t edge = c->snd_una + c->snd_wnd, next = RTE_MIN(c->snd_end - c->snd_nxt, (uint32_t)c->mss);
	uint32_t pipe = tcp_pipe(tcp, c);

	if (!seq_lt(c->snd_una, c->snd_end) || c->state < TCP_ESTABLISHED)
		return LIMIT_IDLE;
	if (c->flags & CONN_FIN_SENT)
		return LIMIT_NONE;
	if (next == 0)
		return (c->flags & CONN_WANT_WRITE) && pipe < c->cwnd ? LIMIT_SNDBUF : LIMIT_NONE;
	return seq_gt(c->snd_nxt + next, edge) && pipe + next <= c->cwnd ? LIMIT_RWND : LIMIT_NONE;
}

static void
account_time(const struct tcp *tcp, struct tcp_extra *x)
{
	x->limited_ns[x->limit] += tcp->now_ns - x->limit_ns;
	x->limit_ns = tcp->now_ns;
}

/* What changes it, a write or a segment, is followed by a visit in the same turn, at whose end this is asked. */
void
tcp_account_limit(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return;
	account_time(tcp, x);
	x->limit = limit_of(tcp, c);
}

void
tcp_account_syn(struct tcp *tcp, struct tcp_conn *c, uint32_t taken)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return;
	/* delivered with the SYN, as one segment */
	x->bytes_acked += taken;
	x->account_una += taken;
	x->bytes_retransmitted += c->snd_nxt - c->snd_una;
}

void
tcp_account_now(const struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	if (c->state >= TCP_ESTABLISHED)
		tcp_account_bytes(c, x);
	account_time(tcp, x);
}

void
tcp_account(struct tcp *tcp, struct tcp_conn *c, bool on)
{
	struct tcp_extra *x = tcp_extra_at(tcp, c->extra);

	if (!on) {
		if (c->flags & CONN_ACCOUNT)
			tcp_account_now(tcp, c);
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
	x->limit = limit_of(tcp, c);
	x->limit_ns = tcp->now_ns;
}

/* With config.account: what came and went while there was no block yet */
static void
account_handshake(const struct tcp *tcp, struct tcp_conn *c, struct tcp_extra *x)
{
	c->opt |= CONN_DRESSED;
	x->delivered = 1;
	x->last_received = x->last_ack = tcp->now;
	x->limit_ns = tcp->now_ns;
	if (c->flags & CONN_PASSIVE) {
		x->segs_in++;
		x->segs_out++;
		x->last_sent = tcp->now;
	}
}

void
tcp_note_start(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL) {
		c->flags &= ~(uint32_t)CONN_NOTED;
		return;
	}
	if (c->flags & CONN_ACCOUNT)
		account_handshake(tcp, c, x);
	/* the SYNs are no bytes either */
	x->account_rcv = c->rcv_nxt;
	x->account_una = c->snd_una;
	x->heard = tcp->now;
	tcp_keepalive_wake(tcp, c);
}

void
tcp_note(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p)
{
	struct tcp_extra *x = tcp_extra_make(tcp, c);

	if (x == NULL)
		return;
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
	tcp_conn_owe(tcp, c);  /* a visit, for tcp_account_limit() */
}
