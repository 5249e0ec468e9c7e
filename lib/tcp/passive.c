/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The block of a passive open, whichever way it comes: from a half-open record, a SYN cookie, or Fast Open. */

#include <rte_common.h>

#include "tcp/rtt.h"
#include "tcp/tcp.h"

/* A listener's new block, as far as the SYN decides it; not yet in the table. NULL: *error says why. */
static __rte_always_inline struct tcp_conn *
make(struct tcp *tcp, const struct tcp_half_open *h, int *error)
{
	struct tcp_listener *l = &tcp->listener[h->listener];
	struct tcp_conn *c;

	/* refused while the application lags behind; the peer's or our retransmission tries again */
	if (l->waiting >= l->backlog) {
		*error = -TERN_DROP_TCP_CLOSED_BACKLOG;
		return NULL;
	}
	c = tcp_conn_open(tcp, &h->key, h->iss);
	if (c == NULL) {
		*error = -TERN_DROP_TCP_NO_BLOCK;
		return NULL;
	}
	c->opt = h->opt & (uint8_t)~CONN_FASTOPEN;  /* there it asks for a cookie */
	c->hop = h->hop;
	c->snd_wscale = h->snd_wscale;
	c->rcv_wscale = tcp->wscale;
	c->rcv_nxt = h->irs + 1;
	c->rcv_adv = c->rcv_nxt + RTE_MIN(c->rcvbuf, (uint32_t)UINT16_MAX);
	c->last_ack_sent = c->rcv_nxt;
	c->ts_recent = h->ts_recent;
	c->ts_recent_slow = tcp_slow_tick(tcp);
	c->ts_offset = h->ts_offset;
	c->listener = h->listener;
	c->cc = l->cc;
	c->user = l->user;
	c->flags |= CONN_PASSIVE | CONN_BACKLOG;
	l->waiting++;
	tcp_conn_negotiated(tcp, c, h->mss);
	return c;
}

struct tcp_conn *
tcp_passive_open(struct tcp *tcp, const struct tcp_half_open *h, int *error)
{
	return make(tcp, h, error);
}

/* Its handshake's ACK is here: the rest of its state, and the news of it. */
static __rte_always_inline void
establish(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p)
{
	c->snd_una = c->snd_nxt;
	c->snd_wnd = (uint32_t)p->seg.window << c->snd_wscale;
	c->snd_wl1 = p->seg.seq;
	c->snd_wl2 = p->seg.ack;
	tcp_conn_established(tcp, c);
	tcp->stats->accepts++;
	tcp_conn_event(tcp, c, TERN_ACCEPTED);
}

void
tcp_passive_established(struct tcp *tcp, struct tcp_conn *c, const struct tcp_packet *p)
{
	establish(tcp, c, p);
}

/* The handshake's ACK, of a half-open record: the block takes its place in the table. NULL: *error says why. */
struct tcp_conn *
tcp_passive_promote(struct tcp *tcp, const struct tcp_packet *p, uint32_t index, int *error)
{
	struct tcp_half_open *h = tcp_half_at(tcp, index);
	struct tcp_conn *c = make(tcp, h, error);

	if (c == NULL)
		return NULL;
	if (h->level > 0) {
		c->flags |= CONN_SYN_WAS_LOST;
		c->retransmits = h->level;
		tcp_rtt_echo(tcp, c, &p->seg);
	} else if (h->lists & HALF_LISTED) {
		uint32_t sent = h->deadline - tcp_synack_timeout(tcp, 0);

		tcp_rtt_sample(tcp, c, 1000u * RTE_MAX(tcp->now - sent, 1u));
		if (unlikely(tcp->overload.share != TCP_SHARE_ALL))
			tcp_overload_handshake(tcp, tcp->now - sent);
	}
	establish(tcp, c, p);
	c->hash = p->hash;
	flow_replace(&tcp->table, c->hash, flow_ref_make(FLOW_HALF_OPEN, index),
		     flow_ref_make(FLOW_OPEN, tcp_conn_index(tcp, c)));
	return c;
}
