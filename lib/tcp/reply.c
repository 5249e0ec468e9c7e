/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Answers that belong to no block: RST (RFC 9293, 3.5.2), the ACK of a
 * half-open connection, and the SYN-ACK that is a cookie. The received mbuf is kept and turned around in the
 * output phase, back to the MAC that it came from: no neighbour is looked up
 * and no memory taken on behalf of a stranger.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "tcp/tcp.h"

struct tcp_reply *
tcp_reply_new(struct tcp *tcp, struct tcp_packet *p)
{
	struct tcp_reply *r;

	if (tcp->replies == TCP_REPLIES) {
		tcp->stats->drops[TERN_DROP_TCP_REPLY_LIMIT]++;
		return NULL;
	}
	r = &tcp->reply[tcp->replies++];
	r->m = p->m;
	r->key = p->key;
	r->l3_offset = p->l3_offset;
	r->v4 = p->v4;
	r->opt = 0;
	p->m = NULL;
	return r;
}

void
tcp_reply_rst(struct tcp *tcp, struct tcp_packet *p)
{
	const struct tcp_segment *s = &p->seg;
	struct tcp_reply *r;

	if ((s->flags & TCP_RST) || (tcp->silent && (s->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)))
		return;
	r = tcp_reply_new(tcp, p);
	if (r == NULL)
		return;
	r->timestamps = false;
	r->window = 0;
	if (s->flags & TCP_ACK) {
		r->seq = s->ack;
		r->ack = 0;
		r->flags = TCP_RST;
	} else {
		r->seq = 0;
		r->ack = s->seq + s->payload + ((s->flags & TCP_SYN) != 0) + ((s->flags & TCP_FIN) != 0);
		r->flags = TCP_RST | TCP_ACK;
	}
}

void
tcp_reply_ack(struct tcp *tcp, struct tcp_packet *p, uint32_t seq, uint32_t ack, uint8_t opt, uint32_t tsecr,
	      uint32_t ts_offset)
{
	struct tcp_reply *r = tcp_reply_new(tcp, p);

	if (r == NULL)
		return;
	r->seq = seq;
	r->ack = ack;
	r->flags = TCP_ACK;
	r->timestamps = opt & CONN_TS;
	r->tsval = tcp_tsval(tcp, ts_offset);
	r->tsecr = tsecr;
	/* the right edge that the SYN-ACK announced, which was not scaled */
	r->window = (uint16_t)(RTE_MIN(tcp->config.rcvbuf, (uint32_t)UINT16_MAX) >> (opt & CONN_WSCALE ? tcp->wscale : 0));
}

/* The frame's own Ethernet header, the other way round. */
static void
turn_ethernet(struct tcp_emit *e, const struct rte_mbuf *m, uint16_t l3_offset)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint32_t mac = sizeof(struct mac_addr);

	memcpy(e->l2, frame + mac, mac);
	memcpy(e->l2 + mac, frame, mac);
	memcpy(e->l2 + 2 * mac, frame + 2 * mac, l3_offset - 2 * mac);
	e->l2_length = (uint8_t)l3_offset;
}

/* The mbuf itself if nobody else has it, else a new one. */
static struct rte_mbuf *
turn_mbuf(struct tcp *tcp, struct rte_mbuf *m)
{
	if (RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 && m->nb_segs == 1 && m->pool == tcp->pool)
		return m;
	mbuf_free(m);
	return tcp_mbuf(tcp);
}

void
tcp_reply_output(struct tcp *tcp)
{
	uint32_t done;

	for (done = 0; done < tcp->replies; done++) {
		struct tcp_reply *r = &tcp->reply[done];
		ip_nexthop none = 0;
		struct tcp_emit e = {
			.key = &r->key, .hop = &none, .seq = r->seq, .ack = r->ack, .tsval = r->tsval, .tsecr = r->tsecr,
			.window = r->window, .flags = r->flags, .mss = r->mss, .wscale = tcp->wscale,
			.opt = (uint8_t)((r->v4 ? CONN_V4 : 0) | (r->timestamps ? CONN_TS : 0) | r->opt),
			.ttl = tcp->config.ttl, .tos = tcp->config.tos,
		};

		if (tcp->tx->count >= FRAME_QUEUE - IP_REPLIES)
			break;
		turn_ethernet(&e, r->m, r->l3_offset);
		e.turned = turn_mbuf(tcp, r->m);
		if (e.turned == NULL) {
			tcp->stats->drops[TERN_DROP_TX_NO_MBUF]++;
			continue;
		}
		tcp_emit_segment(tcp, &e);
		if (r->flags & TCP_RST)
			tcp->stats->rst_tx++;
		else if (r->flags & TCP_SYN)
			tcp->stats->synack_tx++;
		tcp_spend(tcp);
	}
	tcp->replies -= done;
	memmove(tcp->reply, tcp->reply + done, tcp->replies * sizeof(tcp->reply[0]));
}
