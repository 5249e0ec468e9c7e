/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Segments of a burst that stand behind each other in the stream go through TCP
 * as one, of several mbufs. Nothing that a connection would do for each of them
 * is lost by it: they acknowledge the same, tell the same window and time, and
 * how many they were counts for the ACKs (tcp/merged.c). Only what is next in
 * order is merged: each one out of order is owed an ACK of its own.
 */

#include <string.h>

#include <rte_common.h>

#include "stack/burst.h"

/* Plain: an ACK with text, of options nothing but a timestamp, without Ethernet's padding. All headers lie in the first mbuf. */
static bool
is_plain(const struct tcp_packet *p)
{
	const struct tcp_segment *s = &p->seg;

	return (s->flags & ~TCP_PSH) == TCP_ACK && s->payload > 0 && (s->opt.present & ~TCP_OPT_TIMESTAMP) == 0 &&
	       p->m->pkt_len == p->payload_offset + s->payload &&
	       (p->tos & IP_ECN_MASK) != IP_ECN_CE;
}

static bool
follows(const struct tcp_packet *p, const struct tcp_packet *next)
{
	const struct tcp_segment *s = &p->seg, *n = &next->seg;

	return n->seq == s->seq + s->payload && n->ack == s->ack && n->window == s->window && is_plain(next) &&
	       next->hash == p->hash && memcmp(&next->key, &p->key, sizeof(p->key)) == 0 &&
	       n->opt.present == s->opt.present && (s->opt.present == 0 || (n->opt.tsval == s->opt.tsval &&
	       n->opt.tsecr == s->opt.tsecr)) && next->tos == p->tos;
}

/* Bytes that may be merged: the window, as far as a length of 16 bits says it, if it is next and of each nothing is to be seen */
static uint32_t
bound(const struct tcp *tcp, const struct tcp_packet *p)
{
	flow_ref ref = flow_find_at(&tcp->table, p->slot, p->hash, &p->key);
	const struct tcp_conn *c;

	if (flow_ref_kind(ref) != FLOW_OPEN || tcp->pool_low)
		return 0;
	c = tcp_conn_at(tcp, flow_ref_index(ref));
	if (c->state != TCP_ESTABLISHED || c->rcv_nxt != p->seg.seq || c->ooo != 0 || (c->flags & CONN_NOTED))
		return 0;
	return RTE_MIN(c->rcv_adv - c->rcv_nxt, (uint32_t)UINT16_MAX);
}

/* Its text alone, behind the last mbuf */
static struct rte_mbuf *
append(struct tcp_packet *p, struct rte_mbuf *tail, struct tcp_packet *next)
{
	struct rte_mbuf *m = next->m;

	m->data_off = (uint16_t)(m->data_off + next->payload_offset);
	m->data_len = (uint16_t)(m->data_len - next->payload_offset);
	tail->next = m;
	p->m->nb_segs = (uint16_t)(p->m->nb_segs + m->nb_segs);
	p->m->pkt_len += next->seg.payload;
	p->seg.payload += next->seg.payload;
	p->seg.flags |= next->seg.flags;
	next->m = NULL;
	return rte_pktmbuf_lastseg(m);
}

uint32_t
stack_merge(const struct tern_stack *s, struct tcp_packet *p, struct tcp_packet *packet, uint64_t *rest)
{
	struct rte_mbuf *tail;
	uint16_t each = (uint16_t)p->seg.payload;
	uint32_t taken = 0, most;

	if (*rest == 0 || !is_plain(p) || !follows(p, burst_packet(packet, *rest)))
		return 0;
	most = bound(&s->tcp, p);
	tail = rte_pktmbuf_lastseg(p->m);
	for (; *rest != 0 && follows(p, burst_packet(packet, *rest)); taken++) {
		struct tcp_packet *next = burst_packet(packet, *rest);

		if (p->seg.payload + next->seg.payload > most)
			break;
		each = (uint16_t)RTE_MAX(each, next->seg.payload);
		tail = append(p, tail, next);
		*rest &= *rest - 1;
	}
	if (taken > 0) {
		p->m->ol_flags |= RTE_MBUF_F_RX_LRO;
		p->m->tso_segsz = each;
	}
	return taken;
}
