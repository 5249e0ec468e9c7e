/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The send queue: records in sequence order, from the oldest unacknowledged
 * byte to the last one that the application gave. Segments are cut at output;
 * once sent, no record is longer than a segment, so that each has its time.
 */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "core/copy.h"
#include "tcp/tcp.h"

#define TRUE_SHARE 4u             /* memory may be so many times the buffer: full segments need not twice */
#define ACK_RESERVE 16u
#define FAIR_CHARGE 128u          /* of records alone, what is everybody's even when they run short */

static bool
may_grow(const struct tcp *tcp, const struct tcp_conn *c)
{
	if (c->q_charge > (c->sndbuf - 1) / (TCP_CHARGE_UNIT / TRUE_SHARE))
		return false;
	return likely(!tcp_records_low(tcp)) || c->q_charge < FAIR_CHARGE;
}

static inline uint32_t
room(const struct tcp *tcp, const struct tcp_conn *c)
{
	uint32_t queued = c->snd_end - c->snd_una;

	return likely(queued < c->sndbuf && may_grow(tcp, c)) ? c->sndbuf - queued : 0;
}

uint32_t
tcp_queue_room(const struct tcp *tcp, const struct tcp_conn *c)
{
	return room(tcp, c);
}

/* What a record stands for. Memory that is the user's own costs the mbuf that refers to it. */
static uint8_t
charge_of(const struct rte_mbuf *m, bool lent)
{
	uint32_t bytes = sizeof(struct tcp_record);

	if (m != NULL)
		bytes += (uint32_t)sizeof(*m) + (lent ? 0 : m->buf_len);
	return (uint8_t)RTE_MIN(bytes / TCP_CHARGE_UNIT, (uint32_t)UINT8_MAX);
}

static struct tcp_record *
append_record(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m, bool lent)
{
	uint32_t index = slab_get(&tcp->records);
	struct tcp_record *r;

	if (index == 0)
		return NULL;
	r = tcp_record_at(tcp, index);
	r->next = 0;
	r->seq = c->snd_end;
	r->length = 0;
	r->flags = 0;
	r->offset = 0;
	r->m = m;
	r->charge = likely(m == NULL) ? sizeof(*r) / TCP_CHARGE_UNIT : charge_of(m, lent);
	c->q_charge += r->charge;
	if (c->q_head == 0)
		c->q_head = index;
	else
		tcp_record_at(tcp, c->q_tail)->next = index;
	if (c->q_send == 0)
		c->q_send = index;
	c->q_tail = index;
	return r;
}

/* Bytes that still fit into a record's own memory. What was sent, cut or lent is never written again. */
static uint32_t
record_room(const struct tcp_conn *c, const struct tcp_record *r)
{
	if (r->flags & (RECORD_SENT | RECORD_SHARED | RECORD_EOR))
		return 0;
	if (r->m == NULL)
		return RECORD_INLINE - r->length;
	return RTE_MIN((uint32_t)rte_pktmbuf_tailroom(r->m), (uint32_t)RTE_MAX(c->mss - r->length, 0));
}

static uint8_t *
record_end(struct tcp_record *r)
{
	return r->m == NULL ? r->bytes + r->length : rte_pktmbuf_mtod_offset(r->m, uint8_t *, r->length);
}

static void
record_grow(struct tcp_conn *c, struct tcp_record *r, const void *data, uint32_t n)
{
	copy_bytes(record_end(r), data, n);
	if (r->m != NULL)
		r->m->data_len = (uint16_t)(r->m->data_len + n);
	r->length = (uint16_t)(r->length + n);
	c->snd_end += n;
}

/* What waits to be sent leaves some spares: nothing of it comes back before ACKs have left. */
static inline bool
is_low(struct tcp *tcp)
{
	if (unlikely(tcp->spares <= ACK_RESERVE))
		tcp_mbuf_reserve(tcp);
	return tcp->pool_low;
}

static __rte_always_inline size_t
append(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length)
{
	size_t left = length, done = 0;
	const uint8_t *from = data;

	while (left > 0) {
		struct tcp_record *r = c->q_send != 0 ? tcp_record_at(tcp, c->q_tail) : NULL;
		uint32_t n = r != NULL ? record_room(c, r) : 0;

		if (n == 0) {
			struct rte_mbuf *m = NULL;

			/* when the pool runs low a queue grows in records alone: without mbufs no ACK could leave */
			if (left > RECORD_INLINE && !is_low(tcp) && (m = tcp_mbuf(tcp)) == NULL)
				break;
			r = append_record(tcp, c, m, false);
			if (r == NULL) {
				mbuf_free(m);
				break;
			}
			n = m == NULL ? (uint32_t)RECORD_INLINE : RTE_MIN((uint32_t)rte_pktmbuf_tailroom(m), (uint32_t)c->mss);
		}
		n = (uint32_t)RTE_MIN((size_t)n, left);
		record_grow(c, r, from + done, n);
		done += n;
		left -= n;
	}
	return done;
}

static __rte_noinline ssize_t
copy_any(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length)
{
	uint32_t most = room(tcp, c);

	if (unlikely(tcp_has_notsent(tcp, c)))
		most = tcp_notsent_room(tcp, c, most);
	return (ssize_t)append(tcp, c, data, RTE_MIN(length, (size_t)most));
}

/*
 * A small request or answer into an empty queue: no memory is charged yet, so that but for the buffer's size nothing
 * stands against it, and it is one record that nobody precedes. (60 instructions instead of 140.)
 */
static inline bool
copy_first(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length)
{
	struct tcp_record *r;
	uint32_t index;

	if (c->q_head != 0 || length > RECORD_INLINE || c->snd_end - c->snd_una + length > c->sndbuf ||
	    (index = slab_get(&tcp->records)) == 0)
		return false;
	r = tcp_record_at(tcp, index);
	r->next = 0;
	r->seq = c->snd_end;
	r->length = (uint16_t)length;
	r->flags = 0;
	r->charge = sizeof(*r) / TCP_CHARGE_UNIT;
	r->offset = 0;
	r->m = NULL;
	copy_short(r->bytes, data, (uint32_t)length);
	c->q_charge = sizeof(*r) / TCP_CHARGE_UNIT;
	c->q_head = c->q_send = c->q_tail = index;
	c->snd_end += (uint32_t)length;
	return true;
}

ssize_t
tcp_queue_copy(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length)
{
	return likely(copy_first(tcp, c, data, length)) ? (ssize_t)length : copy_any(tcp, c, data, length);
}

bool
tcp_queue_end_record(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->q_send == 0)
		return false;
	tcp_record_at(tcp, c->q_tail)->flags |= RECORD_EOR;
	return true;
}

uint32_t
tcp_queue_until_end(const struct tcp *tcp, const struct tcp_conn *c, uint32_t length)
{
	uint32_t done = 0;

	for (uint32_t index = c->q_send; index != 0 && done < length; index = tcp_record_at(tcp, index)->next) {
		const struct tcp_record *r = tcp_record_at(tcp, index);

		done += r->length;
		if (r->flags & RECORD_EOR)
			break;
	}
	return RTE_MIN(done, length);
}

size_t
tcp_queue_append(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length)
{
	return append(tcp, c, data, length);
}

/* A chain that somebody else holds too is cloned, as its links are not ours to change. NULL without memory. */
static struct rte_mbuf *
own_links(struct tcp *tcp, struct rte_mbuf *m)
{
	const struct rte_mbuf *shared = m;
	struct rte_mbuf *clone;

	while (shared != NULL && rte_mbuf_refcnt_read(shared) == 1)
		shared = shared->next;
	if (shared == NULL)
		return m;
	clone = rte_pktmbuf_clone(m, tcp->pool);
	if (clone != NULL)
		mbuf_free(m);
	return clone;
}

/* One record for each segment of the chain; each holds a reference of its own. All or nothing. */
ssize_t
tcp_queue_mbuf(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m)
{
	uint32_t length = m->pkt_len, segments = m->nb_segs;

	if (length == 0)
		return -EINVAL;
	if (length > c->sndbuf)
		return -EMSGSIZE;
	if (length > tcp_queue_room(tcp, c) || tcp->records.used + segments > tcp->records.capacity ||
	    (m = own_links(tcp, m)) == NULL)
		return -EAGAIN;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		m->next = NULL;
		m->nb_segs = 1;
		if (m->data_len == 0) {
			mbuf_free(m);
		} else {
			struct tcp_record *r = append_record(tcp, c, m, RTE_MBUF_HAS_EXTBUF(m));

			r->flags = RECORD_SHARED;
			r->length = m->data_len;
			c->snd_end += r->length;
		}
		m = next;
	}
	return length;
}

bool
tcp_queue_split(struct tcp *tcp, struct tcp_conn *c, uint32_t index, uint32_t length)
{
	uint32_t rest_index = slab_get(&tcp->records);
	struct tcp_record *r = tcp_record_at(tcp, index), *rest;

	if (rest_index == 0)
		return false;
	rest = tcp_record_at(tcp, rest_index);
	rest->next = r->next;
	rest->seq = r->seq + length;
	rest->length = (uint16_t)(r->length - length);
	rest->offset = 0;
	rest->charge = charge_of(NULL, false);
	c->q_charge += rest->charge;
	rest->m = r->m;
	rest->sent_ns = r->sent_ns;
	if (r->m != NULL) {
		r->flags |= RECORD_SHARED;  /* both look into the same memory: no more is written to it */
		rte_mbuf_refcnt_update(r->m, 1);
		rest->offset = r->offset + length;
		if (unlikely(r->flags & RECORD_METERED))
			memcpy(rest->bytes, r->bytes, sizeof(rest->bytes));
	} else {
		memcpy(rest->bytes, r->bytes + length, rest->length);
	}
	rest->flags = r->flags;
	r->flags &= (uint8_t)~RECORD_EOR;
	if (unlikely(r->flags & RECORD_RETRANSMITTED) || (r->flags & RECORD_SACKED))
		tcp_record_was_split(tcp, c, index, rest_index);
	r->length = (uint16_t)length;
	r->next = rest_index;
	if (c->q_tail == index)
		c->q_tail = rest_index;
	return true;
}

static void
free_record(struct tcp *tcp, struct tcp_conn *c, uint32_t index)
{
	struct tcp_record *r = tcp_record_at(tcp, index);

	c->q_charge -= r->charge;
	if (r->m != NULL)
		mbuf_free_seg(r->m);
	slab_put(&tcp->records, index);
}

uint64_t
tcp_queue_acked(struct tcp *tcp, struct tcp_conn *c, uint32_t ack)
{
	uint64_t sent_ns = 0;
	bool ambiguous = false;

	while (c->q_head != 0) {
		uint32_t index = c->q_head;
		struct tcp_record *r = tcp_record_at(tcp, index);
		uint32_t end = r->seq + r->length;

		if (!(r->flags & RECORD_SENT) || !seq_gt(ack, r->seq))
			break;
		ambiguous |= (r->flags & RECORD_RETRANSMITTED) != 0;
		sent_ns = r->sent_ns;
		if (seq_lt(ack, end)) {
			/* the peer took a part of it */
			uint32_t cut = ack - r->seq;

			if (r->m == NULL)
				memmove(r->bytes, r->bytes + cut, r->length - cut);
			r->offset += r->m != NULL ? cut : 0;
			r->seq = ack;
			r->length = (uint16_t)(r->length - cut);
			break;
		}
		c->q_head = r->next;
		free_record(tcp, c, index);
	}
	if (c->q_head == 0)
		c->q_tail = 0;
	return ambiguous ? 0 : sent_ns;
}

void
tcp_queue_free(struct tcp *tcp, struct tcp_conn *c)
{
	while (c->q_head != 0) {
		uint32_t index = c->q_head;

		c->q_head = tcp_record_at(tcp, index)->next;
		free_record(tcp, c, index);
	}
	c->q_send = c->q_tail = 0;
}

void
tcp_queue_rewind(struct tcp *tcp, struct tcp_conn *c)
{
	for (uint32_t index = c->q_head; index != 0 && index != c->q_send; index = tcp_record_at(tcp, index)->next)
		tcp_record_at(tcp, index)->flags &= RECORD_SHARED | RECORD_EOR;
	c->q_send = c->q_head;
	tcp_recovery_free(tcp, c);
	c->snd_nxt = c->snd_una;
}
