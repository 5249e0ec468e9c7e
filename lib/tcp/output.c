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

#include "tcp/tcp.h"

enum visit { VISIT_DONE, VISIT_AGAIN, VISIT_STOP /* the device or the pool gives no more this turn */ };

static void
segment_of(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e, uint32_t seq, uint8_t flags)
{
	e->key = &c->key;
	e->hop = &c->hop;
	e->seq = seq;
	e->ack = c->rcv_nxt;
	e->tsval = tcp_tsval(tcp, c->ts_offset);
	e->tsecr = c->ts_recent;
	e->flags = flags;
	e->opt = c->opt;
	e->ttl = tcp->config.ttl;
	e->tos = tcp->config.tos;
	e->length = 0;
	e->urgent = 0;
	e->may_fragment = false;
	e->sacks = 0;
	e->turned = NULL;
}

/* The one test on the way out for all that most connections do without. */
static inline int
emit(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e)
{
	if (unlikely(c->opt & CONN_DRESSED))
		return tcp_emit_dressed(tcp, c, e);
	return tcp_emit_segment(tcp, e);
}

/* Everything received so far is acknowledged by what was just sent. */
static void
acknowledged(struct tcp_conn *c)
{
	c->last_ack_sent = c->rcv_nxt;
	c->full_segments = 0;
	c->flags &= ~(uint32_t)(CONN_ACK_NOW | CONN_ACK_LATER);
}

static int
send_segment(struct tcp *tcp, struct tcp_conn *c, uint32_t seq, uint8_t flags, const struct tcp_record *r,
	     uint32_t length)
{
	struct tcp_emit e;
	int error;

	segment_of(tcp, c, &e, seq, flags | TCP_ACK);
	e.window = tcp_window_field(tcp, c, c->rcv_nxt);
	e.record = r;
	e.length = length;
	error = emit(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	tcp_spend(tcp);
	if (unlikely(c->opt & CONN_METERED)) {
		tcp_pacing_sent(tcp, c, length);
		tcp_rate_sent(tcp, c, r, length);
	}
	acknowledged(c);
	return 0;
}

/* ---- RST, ACK, probe */

static enum visit
visit_dead(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_emit e;
	int error;

	if (!(c->flags & CONN_RST_OWED))
		return VISIT_DONE;
	segment_of(tcp, c, &e, c->snd_nxt, TCP_RST | TCP_ACK);
	e.window = 0;
	error = emit(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return VISIT_STOP;
	tcp->stats->rst_tx++;
	tcp_spend(tcp);
	c->flags &= ~(uint32_t)CONN_RST_OWED;
	tcp_conn_release(tcp, c);
	return VISIT_DONE;
}

static int
send_ack(struct tcp *tcp, struct tcp_conn *c, uint32_t ack, bool take_note)
{
	struct tcp_emit e;
	int error;

	segment_of(tcp, c, &e, c->snd_nxt, TCP_ACK);
	/* one that acknowledges a part leaves the right edge where it is: a peer that sees it move back answers from
	 * below the window, where its ACKs do not count */
	e.window = tcp_window_field(tcp, c, ack);
	e.ack = ack;
	if (unlikely(c->ooo != 0) && (c->opt & CONN_SACK))
		e.sacks = (uint8_t)tcp_ooo_sacks(tcp, c, e.sack, c->opt & CONN_TS ? 3 : 4, take_note);
	error = emit(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	tcp_spend(tcp);
	return 0;
}

/* Out of order, below the window: one each, as a peer's fast retransmit counts them. */
static int
send_duplicate_acks(struct tcp *tcp, struct tcp_conn *c)
{
	while (c->acks_owed > 0) {
		int error = send_ack(tcp, c, c->rcv_nxt, true);

		if (error < 0)
			return error;
		c->acks_owed--;
		tcp->stats->duplicate_acks_tx++;
		acknowledged(c);
	}
	tcp_ooo_settle(tcp, c);
	return 0;
}

/* In order: one for at most `ack_every` full segments, so that the peer's ACK clock still ticks. */
static int
send_acks(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t every = tcp->config.ack_every, first = c->last_ack_sent;
	uint32_t n = RTE_MAX((c->full_segments + every - 1) / every, 1u);

	for (uint32_t i = 1; i <= n; i++) {
		uint32_t ack = first + (uint32_t)((uint64_t)(c->rcv_nxt - first) * i / n);
		int error = send_ack(tcp, c, ack, false);

		if (error < 0)
			return error;
		c->last_ack_sent = ack;
		c->full_segments -= (uint8_t)RTE_MIN((uint32_t)c->full_segments, every);
	}
	acknowledged(c);
	return 0;
}

/*
 * A segment below the window makes the peer tell its window; it takes no
 * sequence number, so it can't be lost. What is urgent is said by one in the
 * window, as nothing of the other counts with the peer (MUST-66).
 */
static int
send_probe(struct tcp *tcp, struct tcp_conn *c)
{
	bool urgent = c->flags & CONN_URGENT_OUT;
	int error = 0;

	if (unlikely(urgent))
		error = send_segment(tcp, c, c->snd_nxt, 0, NULL, 0);
	if (error == 0)
		error = send_segment(tcp, c, c->snd_una - 1, 0, NULL, 0);
	else
		return error;
	/* where memory was there for the first of two alone, the timer asks again: else each turn would send the first */
	if (error < 0 && !urgent)
		return error;
	if (!(c->flags & CONN_FIN_SENT) && (c->snd_end != c->snd_nxt || (c->flags & CONN_FIN_QUEUED)))
		tcp->stats->zero_window_probes++;
	else
		tcp->stats->keepalive_probes++;
	return 0;
}

/* ---- data */

/* A timer runs for what went (RFC 6298, 5.1); where new data is behind what it ran for, the probe's moves (RFC 8985, 7.2). */
static __rte_always_inline void
sent(struct tcp *tcp, struct tcp_conn *c, bool new_data)
{
	uint32_t deadline = tcp->now + tcp_timeout_ms(tcp, c);

	if (!(c->flags & CONN_TIMER) || (c->flags & CONN_PERSIST)) {
		if (unlikely(c->flags & CONN_PERSIST))
			c->dupacks = 0;
		c->flags &= ~(uint32_t)CONN_PERSIST;
		tcp_timer_set(tcp, c, deadline);
	} else if (unlikely(deadline != c->timer) && new_data) {
		tcp_tlp_again(tcp, c, deadline);
	}
}

/* Lost records from here on that fit into one segment: it may have been one, of many small sends. */
static uint32_t
lost_length(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_record *r)
{
	uint32_t length = r->length;

	while (r->next != 0) {
		r = tcp_record_at(tcp, r->next);
		if (!(r->flags & RECORD_LOST) || length + r->length > c->mss)
			break;
		length += r->length;
	}
	return length;
}

/* PRR's prr_out; who has not begun a recovery has begun to count with it anew */
static inline void
count_out(struct tcp *tcp, const struct tcp_conn *c, uint32_t length)
{
	if (unlikely(c->recovery != 0))
		tcp_recovery_at(tcp, c->recovery)->prr_out += length;
}

static void
mark_sent_again(struct tcp *tcp, struct tcp_conn *c, uint32_t index, uint32_t length)
{
	while (length > 0) {
		struct tcp_record *r = tcp_record_at(tcp, index);

		tcp_undo_sent(tcp, c, r);
		count_out(tcp, c, r->length);
		tcp_record_sent_again(tcp, c, index);
		length -= r->length;
		index = r->next;
	}
}

/* A FIN has no record to keep its time in. */
static void
fin_was_sent(struct tcp *tcp, struct tcp_conn *c)
{
	c->flags = (c->flags & ~(uint32_t)CONN_FIN_LOST) | CONN_FIN_SENT;
	if (unlikely(c->recovery != 0))
		tcp_recovery_at(tcp, c->recovery)->fin_ns = tcp->now_ns;
}

/* The oldest lost segment, if the windows allow. 1: sent one. */
static __rte_noinline int
retransmit(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t index, length;
	struct tcp_record *r;
	uint8_t flags = 0;
	int error;

	if (tcp_recovery_at(tcp, c->recovery)->frto == FRTO_SECOND)
		return 0;
	index = tcp_first_lost(tcp, c);
	r = tcp_record_at(tcp, index);
	/* segments have become shorter since; without a record to cut with it waits */
	if (unlikely(r->length > c->mss) && !tcp_queue_split(tcp, c, index, c->mss))
		return 0;
	length = lost_length(tcp, c, r);
	/* what the duplicate ACKs or a partial ACK call for goes whatever is in flight (RFC 5681, 3.2, step 3) */
	if (r->seq != c->snd_una && tcp_pipe(tcp, c) + length > c->cwnd)
		return 0;
	/* SHLD-16; the first one also beyond a shrunk window, where it serves as the probe */
	if (r->seq != c->snd_una && seq_gt(r->seq + length, c->snd_una + c->snd_wnd))
		return 0;
	if (r->seq + length == c->snd_end) {
		flags |= TCP_PSH;
		/* lost too, or not yet told of: it costs no segment */
		if ((c->flags & CONN_FIN_SENT) && !tcp_recovery_at(tcp, c->recovery)->fin_sacked)
			flags |= TCP_FIN;
	}
	error = send_segment(tcp, c, r->seq, flags, r, length);
	if (error < 0)
		return error;
	if (flags & TCP_FIN)
		fin_was_sent(tcp, c);
	mark_sent_again(tcp, c, index, length);
	/* or a long recovery would end in a needless timeout (RFC 6675, 6: MAY) */
	if (r->seq == c->snd_una && c->backoff == 0)
		tcp_rto_restart(tcp, c);
	c->retransmits++;
	tcp->stats->retransmits_data++;
	sent(tcp, c, false);
	return 1;
}

static int
send_fin(struct tcp *tcp, struct tcp_conn *c)
{
	bool again = c->flags & CONN_FIN_LOST;
	int error = send_segment(tcp, c, c->snd_end, TCP_FIN, NULL, 0);

	if (error < 0)
		return error;
	if (again) {
		c->retransmits++;
		tcp->stats->retransmits_data++;
	}
	fin_was_sent(tcp, c);
	c->snd_nxt = c->snd_end + 1;
	if (again)
		sent(tcp, c, false);
	return 0;
}

/*
 * How much of the queue goes into the next segment: silly-window avoidance
 * (RFC 9293, 3.8.6.2.1) and Nagle (3.7.4). 0: nothing now.
 */
static __rte_always_inline uint32_t
next_length(const struct tcp *tcp, const struct tcp_conn *c, uint32_t usable)
{
	uint32_t queued = c->snd_end - c->snd_nxt;
	uint32_t room = tcp_tlp_is_owed(tcp, c) ? c->mss :  /* one segment beyond cwnd (RFC 8985, 7.3) */
			c->cwnd > tcp_pipe(tcp, c) ? c->cwnd - tcp_pipe(tcp, c) : 0;
	uint32_t length = RTE_MIN(RTE_MIN(queued, (uint32_t)c->mss), RTE_MIN(usable, room));
	bool idle = c->snd_una == c->snd_nxt;

	if (length == c->mss)
		return length;
	if (length == queued && (idle || (c->flags & (CONN_NODELAY | CONN_FIN_QUEUED | CONN_URGENT_OUT))))
		return length;
	if (length < queued && length == usable && idle && length >= c->max_snd_wnd / 2)
		return length;
	if (length < queued && length == room && idle)
		return length;  /* a congestion window below one segment */
	/* the override: the persist timer has waited long enough, or the probe's */
	return (c->flags & CONN_PROBE_OWED) || tcp_tlp_is_owed(tcp, c) ? length : 0;
}

/* Make the queue's first `length` unsent bytes end with a record. @return how many do */
static uint32_t
cut(struct tcp *tcp, struct tcp_conn *c, uint32_t length)
{
	uint32_t index = c->q_send, done = 0;

	while (done < length) {
		struct tcp_record *r = tcp_record_at(tcp, index);

		if (r->length > length - done && !tcp_queue_split(tcp, c, index, length - done)) {
			tcp->starved = true;
			return done;
		}
		done += r->length;
		index = r->next;
	}
	return done;
}

static void
mark_sent(struct tcp *tcp, struct tcp_conn *c, uint32_t length)
{
	while (length > 0) {
		struct tcp_record *r = tcp_record_at(tcp, c->q_send);

		r->flags |= RECORD_SENT;
		r->sent_ns = tcp->now_ns;
		length -= r->length;
		c->q_send = r->next;
	}
}

/* New data: one segment, or a frame of at most `budget`. 1: sent, 0: nothing may go now. */
static __rte_always_inline int
send_data(struct tcp *tcp, struct tcp_conn *c, uint32_t budget)
{
	uint32_t edge = c->snd_una + c->snd_wnd;
	uint32_t usable = seq_gt(edge, c->snd_nxt) ? edge - c->snd_nxt : 0;
	uint32_t length;
	uint8_t flags = 0;
	int error;

	if (c->snd_end == c->snd_nxt || (c->flags & CONN_FIN_SENT))
		return 0;
	/* an RTO since the last ACK: a round trip later than since the last data, but that has no word of its own */
	if (c->snd_una == c->snd_nxt && unlikely(seq_gt(tcp->now, c->timer)))
		tcp_conn_restart_window(tcp, c);
	length = next_length(tcp, c, usable);
	if (length == 0)
		return 0;
	if (length == c->mss && unlikely(tcp->tso_mbufs > 0))
		length = tcp_tso_length(tcp, c, usable, budget);
	length = cut(tcp, c, length);
	if (length == 0)
		return 0;  /* no record to cut with: some come back, and ACKs must not be kept back till then */
	if (c->snd_nxt + length == c->snd_end) {
		flags |= TCP_PSH;  /* MUST-61 */
		if ((c->flags & CONN_FIN_QUEUED) && usable > length)
			flags |= TCP_FIN;
	}
	error = send_segment(tcp, c, c->snd_nxt, flags, tcp_record_at(tcp, c->q_send), length);
	if (error < 0)
		return error;
	if (unlikely(length > c->mss))
		tcp_tso_mark(tcp, c, length);
	mark_sent(tcp, c, length);
	count_out(tcp, c, length);
	c->snd_nxt += length;
	tcp->stats->tx_payload_bytes += length;
	c->flags &= ~(uint32_t)CONN_PROBE_OWED;
	if (flags & TCP_FIN) {
		fin_was_sent(tcp, c);
		c->snd_nxt++;
	}
	return 1;
}

/* FIN alone, when all data has gone and the window has room for it. */
static int
send_lone_fin(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_FIN_SENT)
		return c->flags & CONN_FIN_LOST && tcp_lost_bytes(tcp, c) == 0 ? send_fin(tcp, c) : 0;
	if (!(c->flags & CONN_FIN_QUEUED) || c->snd_end != c->snd_nxt ||
	    !seq_gt(c->snd_una + c->snd_wnd, c->snd_nxt))
		return 0;
	return send_fin(tcp, c);
}

/* The last segment again; no more than one, and only where the window still takes it. 1: sent it */
static int
send_last_again(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t length, index = tcp_tlp_last(tcp, c, &length);
	bool fin = c->flags & CONN_FIN_SENT;
	int error;

	if (index == 0 && !fin)
		return 0;
	if (index == 0) {
		error = send_segment(tcp, c, c->snd_end, TCP_FIN, NULL, 0);
	} else {
		struct tcp_record *r = tcp_record_at(tcp, index);

		if (seq_gt(r->seq + length, c->snd_una + c->snd_wnd))
			return 0;
		error = send_segment(tcp, c, r->seq, (uint8_t)(TCP_PSH | (fin ? TCP_FIN : 0)), r, length);
		if (error == 0)
			mark_sent_again(tcp, c, index, length);
	}
	if (error < 0)
		return error;
	if (fin)
		fin_was_sent(tcp, c);
	c->retransmits++;
	tcp->stats->retransmits_data++;
	return 1;
}

/* RFC 8985, 7.3 */
static __rte_noinline int
send_tail_probe(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);
	bool again = false;
	int result = 0;

	/* an ACK may have come since the timer fired */
	if (c->snd_una != c->snd_nxt && r->sacked_bytes == 0 && r->lost_bytes == 0) {
		result = send_data(tcp, c, 1);
		if (result == 0) {
			again = true;
			result = send_last_again(tcp, c);
		}
	}
	if (result < 0)
		return result;
	r->tlp_owed = false;
	if (result > 0)
		tcp_tlp_sent(tcp, c, again);
	return 0;
}

/* Something waits, nothing is in flight that would bring an ACK: the persist timer asks (MUST-36). */
static void
persist(struct tcp *tcp, struct tcp_conn *c)
{
	bool waits = c->snd_end != c->snd_nxt || (c->flags & CONN_FIN_QUEUED);

	if (c->snd_una != c->snd_nxt || !waits || (c->flags & (CONN_TIMER | CONN_FIN_SENT)))
		return;
	if ((c->opt & CONN_METERED) && tcp_pacing_holds(tcp, c))
		return;
	c->backoff = 0;
	tcp_timer_set(tcp, c, tcp->now + c->rto_ms);
	c->flags |= CONN_PERSIST;
}

/* ---- SYN */

/* Fast Open's option, and data on the first SYN (RFC 7413, 3). @return bytes of it */
static uint32_t
ride_on_syn(struct tcp *tcp, struct tcp_conn *c, struct tcp_emit *e)
{
	uint32_t room, length;

	/* not again, whatever the reason: the bytes that rode are the ones behind the SYN, and the queue has gone on */
	if (!(c->opt & CONN_FASTOPEN) || c->backoff > 0 || c->snd_nxt != c->iss + 1)
		return 0;
	e->fastopen = tcp_fastopen_offer(tcp, c, &room);
	length = cut(tcp, c, RTE_MIN(c->snd_end - c->snd_nxt, room));
	e->record = tcp_record_at(tcp, c->q_send);
	return length;
}

static int
send_syn(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_fastopen fresh;
	struct tcp_emit e;
	int error;

	segment_of(tcp, c, &e, c->iss, TCP_SYN);
	e.fastopen = NULL;
	if (c->state == TCP_SYN_RECEIVED) {
		e.flags |= TCP_ACK;
		e.window = (uint16_t)RTE_MIN(c->rcv_adv - c->rcv_nxt, (uint32_t)UINT16_MAX);
		if (unlikely(c->flags & CONN_COOKIE_STALE)) {
			tcp_fastopen_cookie(tcp, &c->key, &fresh);
			e.fastopen = &fresh;
		}
	} else {
		e.ack = 0;
		e.tsecr = 0;
		e.window = (uint16_t)RTE_MIN(c->rcvbuf, (uint32_t)UINT16_MAX);
		e.length = ride_on_syn(tcp, c, &e);
	}
	e.mss = tcp_announced_mss(tcp, c->opt & CONN_V4);
	e.wscale = c->rcv_wscale;
	e.flags |= tcp_ecn_syn_flags(c->opt, e.flags);
	error = emit(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	tcp_spend(tcp);
	if (c->flags & CONN_PASSIVE)
		tcp->stats->synack_tx++;
	else
		tcp->stats->syn_tx++;
	if (unlikely(e.length > 0)) {
		mark_sent(tcp, c, e.length);
		c->snd_nxt += e.length;
		tcp->stats->fastopen_sent++;
	}
	c->flags &= ~(uint32_t)CONN_SYN_OWED;
	return 0;
}

/* Everything that the connection may send now, and its ACKs */
static enum visit
send_owed(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t leave;   /* of the turn's packets, to others */
	int result;

	if (unlikely(c->acks_owed > 0) && send_duplicate_acks(tcp, c) < 0)
		return VISIT_STOP;
	if (tcp_tlp_is_owed(tcp, c) && send_tail_probe(tcp, c) < 0)
		return VISIT_STOP;
	leave = tcp->packets_left - RTE_MIN(TCP_OUTPUT_VISIT, tcp->packets_left);
	for (;;) {
		if (tcp->packets_left <= leave)
			return VISIT_AGAIN;
		result = 0;
		if (unlikely(c->opt & CONN_METERED) && !tcp_pacing_allows(tcp, c))
			break;
		if (unlikely(tcp_lost_bytes(tcp, c) > 0))
			result = retransmit(tcp, c);
		if (result == 0)
			result = send_data(tcp, c, tcp->packets_left - leave);
		if (result <= 0)
			break;
	}
	if (result < 0 || send_lone_fin(tcp, c) < 0)
		return VISIT_STOP;
	if (unlikely(c->flags & CONN_PROBE_OWED)) {
		if (send_probe(tcp, c) < 0)
			return VISIT_STOP;
		c->flags &= ~(uint32_t)CONN_PROBE_OWED;
	}
	persist(tcp, c);
	if ((c->flags & CONN_ACK_NOW) && send_acks(tcp, c) < 0)
		return VISIT_STOP;
	if (c->flags & CONN_ACK_LATER)
		tcp_delay_ack(tcp, c);
	return VISIT_DONE;
}

static enum visit
visit_open(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t before = c->snd_nxt;
	enum visit result = send_owed(tcp, c);

	/* one timer for all that went, however many segments */
	if (c->snd_nxt != before)
		sent(tcp, c, true);
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
	return send_acks(tcp, c) < 0 ? VISIT_STOP : VISIT_DONE;
}

static enum visit
visit(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->live == BLOCK_FREE)
		return VISIT_DONE;
	if (unlikely(c->state == TCP_CLOSED))
		return visit_dead(tcp, c);
	if ((c->flags & CONN_SYN_OWED) && send_syn(tcp, c) < 0)
		return VISIT_STOP;
	if (c->state < TCP_ESTABLISHED && !answers_early(c))
		return visit_handshake(tcp, c);
	return visit_open(tcp, c);
}

/* ---- records without a block */

static bool
send_syn_ack(struct tcp *tcp, uint32_t index)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);
	struct tcp_emit e = {
		.key = &h->key, .hop = &h->hop, .seq = h->iss, .ack = h->irs + 1,
		.tsval = tcp_tsval(tcp, h->ts_offset), .tsecr = h->ts_recent,
		.window = (uint16_t)RTE_MIN(tcp->config.rcvbuf, (uint32_t)UINT16_MAX),
		.mss = tcp_announced_mss(tcp, h->opt & CONN_V4), .flags = TCP_SYN | TCP_ACK, .opt = h->opt,
		.wscale = tcp->wscale, .ttl = tcp->config.ttl, .tos = tcp->config.tos,
	};
	struct tcp_fastopen cookie;
	int error;

	if (unlikely(h->opt & CONN_FASTOPEN)) {
		tcp_fastopen_cookie(tcp, &h->key, &cookie);
		e.fastopen = &cookie;
	}

	e.flags |= tcp_ecn_syn_flags(h->opt, e.flags);
	error = tcp_emit_segment(tcp, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return false;
	tcp_spend(tcp);
	tcp->stats->synack_tx++;
	h->lists = (uint8_t)((h->lists & ~(HALF_OWED | HALF_ANSWERED)) | HALF_LISTED);
	h->deadline = tcp->now + tcp_synack_timeout(tcp, h->level);
	list_push(&tcp->syn_level[h->level], index);
	return true;
}

static bool
output_syn_acks(struct tcp *tcp)
{
	while (tcp->synack_head != tcp->synack_tail) {
		uint32_t index = tcp->synack_owed[tcp->synack_head & tcp->synack_mask];
		struct tcp_half_open *h = tcp_half_at(tcp, index);

		if (!(h->lists & HALF_LIVE))
			h->lists = 0;  /* gone since, or cut off by a reset */
		else if (tcp->packets_left == 0 || !send_syn_ack(tcp, index))
			return false;
		tcp->synack_head++;
	}
	return true;
}

static bool
output_time_wait_acks(struct tcp *tcp)
{
	while (tcp->time_wait_owed_count > 0) {
		struct tcp_time_wait *w = tcp_time_wait_at(tcp, tcp->time_wait_owed[tcp->time_wait_owed_count - 1]);

		if (w->lists & TIME_WAIT_LIVE) {
			struct tcp_emit e = {
				.key = &w->key, .hop = &w->hop, .seq = w->snd_nxt, .ack = w->rcv_nxt,
				.tsval = tcp_tsval(tcp, w->ts_offset), .tsecr = w->ts_recent, .window = w->window,
				.flags = TCP_ACK, .opt = w->opt, .ttl = tcp->config.ttl, .tos = tcp->config.tos,
			};

			if (tcp->packets_left == 0 || tcp_emit_segment(tcp, &e) == -EAGAIN)
				return false;
			tcp_spend(tcp);
		}
		w->lists &= (uint8_t)~TIME_WAIT_OWED;
		tcp->time_wait_owed_count--;
	}
	return true;
}

static void
prefetch_visit(const struct tcp *tcp, uint32_t index)
{
	const struct tcp_conn *c = tcp_conn_at(tcp, index);

	rte_prefetch0(c);
	rte_prefetch0(&c->slab_link);
	rte_prefetch0(&c->user);
}

void
tcp_output(struct tcp *tcp)
{
	uint32_t visits = tcp->owed.length;

	tcp->packets_left = TCP_OUTPUT_TURN;
	tcp_reply_output(tcp);
	if (!output_time_wait_acks(tcp) || !output_syn_acks(tcp))
		return;
	while (visits-- > 0 && tcp->packets_left > 0) {
		struct tcp_conn *c = tcp_conn_at(tcp, fifo_pop(&tcp->owed));
		enum visit result;

		if (fifo_peek(&tcp->owed) != 0)
			prefetch_visit(tcp, fifo_peek(&tcp->owed));
		c->lists &= (uint8_t)~LIST_OWED;
		result = visit(tcp, c);
		if (result != VISIT_DONE)
			tcp_conn_owe(tcp, c);
		if (result == VISIT_STOP)
			return;
	}
}

bool
tcp_owes(const struct tcp *tcp)
{
	return tcp->owed.length > 0 || tcp->replies > 0 || tcp->time_wait_owed_count > 0 ||
	       tcp->synack_head != tcp->synack_tail;
}
