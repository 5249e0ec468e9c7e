/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * SEGMENT ARRIVES for a block (RFC 9293, 3.10.7.4), one function a check, in
 * the RFC's order. Nothing here builds a packet: what is owed is written down
 * for the output phase.
 */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/text.h"

#define PAWS_IDLE TCP_SLOW_TICKS(UINT64_C(24) * 24 * 3600 * 1000)  /* RFC 7323, 5.5: an older TS.Recent says nothing */

/* The ACK that is owed says what of [left, right) lies below the window, and so had come before (RFC 2883, 4.1). */
static void
tell_duplicate(struct tcp *tcp, struct tcp_conn *c, uint32_t left, uint32_t right)
{
	right = seq_min(right, c->rcv_nxt);
	if (seq_lt(left, right))
		tcp_ooo_duplicate(tcp, c, left, right);
}

/* RFC 7323, 5.3: R1, before the sequence number is looked at. RSTs are exempt (5.2). */
static int
check_timestamp(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	if (!(c->opt & CONN_TS) || (s->flags & TCP_RST))
		return 0;
	if (!(s->opt.present & TCP_OPT_TIMESTAMP))
		/* a peer that has lost this connection knows nothing of its options: its SYN is to be challenged */
		return (s->flags & TCP_SYN) || tcp->config.timestamps_lax ? 0 : -TERN_DROP_TCP_NO_TIMESTAMP;
	if (seq_geq(s->opt.tsval, c->ts_recent))
		return 0;
	if (tcp_slow_tick(tcp) - c->ts_recent_slow > PAWS_IDLE)
		return 0;
	if (s->payload == 0 && !(s->flags & TCP_FIN))
		return tcp_answer_empty(tcp, c, -TERN_DROP_TCP_PAWS);
	tcp_owe_duplicate_ack(tcp, c);
	tell_duplicate(tcp, c, s->seq, s->seq + s->payload + ((s->flags & TCP_FIN) != 0));
	return -TERN_DROP_TCP_PAWS;
}

/* First: is any of it within the receive window (3.4, table 6)? Trims what is not. */
static int
check_sequence(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	struct tcp_segment *s = &p->seg;
	uint32_t window = c->rcv_adv - c->rcv_nxt;
	uint32_t length = s->payload + ((s->flags & TCP_SYN) != 0) + ((s->flags & TCP_FIN) != 0);
	int drop;

	/* the SYN-ACK of a simultaneous open stands at IRS, below the window, and must count (figure 8); it is answered like
	 * all that stands there, as our own may be lost, unless its ACK is worth a RST */
	if (unlikely(c->state == TCP_SYN_RECEIVED) && (s->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK) &&
	    s->seq + 1 == c->rcv_nxt) {
		if (seq_gt(s->ack, c->iss) && seq_leq(s->ack, c->snd_nxt)) {
			tcp_owe_duplicate_ack(tcp, c);
			tell_duplicate(tcp, c, s->seq, c->rcv_nxt);
		}
		s->flags &= (uint8_t)~TCP_SYN;
		s->seq++;
		s->window = (uint16_t)(s->window >> c->snd_wscale);  /* not scaled, as it is a SYN's (RFC 7323, 2.2) */
		return 0;
	}
	if (length == 0) {
		if (seq_in(s->seq, c->rcv_nxt, window) || s->seq == c->rcv_nxt)
			return 0;
	} else if (window > 0) {
		if (seq_in(s->seq, c->rcv_nxt, window) || seq_in(s->seq + length - 1, c->rcv_nxt, window))
			return 0;
	} else if (s->seq == c->rcv_nxt && (s->flags & (TCP_ACK | TCP_RST))) {
		/* window probe: its text does not fit, but its ACK, RST and URG count (MUST-66) */
		s->payload = 0;
		s->flags &= (uint8_t)~TCP_FIN;
		tcp_owe_duplicate_ack(tcp, c);
		return 0;
	}
	drop = length > 0 && seq_leq(s->seq + length, c->rcv_nxt) ? -TERN_DROP_TCP_DUPLICATE : -TERN_DROP_TCP_WINDOW;
	if (s->flags & TCP_RST)
		return drop;
	/* also just below the window, where Linux would still take the ACK: it is not acceptable (3.4, table 6) */
	if (length == 0 || (s->flags & TCP_SYN))
		return tcp_answer_empty(tcp, c, drop);
	tcp_owe_duplicate_ack(tcp, c);
	tell_duplicate(tcp, c, s->seq, s->seq + length);
	return drop;
}

/* Second, by RFC 5961, 3.2: outside the window silence, inside exact or a question. Its text does not bring it inside. */
static int
check_rst(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	tcp->stats->rst_rx++;
	if (seq_lt(s->seq, c->rcv_nxt))
		return -TERN_DROP_TCP_RST_INVALID;
	if (s->seq != c->rcv_nxt)
		return tcp_challenge_ack(tcp, c, -TERN_DROP_TCP_RST_INVALID);
	tcp_conn_finish(tcp, c, c->state == TCP_SYN_RECEIVED && !(c->flags & CONN_PASSIVE) ? TERN_CLOSE_REFUSED : TERN_CLOSE_RESET);
	return 1;
}

int
tcp_segment_arrives(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	struct tcp_segment *s = &p->seg;
	int error;

	if (unlikely(c->state == TCP_SYN_RECEIVED) && tcp_fastopen_syn_again(tcp, c, s))
		return -TERN_DROP_TCP_DUPLICATE;
	if ((error = check_timestamp(tcp, c, s)) < 0)
		return error;
	if ((error = check_sequence(tcp, c, p)) < 0)
		return error;
	if (unlikely(c->flags & CONN_NOTED))
		tcp_note(tcp, c, p);
	if (s->flags & TCP_RST)
		return RTE_MIN(check_rst(tcp, c, s), 0);
	/* third (security) is not applicable; fourth: SYN, by RFC 5961, 4.2 */
	if (s->flags & TCP_SYN)
		return tcp_challenge_ack(tcp, c, -TERN_DROP_TCP_SYN_INVALID);
	if (!(s->flags & TCP_ACK))
		return -TERN_DROP_TCP_ACK_MISSING;
	if (c->opt & CONN_ECN)
		tcp_ecn_input(tcp, c, p);
	error = tcp_ack_input(tcp, c, p);
	if (error < 0)
		return error;
	if (c->state == TCP_CLOSED || c->live != BLOCK_LIVE)
		return 0;  /* the ACK ended it */
	if (s->flags & TCP_URG)
		tcp_urgent_input(tcp, c, s);
	if (s->payload == 0 && !(s->flags & TCP_FIN))
		return 0;
	return tcp_text_input(tcp, c, p);
}

/*
 * Text after tern_close() can reach nobody: RST (RFC 9293, 3.6.1; SHLD-3). It stands at SND.NXT, which the peer awaits
 * once it has all that was sent. Where the retransmission timer has fired it most likely has not, and would answer such
 * a one with a question (RFC 5961, 3.2): what it acknowledges is where it takes a RST at once.
 */
static int
text_after_close(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	if (c->backoff > 0) {
		tcp_reply_rst(tcp, p);
		tcp_conn_finish(tcp, c, TERN_CLOSE_DATA_AFTER_CLOSE);
	} else {
		tcp_conn_reset(tcp, c, TERN_CLOSE_DATA_AFTER_CLOSE);
	}
	return -TERN_DROP_TCP_AFTER_CLOSE;
}

void
tcp_fin_arrives(struct tcp *tcp, struct tcp_conn *c)
{
	c->rcv_nxt++;
	c->rcv_adv = seq_max(c->rcv_adv, c->rcv_nxt);
	c->flags |= CONN_FIN_RECEIVED | CONN_ACK_NOW;
	tcp_conn_event(tcp, c, TERN_READABLE | TERN_PEER_CLOSED);
	switch (c->state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
		c->state = TCP_CLOSE_WAIT;
		break;
	case TCP_FIN_WAIT_1:
		c->state = TCP_CLOSING;  /* if this segment acknowledged our FIN, the state is FIN-WAIT-2 already */
		break;
	case TCP_FIN_WAIT_2:
		tcp_enter_time_wait(tcp, c);
		return;  /* its record owes the ACK */
	default:
		break;
	}
	tcp_conn_owe(tcp, c);
}

int
tcp_text_in_order(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p, uint32_t skip, uint32_t length, bool fin)
{
	bool filled_hole = c->ooo != 0;

	if (unlikely(tcp->pool_low) && length > 0 && c->unread > 0) {
		/* one segment a connection, and more when that is read: held mbufs must not starve the ACKs */
		tcp_owe_duplicate_ack(tcp, c);
		return -TERN_DROP_TCP_RCVBUF_FULL;
	}
	if (length > 0) {
		uint32_t full = likely(length <= c->rcv_mss) ? 1 : tcp_merged_segments(c, p, length);
		struct rte_mbuf *m = tcp_payload(p, skip, length);

		c->rcv_nxt += length;
		tcp->stats->rx_payload_bytes += length;
		tcp_deliver(tcp, c, m, length);
		tcp_count_for_ack(tcp, c, length, full);
	}
	if (filled_hole) {
		if (fin)
			tcp_ooo_free(tcp, c);  /* nothing can follow a FIN: what seemed to was a peer's error */
		else
			fin = tcp_ooo_merge(tcp, c);
		tcp_ooo_shrink(tcp, c);
		c->flags |= CONN_ACK_NOW;
	}
	if (fin)
		tcp_fin_arrives(tcp, c);
	else
		tcp_conn_owe(tcp, c);
	return 0;
}

/* Seventh: segment text, trimmed to the window. */
int
tcp_text_input(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p)
{
	const struct tcp_segment *s = &p->seg;
	uint32_t seq = s->seq, length = s->payload, skip = 0;
	bool fin = s->flags & TCP_FIN;

	if (c->flags & CONN_FIN_RECEIVED)
		return -TERN_DROP_TCP_DUPLICATE;  /* nothing can follow a FIN: a peer's error, ignored as the RFC says */
	if (seq_lt(seq, c->rcv_nxt)) {
		skip = RTE_MIN(c->rcv_nxt - seq, length);
		if (c->rcv_nxt - seq > length)
			fin = false;
		seq += skip;
		length -= skip;
		tcp_owe_duplicate_ack(tcp, c);
		tell_duplicate(tcp, c, s->seq, s->seq + skip + (skip == s->payload && !fin && (s->flags & TCP_FIN)));
	}
	if (seq_gt(seq + length, c->rcv_adv)) {
		length = c->rcv_adv - seq;
		fin = false;
	}
	if (length == 0 && !fin)
		return skip > 0 ? -TERN_DROP_TCP_DUPLICATE : -TERN_DROP_TCP_WINDOW;
	if (length > 0 && (c->flags & CONN_APP_CLOSED))
		return text_after_close(tcp, c, p);
	if (seq == c->rcv_nxt)
		return tcp_text_in_order(tcp, c, p, skip, length, fin);
	tcp_owe_duplicate_ack(tcp, c);
	tcp->stats->ooo_segments++;
	p->payload_offset = (uint16_t)(p->payload_offset + skip);
	return tcp_ooo_insert(tcp, c, p, seq, length, fin);
}
