/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The output phase: one visit to each connection that owes something, in which
 * everything rides together: ACK on data, FIN on the last byte. Bounded by
 * packets a visit and packets a turn; who is not through stays owed.
 */

#include <errno.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>

#include "tcp/output.h"

enum visit { VISIT_DONE, VISIT_AGAIN, VISIT_STOP /* the device or the pool gives no more this turn */ };

static enum visit
visit_dead(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_emit e;
	int error;

	if (!(c->flags & CONN_RST_OWED))
		return VISIT_DONE;
	tcp_segment_of(tcp, c, &e, c->snd_nxt, TCP_RST | TCP_ACK);
	e.window = 0;
	error = tcp_emit_conn(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return VISIT_STOP;
	tcp->stats->rst_tx++;
	tcp_spend(tcp);
	c->flags &= ~(uint32_t)CONN_RST_OWED;
	tcp_conn_release(tcp, c);
	return VISIT_DONE;
}

/* Everything that the connection may send now, and its ACKs: the general way, see whole.c for the usual one */
static enum visit
send_owed(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t leave;   /* of the turn's packets, to others */
	int result;

	if (unlikely(c->acks_owed > 0) && tcp_output_duplicate_acks(tcp, c) < 0)
		return VISIT_STOP;
	if (tcp_tlp_is_owed(tcp, c) && tcp_output_tail_probe(tcp, c) < 0)
		return VISIT_STOP;
	leave = tcp->packets_left - RTE_MIN(TCP_OUTPUT_VISIT, tcp->packets_left);
	for (;;) {
		if (tcp->packets_left <= leave)
			return VISIT_AGAIN;
		result = 0;
		if (unlikely(c->opt & CONN_METERED) && !tcp_pacing_allows(tcp, c))
			break;
		if (unlikely(tcp_lost_bytes(tcp, c) > 0))
			result = tcp_output_retransmit(tcp, c);
		if (result == 0)
			result = tcp_output_data(tcp, c, tcp->packets_left - leave);
		if (result <= 0)
			break;
	}
	if (result < 0 || tcp_output_fin(tcp, c) < 0)
		return VISIT_STOP;
	if (unlikely(c->flags & CONN_PROBE_OWED)) {
		if (tcp_output_probe(tcp, c) < 0)
			return VISIT_STOP;
		c->flags &= ~(uint32_t)CONN_PROBE_OWED;
	}
	tcp_output_persist(tcp, c);
	if ((c->flags & CONN_ACK_NOW) && tcp_output_acks(tcp, c) < 0)
		return VISIT_STOP;
	if (c->flags & CONN_ACK_LATER)
		tcp_delay_ack(tcp, c);
	return VISIT_DONE;
}

static enum visit
visit_open(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t before = c->snd_nxt;
	enum visit result;

	tcp->burst_begin = before;
	result = send_owed(tcp, c);

	/* one timer for all that went, however many segments */
	if (c->snd_nxt != before) {
		tcp_sent(tcp, c, true);
		if (unlikely(c->opt & CONN_DRESSED) && (c->flags & CONN_WANT_WRITE))
			tcp_conn_writable(tcp, c);  /* less waits unsent: TERN_OPT_NOTSENT_LOWAT */
	}
	if (unlikely(c->flags & CONN_ACCOUNT))
		tcp_account_limit(tcp, c);
	return result;
}

/* Fast Open's server need not wait for the handshake's ACK, until the SYN-ACK seems lost (RFC 7413, 4.2.2). */
static bool
answers_early(const struct tcp_conn *c)
{
	return c->state == TCP_SYN_RECEIVED && (c->flags & CONN_PASSIVE) && c->backoff == 0;
}

static enum visit
visit_handshake(struct tcp *tcp, struct tcp_conn *c)
{
	/* nothing but a question may be answered before it is through */
	if (c->state != TCP_SYN_RECEIVED || (c->acks_owed == 0 && !(c->flags & CONN_ACK_NOW)))
		return VISIT_DONE;
	c->acks_owed = 0;
	return tcp_output_acks(tcp, c) < 0 ? VISIT_STOP : VISIT_DONE;
}

/* Once in every active open, and asks nothing behind the SYN: a look at `flags` there would wait for what was just stored */
static inline enum visit
visit_syn_sent(struct tcp *tcp, struct tcp_conn *c)
{
	return (c->flags & CONN_SYN_OWED) && tcp_output_syn(tcp, c) < 0 ? VISIT_STOP : VISIT_DONE;
}

static enum visit
visit(struct tcp *tcp, struct tcp_conn *c)
{
	int whole;

	if (c->live == BLOCK_FREE)
		return VISIT_DONE;
	whole = tcp_output_whole(tcp, c);
	if (likely(whole != 0))
		return whole > 0 ? VISIT_DONE : VISIT_STOP;
	if (unlikely(c->state == TCP_CLOSED))
		return visit_dead(tcp, c);
	if (likely(c->state == TCP_SYN_SENT))
		return visit_syn_sent(tcp, c);
	if ((c->flags & CONN_SYN_OWED) && tcp_output_syn(tcp, c) < 0)
		return VISIT_STOP;
	if (c->state < TCP_ESTABLISHED && !answers_early(c))
		return visit_handshake(tcp, c);
	return visit_open(tcp, c);
}

static void
prefetch_visit(const struct tcp *tcp, uint32_t index)
{
	const struct tcp_conn *c = tcp_conn_at(tcp, index);

	rte_prefetch0(c);
	rte_prefetch0(&c->slab_link);
	rte_prefetch0(&c->user);
}

/* Those that are owed when it begins: who is not through comes again behind those that were not visited. */
static void
visit_owed(struct tcp *tcp)
{
	enum visit result = VISIT_DONE;

	for (uint32_t left = ring_length(&tcp->owed); left > 0 && tcp->packets_left > 0 && result != VISIT_STOP; left--) {
		struct tcp_conn *c = tcp_conn_at(tcp, ring_take(&tcp->owed));

		prefetch_visit(tcp, ring_likely(&tcp->owed));
		c->lists &= (uint8_t)~LIST_OWED;
		result = visit(tcp, c);
		if (unlikely(result != VISIT_DONE))
			tcp_conn_owe(tcp, c);
	}
	ring_settle(&tcp->owed);
}

void
tcp_output(struct tcp *tcp)
{
	tcp->packets_left = TCP_OUTPUT_TURN;
	tcp_reply_output(tcp);
	if (tcp_output_time_wait_acks(tcp) && tcp_output_syn_acks(tcp))
		visit_owed(tcp);
}

bool
tcp_owes(const struct tcp *tcp)
{
	return ring_length(&tcp->owed) > 0 || tcp->replies > 0 || tcp->time_wait_owed_head != tcp->time_wait_owed_tail ||
	       tcp->synack_head != tcp->synack_tail;
}
