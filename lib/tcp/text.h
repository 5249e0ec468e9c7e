/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_TEXT_H
#define TCP_TEXT_H

/* Text that is exactly next, on its way to the reader, and what it owes. */

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>

#include "tcp/tcp.h"

struct rte_mbuf *tcp_payload_chain(struct tcp_packet *p, uint32_t skip, uint32_t length);           /* receive.c */
void tcp_receive_append(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m, uint32_t length);  /* receive.c */
void tcp_fin_arrives(struct tcp *tcp, struct tcp_conn *c);  /* eighth; input.c */
/* Text and FIN that are exactly next, `skip` bytes behind the segment's begin. 0, or -TERN_DROP_x; in input.c */
int tcp_text_in_order(struct tcp *tcp, struct tcp_conn *c, struct tcp_packet *p, uint32_t skip, uint32_t length, bool fin);

static inline uint32_t tcp_true_size(const struct rte_mbuf *m) { return (uint32_t)(sizeof(*m) + m->buf_len); }

static inline void
tcp_clip(struct rte_mbuf *m, uint32_t front, uint32_t keep)
{
	m->data_off = (uint16_t)(m->data_off + front);
	m->data_len = (uint16_t)keep;
}

/*
 * Cut `length` bytes of payload out of a received frame, `skip` bytes behind its begin; takes p->m. What remains is
 * a chain of single segments.
 */
static inline struct rte_mbuf *
tcp_payload(struct tcp_packet *p, uint32_t skip, uint32_t length)
{
	struct rte_mbuf *m = p->m;

	if (unlikely(m->nb_segs != 1))
		return tcp_payload_chain(p, skip, length);
	p->m = NULL;
	tcp_clip(m, p->payload_offset + skip, length);
	return m;
}

/* Behind what waits to be read; m has `length` bytes of payload. */
static inline void
tcp_deliver(struct tcp *tcp, struct tcp_conn *c, struct rte_mbuf *m, uint32_t length)
{
	/* one piece is the rule, and nothing that waits: `next` is NULL without a look at its line, and nothing is copied */
	if (likely(c->rcv_tail == NULL && m->data_len == length && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1)) {
		uint32_t size = tcp_true_size(m);

		c->rcv_head = c->rcv_tail = m;
		c->truesize += size;
		tcp_hold(tcp, size);
		/* a small request ends in a line that nobody has looked at: 2 bytes of it are the reader's first miss */
		rte_prefetch0(rte_pktmbuf_mtod_offset(m, const uint8_t *, length - 1));
	} else {
		tcp_receive_append(tcp, c, m, length);
	}
	c->unread += length;
	/* also when the window closes: who waits for more than fits would wait for ever */
	if (c->unread >= tcp_extra(tcp, c)->rcv_lowat || tcp_receive_space(c) <= c->rcvbuf / 2)
		tcp_conn_event(tcp, c, TERN_READABLE);
}

static inline void
tcp_owe_duplicate_ack(struct tcp *tcp, struct tcp_conn *c)
{
	if (c->acks_owed < UINT8_MAX)
		c->acks_owed++;
	tcp_conn_owe(tcp, c);
}

/*
 * A delayed ACK waits for more to acknowledge, or for data to ride on (RFC 9293, 3.8.6.3). Where the last one waited
 * for neither in vain, as with a client that asks again after seconds, the next is sent with the turn's output, which
 * the application's answer still comes before; and so on until within a delay's time there was something to wait for.
 * Both ends still have the connection's memory at hand then: with its stopped timers forgotten, requests on a million
 * connections came 1.5 times as often.
 */
static inline bool
tcp_ack_is_prompt(const struct tcp *tcp, struct tcp_conn *c)
{
	if (likely(!c->prompt))
		return false;
	c->prompt = !seq_lt(tcp->now, c->delack_tick);
	c->delack_tick = tcp->now + tcp->config.delayed_ack_ms;
	return c->prompt;
}

/* full: how many segments it is when it is not a short one */
static inline void
tcp_count_for_ack(const struct tcp *tcp, struct tcp_conn *c, uint32_t length, uint32_t full)
{
	if (length >= c->rcv_mss)
		c->full_segments = (uint8_t)RTE_MIN(c->full_segments + full, (uint32_t)UINT8_MAX);
	/* SHLD-19: at least every second full segment, at once; or as many bytes, if the peer's have become shorter */
	if (c->full_segments >= 2 || c->rcv_nxt - c->last_ack_sent > c->rcv_mss || tcp_ack_is_prompt(tcp, c))
		c->flags |= CONN_ACK_NOW;
	else
		c->flags |= CONN_ACK_LATER;
}

#endif
