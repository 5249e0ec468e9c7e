/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A segment becomes a frame: headers, payload by copy or by reference, checksums, Ethernet in front. */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "ip/mbuf_checksum.h"
#include "tcp/tcp.h"

/* Copying so much costs less than a second mbuf and its references. */
#define COPY_LIMIT 256u

/* What a used mbuf may carry over. */
static void
clear(struct rte_mbuf *m)
{
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->data_len = 0;
	m->pkt_len = 0;
	m->ol_flags = 0;
}

/* ---- payload */

static const uint8_t *
record_data(const struct tcp_record *r)
{
	return r->m == NULL ? r->bytes : rte_pktmbuf_mtod_offset(r->m, const uint8_t *, r->offset);
}

static void
append_copy(struct rte_mbuf *head, struct rte_mbuf *tail, const uint8_t *data, uint32_t n)
{
	memcpy(rte_pktmbuf_mtod_offset(tail, uint8_t *, tail->data_len), data, n);
	tail->data_len = (uint16_t)(tail->data_len + n);
	head->pkt_len += n;
}

static struct rte_mbuf *
append_mbuf(struct tcp *tcp, struct rte_mbuf *head, struct rte_mbuf *tail)
{
	struct rte_mbuf *m = tcp_mbuf(tcp);

	if (m == NULL)
		return NULL;
	tail->next = m;
	head->nb_segs++;
	return m;
}

/* Payload is immutable once queued: each transmission refers to it by an indirect mbuf of its own. */
static struct rte_mbuf *
append_share(struct tcp *tcp, struct rte_mbuf *head, struct rte_mbuf *tail, const struct tcp_record *r, uint32_t n)
{
	struct rte_mbuf *m = append_mbuf(tcp, head, tail);

	if (m == NULL)
		return NULL;
	rte_pktmbuf_attach(m, r->m);
	m->data_off = (uint16_t)(r->m->data_off + r->offset);
	m->data_len = (uint16_t)n;
	m->pkt_len = n;
	head->pkt_len += n;
	return m;
}

static __rte_noinline bool
add_records(struct tcp *tcp, struct rte_mbuf *head, const struct tcp_emit *e)
{
	const struct tcp_record *r = e->record;
	bool copy_all = e->length <= COPY_LIMIT || !tcp->multi_segment;
	struct rte_mbuf *tail = head;
	uint32_t left = e->length;

	for (;;) {
		uint32_t n = RTE_MIN((uint32_t)r->length, left);

		if (r->m != NULL && !copy_all && n > COPY_LIMIT) {
			tail = append_share(tcp, head, tail, r, n);
		} else {
			if (!RTE_MBUF_DIRECT(tail) || rte_pktmbuf_tailroom(tail) < n)
				tail = append_mbuf(tcp, head, tail);
			if (tail != NULL)
				append_copy(head, tail, record_data(r), n);
		}
		if (tail == NULL)
			return false;
		left -= n;
		if (left == 0)
			return true;
		r = tcp_record_at(tcp, r->next);
	}
}

/* A small request lies in one record's own memory, and fits behind the headers of any mbuf. */
static bool
add_payload(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e)
{
	const struct tcp_record *r = e->record;

	if (unlikely(r->m != NULL || r->length < e->length))
		return add_records(tcp, m, e);
	append_copy(m, m, r->bytes, e->length);
	return true;
}

/* ---- headers */

/* Not part of put_tcp(), where all that they may come to would be kept ready for every segment. */
static __rte_noinline void
set_more_options(struct tcp_options *o, const struct tcp_emit *e)
{
	if (e->flags & TCP_SYN) {
		o->present |= TCP_OPT_MSS;
		o->mss = e->mss;
		if (e->opt & CONN_SACK)
			o->present |= TCP_OPT_SACK_OK;
		if (e->opt & CONN_WSCALE) {
			o->present |= TCP_OPT_WSCALE;
			o->wscale = e->wscale;
		}
		if (e->fastopen != NULL) {
			o->present |= TCP_OPT_FASTOPEN;
			o->fastopen = *e->fastopen;
		}
	}
	if (e->sacks > 0) {
		o->present |= TCP_OPT_SACK;
		memcpy(o->sack, e->sack, e->sacks * sizeof(e->sack[0]));
	}
}

static uint32_t
put_tcp(uint8_t *at, const struct tcp_emit *e)
{
	struct tcp_segment s;

	s.seq = e->seq;
	s.ack = e->ack;
	s.sport = e->key->lport;
	s.dport = e->key->rport;
	s.window = e->window;
	s.urgent = e->urgent;
	s.flags = e->flags;
	s.payload = 0;
	s.opt.present = e->opt & CONN_TS ? TCP_OPT_TIMESTAMP : 0;
	s.opt.tsval = e->tsval;
	s.opt.tsecr = e->tsecr;
	s.opt.sacks = e->sacks;
	if (unlikely((e->flags & TCP_SYN) | e->sacks))
		set_more_options(&s.opt, e);
	return tcp_emit(at, &s);
}

static __rte_always_inline void
set_checksum(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e, const struct tern_addr *src,
	     uint32_t ip_length, const bool v4)
{
	uint32_t length = m->pkt_len - ip_length;
	uint8_t *header = rte_pktmbuf_mtod_offset(m, uint8_t *, ip_length);
	struct tern_addr dst;

	memcpy(dst.b, e->key->remote, sizeof(dst.b));
	if (tcp->tx_lengths) {
		m->l3_len = ip_length;
		m->l4_len = (header[12] >> 4) * 4u;
	}
	if (v4)
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | (tcp->tx_ip_checksum ? RTE_MBUF_F_TX_IP_CKSUM : 0);
	else
		m->ol_flags |= RTE_MBUF_F_TX_IPV6;
	if (tcp->tx_l4_checksum && !tcp->tx_lengths) {
		/* memory changes hands, and nobody will look at the field */
		m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
		return;
	}
	if (tcp->tx_l4_checksum) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM;
		tcp_set_checksum(header, checksum_pseudo_field(v4, src, &dst, IP_PROTO_TCP, length));
		return;
	}
	tcp_set_checksum(header, checksum_fold(checksum_mbuf(m, ip_length, length) +
					       checksum_pseudo(v4, src, &dst, IP_PROTO_TCP, length)));
}

/* ---- the way out */

static void
queue_frame(struct tcp *tcp, struct rte_mbuf *m, const uint8_t *l2, uint32_t l2_length)
{
	uint8_t *p;

	m->data_off = (uint16_t)(m->data_off - l2_length);
	m->data_len = (uint16_t)(m->data_len + l2_length);
	m->pkt_len += l2_length;
	if (tcp->tx_lengths)
		m->l2_len = l2_length;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(p, l2, ETHER_HEADER);
	if (unlikely(l2_length > ETHER_HEADER))
		memcpy(p + ETHER_HEADER, l2 + ETHER_HEADER, VLAN_HEADER);
	tcp->tx->frame[tcp->tx->count++] = m;
}

static __rte_noinline struct ip_neighbour *
route_again(struct tcp *tcp, const struct tcp_emit *e)
{
	struct tern_addr dst;

	memcpy(dst.b, e->key->remote, sizeof(dst.b));
	*e->hop = ip_route(tcp->ip, e->key->local, &dst);
	return *e->hop == 0 ? NULL : ip_nexthop_get(tcp->ip, *e->hop);
}

static int
route(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e)
{
	struct ip_neighbour *n = ip_nexthop_get(tcp->ip, *e->hop);

	if (unlikely(n == NULL || *e->hop == 0) && (n = route_again(tcp, e)) == NULL) {
		tcp->stats->drops[TERN_DROP_NO_ROUTE]++;
		mbuf_free(m);
		return -ENETUNREACH;
	}
	if (likely(ip_neighbour_usable(n))) {
		n->used = 1;
		queue_frame(tcp, m, n->header.bytes, n->header.length);
	} else {
		ip_neighbour_wait(tcp->ip, n, m, tcp->now_ns);
	}
	return 0;
}

/*
 * What may be cut needs an identification that its addresses do not use again soon (RFC 6864, 4.3). Counted by a keyed
 * hash of them, from a keyed begin, so that nobody learns from his own how much is sent to others; each core has its share.
 */
static __rte_noinline uint16_t
next_id(struct tcp *tcp, const struct flow_key *of)
{
	struct flow_key key = *of;
	uint64_t hash;

	key.lport = key.rport = 0;
	hash = tcp_hash(tcp, &key);
	return (uint16_t)((hash >> 48) + tcp->ip_id[hash % TCP_IP_IDS]++ * tcp->owner->cores + tcp->owner->self);
}

/* Both versions share one body, each with its constants. @return false without memory for the payload */
static __rte_always_inline bool
build(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e, const bool v4)
{
	const uint32_t ip_length = v4 ? IPV4_HEADER : IPV6_HEADER;
	uint32_t tcp_length;
	struct tern_addr src, dst;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	tcp_length = put_tcp(p + ip_length, e);
	ip_local_address(tcp->ip, e->key->local, &src);
	memcpy(dst.b, e->key->remote, sizeof(dst.b));
	/* an id that counts what leaves would tell strangers about it; with DF it says nothing (RFC 6864, 4.1) */
	ip_emit(p, v4, &src, &dst, IP_PROTO_TCP, tcp_length + e->length, e->tos, e->ttl, 0,
		tcp->tx_ip_checksum);
	if (v4 && unlikely(e->may_fragment | tcp->may_fragment))
		ip_allow_fragments(p, next_id(tcp, e->key), tcp->tx_ip_checksum);
	m->data_len = (uint16_t)(ip_length + tcp_length);
	m->pkt_len = m->data_len;
	if (e->length > 0 && !add_payload(tcp, m, e))
		return false;
	set_checksum(tcp, m, e, &src, ip_length, v4);
	return true;
}

int
tcp_emit_segment(struct tcp *tcp, const struct tcp_emit *e)
{
	struct rte_mbuf *m = e->turned;

	if (unlikely(tcp->tx->count >= FRAME_QUEUE - IP_REPLIES))
		return -EAGAIN;
	if (m == NULL && (m = tcp_mbuf(tcp)) == NULL) {
		tcp->stats->drops[TERN_DROP_TX_NO_MBUF]++;
		return -ENOBUFS;
	}
	clear(m);
	/* the Ethernet header goes in front, once the neighbour is known */
	m->data_off += ETHER_HEADER;
	if (unlikely(!(e->opt & CONN_V4 ? build(tcp, m, e, true) : build(tcp, m, e, false)))) {
		tcp->stats->drops[TERN_DROP_TX_NO_MBUF]++;
		mbuf_free(m);
		return -ENOBUFS;
	}
	tcp->stats->tcp_tx_segments++;
	if (e->turned != NULL) {
		queue_frame(tcp, m, e->l2, e->l2_length);
		return 0;
	}
	return route(tcp, m, e);
}
