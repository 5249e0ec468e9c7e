/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Stage 1 of the input: each frame parsed and checked, its flow hashed, its bucket
 * prefetched. The usual frame takes a short way (wire/usual.h) and joins the other
 * one at parse_tcp(); what belongs to no connection ends here.
 */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>
#include <rte_ring.h>

#include "ip/mbuf_checksum.h"
#include "stack/burst.h"
#include "wire/usual.h"

#define PARSE_AHEAD 8u

/* Of these, the flags that leave nothing to be checked or counted, where the device's word counts. */
#define CHECK_FLAGS (RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK | RTE_MBUF_F_RX_LRO)
#define CHECKED_FLAGS (RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD)

static void
drop(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, int reason)
{
	s->stats.drops[-reason]++;
	b->done[b->dones++] = m;
}

static void
hand_over(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, uint32_t core)
{
	if (rte_ring_sp_enqueue(s->steer_to[core], m) != 0)
		drop(s, b, m, -TERN_DROP_STEER_FULL);
	else
		s->stats.steered_out++;
}

static const uint8_t *
ip_header(const struct rte_mbuf *m, uint32_t l3_offset)
{
	return rte_pktmbuf_mtod_offset(m, const uint8_t *, l3_offset);
}

/* To the core that owns it, when that is another. @return whether it is ours */
static __rte_noinline bool
is_ours(struct tern_stack *s, struct burst *b, const struct tcp_packet *p)
{
	const uint8_t *ip = ip_header(p->m, p->l3_offset);
	struct tern_addr src, dst;
	uint32_t core;

	if (p->v4) {
		addr_from_v4(&src, ip + 12);
		addr_from_v4(&dst, ip + 16);
	} else {
		memcpy(src.b, ip + 8, sizeof(src.b));
		memcpy(dst.b, ip + 24, sizeof(dst.b));
	}
	core = owner_of_hash(s->owner, owner_hash(s->owner, p->v4, &src, &dst, p->seg.sport, p->seg.dport));
	if (core != s->owner->self)
		hand_over(s, b, p->m, core);
	return core == s->owner->self;
}

static bool
ip_known_good(const struct tern_stack *s, const struct rte_mbuf *m)
{
	return s->ip.config.rx_checksum && (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
}

static bool
checksum_ok(const struct tern_stack *s, const struct rte_mbuf *m, const struct l3 *o)
{
	uint64_t flags = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	if (s->ip.config.rx_checksum && flags == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		return true;
	/* it came from memory, not over a wire, and none was computed (virtio): the driver vouches for it */
	if (flags == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		return true;
	return checksum_fold(checksum_pseudo_of(o->v4, ip_header(m, o->l3_offset), IP_PROTO_TCP, o->l4_length) +
			     checksum_mbuf(m, o->l4_offset, o->l4_length)) == 0;
}

/* A device has put segments together, or a peer in memory did not cut them: counted as what goes over a wire. */
static __rte_noinline void
count_merged(struct tern_stack *s, const struct tcp_packet *p)
{
	uint32_t each = p->m->tso_segsz, more = each == 0 || p->seg.payload == 0 ? 0 : (p->seg.payload - 1) / each;

	s->stats.rx_packets += more;
	s->stats.tcp_rx_segments += more;
	s->stats.rx_bytes += (uint64_t)more * p->payload_offset;
}

/*
 * A TCP segment towards one of our addresses, number `local`. checked: no checksum is left to be looked at.
 * 0, or -TERN_DROP_x; nothing but *p has changed.
 */
static __rte_always_inline int
parse_tcp(const struct tern_stack *s, struct tcp_packet *p, struct rte_mbuf *m, const struct l3 *o, uint32_t local,
	  bool checked)
{
	int error = tcp_parse(&p->seg, rte_pktmbuf_mtod_offset(m, const uint8_t *, o->l4_offset),
			      m->data_len - o->l4_offset, o->l4_length);
	uint64_t ends;

	if (unlikely(error < 0))
		return error;
	if (!checked && !checksum_ok(s, m, o))
		return -TERN_DROP_TCP_CHECKSUM;
	if (unlikely(p->seg.sport == 0 || p->seg.dport == 0))
		return -TERN_DROP_TCP_PORT_ZERO;
	ends = flow_key_ends(local, p->seg.dport, p->seg.sport);
	p->m = m;
	flow_key_set(&p->key, o->src[0], o->src[1], ends);
	p->hash = flow_hash_words(s->tcp.secret.flow, o->src[0], o->src[1], ends);
	p->payload_offset = (uint16_t)(o->l4_offset + p->seg.header);
	p->l3_offset = o->l3_offset;
	p->v4 = o->v4;
	p->tos = o->tos;
	flow_prefetch(&s->tcp.table, p->hash);
	return 0;
}

/* Any frame's segment: 0, or -TERN_DROP_x; 1 when it went elsewhere. */
static __rte_noinline int
add_tcp(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct l3 *o, uint32_t local, bool steered)
{
	struct tcp_packet *p = &b->packet[b->packets];
	int error = parse_tcp(s, p, m, o, local, false);

	if (error < 0)
		return error;
	if (s->steer_to != NULL && !steered && !is_ours(s, b, p))
		return 1;
	b->packets++;
	if (unlikely(m->ol_flags & RTE_MBUF_F_RX_LRO))
		count_merged(s, p);
	return 0;
}

/* What is not TCP: to ip/, and back to TCP with what it tells about a connection. */
static __rte_noinline void
parse_other(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct frame *f, bool steered)
{
	int error = ip_input(&s->ip, m, f, s->tcp.now_ns);
	uint32_t core;

	if (error == IP_ICMP_ERROR) {
		error = stack_icmp_error(s, m, f, steered, &core);
		if (error == 1)
			hand_over(s, b, m, core);
		else
			mbuf_free(m);
	}
	if (error < 0)
		s->stats.drops[-error]++;
}

/*
 * Pieces go to one owner by their addresses, as they lack the ports; the whole then goes to its own.
 * @return it, to be parsed, or NULL
 */
static struct rte_mbuf *
fragment(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct frame *f, bool steered)
{
	struct rte_mbuf *whole;
	int result = 0;

	if (f->mac_multicast || !ip_frame_for_us(&s->ip, f))
		result = -TERN_DROP_NOT_FOR_US_MAC;
	else if (tern_addr_is_v4(&f->src) != f->v4 || tern_addr_is_v4(&f->dst) != f->v4 || !addr_is_unicast(&f->src))
		result = -TERN_DROP_IP_SOURCE;
	else if (!ip_is_ours(&s->ip, &f->dst, f->vlan))
		result = ip_not_local(&s->ip, &f->dst, f->vlan);
	if (result < 0) {
		drop(s, b, m, result);
		return NULL;
	}
	if (s->steer_to != NULL && !steered) {
		uint32_t core = owner_of_hash(s->owner, owner_hash(s->owner, f->v4, &f->src, &f->dst, 0, 0));

		if (core != s->owner->self) {
			hand_over(s, b, m, core);
			return NULL;
		}
	}
	result = ip_reassemble(&s->ip, m, f, s->tcp.now_ns, &whole);
	if (result < 0)
		s->stats.drops[-result]++;
	if (result != 1)
		return NULL;
	s->stats.ip_reassembled++;
	return whole;
}

/* What frame_parse() would not take. @return what became whole by it, or NULL */
static __rte_noinline struct rte_mbuf *
refused(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct frame *f, int error, bool steered)
{
	bool explained = error == -TERN_DROP_IP_EXTENSION || error == -TERN_DROP_IP_PROTOCOL ||
			 error == -TERN_DROP_IP_SOURCE_ROUTE;

	if (error == -TERN_DROP_IP_FRAGMENT)
		return fragment(s, b, m, f, steered);
	if (explained && !f->v4 && f->problem != FRAME_NO_PROBLEM) {
		s->stats.drops[-error]++;
		ip_refuse(&s->ip, m, f, s->tcp.now_ns);
	} else {
		drop(s, b, m, error);
	}
	return NULL;
}

static int
parse_tcp_frame(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct frame *f, bool steered)
{
	uint32_t local = ip_local_number(&s->ip, &f->dst, f->vlan);
	struct l3 o;

	if (unlikely(local == 0))
		return ip_not_local(&s->ip, &f->dst, f->vlan);
	if (unlikely(f->mac_multicast))
		return -TERN_DROP_NOT_FOR_US_MAC;  /* unicast IP in a broadcast frame: RFC 1122, 3.3.6 */
	l3_of_frame(&o, f);
	return add_tcp(s, b, m, &o, local, steered);
}

/* @return what became whole by it, to be parsed in its turn, or NULL */
static struct rte_mbuf *
parse_frame(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, bool steered)
{
	struct frame f;
	int error = frame_parse(&f, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, ip_known_good(s, m));

	if (unlikely(error < 0))
		return refused(s, b, m, &f, error, steered);
	if (unlikely(!ip_frame_for_us(&s->ip, &f))) {
		drop(s, b, m, -TERN_DROP_NOT_FOR_US_MAC);
	} else if (f.ethertype != ETHERTYPE_ARP && f.protocol == IP_PROTO_TCP) {
		error = parse_tcp_frame(s, b, m, &f, steered);
		if (error < 0)
			drop(s, b, m, error);
	} else {
		parse_other(s, b, m, &f, steered);
	}
	return NULL;
}

/* A usual frame. False: it is not to us, or its checksum is wrong. */
static bool
parse_usual(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct l3 *o)
{
	uint32_t local = ip_local_search(&s->ip, o->dst_high, o->dst_low, VLAN_NONE);
	int error;

	if (local == 0)
		return false;
	if (o->v4 && !ip_known_good(s, m) && checksum_fold(checksum_add(0, ip_header(m, o->l3_offset), IPV4_HEADER)) != 0)
		return false;
	error = add_tcp(s, b, m, o, local, b->steered);
	if (unlikely(error < 0))
		drop(s, b, m, error);
	return true;
}

/* Every frame that parse_checked() leaves. */
static __rte_noinline void
parse_any(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, uint64_t mac)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	struct l3 o;

	if ((usual_ipv4(&o, data, m->data_len, m->pkt_len, mac) || usual_ipv6(&o, data, m->data_len, m->pkt_len, mac)) &&
	    parse_usual(s, b, m, &o))
		return;
	/* what was put together is not where its pieces went */
	for (bool steered = b->steered; m != NULL; steered = false)
		m = parse_frame(s, b, m, steered);
}

/*
 * The loop's own, a part of it: usual IPv4 to one of our addresses, whose checksums the device has checked. False for
 * everything else, and nothing was done then.
 */
static __rte_always_inline bool
parse_checked(const struct tern_stack *s, struct tcp_packet *p, struct rte_mbuf *m, uint64_t mac)
{
	struct l3 o;
	uint32_t local;

	if (unlikely(!usual_ipv4(&o, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, mac)))
		return false;
	local = ip_local_ipv4(&s->ip, (uint32_t)o.dst_low);
	return likely(local != 0) && likely(parse_tcp(s, p, m, &o, local, true) == 0);
}

/* The mbuf and where its data most likely begins: to look there would be to wait for the mbuf first. */
static void
prefetch_frame(const struct rte_mbuf *m)
{
	rte_prefetch0(m);
	rte_prefetch0((const uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM);
}

/* Not to be made part of the burst's other stages: it needs every register. */
__rte_noinline void
stack_parse(struct tern_stack *s, struct burst *b, struct rte_mbuf **frames, uint32_t n)
{
	const uint64_t mac = usual_mac(&s->ip.config.mac);
	/* where the device's word does not count, no flags are enough */
	const uint64_t checked_flags = s->ip.config.rx_checksum ? CHECKED_FLAGS : UINT64_MAX;
	const bool all_ours = b->steered || s->steer_to == NULL;
	struct tcp_packet *p = b->packet;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < RTE_MIN(n, PARSE_AHEAD); i++)
		prefetch_frame(frames[i]);
	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = frames[i];

		if (i + PARSE_AHEAD < n)
			prefetch_frame(frames[i + PARSE_AHEAD]);
		mbuf_received(m);
		bytes += m->pkt_len;
		if (likely((m->ol_flags & CHECK_FLAGS) == checked_flags) && likely(parse_checked(s, p, m, mac))) {
			p += likely(all_ours) || is_ours(s, b, p);
			continue;
		}
		b->packets = (uint32_t)(p - b->packet);
		parse_any(s, b, m, mac);
		p = &b->packet[b->packets];
	}
	b->packets = (uint32_t)(p - b->packet);
	/* what another core handed over was counted where it came in */
	if (!b->steered) {
		s->stats.rx_bytes += bytes;
		s->stats.rx_packets += n;
		s->stats.rx_bursts++;
	}
}
