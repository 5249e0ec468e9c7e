/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The receive queue, its memory by true size, and the window that follows from it. */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "core/copy.h"
#include "tcp/text.h"
#include "tcp/window.h"

/* tcp_payload() of a frame in more than one segment */
__rte_noinline struct rte_mbuf *
tcp_payload_chain(struct tcp_packet *p, uint32_t skip, uint32_t length)
{
	uint32_t front = p->payload_offset + skip;
	struct rte_mbuf *m = p->m, *head = NULL, **link = &head;

	p->m = NULL;
	while (m != NULL) {
		struct rte_mbuf *next = m->next;
		uint32_t n = m->data_len > front ? RTE_MIN(m->data_len - front, length) : 0;

		m->next = NULL;
		m->nb_segs = 1;
		if (n == 0) {
			front -= RTE_MIN(front, (uint32_t)m->data_len);
			mbuf_free_seg(m);
		} else {
			tcp_clip(m, front, n);
			front = 0;
			length -= n;
			*link = m;
			link = &m->next;
		}
		m = next;
	}
	return head;
}

/* A small piece is copied behind the last one if that is ours alone: held memory stays near what it carries. */
#define SMALL 256u  /* copying so little costs less than holding a whole mbuf for it */

/* Nothing can ever be copied behind a piece that is not ours alone: a small one goes into an mbuf that is. */
static __rte_noinline struct rte_mbuf *
own(struct tcp *tcp, struct rte_mbuf *m)
{
	struct rte_mbuf *copy;

	if (m->data_len > SMALL || tcp->pool_low)
		return m;
	copy = tcp_mbuf(tcp);
	if (copy == NULL)
		return m;
	memcpy(rte_pktmbuf_mtod(copy, uint8_t *), rte_pktmbuf_mtod(m, uint8_t *), m->data_len);
	copy->data_len = m->data_len;
	tcp_mbuf_put(tcp, m);
	return copy;
}

static bool
coalesce(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m)
{
	struct rte_mbuf *tail = c->rcv_tail;

	if (tail == NULL || !RTE_MBUF_DIRECT(tail) || rte_mbuf_refcnt_read(tail) != 1 ||
	    rte_pktmbuf_tailroom(tail) < m->data_len)
		return false;
	memcpy(rte_pktmbuf_mtod_offset(tail, uint8_t *, tail->data_len), rte_pktmbuf_mtod(m, uint8_t *), m->data_len);
	tail->data_len = (uint16_t)(tail->data_len + m->data_len);
	tcp_mbuf_put(tcp, m);
	return true;
}

/* Behind the last one; m has no next. */
static __rte_always_inline void
append(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m)
{
	uint32_t size;

	if (unlikely(!RTE_MBUF_DIRECT(m) || rte_mbuf_refcnt_read(m) != 1))
		m = own(tcp, m);
	size = tcp_true_size(m);
	c->truesize += size;
	tcp_hold(tcp, size);
	if (c->rcv_tail != NULL)
		c->rcv_tail->next = m;
	else
		c->rcv_head = m;
	c->rcv_tail = m;
}

static __rte_noinline void
append_chain(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		m->next = NULL;
		if (!coalesce(tcp, c, m))
			append(tcp, c, m);
		m = next;
	}
}

/* tcp_deliver() of what is not the rule */
__rte_noinline void
tcp_receive_append(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m, uint32_t length)
{
	if (unlikely(m->data_len != length))
		append_chain(tcp, c, m);
	else if (c->rcv_tail == NULL || !coalesce(tcp, c, m))
		append(tcp, c, m);
}

static struct rte_mbuf *
take_head(struct tcp *tcp, struct tcp_conn *c)
{
	struct rte_mbuf *m = c->rcv_head;

	if (m == c->rcv_tail) {
		c->rcv_head = c->rcv_tail = NULL;
	} else {
		c->rcv_head = m->next;
		m->next = NULL;
	}
	c->truesize -= tcp_true_size(m);
	tcp->held -= tcp_true_size(m);
	return m;
}

struct rte_mbuf *
tcp_read_mbuf(struct tcp *tcp, struct tcp_conn *c)
{
	struct rte_mbuf *m;

	if (c->rcv_head == NULL)
		return NULL;
	m = take_head(tcp, c);
	m->pkt_len = m->data_len;
	c->unread -= m->data_len;
	tcp_read_room(tcp, c);
	return m;
}

/* Some of the mbufs, or a part of one. */
static __rte_noinline ssize_t
read_any(struct tcp *tcp, struct tcp_conn *c, uint8_t *data, size_t length, bool take)
{
	struct rte_mbuf *m = c->rcv_head;
	size_t done = 0;

	while (m != NULL && done < length) {
		uint32_t n = (uint32_t)RTE_MIN((size_t)m->data_len, length - done);
		struct rte_mbuf *next = m == c->rcv_tail ? NULL : m->next;

		if (data != NULL)
			memcpy(data + done, rte_pktmbuf_mtod(m, uint8_t *), n);
		done += n;
		if (take) {
			if (n == m->data_len)
				tcp_mbuf_put(tcp, take_head(tcp, c));
			else
				tcp_clip(m, n, m->data_len - n);
		}
		m = next;
	}
	if (take && done > 0) {
		c->unread -= (uint32_t)done;
		tcp_read_room(tcp, c);
	}
	return (ssize_t)done;
}

/* All there is in one mbuf, and room for it: a small request or answer. */
ssize_t
tcp_read(struct tcp *tcp, struct tcp_conn *c, uint8_t *data, size_t length, bool take)
{
	struct rte_mbuf *m = c->rcv_head;
	uint32_t n;

	if (unlikely(m != c->rcv_tail || m->data_len > length || !take))
		return read_any(tcp, c, data, length, take);
	n = m->data_len;
	if (data != NULL)
		copy_bytes(data, rte_pktmbuf_mtod(m, uint8_t *), n);
	tcp_mbuf_put(tcp, take_head(tcp, c));
	c->unread = 0;
	tcp_read_room(tcp, c);
	return n;
}

void
tcp_receive_free(struct tcp *tcp, struct tcp_conn *c)
{
	while (c->rcv_head != NULL)
		mbuf_free_seg(take_head(tcp, c));
	c->unread = 0;
}

/*
 * Payload that may still come: the buffer less what waits in it, or less what
 * that really holds where small pieces could not be copied together.
 */
uint32_t
tcp_receive_space(const struct tcp_conn *c)
{
	uint32_t held = RTE_MAX(c->unread, c->truesize / 4);

	return held < c->rcvbuf ? c->rcvbuf - held : 0;
}

/* What a reader's room may ask for beyond a segment: the peer may send less than half a buffer, or than two segments. */
static inline bool
window_is_short(const struct tcp_conn *c)
{
	uint32_t left = c->rcv_adv - c->rcv_nxt;

	return left <= c->rcvbuf - c->rcvbuf / 2 || left < 2u * c->rcv_mss;
}

static __rte_noinline void
read_room(struct tcp *tcp, struct tcp_conn *c)
{
	uint32_t edge, step, left;

	if (unlikely(c->flags & CONN_URGENT_IN))
		tcp_urgent_ahead(tcp, c);  /* which sees that it was read, before its number comes round again */
	if (c->state == TCP_CLOSED) {
		if (c->unread == 0)
			tcp_conn_drained(tcp, c);
		return;
	}
	/* before the handshake is through the SYN tells the window */
	if (c->state < TCP_ESTABLISHED || (c->flags & CONN_FIN_RECEIVED))
		return;
	if (tcp->now != c->tune_tick)
		tcp_tune(tcp, c);
	edge = tcp_window_edge(c);
	step = edge - c->rcv_adv;
	left = c->rcv_adv - c->rcv_nxt;
	if (!seq_gt(edge, c->rcv_adv))
		return;
	if (step >= c->rcvbuf / 2 || (left < 2u * c->rcv_mss && step >= tcp_window_step(c))) {
		c->flags |= CONN_ACK_NOW;
		tcp_conn_owe(tcp, c);
	}
}

/*
 * The reader made room: worth a segment of its own when half the buffer has
 * become free, or when the peer may be waiting for room for one segment.
 */
void
tcp_read_room(struct tcp *tcp, struct tcp_conn *c)
{
	/* between small requests nothing of it is to be done */
	if (unlikely(c->state != TCP_ESTABLISHED || (c->flags & CONN_URGENT_IN) || tcp->now != c->tune_tick || window_is_short(c)))
		read_room(tcp, c);
}
