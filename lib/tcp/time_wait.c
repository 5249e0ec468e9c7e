/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* TIME-WAIT in one cache line: MUST-13, RFC 6191, RFC 1337. */

#include <rte_common.h>
#include <rte_prefetch.h>

#include "tcp/tcp.h"

#define EVICT_AHEAD 4u

/* Out of table and list: the record is left, which may still be among those that owe an ACK. */
static inline void
take_out(struct tcp *tcp, uint32_t index)
{
	struct tcp_time_wait *w = tcp_time_wait_at(tcp, index);

	flow_remove(&tcp->table, tcp_hash(tcp, &w->key), flow_ref_make(FLOW_TIME_WAIT, index));
	list_remove(&tcp->time_wait_list, index);
	w->lists &= TIME_WAIT_OWED;
	tcp->stats->time_wait_now--;
}

void
tcp_time_wait_drop(struct tcp *tcp, uint32_t index)
{
	take_out(tcp, index);
	slab_put(&tcp->time_wait, index);
}

/* FINs come in bursts, and so do evictions: the bucket of one that is some turns of the loop away is fetched. */
static void
prefetch_evictions(const struct tcp *tcp, uint32_t index)
{
	const struct tcp_time_wait *w;

	for (uint32_t i = 0; i < EVICT_AHEAD && index != 0; i++)
		index = tcp_time_wait_at(tcp, index)->links.next;
	if (index == 0)
		return;
	w = tcp_time_wait_at(tcp, index);
	flow_prefetch(&tcp->table, tcp_hash(tcp, &w->key));
	rte_prefetch0(tcp_time_wait_at(tcp, w->links.next));
	/* the next one comes too soon for that; a record that gives way is handed out again at once, so they lie in order */
	rte_prefetch0(tcp_time_wait_at(tcp, index + 2 * EVICT_AHEAD));
}

/*
 * At the bound the oldest goes. One that still owes the ACK of a FIN stays for
 * this turn: as many as may owe one are there beyond the bound.
 * @return its record, which is in use for nobody; 0: it stays
 */
static uint32_t
evict(struct tcp *tcp)
{
	uint32_t oldest = tcp->time_wait_list.head;
	struct tcp_time_wait *w = tcp_time_wait_at(tcp, oldest);
	uint32_t next = w->links.next;

	if ((w->lists & TIME_WAIT_OWED) && tcp->time_wait.used < tcp->time_wait.capacity)
		return 0;
	take_out(tcp, oldest);
	tcp->stats->time_wait_evicted++;
	tcp->stats->time_wait_evicted_ms += tcp->now - (w->deadline - tcp->config.time_wait_ms);
	prefetch_evictions(tcp, next);
	return oldest;
}

/* A record for one more: at the bound that of the oldest, else a fresh one. */
static uint32_t
record_for_one_more(struct tcp *tcp)
{
	uint32_t bound = RTE_MAX(tcp->config.max_time_wait, 1u), index = 0;

	while (unlikely(tcp->time_wait.used > bound) && (index = evict(tcp)) != 0)
		slab_put(&tcp->time_wait, index);
	if (tcp->time_wait.used >= bound)
		index = evict(tcp);
	return index != 0 ? index : slab_get(&tcp->time_wait);
}

/* The ACK of a FIN, first or again, in the next output. */
static void
owe(struct tcp *tcp, uint32_t index)
{
	struct tcp_time_wait *w = tcp_time_wait_at(tcp, index);

	if (w->lists & TIME_WAIT_OWED)
		return;
	w->lists |= TIME_WAIT_OWED;
	tcp->time_wait_owed[tcp->time_wait_owed_tail++ & tcp->time_wait_owed_mask] = index;
}

void
tcp_enter_time_wait(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t index = record_for_one_more(tcp);
	struct tcp_time_wait *w = tcp_time_wait_at(tcp, index);
	uint8_t owed = w->lists & TIME_WAIT_OWED;

	*w = (struct tcp_time_wait){
		.key = c->key, .rcv_nxt = c->rcv_nxt, .snd_nxt = c->snd_nxt, .ts_recent = c->ts_recent,
		.ts_offset = c->ts_offset, .deadline = tcp->now + tcp->config.time_wait_ms, .hop = c->hop,
		.window = (uint16_t)RTE_MIN(c->rcvbuf >> c->rcv_wscale, (uint32_t)UINT16_MAX), .opt = c->opt,
		.lists = TIME_WAIT_LIVE | owed, .ts_recent_slow = c->ts_recent_slow,
	};
	list_push(&tcp->time_wait_list, index);
	tcp->stats->time_wait_now++;
	flow_replace(&tcp->table, c->hash, flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c)),
		     flow_ref_make(FLOW_TIME_WAIT, index));
	if (c->flags & (CONN_ACK_NOW | CONN_ACK_LATER) || c->acks_owed > 0)
		owe(tcp, index);
	tcp_conn_time_waits(tcp, c);
}

/* The ACK of what carries no text: at most one in half a second, as two ends that disagree might go on for ever. */
static void
answer_empty(struct tcp *tcp, uint32_t index)
{
	struct tcp_time_wait *w = tcp_time_wait_at(tcp, index);
	/* what fits beside the flags: slots of 512 ms, numbered modulo 63, 0 for never */
	uint8_t slot = (uint8_t)(1 + (tcp->now >> 9) % 63);

	if (w->lists / TIME_WAIT_SLOT == slot) {
		tcp->stats->drops[TERN_DROP_TCP_CHALLENGE_LIMIT]++;
		return;
	}
	w->lists = (uint8_t)((w->lists & (TIME_WAIT_SLOT - 1)) | slot * TIME_WAIT_SLOT);
	owe(tcp, index);
}

/*
 * RFC 6191, 2: a SYN may end TIME-WAIT when the timestamps prove it newer, or
 * will tell old segments, which have none, from its own; where they cannot,
 * when its sequence number is beyond the old window (MAY-2).
 */
static bool
syn_is_newer(const struct tcp *tcp, const struct tcp_time_wait *w, const struct tcp_segment *s)
{
	bool had = w->opt & CONN_TS, has = s->opt.present & TCP_OPT_TIMESTAMP;

	if (!had && has && tcp->config.timestamps)
		return true;
	if (had && has && s->opt.tsval != w->ts_recent)
		return seq_gt(s->opt.tsval, w->ts_recent);
	return seq_gt(s->seq, w->rcv_nxt);
}

/* The first check (RFC 9293, 3.4, table 6) */
static bool
is_inside(const struct tcp *tcp, const struct tcp_time_wait *w, const struct tcp_segment *s)
{
	uint32_t window = (uint32_t)w->window << (w->opt & CONN_WSCALE ? tcp->wscale : 0);
	uint32_t length = s->payload + ((s->flags & TCP_FIN) != 0);

	return seq_in(s->seq, w->rcv_nxt, window) || (length > 0 && seq_in(s->seq + length - 1, w->rcv_nxt, window));
}

int
tcp_time_wait_input(struct tcp *tcp, struct tcp_packet *p, uint32_t index)
{
	struct tcp_time_wait *w = tcp_time_wait_at(tcp, index);
	const struct tcp_segment *s = &p->seg;
	bool has_ts = s->opt.present & TCP_OPT_TIMESTAMP;
	bool empty = s->payload == 0 && !(s->flags & TCP_FIN);
	const struct tcp_listener *l;

	/* RFC 1337: an old RST must not end TIME-WAIT */
	if (s->flags & TCP_RST)
		return -TERN_DROP_TCP_TIME_WAIT;
	if ((s->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && syn_is_newer(tcp, w, s) &&
	    (l = tcp_listener_for(tcp, p->key.local, p->key.lport)) != NULL) {
		uint32_t old_snd_nxt = w->snd_nxt;
		int error = tcp_overload_syn(tcp, p, l);

		if (error != 0)
			return error;
		tcp_time_wait_drop(tcp, index);
		tcp->stats->time_wait_reused++;
		return tcp_syn_after_time_wait(tcp, p, old_snd_nxt);
	}
	if ((w->opt & CONN_TS) && has_ts && seq_lt(s->opt.tsval, w->ts_recent)) {
		if (empty)
			answer_empty(tcp, index);
		else
			owe(tcp, index);
		return -TERN_DROP_TCP_PAWS;
	}
	if ((w->opt & CONN_TS) && !has_ts && !(s->flags & TCP_SYN))
		return -TERN_DROP_TCP_NO_TIMESTAMP;
	if (!(s->flags & (TCP_ACK | TCP_SYN))) {
		if (!is_inside(tcp, w, s))
			owe(tcp, index);
		return -TERN_DROP_TCP_ACK_MISSING;
	}
	/* RFC 7323, 4.3 (2) */
	if ((w->opt & CONN_TS) && has_ts && !(s->flags & TCP_SYN) && seq_leq(s->seq, w->rcv_nxt) && is_inside(tcp, w, s)) {
		w->ts_recent = s->opt.tsval;
		w->ts_recent_slow = tcp_slow_tick(tcp);
	}
	/* the FIN again: 2 MSL begin anew (MUST-13) */
	if ((s->flags & TCP_FIN) && s->seq + s->payload + 1 == w->rcv_nxt) {
		w->deadline = tcp->now + tcp->config.time_wait_ms;
		list_remove(&tcp->time_wait_list, index);
		list_push(&tcp->time_wait_list, index);
		owe(tcp, index);
		return -TERN_DROP_TCP_TIME_WAIT;
	}
	if (!empty)
		owe(tcp, index);
	else if ((s->flags & TCP_SYN) || s->seq != w->rcv_nxt)
		answer_empty(tcp, index);
	return -TERN_DROP_TCP_TIME_WAIT;
}
