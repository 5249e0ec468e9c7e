/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* New data, a segment or a frame that the device cuts, and the FIN behind it. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/output.h"

#define PIECE_MOST 65536u

int
tcp_send_segment(struct tcp *tcp, struct tcp_conn *c, uint32_t seq, uint8_t flags, const struct tcp_record *r,
		 uint32_t length)
{
	struct tcp_emit e;
	int error;

	tcp_segment_of(tcp, c, &e, seq, flags | TCP_ACK);
	e.window = tcp_window_field(tcp, c, c->rcv_nxt);
	e.record = r;
	e.length = length;
	error = tcp_emit_conn(tcp, c, &e);
	if (error == -EAGAIN || error == -ENOBUFS)
		return error;
	tcp_spend(tcp);
	if (unlikely(c->opt & CONN_METERED)) {
		tcp_pacing_sent(tcp, c, length);
		tcp_rate_sent(tcp, c, r, length);
	}
	tcp_all_acknowledged(c);
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
	bool idle = c->snd_una == c->snd_nxt || (c->state == TCP_SYN_RECEIVED && c->snd_una + 1 == c->snd_nxt);

	if (unlikely(c->opt & CONN_DRESSED) && tcp_extra(tcp, c)->has_eor) {
		uint32_t until = tcp_queue_until_end(tcp, c, length);

		if (until < length)
			return until;
	}
	if (length == c->mss)
		return length;
	if (unlikely(c->opt & CONN_DRESSED) && tcp_is_held(tcp, c))
		return c->flags & CONN_PROBE_OWED ? length : 0;
	if (length == queued && (idle || tcp_nagle_lets_pass(tcp, c) || (c->flags & (CONN_NODELAY | CONN_FIN_QUEUED | CONN_URGENT_OUT))))
		return length;
	if (length < queued && length == usable && idle && length >= c->max_snd_wnd / 2)
		return length;
	if (length < queued && length == room && idle)
		return length;  /* a congestion window below one segment */
	/* the override: the persist timer has waited long enough, or the probe's */
	return (c->flags & CONN_PROBE_OWED) || tcp_tlp_is_owed(tcp, c) ? length : 0;
}

uint32_t
tcp_cut(struct tcp *tcp, struct tcp_conn *c, uint32_t length)
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

void
tcp_mark_sent(struct tcp *tcp, struct tcp_conn *c, uint32_t length)
{
	while (length > 0) {
		struct tcp_record *r = tcp_record_at(tcp, c->q_send);

		r->flags |= RECORD_SENT;
		r->sent_ns = tcp->now_ns;
		length -= r->length;
		c->q_send = r->next;
	}
}

/* Segments of a piece: what a millisecond of twice the window's rate carries, and more where the path is short. */
static uint32_t
autosize(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint64_t bytes = 2048u * (uint64_t)c->cwnd / RTE_MAX(c->srtt_us, 1u);
	uint32_t shift = c->min_rtt_us >> 9;

	bytes += shift < 31 ? PIECE_MOST >> shift : 0;
	return RTE_MAX((uint32_t)RTE_MIN(bytes, (uint64_t)PIECE_MOST) / c->mss, (uint32_t)tcp->config.push_bursts);
}

/*
 * Whether the segment ends one of the pieces that a burst is made of, with more behind it: the PSH there makes a receiver
 * that collects segments hand them over now (config.push_bursts). A piece is at most half a congestion window, as large
 * as Linux makes frames for devices that cut them.
 */
static __rte_noinline bool
ends_burst(const struct tcp *tcp, const struct tcp_conn *c, uint32_t usable, uint32_t length)
{
	uint32_t pipe = tcp_pipe(tcp, c) + length, count = (c->snd_nxt - tcp->burst_begin) / c->mss + 1;
	uint32_t piece = RTE_MAX(RTE_MIN(c->cwnd / c->mss / 2, autosize(tcp, c)), 1u);

	if ((c->flags & CONN_RTO_RECOVERY) || length < c->mss || piece == 1)
		return false;
	if (count % piece == 0)
		return true;
	return count % piece > 1 && (usable - length < c->mss || c->cwnd < pipe + c->mss || c->snd_end - c->snd_nxt - length < c->mss);
}

/* MUST-61: the last of what is queued has PSH, unless its sender said that more comes (MAY-15) and will be in time. */
static inline bool
ends_push(const struct tcp *tcp, const struct tcp_conn *c)
{
	return likely(!(c->opt & CONN_DRESSED)) || !tcp_extra(tcp, c)->more || (c->flags & (CONN_PROBE_OWED | CONN_FIN_QUEUED));
}

int
tcp_output_data(struct tcp *tcp, struct tcp_conn *c, uint32_t budget)
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
	length = tcp_cut(tcp, c, length);
	if (length == 0)
		return 0;  /* no record to cut with: some come back, and ACKs must not be kept back till then */
	if (c->snd_nxt + length == c->snd_end) {
		flags |= ends_push(tcp, c) ? TCP_PSH : 0;
		if ((c->flags & CONN_FIN_QUEUED) && usable > length)
			flags |= TCP_FIN;
	} else if (unlikely(c->opt & CONN_DRESSED) && tcp_extra(tcp, c)->has_eor && length % c->mss != 0) {
		flags |= TCP_PSH;
	} else if (unlikely(tcp->config.push_bursts > 0) && ends_burst(tcp, c, usable, length)) {
		flags |= TCP_PSH;
	}
	error = tcp_send_segment(tcp, c, c->snd_nxt, flags, tcp_record_at(tcp, c->q_send), length);
	if (error < 0)
		return error;
	if (unlikely(length > c->mss))
		tcp_tso_mark(tcp, c, length);
	tcp_mark_sent(tcp, c, length);
	tcp_count_out(tcp, c, length);
	tcp_ack_could_wait(tcp, c);
	c->snd_nxt += length;
	tcp->stats->tx_payload_bytes += length;
	if (unlikely(tcp->config.nagle_minshall) && length % c->mss != 0)
		tcp_nagle_note(tcp, c);
	c->flags &= ~(uint32_t)CONN_PROBE_OWED;
	if (flags & TCP_FIN) {
		tcp_fin_was_sent(tcp, c);
		c->snd_nxt++;
	}
	return 1;
}

static int
send_fin(struct tcp *tcp, struct tcp_conn *c)
{
	bool again = c->flags & CONN_FIN_LOST;
	int error = tcp_send_segment(tcp, c, c->snd_end, TCP_FIN, NULL, 0);

	if (error < 0)
		return error;
	if (again) {
		c->retransmits++;
		tcp->stats->retransmits_data++;
	}
	tcp_fin_was_sent(tcp, c);
	c->snd_nxt = c->snd_end + 1;
	if (again)
		tcp_sent(tcp, c, false);
	return 0;
}

int
tcp_output_fin(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->flags & CONN_FIN_SENT)
		return c->flags & CONN_FIN_LOST && tcp_lost_bytes(tcp, c) == 0 ? send_fin(tcp, c) : 0;
	if (!(c->flags & CONN_FIN_QUEUED) || c->snd_end != c->snd_nxt ||
	    !seq_gt(c->snd_una + c->snd_wnd, c->snd_nxt))
		return 0;
	return send_fin(tcp, c);
}
