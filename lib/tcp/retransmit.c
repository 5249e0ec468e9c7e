/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What was lost, or may have been, goes again: the oldest lost segment, and the tail loss probe. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/output.h"

/* Lost records from here on that fit into one segment: it may have been one, of many small sends. */
static uint32_t
lost_length(const struct tcp *tcp, const struct tcp_conn *c, const struct tcp_record *r)
{
	uint32_t length = r->length;

	/* a record of the application's ends where TERN_OPT_EOR said: again, too */
	while (r->next != 0 && !(r->flags & RECORD_EOR)) {
		r = tcp_record_at(tcp, r->next);
		if (!(r->flags & RECORD_LOST) || length + r->length > c->mss)
			break;
		length += r->length;
	}
	return length;
}

/* The segment ends where TERN_OPT_EOR said: PSH, as when it was new */
static bool
ends_record(const struct tcp *tcp, const struct tcp_record *r, uint32_t length)
{
	for (; length > r->length; r = tcp_record_at(tcp, r->next))
		length -= r->length;
	return r->flags & RECORD_EOR;
}

static void
mark_sent_again(struct tcp *tcp, struct tcp_conn *c, uint32_t index, uint32_t length)
{
	while (length > 0) {
		struct tcp_record *r = tcp_record_at(tcp, index);

		tcp_undo_sent(tcp, c, r);
		tcp_count_out(tcp, c, r->length);
		tcp_record_sent_again(tcp, c, index);
		length -= r->length;
		index = r->next;
	}
}

__rte_noinline int
tcp_output_retransmit(struct tcp *tcp, struct tcp_conn *c)
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
	if (ends_record(tcp, r, length))
		flags |= TCP_PSH;
	if (r->seq + length == c->snd_end) {
		flags |= TCP_PSH;
		/* lost too, or not yet told of: it costs no segment */
		if ((c->flags & CONN_FIN_SENT) && !tcp_recovery_at(tcp, c->recovery)->fin_sacked)
			flags |= TCP_FIN;
	} else if (tcp_extra(tcp, c)->rode && r->seq + length == tcp_extra(tcp, c)->rode_end) {
		flags |= TCP_PSH;  /* as behind the handshake, where it was the last */
	}
	error = tcp_send_segment(tcp, c, r->seq, flags, r, length);
	if (error < 0)
		return error;
	if (flags & TCP_FIN)
		tcp_fin_was_sent(tcp, c);
	mark_sent_again(tcp, c, index, length);
	/* or a long recovery would end in a needless timeout (RFC 6675, 6: MAY) */
	if (r->seq == c->snd_una && c->backoff == 0)
		tcp_rto_restart(tcp, c);
	c->retransmits++;
	tcp->stats->retransmits_data++;
	tcp_sent(tcp, c, false);
	return 1;
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
		error = tcp_send_segment(tcp, c, c->snd_end, TCP_FIN, NULL, 0);
	} else {
		struct tcp_record *r = tcp_record_at(tcp, index);

		if (seq_gt(r->seq + length, c->snd_una + c->snd_wnd))
			return 0;
		error = tcp_send_segment(tcp, c, r->seq, (uint8_t)(TCP_PSH | (fin ? TCP_FIN : 0)), r, length);
		if (error == 0)
			mark_sent_again(tcp, c, index, length);
	}
	if (error < 0)
		return error;
	if (fin)
		tcp_fin_was_sent(tcp, c);
	c->retransmits++;
	tcp->stats->retransmits_data++;
	return 1;
}

__rte_noinline int
tcp_output_tail_probe(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *r = tcp_recovery_at(tcp, c->recovery);
	bool again = false;
	int result = 0;

	/* an ACK may have come since the timer fired */
	if (c->snd_una != c->snd_nxt && r->sacked_bytes == 0 && r->lost_bytes == 0) {
		result = tcp_output_data(tcp, c, 1);
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
