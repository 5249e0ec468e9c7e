/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_WINDOW_H
#define TCP_WINDOW_H

/* The window that is announced: how far the right edge may lie, and when it moves. */

#include "tcp/tcp.h"

/* MUST-39: the right edge moves by at least so much, or not at all. */
static inline uint32_t
tcp_window_step(const struct tcp_conn *c)
{
	return RTE_MIN((uint32_t)c->rcv_mss, c->rcvbuf / 2);
}

/* How far the right edge may lie: room there is, as far as the header's field can say it. */
static inline uint32_t
tcp_window_edge(const struct tcp_conn *c)
{
	return c->rcv_nxt + RTE_MIN(tcp_receive_space(c), (uint32_t)UINT16_MAX << c->rcv_wscale);
}

/* Window to announce now with this acknowledgment; moves rcv_adv (SWS avoidance, never to the left). @return the header's field */
static inline uint16_t
tcp_window_field(struct tcp *tcp, struct tcp_conn *c, uint32_t ack)
{
	/* SHLD-14: never to the left, nor beyond what a SYN-ACK says, as that may be sent again */
	uint32_t edge = c->rcv_adv, least = c->rcv_adv + tcp_window_step(c);
	uint32_t window, field;

	/* most often an empty buffer would not move it either */
	if (unlikely(tcp->pool_low))
		tcp->windows_shut = true;
	else if (unlikely(!seq_lt(c->rcv_nxt + c->rcvbuf, least)) && !seq_lt(tcp_window_edge(c), least) &&
		 c->state != TCP_SYN_RECEIVED)
		edge = tcp_window_edge(c);
	window = edge - ack;
	/* rounded up, so that scaling does not move the edge to the left either */
	field = (window + (1u << c->rcv_wscale) - 1) >> c->rcv_wscale;
	field = RTE_MIN(field, (uint32_t)UINT16_MAX);
	c->rcv_adv = seq_max(c->rcv_adv, ack + (field << c->rcv_wscale));
	return (uint16_t)field;
}

#endif
