/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A burst comes in, by stages, so that memory is fetched while other packets
 * are worked on: (1) parse, check, hash, prefetch the bucket; (2) match tags,
 * prefetch the record; (3) handle by group. Grouping holds for a flow's first
 * packet of the burst; later ones follow in the order of their arrival, when
 * the first has made, changed or ended what they belong to.
 */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>
#include <rte_ring.h>

#include "ip/mbuf_checksum.h"
#include "stack/internal.h"
#include "stack/probe.h"

#define CONFLICT_SLOTS 256u   /* direct-mapped by hash: a false conflict costs its grouping, nothing else */
#define PARSE_AHEAD 8u

enum group { GROUP_SYN, GROUP_HANDSHAKE, GROUP_OPEN, GROUP_REST, GROUPS };

struct burst {
	struct tcp_packet packet[STACK_BURST];
	uint32_t packets;
	uint8_t grouped[GROUPS][STACK_BURST];
	uint8_t group_size[GROUPS];
	uint8_t later[STACK_BURST];
	uint32_t laters;
	struct rte_mbuf *done[STACK_BURST];
	uint32_t dones;
	uint32_t syns, fins;
};

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

/* The owning core, when it is another: 0 if m went there, 1 if it is ours. */
static int
steer(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct frame *f, const struct tcp_segment *seg)
{
	uint32_t hash = owner_hash(s->owner, f->v4, &f->src, &f->dst, seg->sport, seg->dport);
	uint32_t core = owner_of_hash(s->owner, hash);

	if (core == s->owner->self)
		return 1;
	hand_over(s, b, m, core);
	return 0;
}

static bool
checksum_ok(const struct tern_stack *s, const struct rte_mbuf *m, const struct frame *f)
{
	if (s->ip.config.rx_checksum &&
	    (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		return true;
	/* it came from memory, not over a wire, and none was computed (virtio): the driver vouches for it */
	if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		return true;
	return ip_l4_checksum_ok(m, f);
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

/* A TCP segment towards one of our addresses. 0, or -TERN_DROP_x; 1 when it went elsewhere. */
static int
parse_tcp(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, const struct frame *f, bool steered)
{
	struct tcp_packet *p = &b->packet[b->packets];
	uint32_t local = ip_local_number(&s->ip, &f->dst, f->vlan);
	int error;

	if (unlikely(local == 0))
		return ip_not_local(&s->ip, &f->dst, f->vlan);
	if (unlikely(f->mac_multicast))
		return -TERN_DROP_NOT_FOR_US_MAC;  /* unicast IP in a broadcast frame: RFC 1122, 3.3.6 */
	error = tcp_parse(&p->seg, rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l4_offset),
			  m->data_len - f->l4_offset, f->l4_length);
	if (unlikely(error < 0))
		return error;
	if (unlikely(!checksum_ok(s, m, f)))
		return -TERN_DROP_TCP_CHECKSUM;
	if (unlikely(p->seg.sport == 0 || p->seg.dport == 0))
		return -TERN_DROP_TCP_PORT_ZERO;
	if (unlikely(s->steer_to != NULL) && !steered && steer(s, b, m, f, &p->seg) == 0)
		return 1;
	p->m = m;
	memcpy(p->key.remote, f->src.b, sizeof(p->key.remote));
	p->key.local = local;
	p->key.lport = p->seg.dport;
	p->key.rport = p->seg.sport;
	p->hash = tcp_hash(&s->tcp, &p->key);
	p->payload_offset = (uint16_t)(f->l4_offset + p->seg.header);
	p->l3_offset = f->l3_offset;
	p->v4 = f->v4;
	p->tos = f->tos;
	flow_prefetch(&s->tcp.table, p->hash);
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

static struct rte_mbuf *
parse_one(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, bool steered)
{
	bool known_good = s->ip.config.rx_checksum &&
			  (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	struct frame f;
	int error = frame_parse(&f, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, known_good);

	if (unlikely(error < 0)) {
		return refused(s, b, m, &f, error, steered);
	}
	if (unlikely(!ip_frame_for_us(&s->ip, &f))) {
		drop(s, b, m, -TERN_DROP_NOT_FOR_US_MAC);
		return NULL;
	}
	if (likely(f.ethertype != ETHERTYPE_ARP && f.protocol == IP_PROTO_TCP)) {
		error = parse_tcp(s, b, m, &f, steered);
		if (unlikely(error < 0))
			drop(s, b, m, error);
		return NULL;
	}
	parse_other(s, b, m, &f, steered);
	return NULL;
}

/* What was put together is parsed in its turn: by a loop, as parse_one() is to be part of the one over the burst. */
static void
parse(struct tern_stack *s, struct burst *b, struct rte_mbuf *m, bool steered)
{
	for (; m != NULL; steered = false)
		m = parse_one(s, b, m, steered);
}

/* The mbuf and where its data most likely begins: to look there would be to wait for the mbuf first. */
static void
prefetch_frame(const struct rte_mbuf *m)
{
	rte_prefetch0(m);
	rte_prefetch0((const uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM);
}

static PROBE_PHASE void
parse_all(struct tern_stack *s, struct burst *b, struct rte_mbuf **frames, uint32_t n, bool steered)
{
	for (uint32_t i = 0; i < RTE_MIN(n, PARSE_AHEAD); i++)
		prefetch_frame(frames[i]);
	for (uint32_t i = 0; i < n; i++) {
		if (i + PARSE_AHEAD < n)
			prefetch_frame(frames[i + PARSE_AHEAD]);
		mbuf_received(frames[i]);
		s->stats.rx_bytes += steered ? 0 : frames[i]->pkt_len;
		parse(s, b, frames[i], steered);
	}
}

static void
prefetch_record(const struct tcp *tcp, flow_ref ref)
{
	if (ref == 0)
		return;
	flow_prefetch_record(&tcp->table, ref);
	if (flow_ref_kind(ref) == FLOW_OPEN) {
		const struct tcp_conn *c = tcp_conn_at(tcp, flow_ref_index(ref));

		rte_prefetch0(&c->slab_link);
		rte_prefetch0(&c->user);
	}
}

static enum group
group_of(const struct tcp_packet *p)
{
	if (p->seg.flags & (TCP_FIN | TCP_RST))
		return GROUP_REST;
	if (p->seg.flags & TCP_SYN)
		return GROUP_SYN;
	switch (flow_ref_kind(p->candidate)) {
	case FLOW_HALF_OPEN:
		return GROUP_HANDSHAKE;
	case FLOW_OPEN:
		return GROUP_OPEN;
	default:
		return GROUP_REST;
	}
}

static PROBE_PHASE void
match_all(struct tern_stack *s, struct burst *b)
{
	uint8_t seen[CONFLICT_SLOTS] = { 0 };

	for (uint32_t i = 0; i < b->packets; i++) {
		struct tcp_packet *p = &b->packet[i];
		uint32_t slot = p->hash % CONFLICT_SLOTS;
		enum group group;

		p->candidate = flow_candidate(&s->tcp.table, p->hash);
		prefetch_record(&s->tcp, p->candidate);
		b->syns += (p->seg.flags & TCP_SYN) != 0;
		b->fins += (p->seg.flags & TCP_FIN) != 0;
		if (seen[slot]) {
			b->later[b->laters++] = (uint8_t)i;
			continue;
		}
		seen[slot] = 1;
		group = group_of(p);
		b->grouped[group][b->group_size[group]++] = (uint8_t)i;
	}
}

/* The table decides, not the guess: what was handled before may have changed it. */
static void
handle(struct tern_stack *s, struct burst *b, struct tcp_packet *p, uint32_t segments)
{
	struct tcp *tcp = &s->tcp;
	flow_ref ref = flow_find(&tcp->table, p->hash, &p->key);
	int error;

	switch (flow_ref_kind(ref)) {
	case FLOW_OPEN:
		error = tcp_conn_input(tcp, p, flow_ref_index(ref));
		break;
	case FLOW_HALF_OPEN:
		error = tcp_half_open_input(tcp, p, flow_ref_index(ref));
		break;
	case FLOW_TIME_WAIT:
		error = tcp_time_wait_input(tcp, p, flow_ref_index(ref));
		break;
	default:
		error = tcp_closed_input(tcp, p);
		break;
	}
	if (unlikely(error < 0))
		s->stats.drops[-error] += segments;
	if (p->m != NULL)
		b->done[b->dones++] = p->m;
}

static void
count(struct tern_stats *stats, const struct burst *b, uint32_t frames, bool steered)
{
	/* what another core handed over was counted where it came in */
	if (!steered) {
		stats->rx_packets += frames;
		stats->rx_bursts++;
	}
	if (b->packets > 0) {
		stats->tcp_rx_segments += b->packets;
		stats->segment_rx += b->packets;
		stats->segment_bursts++;
	}
	if (b->syns > 0) {
		stats->syn_rx += b->syns;
		stats->syn_bursts++;
	}
	if (b->fins > 0) {
		stats->fin_rx += b->fins;
		stats->fin_bursts++;
	}
}

void
stack_input(struct tern_stack *s, struct rte_mbuf **frames, uint32_t n, bool steered)
{
	struct burst b;

	b.packets = b.laters = b.dones = b.syns = b.fins = 0;
	memset(b.group_size, 0, sizeof(b.group_size));
	parse_all(s, &b, frames, n, steered);
	probe_mark(&s->probe, TERN_PROBE_parse);
	match_all(s, &b);
	probe_mark(&s->probe, TERN_PROBE_look_up);
	for (unsigned int g = 0; g < GROUPS; g++)
		for (uint32_t i = 0; i < b.group_size[g]; i++)
			PROBE_HANDLE(handle, s, &b, &b.packet[b.grouped[g][i]], 1, b.packet[b.grouped[g][i]].candidate);
	for (uint32_t i = 0, taken; i < b.laters; i += taken) {
		taken = stack_merge(s, b.packet, &b.later[i], b.laters - i);
		PROBE_HANDLE(handle, s, &b, &b.packet[b.later[i]], taken, b.packet[b.later[i]].candidate);
	}
	for (uint32_t i = 0; i < b.dones; i++)
		tcp_mbuf_put(&s->tcp, b.done[i]);
	probe_mark(&s->probe, TERN_PROBE_receive);
	count(&s->stats, &b, n, steered);
}
