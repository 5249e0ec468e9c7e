/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Urgent data (RFC 9293, 3.8.5; RFC 6093): a pointer behind its last octet, in
 * both directions (MUST-62). It stays in the stream; who wants to take the last
 * octet out of it, as Linux does by default, knows by tern_urgent() where that
 * stands: the pointer less one.
 */

#include <errno.h>

#include <rte_common.h>

#include "tcp/tcp.h"

/* ---- sending */

/* May `length` bytes be queued, all of them? They are copied into records, which never takes an mbuf. */
static int
fits(const struct tcp *tcp, const struct tcp_conn *c, size_t length)
{
	if (length > c->sndbuf)
		return -EMSGSIZE;
	if (length > tcp_queue_room(tcp, c) || tcp->records.used + length / RECORD_INLINE + 2 > tcp->records.capacity)
		return -EAGAIN;
	return 0;
}

ssize_t
tcp_queue_urgent(struct tcp *tcp, struct tcp_conn *c, const void *data, size_t length)
{
	int error = fits(tcp, c, length);
	struct tcp_extra *x = tcp_extra_make(tcp, c);
	const uint8_t *from = data;

	if (error < 0 || x == NULL)
		return error < 0 ? error : -EAGAIN;
	for (size_t done = 0; done < length;)
		done += tcp_queue_append(tcp, c, from + done, RTE_MIN(length - done, (size_t)RECORD_INLINE));
	x->snd_up = c->snd_end;
	c->flags |= CONN_URGENT_OUT;
	c->opt |= CONN_DRESSED;
	/* the peer is told at once, by an empty segment where the windows let no data go: it may have to read to open its own */
	if (c->state >= TCP_ESTABLISHED)
		c->flags |= CONN_ACK_NOW;
	return (ssize_t)length;
}

/* With CONN_URGENT_OUT. Every segment that begins before the end of the urgent data says where that is. */
void
tcp_urgent_mark(struct tcp *tcp, const struct tcp_conn *c, struct tcp_emit *e)
{
	uint32_t ahead = tcp_extra(tcp, c)->snd_up - e->seq;

	if (seq_leq(tcp_extra(tcp, c)->snd_up, e->seq) || (e->flags & (TCP_SYN | TCP_RST)))
		return;
	e->flags |= TCP_URG;
	/* of any length (MUST-31): what the field cannot say yet, later segments will */
	e->urgent = (uint16_t)RTE_MIN(ahead, (uint32_t)UINT16_MAX);
	tcp->stats->urgent_tx++;
}

void
tcp_urgent_acked(struct tcp *tcp, struct tcp_conn *c)
{
	if (seq_geq(c->snd_una, tcp_extra(tcp, c)->snd_up))
		c->flags &= ~(uint32_t)CONN_URGENT_OUT;
}

/* ---- receiving */

/* The sequence number of the next byte that the application will read. */
static uint32_t
next_read(const struct tcp_conn *c)
{
	return c->rcv_nxt - ((c->flags & CONN_FIN_RECEIVED) != 0) - c->unread;
}

/*
 * Sixth check: URG (RFC 9293, 3.10.7.4), of an acceptable segment, also of one
 * whose text found no room (MUST-66). The pointer never goes back; each step
 * forward is told (MUST-32). Behind a FIN nothing can be urgent.
 */
void
tcp_urgent_input(struct tcp *tcp, struct tcp_conn *c, const struct tcp_segment *s)
{
	uint32_t up = s->seq + s->urgent;
	struct tcp_extra *x;

	if (c->flags & CONN_FIN_RECEIVED)
		return;
	tcp->stats->urgent_rx++;
	if (!seq_gt(up, next_read(c)) || ((c->flags & CONN_URGENT_IN) && !seq_gt(up, tcp_extra(tcp, c)->rcv_up)))
		return;
	x = tcp_extra_make(tcp, c);
	if (x == NULL)
		return;
	x->rcv_up = up;
	c->flags |= CONN_URGENT_IN;
	tcp_conn_event(tcp, c, TERN_URGENT);
}

/* Bytes from the next one to be read to the end of the urgent data; 0 when it has been read, or will never come. */
uint32_t
tcp_urgent_ahead(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t next = next_read(c), up;

	if (!(c->flags & CONN_URGENT_IN))
		return 0;
	up = tcp_extra(tcp, c)->rcv_up;
	if (c->flags & CONN_FIN_RECEIVED)
		up = seq_min(up, c->rcv_nxt - 1);
	if (seq_gt(up, next))
		return up - next;
	c->flags &= ~(uint32_t)CONN_URGENT_IN;
	return 0;
}
