/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Blocks: their making, what they tell and owe, and their end. */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/tcp.h"

#define LINE 64u

static_assert(offsetof(struct tcp_conn, snd_end) == 3 * LINE / 2, "what does not outlive the incarnation is copied as halves of lines");

/* It stands where index 0 would be, which no slab hands out. */
static inline struct tcp_conn *
fresh(const struct tcp *tcp)
{
	return tcp_conn_at(tcp, 0);
}

void
tcp_conn_init(struct tcp *tcp)
{
	ASAN_UNPOISON_MEMORY_REGION(fresh(tcp), sizeof(struct tcp_conn));
	*fresh(tcp) = (struct tcp_conn){
		.live = BLOCK_LIVE, .rcvbuf = tcp->config.rcvbuf, .sndbuf = tcp->config.sndbuf,
		.rto_ms = tcp->config.rto_initial_ms, .handshake_ms = tcp->config.syn_timeout_ms, .cc = tcp->default_cc,
		.flags = (tcp->config.nodelay ? CONN_NODELAY : 0) | (tcp->config.account ? CONN_ACCOUNT : 0),
		/* an active open offers all, and the answer tells what remains; else it is set anew */
		.opt = (uint8_t)((tcp->config.timestamps ? CONN_TS : 0) | (tcp->config.sack ? CONN_SACK : 0) |
				 (tcp->config.wscale ? CONN_WSCALE : 0) | (tcp->config.ecn == TCP_ECN_ON ? CONN_ECN : 0) |
				 (tcp->config.account ? CONN_DRESSED : 0)),
		.rcv_wscale = tcp->config.wscale ? tcp->wscale : 0, .mss = 536,
	};
}

struct tcp_conn *
tcp_conn_new(struct tcp *tcp)
{
	const struct tcp_conn *from = fresh(tcp);
	uint32_t index = slab_get(&tcp->conns);
	struct tcp_conn *c;

	if (index == 0)
		return NULL;
	c = tcp_conn_at(tcp, index);
	/* what lies between outlives the incarnation: generation, lists and their links */
	memcpy(c, from, LINE);
	c->live = from->live;
	c->mss = from->mss;
	memcpy(&c->snd_end, &from->snd_end, LINE / 2);
	memcpy(&c->user, &from->user, 2 * LINE);
	tcp->stats->open_now++;
	return c;
}

void
tcp_conn_event(struct tcp *tcp, struct tcp_conn *c, uint32_t mask)
{
	c->events |= (uint16_t)mask;
	if (!(c->lists & LIST_READY)) {
		c->lists |= LIST_READY;
		ring_push(&tcp->ready, tcp_conn_index(tcp, c));
	}
}

void
tcp_conn_owe(struct tcp *tcp, struct tcp_conn *c)
{
	if (!(c->lists & LIST_OWED)) {
		c->lists |= LIST_OWED;
		ring_push(&tcp->owed, tcp_conn_index(tcp, c));
	}
}

void
tcp_conn_writable(struct tcp *tcp, struct tcp_conn *c)
{
	/* who asks for more room than there can be would wait for ever */
	if (!(c->flags & CONN_WANT_WRITE) || tcp_queue_room(tcp, c) < RTE_MIN(tcp_extra(tcp, c)->snd_lowat, c->sndbuf) ||
	    (tcp_has_notsent(tcp, c) && !tcp_notsent_is_low(tcp, c)))
		return;
	c->flags &= ~(uint32_t)CONN_WANT_WRITE;
	tcp_conn_event(tcp, c, TERN_WRITABLE);
}

void
tcp_conn_unbacklog(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_BACKLOG) {
		c->flags &= ~(uint32_t)CONN_BACKLOG;
		tcp->listener[c->listener].waiting--;
	}
}

/* What most connections have none of when they end. */
static __rte_noinline void
free_records(struct tcp *tcp, struct tcp_conn *c)
{
	tcp_queue_free(tcp, c);
	tcp_recovery_free(tcp, c);
	tcp_cc_block_free(tcp, c);
	tcp_ooo_free(tcp, c);
}

/* The protocol is through with it; the flow table knows it no more. */
static inline void
conn_end(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason)
{
	if (unlikely(c->state == TCP_SYN_RECEIVED))
		tcp_fastopen_ended(tcp, c, reason);
	if (unlikely(c->flags & CONN_ACCOUNT) && c->state >= TCP_ESTABLISHED)
		tcp_account_now(tcp, c);
	c->state = TCP_CLOSED;
	c->reason = (uint8_t)reason;
	c->flags &= (uint32_t)(CONN_RST_OWED | CONN_APP_CLOSED | CONN_BACKLOG | CONN_FIN_RECEIVED | CONN_URGENT_IN);
	c->acks_owed = 0;
	tcp->stats->closed[reason]++;
	c->q_send = c->q_tail = 0;
	if (unlikely((c->q_head | c->recovery | c->cc_block | c->ooo) != 0))
		free_records(tcp, c);
	if (c->unread > 0 && !(c->flags & CONN_APP_CLOSED) &&
	    (reason == TERN_CLOSE_NORMAL ||
	     ((reason == TERN_CLOSE_RESET || reason == TERN_CLOSE_NETWORK) && tcp->config.reset_keeps_unread))) {
		/* the reader first; tcp_conn_drained() goes on. Who waits for more has no FIN that told of the end. */
		if (reason != TERN_CLOSE_NORMAL)
			tcp_conn_event(tcp, c, TERN_READABLE);
		return;
	}
	c->unread = 0;
	if (c->rcv_head != NULL)
		tcp_receive_free(tcp, c);
	tcp_conn_event(tcp, c, TERN_CLOSED);
}

void
tcp_conn_finish(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason)
{
	flow_remove(&tcp->table, c->hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c)));
	conn_end(tcp, c, reason);
}

void
tcp_conn_reset(struct tcp *tcp, struct tcp_conn *c, enum tern_close_reason reason)
{
	c->flags |= CONN_RST_OWED;
	tcp_conn_owe(tcp, c);
	tcp_conn_finish(tcp, c, reason);
}

void
tcp_conn_time_waits(struct tcp *tcp, struct tcp_conn *c)
{
	conn_end(tcp, c, TERN_CLOSE_NORMAL);
}

void
tcp_conn_drained(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->state == TCP_CLOSED && !(c->events & TERN_CLOSED))
		tcp_conn_event(tcp, c, TERN_CLOSED);
}

void
tcp_conn_told(struct tcp *tcp, struct tcp_conn *c)
{
	tcp_conn_unbacklog(tcp, c);
	c->generation++;
	c->live = BLOCK_TOLD;
	tcp_conn_release(tcp, c);
}

void
tcp_conn_release(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->live != BLOCK_TOLD || (c->flags & CONN_RST_OWED))
		return;
	c->live = BLOCK_FREE;
	if (unlikely(c->extra != 0))
		tcp_extra_free(tcp, c);
	tcp->stats->open_now--;
	slab_put(&tcp->conns, tcp_conn_index(tcp, c));
}
