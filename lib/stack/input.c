/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A burst comes in, by stages, so that memory is fetched while other packets
 * are worked on: (1) parse, check, hash, prefetch the bucket (parse.c); (2) match tags,
 * prefetch the record; (3) handle by group. Grouping holds for a flow's first
 * packet of the burst; later ones follow in the order of their arrival, when
 * the first has made, changed or ended what they belong to.
 */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_prefetch.h>

#include "stack/burst.h"
#include "stack/probe.h"

#define CONFLICT_SLOTS 256u   /* direct-mapped by hash: a false conflict costs its grouping, nothing else */

/* The record that the packet is most likely for. */
static enum flow_kind
prefetch_record(const struct tcp *tcp, flow_ref ref)
{
	enum flow_kind kind = flow_ref_kind(ref);

	if (likely(kind == FLOW_OPEN)) {
		const struct tcp_conn *c = tcp_conn_at(tcp, flow_ref_index(ref));

		rte_prefetch0(&c->key);
		rte_prefetch0(&c->slab_link);
		rte_prefetch0(&c->user);
		rte_prefetch0(&c->recovery);   /* among a million connections that was the longest miss of an ACK */
	} else if (kind != FLOW_NONE) {
		flow_prefetch_record(&tcp->table, ref);
	}
	return kind;
}

static enum group
group_of(struct burst *b, uint8_t flags, enum flow_kind kind)
{
	static const uint8_t groups[FLOW_KINDS] = {
		[FLOW_HALF_OPEN] = GROUP_HANDSHAKE, [FLOW_OPEN] = GROUP_OPEN,
		[FLOW_NONE] = GROUP_REST, [FLOW_TIME_WAIT] = GROUP_REST,
	};

	if (likely(!(flags & (TCP_SYN | TCP_FIN | TCP_RST))))
		return groups[kind];
	b->syns += (flags & TCP_SYN) != 0;
	b->fins += (flags & TCP_FIN) != 0;
	return flags & (TCP_FIN | TCP_RST) ? GROUP_REST : GROUP_SYN;
}

static __rte_noinline void
match_all(struct tern_stack *s, struct burst *b)
{
	bool seen[CONFLICT_SLOTS] = { false };

	for (uint32_t i = 0; i < b->packets; i++) {
		struct tcp_packet *p = &b->packet[i];
		bool *conflict = &seen[p->hash % CONFLICT_SLOTS];
		enum group group;

		p->slot = flow_slot(&s->tcp.table, p->hash);
		group = group_of(b, p->seg.flags, prefetch_record(&s->tcp, *p->slot));
		if (unlikely(*conflict))
			group = GROUP_LATER;
		*conflict = true;
		b->grouped[group] |= UINT64_C(1) << i;
	}
}

static __rte_noinline int
handle_other(struct tcp *tcp, struct tcp_packet *p, flow_ref ref)
{
	switch (flow_ref_kind(ref)) {
	case FLOW_HALF_OPEN:
		return tcp_half_open_input(tcp, p, flow_ref_index(ref));
	case FLOW_TIME_WAIT:
		return tcp_time_wait_input(tcp, p, flow_ref_index(ref));
	default:
		return tcp_closed_input(tcp, p);
	}
}

/*
 * The table decides, not the guess: what was handled before may have changed it. Most often the slot has an open
 * connection still, and that is this one.
 */
static __rte_always_inline void
handle(struct tern_stack *s, struct burst *b, struct tcp_packet *p, uint32_t segments)
{
	struct tcp *tcp = &s->tcp;
	flow_ref ref = *p->slot;
	struct tcp_conn *c = tcp_conn_at(tcp, flow_ref_index(ref));
	int error;

	if (unlikely(flow_ref_kind(ref) != FLOW_OPEN || !flow_key_equal(&c->key, &p->key))) {
		ref = flow_find_at(&tcp->table, p->slot, p->hash, &p->key);
		c = tcp_conn_at(tcp, flow_ref_index(ref));
	}
	error = likely(flow_ref_kind(ref) == FLOW_OPEN) ? tcp_conn_input(tcp, p, c) : handle_other(tcp, p, ref);
	if (unlikely(error < 0))
		s->stats.drops[-error] += segments;
	if (p->m != NULL)
		b->done[b->dones++] = p->m;
}

static __rte_noinline void
handle_later(struct tern_stack *s, struct burst *b, uint64_t rest)
{
	while (rest != 0) {
		struct tcp_packet *p = burst_packet(b->packet, rest);
		uint32_t segments;

		rest &= rest - 1;
		segments = 1 + stack_merge(s, p, b->packet, &rest);
		PROBE_HANDLE(handle, s, b, p, segments, *p->slot);
	}
}

/*
 * What an ACK will free: the record lies where the connection says, so that it can be asked for only when that is
 * here. Up to some thousand connections both are in the cache anyway.
 */
#define MANY_CONNECTIONS 4096u
static __rte_noinline void
prefetch_queues(const struct tcp *tcp, const struct burst *b)
{
	for (uint64_t rest = b->grouped[GROUP_OPEN]; rest != 0; rest &= rest - 1) {
		const struct tcp_packet *p = burst_packet((struct tcp_packet *)(uintptr_t)b->packet, rest);
		const struct tcp_conn *c = tcp_conn_at(tcp, flow_ref_index(*p->slot));

		rte_prefetch0(tcp_record_at(tcp, c->q_head));
	}
}

/* Apart from the stage before, for the registers' sake */
static __rte_noinline void
handle_all(struct tern_stack *s, struct burst *b)
{
	for (unsigned int group = 0; group < GROUP_LATER; group++) {
		for (uint64_t rest = b->grouped[group]; rest != 0; rest &= rest - 1) {
			struct tcp_packet *p = burst_packet(b->packet, rest);

			PROBE_HANDLE(handle, s, b, p, 1, *p->slot);
		}
	}
	if (b->grouped[GROUP_LATER] != 0)
		handle_later(s, b, b->grouped[GROUP_LATER]);
}

static void
count_segments(struct tern_stats *stats, const struct burst *b)
{
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

	memset(&b, 0, offsetof(struct burst, done));
	b.steered = steered;
	stack_parse(s, &b, frames, n);
	probe_mark(&s->probe, TERN_PROBE_parse);
	match_all(s, &b);
	if (unlikely(s->tcp.conns.used > MANY_CONNECTIONS))
		prefetch_queues(&s->tcp, &b);
	probe_mark(&s->probe, TERN_PROBE_look_up);
	handle_all(s, &b);
	for (uint32_t i = 0; i < b.dones; i++)
		tcp_mbuf_put(&s->tcp, b.done[i]);
	probe_mark(&s->probe, TERN_PROBE_receive);
	count_segments(&s->stats, &b);
}
