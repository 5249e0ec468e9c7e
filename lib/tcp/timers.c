/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Constant timeouts are queues whose head is due first; the rest share a
 * connection's one entry in the wheel. Both are lazy: who is found looks at
 * its own deadline, and goes back when that has moved.
 */

#include <rte_common.h>
#include <rte_prefetch.h>

#include "tcp/tcp.h"

#define EXPIRE_BUDGET 64u
#define FETCH_AHEAD 8u            /* connections whose lines are on the way while the oldest is looked at */
/*
 * What was sent is acknowledged by then, if only by a delayed ACK, and its timer stopped: then it needs no entry in
 * the wheel, which is a line of memory to arm and three to fire. Where requests go to one of a million connections
 * these are all cold, and were a third of the load's time.
 */
#define FRESH_MS 64u
#define SYN_BACKOFF_RTO_MS 3000u  /* RFC 6298, 5.7 */

void
tcp_timer_wake(struct tcp *tcp, struct tcp_conn *c, uint32_t tick)
{
	if (tcp_timer_wakes(c, tick))
		return;
	c->lists |= LIST_WHEEL;
	c->wheel_tick = tick;
	wheel_arm(&tcp->wheel, tcp_conn_index(tcp, c), tick);
}

void
tcp_timer_begin(struct tcp *tcp, struct tcp_conn *c, uint32_t deadline)
{
	if ((c->lists & LIST_FRESH) || seq_lt(deadline, tcp->now + FRESH_MS) || unlikely(queue_is_full(&tcp->fresh))) {
		tcp_timer_wake(tcp, c, deadline);
		return;
	}
	c->lists |= LIST_FRESH;
	c->fresh_tick = tcp->now + FRESH_MS;
	c->fresh_place = queue_push(&tcp->fresh, tcp_conn_index(tcp, c));
}

/* Not where keepalive or a linger time may count on the entry: they armed none of their own while it was there. */
void
tcp_timer_forget(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->extra == 0 && queue_take(&tcp->fresh, c->fresh_place, tcp_conn_index(tcp, c)))
		c->lists &= (uint8_t)~LIST_FRESH;
}

void
tcp_delay_ack(struct tcp *tcp, struct tcp_conn *c)
{
	if (unlikely(tcp->config.quick_acks > 0 || (c->opt & CONN_DRESSED)) && tcp_ack_is_quick(tcp, c)) {
		c->flags = (c->flags & ~(uint32_t)CONN_ACK_LATER) | CONN_ACK_NOW;
		tcp_conn_owe(tcp, c);
		return;
	}
	/* an older entry fires: earlier than need be, never later */
	c->delack_early = c->lists & LIST_DELACK ? 1 : 0;
	if (c->delack_early)
		return;
	c->lists |= LIST_DELACK;
	c->delack_tick = tcp->now + tcp->config.delayed_ack_ms;
	queue_push(&tcp->delack, tcp_conn_index(tcp, c));
}

/* After tern_close() alone: a half-closed connection may stay for ever, an orphan may not. */
void
tcp_watch_fin_wait_2(struct tcp *tcp, struct tcp_conn *c)
{
	tcp_timer_set(tcp, c, tcp->now + tcp->config.fin_wait_2_ms);
}

uint32_t
tcp_synack_timeout(const struct tcp *tcp, uint32_t level)
{
	return tcp->config.rto_initial_ms << level;
}

/* R2 (MUST-20): the connection ends when nothing was answered for so long. */
static bool
gives_up(struct tcp *tcp, struct tcp_conn *c)
{
	return tcp->now - c->unanswered >= tcp_user_timeout(tcp, c);
}

/* R1: the user may want to know (SHLD-9), and IP shall look at its neighbour (MUST-20). */
static void
overdue(struct tcp *tcp, struct tcp_conn *c)
{
	/* an answered window probe backs off too */
	if ((c->flags & CONN_PERSIST ? c->probes : c->backoff) != tcp_r1(tcp, c))
		return;
	tcp_conn_event(tcp, c, TERN_OVERDUE);
	ip_suspect(tcp->ip, c->hop);
}

/* The next try, but not beyond R2. */
static void
back_off(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t deadline;

	if (c->backoff < UINT8_MAX)
		c->backoff++;
	overdue(tcp, c);
	deadline = tcp->now + tcp_rto_backed_off(tcp, c);
	tcp_timer_set(tcp, c, seq_min(deadline, c->unanswered + tcp_user_timeout(tcp, c)));
}

void
tcp_timer_limit(struct tcp *tcp, struct tcp_conn *c)
{
	bool opens = c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED;
	uint32_t last = c->unanswered + tcp_user_timeout(tcp, c);

	/* before the first retransmission `unanswered` says nothing, but for a SYN's */
	if (!(c->flags & CONN_TIMER) || c->state == TCP_FIN_WAIT_2 || (c->backoff == 0 && !opens))
		return;
	if (c->recovery != 0)
		tcp_rack_timer_off(tcp, c);
	if (seq_lt(last, c->timer))
		tcp_timer_set(tcp, c, seq_max(last, tcp->now));
}

/* Its neighbour was asked for, and nobody answered: no later SYN would come further (RFC 1122, 2.3.2.1 and 4.2.3.9). */
static bool
has_no_way(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct ip_neighbour *n = ip_nexthop_get(tcp->ip, c->hop);

	return n != NULL && n->state == NEIGHBOUR_FAILED;
}

static void
syn_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	if (has_no_way(tcp, c)) {
		tcp_conn_finish(tcp, c, TERN_CLOSE_UNREACHABLE);
		return;
	}
	if (gives_up(tcp, c)) {
		tcp_conn_finish(tcp, c, tcp_timeout_reason(tcp, c, c->flags & CONN_PASSIVE ? TERN_CLOSE_TIMEOUT :
									     TERN_CLOSE_CONNECT_TIMEOUT));
		return;
	}
	if (c->flags & CONN_PASSIVE)
		tcp_queue_mark_lost(tcp, c, true);  /* an early answer: it waits now, for a handshake that is through */
	else if ((c->opt & CONN_FASTOPEN) && c->backoff == 0 && c->retransmits == 0)
		tcp_fastopen_lost(tcp, c);
	c->retransmits++;
	tcp->stats->retransmits_syn++;
	c->flags |= CONN_SYN_OWED;
	if (c->state == TCP_SYN_SENT)
		c->opt &= (uint8_t)~CONN_ECN;  /* something on the way may drop what asks for it (RFC 3168, 6.1.1.1) */
	tcp_conn_owe(tcp, c);
	back_off(tcp, c);
	/* takes effect when the back-off ends with the handshake */
	if (c->rto_ms < SYN_BACKOFF_RTO_MS && c->backoff == 1)
		c->flags |= CONN_SYN_WAS_LOST;
}

static void
persist_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->backoff == 0)
		c->unanswered = tcp->now;
	else if (gives_up(tcp, c)) {
		tcp_conn_finish(tcp, c, c->flags & CONN_OWN_TIMEOUT ? TERN_CLOSE_USER_TIMEOUT : TERN_CLOSE_TIMEOUT);
		return;
	}
	c->flags |= CONN_PROBE_OWED;
	tcp_conn_owe(tcp, c);
	back_off(tcp, c);
	c->flags |= CONN_PERSIST;
	if (c->probes < UINT8_MAX)
		c->probes++;
}

/* R2 begins when what is unanswered was sent. The RTO may have grown since the timer was set, so it is no measure alone. */
static uint32_t
unanswered_since(const struct tcp *tcp, const struct tcp_conn *c)
{
	const struct tcp_record *r = tcp_record_at(tcp, c->q_head);
	uint64_t ms = c->rto_ms;

	if (c->q_head != 0 && (r->flags & RECORD_SENT))
		ms = RTE_MIN(ms, (tcp->now_ns - r->sent_ns) / 1000000);
	return tcp->now - (uint32_t)ms;
}

static void
retransmission_timeout(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->backoff == 0 && !tcp_tlp_is_out(tcp, c))
		c->unanswered = unanswered_since(tcp, c);
	if (gives_up(tcp, c)) {
		tcp_conn_finish(tcp, c, c->flags & CONN_OWN_TIMEOUT ? TERN_CLOSE_USER_TIMEOUT :
				tcp_timeout_reason(tcp, c, TERN_CLOSE_TIMEOUT));
		return;
	}
	tcp->stats->rto_fired++;
	tcp_recovery_timeout(tcp, c);
	tcp_conn_owe(tcp, c);
	back_off(tcp, c);
	tcp_mtu_timeout(tcp, c);
}

static void
main_timer(struct tcp *tcp, struct tcp_conn *c)
{
	if (seq_gt(c->timer, tcp->now)) {
		tcp_timer_wake(tcp, c, c->timer);
		return;
	}
	if (c->state == TCP_SYN_SENT || c->state == TCP_SYN_RECEIVED)
		syn_timeout(tcp, c);
	else if (c->state == TCP_FIN_WAIT_2)
		tcp_conn_reset(tcp, c, TERN_CLOSE_FIN_WAIT_2_TIMEOUT);
	else if (c->flags & CONN_PERSIST)
		persist_timeout(tcp, c);
	else if (c->recovery != 0 && tcp_recovery_at(tcp, c->recovery)->reo_timer)
		tcp_reordering_timeout(tcp, c);
	else if (!tcp_tlp_timeout(tcp, c))
		retransmission_timeout(tcp, c);
}

/* The entry in the wheel or on the queue is gone. */
static void
timer_fires(struct tcp *tcp, struct tcp_conn *c, uint8_t list)
{
	c->lists &= (uint8_t)~list;
	if (c->live != BLOCK_LIVE)
		return;
	if (c->flags & CONN_TIMER)
		main_timer(tcp, c);
	if (c->extra != 0 && c->state != TCP_CLOSED)
		tcp_side_timers(tcp, c);
}

static bool
expire_wheel(struct tcp *tcp)
{
	uint32_t due[EXPIRE_BUDGET];
	uint32_t n = wheel_expire(&tcp->wheel, tcp->now, due, EXPIRE_BUDGET);

	for (uint32_t i = 0; i < n; i++)
		timer_fires(tcp, tcp_conn_at(tcp, due[i]), LIST_WHEEL);
	return n > 0;
}

/* What the one that is so far behind the queue's oldest will be asked for. */
static inline void
fetch_ahead(const struct tcp *tcp, const struct queue *q)
{
	const struct tcp_conn *c = tcp_conn_at(tcp, queue_peek(q, FETCH_AHEAD));

	rte_prefetch0(c);
	rte_prefetch0(&c->slab_link);
	rte_prefetch0(&c->user);
}

static bool
expire_fresh(struct tcp *tcp)
{
	uint32_t index, budget = EXPIRE_BUDGET;
	bool fired = false;

	while ((index = queue_peek(&tcp->fresh, 0)) != 0 && budget-- > 0) {
		struct tcp_conn *c = tcp_conn_at(tcp, index);

		if (seq_gt(c->fresh_tick, tcp->now))
			break;
		fetch_ahead(tcp, &tcp->fresh);
		queue_pop(&tcp->fresh);
		timer_fires(tcp, c, LIST_FRESH);
		fired = true;
	}
	return fired;
}

static bool
expire_delayed_acks(struct tcp *tcp)
{
	uint32_t index, budget = EXPIRE_BUDGET;
	bool fired = false;

	while ((index = queue_peek(&tcp->delack, 0)) != 0 && budget-- > 0) {
		struct tcp_conn *c = tcp_conn_at(tcp, index);

		if (seq_gt(c->delack_tick, tcp->now))
			break;
		fetch_ahead(tcp, &tcp->delack);
		queue_pop(&tcp->delack);
		c->lists &= (uint8_t)~LIST_DELACK;
		fired = true;  /* a stale one too: what lies behind the budget is due in the next turn, not the next tick */
		if (c->live != BLOCK_LIVE || !(c->flags & CONN_ACK_LATER))
			continue;
		c->flags = (c->flags & ~(uint32_t)CONN_ACK_LATER) | CONN_ACK_NOW;
		/* left before its time it was not in vain, as far as one can tell */
		c->prompt = !c->delack_early;
		tcp->stats->delayed_acks++;
		tcp_conn_owe(tcp, c);
	}
	return fired;
}

/* Each level is a list of its own, since SYN-ACKs back off (RFC 6298, 5.5). */
static bool
expire_half_open(struct tcp *tcp)
{
	uint32_t index, budget = EXPIRE_BUDGET;
	bool fired = false;

	for (unsigned int level = 0; level < TCP_SYN_LEVELS; level++) {
		while ((index = tcp->syn_level[level].head) != 0 && budget > 0) {
			struct tcp_half_open *h = tcp_half_at(tcp, index);

			if (seq_gt(h->deadline, tcp->now))
				break;
			budget--;
			fired = true;
			if (level >= tcp->config.synack_retries || level + 1 == TCP_SYN_LEVELS) {
				tcp->stats->half_open_timeout++;
				tcp_half_open_drop(tcp, index);
				continue;
			}
			list_remove(&tcp->syn_level[level], index);
			h->lists &= (uint8_t)~HALF_LISTED;
			h->level++;
			tcp->stats->retransmits_syn++;
			tcp_half_open_owe(tcp, index);
		}
	}
	return fired;
}

static bool
expire_time_wait(struct tcp *tcp)
{
	uint32_t index, budget = EXPIRE_BUDGET;
	bool fired = false;

	while ((index = tcp->time_wait_list.head) != 0 && budget-- > 0) {
		if (seq_gt(tcp_time_wait_at(tcp, index)->deadline, tcp->now))
			break;
		tcp_time_wait_drop(tcp, index);
		fired = true;
	}
	return fired;
}

bool
tcp_expire(struct tcp *tcp)
{
	bool fired = expire_wheel(tcp);

	fired |= expire_fresh(tcp);
	fired |= expire_delayed_acks(tcp);
	fired |= expire_half_open(tcp);
	fired |= expire_time_wait(tcp);
	fired |= tcp_mtu_expire(tcp);
	if (unlikely(tcp->paced.count > 0))
		fired |= tcp_pacing_expire(tcp);
	return fired;
}

static uint64_t
earlier(const struct tcp *tcp, uint64_t next_ns, uint32_t tick)
{
	uint64_t ms = tcp->now_ns / 1000000 + (uint64_t)(seq_gt(tick, tcp->now) ? tick - tcp->now : 0);

	return RTE_MIN(next_ns, ms * 1000000);
}

uint64_t
tcp_next_ns(const struct tcp *tcp)
{
	uint64_t next_ns = heap_next_ns(&tcp->paced);
	uint32_t tick;

	if (wheel_next(&tcp->wheel, &tick))
		next_ns = earlier(tcp, next_ns, tick);
	if (tcp->mtu_version != tcp->ip->paths.version || tcp->mtu_sweep != 0)
		next_ns = earlier(tcp, next_ns, tcp->now);
	if (tcp->mtu_retries)
		next_ns = earlier(tcp, next_ns, tcp->mtu_retry);
	if (queue_peek(&tcp->delack, 0) != 0)
		next_ns = earlier(tcp, next_ns, tcp_conn_at(tcp, queue_peek(&tcp->delack, 0))->delack_tick);
	if (queue_peek(&tcp->fresh, 0) != 0)
		next_ns = earlier(tcp, next_ns, tcp_conn_at(tcp, queue_peek(&tcp->fresh, 0))->fresh_tick);
	for (unsigned int level = 0; level < TCP_SYN_LEVELS; level++)
		if (tcp->syn_level[level].head != 0)
			next_ns = earlier(tcp, next_ns, tcp_half_at(tcp, tcp->syn_level[level].head)->deadline);
	if (tcp->time_wait_list.head != 0)
		next_ns = earlier(tcp, next_ns, tcp_time_wait_at(tcp, tcp->time_wait_list.head)->deadline);
	return next_ns;
}
