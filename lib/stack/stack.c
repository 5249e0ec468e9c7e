/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A stack's making, its turn, and its end. */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "core/mem.h"
#include "stack/internal.h"

#define DEFAULT_BURST 32u
#define BURST_BYTES 65536u      /* and fewer frames when they are longer than 2 KiB */
#define BURST_LEAST 4u
#define POOL_CHECK_TURNS 256u   /* at most */
#define POOL_MOST_A_TURN (TCP_OUTPUT_TURN + STACK_BURST)
#define STEER_BURST 32u
#define TICK_NS UINT64_C(1000000)
#define PAUSE_NS (10 * TICK_NS)   /* between two turns: the machine had other work */
#define CATCH_UP_BURSTS 256u
#define ROUND_NS UINT64_C(20000)  /* more than a burst takes at full speed */
#define ROUNDS 64u                /* bursts a turn, at most: 2,048 frames, more than devices' queues are by default */

static struct owner *
lone_owner(int node)
{
	struct owner *o = mem_map(sizeof(*o), node);

	if (o != NULL)
		owner_init(o, 1, 0);
	return o;
}

struct tern_stack *
stack_new(const struct stack_config *cfg, uint64_t now_ns)
{
	struct tern_stack *s = mem_map(sizeof(*s), cfg->node);
	const struct owner *owner = cfg->owner != NULL ? cfg->owner : lone_owner(cfg->node);
	int error;

	if (s == NULL || owner == NULL) {
		if (cfg->owner == NULL)
			mem_unmap((void *)(uintptr_t)owner, sizeof(*owner));
		mem_unmap(s, sizeof(*s));
		errno = ENOMEM;
		return NULL;
	}
	s->link = cfg->link;
	s->run = cfg->run;
	s->burst = cfg->burst == 0 ? DEFAULT_BURST : RTE_MIN(cfg->burst, STACK_BURST);
	s->burst_now = s->burst;
	s->owner = owner;
	s->owns_owner = cfg->owner == NULL;
	if (owner->cores > 1) {
		s->steer_to = cfg->steer_to;
		s->steer_from = cfg->steer_from;
	}
	s->stats.size = sizeof(s->stats);
	s->expired_tick = (uint32_t)(now_ns / 1000000);
	s->polled_ns = now_ns;
	error = ip_init(&s->ip, cfg->ip, cfg->pool, &s->tx, s->stats.drops, &cfg->hooks, cfg->node);
	if (error == 0) {
		s->tcp.multi_segment = cfg->link->capabilities.multi_segment;
		s->tcp.tx_ip_checksum = cfg->ip->tx_ip_checksum;
		s->tcp.tx_l4_checksum = cfg->ip->tx_l4_checksum;
		s->tcp.tx_lengths = !cfg->link->capabilities.by_reference &&
				    (cfg->ip->tx_ip_checksum || cfg->ip->tx_l4_checksum);
		if (s->tcp.multi_segment && s->tcp.tx_l4_checksum)
			s->tcp.tso_mbufs = cfg->link->capabilities.tso_mbufs;
		s->tcp.tso_bytes = cfg->link->capabilities.tso_bytes;
		if (s->tcp.tso_bytes == 0)
			s->tcp.tso_bytes = TCP_TSO_BYTES;
		error = tcp_init(&s->tcp, cfg->tcp, &s->ip, &s->tx, cfg->pool, &s->stats, cfg->secret, owner, now_ns,
				 cfg->node);
	}
	if (error == 0)
		tcp_share_pool(&s->tcp, cfg->pool_cache, cfg->pool_sharers);
	if (error < 0) {
		stack_free(s);
		errno = -error;
		return NULL;
	}
	return s;
}

void
stack_free(struct tern_stack *s)
{
	for (uint32_t i = 0; i < s->tx.count; i++)
		mbuf_free(s->tx.frame[i]);
	tcp_free(&s->tcp);
	ip_free(&s->ip);
	if (s->owns_owner)
		mem_unmap((void *)(uintptr_t)s->owner, sizeof(*s->owner));
	mem_unmap(s, sizeof(*s));
}

/* ---- out */

static PROBE_PHASE void
transmit(struct tern_stack *s)
{
	struct frame_queue *tx = &s->tx;
	uint64_t bytes = 0;
	uint16_t n, taken;

	if (tx->count == 0)
		return;
	n = (uint16_t)tx->count;
	/* their bytes first: given away they are no longer ours to look at */
	for (uint32_t i = 0; i < n; i++)
		bytes += tx->frame[i]->pkt_len;
	taken = s->link->transmit(s->link, tx->frame, n);
	if (taken < n) {
		s->stats.tx_full++;
		for (uint32_t i = taken; i < n; i++)
			bytes -= tx->frame[i]->pkt_len;
		memmove(tx->frame, tx->frame + taken, (n - taken) * sizeof(tx->frame[0]));
	}
	tx->count = n - taken;
	s->stats.tx_packets += taken;
	s->stats.tx_bytes += bytes;
}

static PROBE_PHASE void
output(struct tern_stack *s)
{
	if (s->tx.count < FRAME_QUEUE / 2) {
		ip_output(&s->ip, s->tcp.now_ns);
		tcp_output(&s->tcp);
	}
}

void
stack_flush(struct tern_stack *s, uint64_t now_ns)
{
	if (unlikely(now_ns - s->tcp.now_ns > PAUSE_NS))
		s->catch_up = CATCH_UP_BURSTS;
	tcp_set_time(&s->tcp, now_ns);
	output(s);
	probe_mark(&s->probe, TERN_PROBE_output);
	transmit(s);
	probe_mark(&s->probe, TERN_PROBE_transmit);
}

void
stack_set_time(struct tern_stack *s, uint64_t now_ns)
{
	tcp_set_time(&s->tcp, now_ns);
}

/* ---- in */

/*
 * @return whether there was any; *full: and perhaps there is more. Of large frames fewer are taken at a time: no ACK
 * leaves before all of them are handled, and a sender with a window of 256 KiB would wait for it.
 */
static PROBE_PHASE bool
receive(struct tern_stack *s, bool *full)
{
	struct rte_mbuf *frames[STACK_BURST];
	uint64_t before = s->stats.rx_bytes;
	uint32_t most = s->burst_now;
	uint16_t n = s->link->receive(s->link, frames, (uint16_t)most);

	probe_mark(&s->probe, TERN_PROBE_receive);
	*full = n == most;
	if (n == 0)
		return false;
	stack_input(s, frames, n, false);
	if (unlikely(s->stats.rx_bytes - before > BURST_BYTES))
		s->burst_now = RTE_MAX(most / 2, BURST_LEAST);
	else if (unlikely(most < s->burst))
		s->burst_now++;
	return true;
}

static bool
receive_steered(struct tern_stack *s, bool *full)
{
	struct rte_mbuf *frames[STEER_BURST];
	bool any = false;

	if (s->steer_from == NULL)
		return false;
	for (uint32_t core = 0; core < s->owner->cores; core++) {
		uint32_t n;

		if (core == s->owner->self)
			continue;
		n = rte_ring_sc_dequeue_burst(s->steer_from[core], (void **)frames, STEER_BURST, NULL);
		if (n == 0)
			continue;
		s->stats.steered_in += n;
		stack_input(s, frames, n, true);
		*full |= n == STEER_BURST;
		any = true;
	}
	return any;
}

static PROBE_PHASE void
check_pool(struct tern_stack *s)
{
	/* again before the turns till then could empty it */
	if (s->pool_check-- == 0)
		s->pool_check = RTE_MIN(tcp_check_pool(&s->tcp) / POOL_MOST_A_TURN, POOL_CHECK_TURNS);
	if (unlikely(s->tcp.pool_low))
		tcp_ooo_prune(&s->tcp);
	if (unlikely(tcp_memory_waits(&s->tcp)))
		tcp_relieve(&s->tcp);
}

/*
 * What came during a pause is read before timers are looked at: the ACKs that
 * they wait for are most likely among it. Bounded, as it may never end.
 */
static bool
catches_up(struct tern_stack *s, bool full)
{
	s->catch_up = full ? s->catch_up - (s->catch_up > 0) : 0;
	return s->catch_up > 0;
}

static PROBE_PHASE bool
expire(struct tern_stack *s)
{
	bool fired;

	if (s->expired_tick == s->tcp.now)
		return false;
	fired = tcp_expire(&s->tcp);
	ip_expire(&s->ip, s->tcp.now_ns);
	/* a budget that was used up leaves more for the next turn */
	if (!fired)
		s->expired_tick = s->tcp.now;
	return fired;
}

/* ---- events */

bool
stack_event(struct tern_stack *s, const struct tern_event *event)
{
	if (s->extra_tail - s->extra_head == STACK_EXTRA_EVENTS)
		return false;
	s->extra[s->extra_tail++ % STACK_EXTRA_EVENTS] = *event;
	return true;
}

/* False when there is nothing left to tell: what had come was read before. */
static inline bool
connection_event(struct tcp *tcp, struct tcp_conn *c, uint32_t index, struct tern_event *event)
{
	uint32_t mask = c->events;

	if (unlikely((mask & TERN_READABLE) && c->unread == 0 && !(c->flags & CONN_FIN_RECEIVED))) {
		mask &= ~TERN_READABLE;
		if (mask == 0) {
			c->events = 0;
			return false;
		}
	}
	*event = (struct tern_event){ .id = (uint64_t)c->generation << 32 | index, .user = c->user, .mask = mask };
	c->events = 0;
	if (mask & TERN_ACCEPTED) {
		if (likely(!tcp->listener[c->listener].held))
			tcp_conn_unbacklog(tcp, c);
		tcp->overload.taken++;
	}
	if (mask & TERN_CLOSED) {
		event->reason = c->reason;
		if (unlikely(c->reason != TERN_CLOSE_NORMAL))
			event->error = tcp_network_error(tcp, c);
		tcp_conn_told(tcp, c);
	}
	return true;
}

static PROBE_PHASE int
collect_events(struct tern_stack *s, struct tern_event *events, int max)
{
	struct tcp *tcp = &s->tcp;
	uint32_t ready = ring_length(&tcp->ready);
	int n = 0;

	while (n < max && s->extra_head != s->extra_tail)
		events[n++] = s->extra[s->extra_head++ % STACK_EXTRA_EVENTS];
	while (n < max && tcp_ref_done(tcp, &events[n]))
		n++;
	/* of connections alone: what was told of something else is no measure of their number */
	if (unlikely(max - n > tcp->overload.batch))
		max = n + tcp->overload.batch;
	while (n < max && ring_length(&tcp->ready) > 0) {
		uint32_t index = ring_take(&tcp->ready);
		struct tcp_conn *c = tcp_conn_at(tcp, index);

		c->lists &= (uint8_t)~LIST_READY;
		if (likely(c->live == BLOCK_LIVE && c->events != 0))
			n += connection_event(tcp, c, index, &events[n]);
	}
	ring_settle(&tcp->ready);
	tcp_overload_turn(tcp, ready - ring_length(&tcp->ready));
	return n;
}

/*
 * An application that took long for what it was told last may find more than a burst of frames, and before it takes as
 * long again there would be more than a device can keep: what is lost then are as often segments of connections that
 * it has begun to serve. So there are as many rounds of output and input as the last turn was long.
 */
static bool
exchange(struct tern_stack *s, uint64_t now_ns, bool *full)
{
	uint64_t passed_ns = now_ns - s->polled_ns;
	uint32_t rounds = 1;
	bool any = false;

	s->polled_ns = now_ns;
	if (unlikely(passed_ns > ROUND_NS))
		rounds = (uint32_t)RTE_MIN(passed_ns / ROUND_NS, (uint64_t)ROUNDS);
	/* short ones count as well where long ones did: or a batch that became small would stay so */
	if (unlikely(passed_ns > ROUND_NS || s->tcp.overload.batch != INT_MAX))
		tcp_overload_turn_took(&s->tcp, passed_ns);
	for (;;) {
		stack_flush(s, now_ns);
		any |= receive(s, full);
		any |= receive_steered(s, full);
		if (likely(rounds < 2 || !*full) || s->tx.count >= FRAME_QUEUE / 2)
			return any;
		rounds--;
		check_pool(s);
	}
}

PROBE_PHASE int
stack_poll(struct tern_stack *s, uint64_t now_ns, struct tern_event *events, int max, bool *worked)
{
	uint64_t sent = s->stats.tx_packets;
	bool any, full, asks = ip_owes(&s->ip);
	int n;

	any = exchange(s, now_ns, &full);
	/* what was to be sent asks for its neighbour first: that leaves with the next turn, and is work done */
	any |= !asks && ip_owes(&s->ip);
	if (likely(!catches_up(s, full)))
		any |= expire(s);
	check_pool(s);
	probe_mark(&s->probe, TERN_PROBE_timers);
	n = collect_events(s, events, max);
	if (worked != NULL)
		*worked = any || n > 0 || s->stats.tx_packets != sent;
	return n;
}

uint64_t
stack_next_ns(const struct tern_stack *s)
{
	uint64_t next_ns;

	if (stack_owes(s) || ring_length(&s->tcp.ready) > 0 || s->extra_head != s->extra_tail || tcp_refs_waiting(&s->tcp))
		return s->tcp.now_ns;
	next_ns = RTE_MIN(tcp_next_ns(&s->tcp), ip_next_ns(&s->ip));
	/* memory comes back from other cores and devices, which say nothing */
	if (unlikely(tcp_memory_waits(&s->tcp)))
		next_ns = RTE_MIN(next_ns, s->tcp.now_ns + TICK_NS);
	/* this tick's timers have been looked at: what became due meanwhile fires in the next one */
	if (s->expired_tick == s->tcp.now)
		next_ns = RTE_MAX(next_ns, (s->tcp.now_ns / TICK_NS + 1) * TICK_NS);
	return next_ns;
}

bool
stack_owes(const struct tern_stack *s)
{
	return s->tx.count > 0 || ip_owes(&s->ip) || tcp_owes(&s->tcp);
}

void *
stack_run(const struct tern_stack *s)
{
	return s->run;
}

struct ip *
stack_ip(struct tern_stack *s)
{
	return &s->ip;
}

void
stack_lose(struct tern_stack *s, const struct tern_addr *addr, uint16_t vlan)
{
	ip_lose(&s->ip, addr, vlan);
	tcp_forget_ahead(&s->tcp);
}

struct probe *
stack_probe(struct tern_stack *s)
{
	return &s->probe;
}

struct tern_stats *
stack_stats(struct tern_stack *s)
{
	return &s->stats;
}
