/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A segment becomes a frame: headers, payload by copy or by reference, checksums, Ethernet in front. */

#include <errno.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "ip/mbuf_checksum.h"
#include "tcp/emit.h"

/* Copying so much costs less than a second mbuf and its references. */
#define COPY_LIMIT 256u

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

/* Which options the header has that is written in one go. @return false when it is none of them */
static inline bool
usual_options(const struct tcp *tcp, const struct tcp_emit *e, enum headers_options *options)
{
	const uint8_t all = CONN_TS | CONN_SACK | CONN_WSCALE;

	*options = e->opt & CONN_TS ? HEADERS_TIMESTAMP : HEADERS_PLAIN;
	if (unlikely(e->flags & TCP_SYN)) {
		*options = HEADERS_SYN;
		if ((e->opt & all) != all || e->fastopen != NULL)
			return false;
	}
	return (e->urgent | e->sacks | e->may_fragment | tcp->may_fragment) == 0;
}

static void
set_options(struct tcp_options *o, const struct tcp_emit *e)
{
	o->present = e->opt & CONN_TS ? TCP_OPT_TIMESTAMP : 0;
	o->tsval = e->tsval;
	o->tsecr = e->tsecr;
	o->sacks = e->sacks;
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
	set_options(&s.opt, e);
	return tcp_emit(at, &s);
}

static void
set_checksum(const struct tcp *tcp, const struct rte_mbuf *m, const struct tern_addr *src, const struct tern_addr *dst,
	     uint32_t ip_length, bool v4)
{
	uint32_t length = m->pkt_len - ip_length;
	uint8_t *header = rte_pktmbuf_mtod_offset(m, uint8_t *, ip_length);

	if (tcp->tx_checksums & HEADERS_PSEUDO)
		tcp_set_checksum(header, checksum_pseudo_field(v4, src, dst, IP_PROTO_TCP, length));
	else if (tcp->tx_checksums & HEADERS_CHECKED)
		tcp_set_checksum(header, checksum_fold(checksum_mbuf(m, ip_length, length) +
						       checksum_pseudo(v4, src, dst, IP_PROTO_TCP, length)));
}

/* ---- the way out */

static void
queue_frame(struct tcp *tcp, struct rte_mbuf *m, const uint8_t *l2, uint32_t l2_length)
{
	tcp_put_ethernet(rte_pktmbuf_mtod(m, uint8_t *), l2, l2_length);
	m->data_off = (uint16_t)(m->data_off - l2_length);
	m->data_len = (uint16_t)(m->data_len + l2_length);
	m->pkt_len += l2_length;
	if (tcp->tx_lengths)
		m->l2_len = l2_length;
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

/* Headers first, as their length depends on what they have to say. @return false without memory for the payload */
static __rte_noinline bool
build_any(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	bool v4 = e->opt & CONN_V4;
	uint32_t ip_length = v4 ? IPV4_HEADER : IPV6_HEADER, tcp_length = put_tcp(p + ip_length, e);
	struct tern_addr src, dst;

	ip_local_address(tcp->ip, e->key->local, &src);
	memcpy(dst.b, e->key->remote, sizeof(dst.b));
	/* an id that counts what leaves would tell strangers about it; with DF it says nothing (RFC 6864, 4.1) */
	ip_emit(p, v4, &src, &dst, IP_PROTO_TCP, tcp_length + e->length, e->tos, e->ttl, 0, tcp->tx_ip_checksum);
	if (v4 && (e->may_fragment || tcp->may_fragment))
		ip_allow_fragments(p, next_id(tcp, e->key), tcp->tx_ip_checksum);
	m->data_len = (uint16_t)(ip_length + tcp_length);
	m->pkt_len = m->data_len;
	if (e->length > 0 && !add_payload(tcp, m, e))
		return false;
	set_checksum(tcp, m, &src, &dst, ip_length, v4);
	if (tcp->tx_lengths)
		tcp_tell_lengths(m, 0, ip_length, tcp_length);
	return true;
}

/* Both versions share one body, each with its constants. */
static __rte_always_inline bool
build_usual(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e, enum headers_options options, const bool v4)
{
	uint32_t tcp_length = headers_tcp_length(options), length = (v4 ? IPV4_HEADER : IPV6_HEADER) + tcp_length;
	struct headers_template template = headers_template(v4, e->tos, e->ttl);
	uint64_t sum = 0;

	m->data_len = (uint16_t)length;
	m->pkt_len = length;
	if (e->length > 0) {
		if (!add_payload(tcp, m, e))
			return false;
		if (tcp->tx_checksums & HEADERS_CHECKED)
			sum = checksum_mbuf(m, length, e->length);
	}
	tcp_put_headers(tcp, rte_pktmbuf_mtod(m, uint8_t *), e, &template, options, sum, v4);
	if (tcp->tx_lengths)
		tcp_tell_lengths(m, 0, length - tcp_length, tcp_length);
	return true;
}

static bool
build(struct tcp *tcp, struct rte_mbuf *m, const struct tcp_emit *e)
{
	enum headers_options options;

	m->data_off = RTE_PKTMBUF_HEADROOM + ETHER_HEADER;  /* that goes in front once the neighbour is known */
	m->ol_flags = tcp->tx_flags[(e->opt & CONN_V4) != 0];
	if (unlikely(!usual_options(tcp, e, &options)))
		return build_any(tcp, m, e);
	return e->opt & CONN_V4 ? build_usual(tcp, m, e, options, true) : build_usual(tcp, m, e, options, false);
}

int
tcp_emit_segment(struct tcp *tcp, const struct tcp_emit *e)
{
	struct rte_mbuf *m = e->turned;

	if (tcp_tx_is_full(tcp))
		return -EAGAIN;
	if (m == NULL && (m = tcp_mbuf(tcp)) == NULL) {
		tcp->stats->drops[TERN_DROP_TX_NO_MBUF]++;
		return -ENOBUFS;
	}
	if (unlikely(!build(tcp, m, e))) {
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
