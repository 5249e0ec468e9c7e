/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The marks of sent records, and what is kept beside them so that no ACK has to
 * walk the queue: sums, hints, and two uses of a record's `again` links.
 *
 * - Sent again and in flight: members of a list in the order of that, which RACK
 *   reads from its head.
 * - SACKed: again.next is a later record of the same run of SACKed ones, most
 *   often its last, so that a walk costs a step a run (see tcp_record_past()).
 *
 * SACKED and LOST exclude each other; RETRANSMITTED stays with both, for Karn.
 */

#include "tcp/tcp.h"

static bool
is_in_flight_again(const struct tcp_record *r)
{
	return (r->flags & (RECORD_RETRANSMITTED | RECORD_LOST | RECORD_SACKED)) == RECORD_RETRANSMITTED;
}

/* Behind that one; 0: before all */
static void
link_again(struct tcp *tcp, struct tcp_recovery *rec, uint32_t index, uint32_t behind)
{
	struct tcp_record *r = tcp_record_at(tcp, index);

	r->again.prev = behind;
	r->again.next = behind != 0 ? tcp_record_at(tcp, behind)->again.next : rec->again_head;
	*(behind != 0 ? &tcp_record_at(tcp, behind)->again.next : &rec->again_head) = index;
	*(r->again.next != 0 ? &tcp_record_at(tcp, r->again.next)->again.prev : &rec->again_tail) = index;
}

static void
unlink_again(struct tcp *tcp, struct tcp_recovery *rec, const struct tcp_record *r)
{
	*(r->again.prev != 0 ? &tcp_record_at(tcp, r->again.prev)->again.next : &rec->again_head) = r->again.next;
	*(r->again.next != 0 ? &tcp_record_at(tcp, r->again.next)->again.prev : &rec->again_tail) = r->again.prev;
}

void
tcp_record_lost(struct tcp *tcp, struct tcp_conn *c, uint32_t index)
{
	struct tcp_record *r = tcp_record_at(tcp, index);
	struct tcp_recovery *rec;

	if (r->flags & (RECORD_LOST | RECORD_SACKED))
		return;
	rec = tcp_recovery_make(tcp, c);
	if (r->flags & RECORD_RETRANSMITTED)
		unlink_again(tcp, rec, r);
	if (rec->lost_bytes == 0 || (rec->lost_from != 0 && seq_lt(r->seq, tcp_record_at(tcp, rec->lost_from)->seq)))
		rec->lost_from = index;
	r->flags |= RECORD_LOST;
	rec->lost_bytes += r->length;
}

void
tcp_record_sacked(struct tcp *tcp, struct tcp_conn *c, uint32_t index)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	struct tcp_record *r = tcp_record_at(tcp, index);

	if (r->flags & RECORD_LOST)
		rec->lost_bytes -= r->length;
	else if (r->flags & RECORD_RETRANSMITTED)
		unlink_again(tcp, rec, r);
	r->flags = (uint8_t)((r->flags & ~RECORD_LOST) | RECORD_SACKED);
	r->again.next = index;
	rec->sacked_bytes += r->length;
}

void
tcp_record_sent_again(struct tcp *tcp, struct tcp_conn *c, uint32_t index)
{
	struct tcp_recovery *rec = tcp_recovery_make(tcp, c);
	struct tcp_record *r = tcp_record_at(tcp, index);

	if (r->flags & RECORD_LOST)
		rec->lost_bytes -= r->length;
	else if (r->flags & RECORD_RETRANSMITTED)
		unlink_again(tcp, rec, r);
	r->flags = (uint8_t)((r->flags & ~RECORD_LOST) | RECORD_RETRANSMITTED);
	r->sent_ns = tcp->now_ns;
	link_again(tcp, rec, index, rec->again_tail);
}

static void
forget_hints(struct tcp_recovery *rec, uint32_t index)
{
	if (rec->lost_from == index)
		rec->lost_from = 0;
	if (rec->sack_from == index)
		rec->sack_from = 0;
	if (rec->sack_high == index)
		rec->sack_high = 0;
	if (rec->rack_from == index)
		rec->rack_from = 0;
}

void
tcp_record_leaves(struct tcp *tcp, struct tcp_conn *c, uint32_t index, uint32_t bytes)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	struct tcp_record *r = tcp_record_at(tcp, index);

	if (r->flags & RECORD_LOST)
		rec->lost_bytes -= bytes;
	if (r->flags & RECORD_SACKED)
		rec->sacked_bytes -= bytes;
	if (bytes < r->length)
		return;
	if (is_in_flight_again(r))
		unlink_again(tcp, rec, r);
	r->flags &= (uint8_t)~(RECORD_LOST | RECORD_SACKED | RECORD_RETRANSMITTED);
	forget_hints(rec, index);
}

/* `rest` is the second half of a record, with the same flags. */
void
tcp_record_was_split(struct tcp *tcp, struct tcp_conn *c, uint32_t index, uint32_t rest)
{
	struct tcp_record *r = tcp_record_at(tcp, index);

	if (is_in_flight_again(r)) {
		link_again(tcp, tcp_recovery_at(tcp, c->recovery), rest, index);
	} else if (r->flags & RECORD_SACKED) {
		tcp_record_at(tcp, rest)->again.next = r->again.next == index ? rest : r->again.next;
		r->again.next = rest;
	}
}

uint32_t
tcp_bytes_in_flight_again(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t bytes = 0;

	for (uint32_t i = tcp_recovery_at(tcp, c->recovery)->again_head; i != 0; i = tcp_record_at(tcp, i)->again.next)
		bytes += tcp_record_at(tcp, i)->length;
	return bytes;
}

uint32_t
tcp_first_lost(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	uint32_t index = rec->lost_from != 0 ? rec->lost_from : c->q_head;

	while (!(tcp_record_at(tcp, index)->flags & RECORD_LOST))
		index = tcp_record_past(tcp, index);
	rec->lost_from = index;
	return index;
}

void
tcp_unmark_lost(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);
	uint32_t index = rec->lost_from != 0 ? rec->lost_from : c->q_head;

	while (rec->lost_bytes > 0) {
		struct tcp_record *r = tcp_record_at(tcp, index);

		if (r->flags & RECORD_LOST) {
			rec->lost_bytes -= r->length;
			r->flags &= (uint8_t)~RECORD_LOST;
			/* it is in flight as it was, though no longer in its place: at the head it is judged first */
			if (r->flags & RECORD_RETRANSMITTED)
				link_again(tcp, rec, index, 0);
		}
		index = r->next;
	}
	rec->lost_from = rec->rack_from = 0;
}

void
tcp_unmark_sacked(struct tcp *tcp, struct tcp_conn *c)
{
	struct tcp_recovery *rec = tcp_recovery_at(tcp, c->recovery);

	for (uint32_t i = c->q_head; rec->sacked_bytes > 0; i = tcp_record_at(tcp, i)->next) {
		struct tcp_record *r = tcp_record_at(tcp, i);

		if (!(r->flags & RECORD_SACKED))
			continue;
		rec->sacked_bytes -= r->length;
		r->flags &= (uint8_t)~RECORD_SACKED;
		if (r->flags & RECORD_RETRANSMITTED)
			link_again(tcp, rec, i, 0);
	}
	rec->sack_from = rec->sack_high = rec->rack_from = 0;
	rec->fin_sacked = false;
	for (unsigned int i = 0; i < RTE_DIM(rec->seen); i++)
		rec->seen[i] = (struct sack_seen){ 0, 0 };
}

void
tcp_queue_mark_lost(struct tcp *tcp, struct tcp_conn *c, bool all)
{
	uint32_t length = 0;

	for (uint32_t i = c->q_head; i != 0 && i != c->q_send; i = tcp_record_at(tcp, i)->next) {
		/* one segment is as many records as fit: one each would cost small sends a round trip a record */
		length += tcp_record_at(tcp, i)->length;
		if (!all && length > tcp_record_at(tcp, i)->length && length > c->mss)
			return;
		tcp_record_lost(tcp, c, i);
	}
	if (!all && length > 0)
		return;
	/* nothing but the FIN is outstanding, or everything is lost */
	if (c->flags & CONN_FIN_SENT)
		c->flags |= CONN_FIN_LOST;
}

void
tcp_queue_mark_from(struct tcp *tcp, struct tcp_conn *c, uint32_t seq, uint32_t longer_than)
{
	for (uint32_t i = c->q_head; i != 0 && i != c->q_send; i = tcp_record_at(tcp, i)->next) {
		const struct tcp_record *r = tcp_record_at(tcp, i);

		if (r->length > longer_than && seq_gt(r->seq + r->length, seq))
			tcp_record_lost(tcp, c, i);
	}
}
