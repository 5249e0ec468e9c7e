/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include <rte_common.h>

#include "sim/line.h"
#include "sim/net.h"
#include "sim/packet.h"

#define LINE_OVERHEAD 24u                 /* FCS, preamble with delimiter, gap: 4 + 8 + 12 bytes */
#define NS_A_SECOND UINT64_C(1000000000)

static void
show(struct sim_line *l, unsigned int where, struct rte_mbuf *m)
{
	if (unlikely(l->tap[where] != NULL)) {
		sim_fill_checksums(m);
		l->tap[where]->show(l->tap[where], l, m, l->net->now_ns);
	}
}

static void
drop(struct rte_mbuf *m, uint64_t *counter)
{
	++*counter;
	mbuf_free(m);
}

/* ---- behind the line */

static void
put_on_way(struct sim_line *l, struct sim_ring *ring, uint64_t *last_ns, struct rte_mbuf *m, uint64_t at_ns)
{
	*last_ns = RTE_MAX(*last_ns, at_ns);
	if (!sim_ring_push(ring, m, *last_ns))
		drop(m, &l->stats.dropped_queue);
}

static void
corrupt(struct sim_line *l, struct rte_mbuf *m)
{
	sim_fill_checksums(m);
	sim_flip_bit(m, sim_uniform(&l->chance.corrupt, sim_bits(m) - 1));
	l->stats.corrupted++;
}

/*
 * The line will have sent m at this time. Resolution of addresses is spared what
 * chance does: it belongs to the Ethernet that the hosts stand on, not to the
 * path for which the link stands.
 */
static void
leave_line(struct sim_line *l, struct rte_mbuf *m, uint64_t sent_ns)
{
	const struct tern_sim_link_options *o = &l->model;
	uint64_t at_ns = sent_ns + o->delay_ns;
	struct rte_mbuf *copy = NULL;

	if (o->jitter_ns != 0)
		at_ns += sim_uniform(&l->chance.jitter, o->jitter_ns);
	if (!l->is_chancy || sim_is_resolution(m)) {
		put_on_way(l, &l->way, &l->way_ns, m, at_ns);
		return;
	}
	if (sim_is_lost(&l->chance, o)) {
		drop(m, &l->stats.dropped_loss);
		return;
	}
	if (sim_by_chance(&l->chance.corrupt, o->corrupt))
		corrupt(l, m);
	if (sim_by_chance(&l->chance.duplicate, o->duplicate))
		copy = sim_packet_copy(m, l->net->pool);
	if (sim_by_chance(&l->chance.reorder, o->reorder)) {
		l->stats.reordered++;
		put_on_way(l, &l->late, &l->late_ns, m, at_ns + o->reorder_ns);
	} else {
		put_on_way(l, &l->way, &l->way_ns, m, at_ns);
	}
	if (copy != NULL) {
		l->stats.duplicated++;
		put_on_way(l, &l->way, &l->way_ns, copy, at_ns);
	}
}

/* ---- queue and line */

static struct rte_mbuf *
dequeue(struct sim_line *l, uint64_t now_ns, uint64_t *since_ns)
{
	struct sim_packet p;

	if (l->model.queue == TERN_SIM_CODEL)
		return sim_codel_dequeue(l, now_ns, since_ns);
	p = sim_ring_pop(&l->queue);
	l->stats.queue_now -= p.m->pkt_len;
	*since_ns = p.ns;
	return p.m;
}

/* The line takes m from its first to its last bit. */
static void
send(struct sim_line *l, struct rte_mbuf *m, uint64_t begin_ns)
{
	uint64_t work = (m->pkt_len + LINE_OVERHEAD) * 8 * NS_A_SECOND, ns;

	/* back to back, what one packet leaves of a nanosecond is the next one's */
	if (begin_ns == l->free_ns)
		work += l->rest;
	ns = work / l->model.rate;
	l->rest = work % l->model.rate;
	l->free_ns = begin_ns + ns;
	l->stats.busy_ns += ns;
	leave_line(l, m, l->free_ns);
}

/*
 * Everything that the line began to send by now. Nobody has to watch the line:
 * what it did is the same whether it is asked at once or later, as long as it is
 * asked before a packet joins the queue.
 */
static void
catch_up(struct sim_line *l, uint64_t now_ns)
{
	while (!sim_ring_is_empty(&l->queue)) {
		uint64_t begin_ns = RTE_MAX(l->free_ns, sim_ring_head(&l->queue)->ns), since_ns;
		struct rte_mbuf *m;

		if (begin_ns > now_ns)
			break;
		m = dequeue(l, begin_ns, &since_ns);
		if (m == NULL)
			continue;
		l->stats.wait_ns += begin_ns - since_ns;
		l->stats.wait_most_ns = RTE_MAX(l->stats.wait_most_ns, begin_ns - since_ns);
		send(l, m, begin_ns);
	}
}

static void
join_queue(struct sim_line *l, struct rte_mbuf *m, uint64_t now_ns)
{
	bool is_idle;

	catch_up(l, now_ns);
	is_idle = sim_ring_is_empty(&l->queue) && l->free_ns <= now_ns;
	if (!is_idle && l->stats.queue_now + m->pkt_len > l->model.queue_bytes) {
		drop(m, &l->stats.dropped_queue);
		return;
	}
	if (l->model.queue == TERN_SIM_RED && !sim_red_admits(l, m, now_ns)) {
		drop(m, &l->stats.dropped_aqm);
		return;
	}
	if (!sim_ring_push(&l->queue, m, now_ns)) {
		drop(m, &l->stats.dropped_queue);
		return;
	}
	l->stats.queue_now += m->pkt_len;
	if (is_idle)
		catch_up(l, now_ns);
	l->stats.queue_most = RTE_MAX(l->stats.queue_most, l->stats.queue_now);
}

/* ---- what happens at a time */

static void
schedule(struct sim_line *l)
{
	uint64_t next_ns = sim_ring_ns(&l->way);

	/* what is on its way arrives before what waits: at its arrival the line is looked at again */
	if (next_ns == UINT64_MAX && !sim_ring_is_empty(&l->queue))
		next_ns = l->free_ns;
	sim_order_set(&l->net->order, &l->actor, RTE_MIN(next_ns, sim_ring_ns(&l->late)));
}

static void
arrive(struct sim_line *l, struct rte_mbuf *m)
{
	l->net->events++;
	l->stats.delivered++;
	l->stats.delivered_bytes += m->pkt_len;
	show(l, SIM_TAP_EXIT, m);
	sim_node_take(l->to, l, m);
}

static void
act(struct sim_actor *actor, uint64_t now_ns)
{
	struct sim_line *l = (struct sim_line *)(void *)actor;

	catch_up(l, now_ns);
	for (;;) {
		/* one that is late is overtaken by those of its time, too */
		struct sim_ring *first = sim_ring_ns(&l->way) <= sim_ring_ns(&l->late) ? &l->way : &l->late;

		if (sim_ring_ns(first) > now_ns)
			break;
		arrive(l, sim_ring_pop(first).m);
	}
	schedule(l);
}

static bool
is_down(const struct sim_line *l, uint64_t now_ns)
{
	const struct tern_sim_link_options *o = &l->model;

	return o->down_ns != 0 && (now_ns - l->up_since_ns) % (o->up_ns + o->down_ns) >= o->up_ns;
}

static void
refuse_size(struct sim_line *l, struct rte_mbuf *m)
{
	struct rte_mbuf *e = l->model.mtu_icmp ? sim_too_big(m, l->model.mtu, l->net->pool) : NULL;

	drop(m, &l->stats.dropped_mtu);
	if (e == NULL)
		return;
	/* the router stands at the near end: towards a host its answer passes the end of this very link */
	if (l->from->host != NULL) {
		show(sim_line_back(l), SIM_TAP_ENTRY, e);
		show(sim_line_back(l), SIM_TAP_EXIT, e);
	}
	sim_node_take(l->from, l, e);
}

void
sim_line_enter(struct sim_line *l, struct rte_mbuf *m)
{
	uint64_t now_ns = l->net->now_ns;

	l->net->events++;
	l->stats.offered++;
	l->stats.offered_bytes += m->pkt_len;
	show(l, SIM_TAP_ENTRY, m);
	if (unlikely(is_down(l, now_ns))) {
		drop(m, &l->stats.dropped_down);
		return;
	}
	if (unlikely(l->model.mtu != 0 && sim_ip_length(m) > l->model.mtu)) {
		refuse_size(l, m);
		return;
	}
	if (l->model.rate != 0)
		join_queue(l, m, now_ns);
	else
		leave_line(l, m, now_ns);
	schedule(l);
}

/* ---- from beginning to end */

int
sim_line_init(struct sim_line *l, struct sim_net *net, uint32_t number, const struct tern_sim_link_options *model)
{
	l->net = net;
	l->actor.act = act;
	l->actor.rank = SIM_RANK(SIM_RANK_LINK, number);
	l->stats.size = sizeof(l->stats);
	sim_chance_init(&l->chance, net->seed, number);
	sim_line_change(l, model);
	return sim_order_add(&net->order, &l->actor);
}

void
sim_line_change(struct sim_line *l, const struct tern_sim_link_options *model)
{
	uint64_t now_ns = l->net->now_ns;

	if (l->model.rate != 0)
		catch_up(l, now_ns);
	if (model->queue != l->model.queue) {
		l->codel = (struct sim_codel){ 0 };
		l->red = (struct sim_red){ 0 };
	}
	if (model->up_ns != l->model.up_ns || model->down_ns != l->model.down_ns)
		l->up_since_ns = now_ns;
	l->model = *model;
	l->is_chancy = model->loss > 0 || model->loss_every != 0 || model->gilbert_p > 0 || model->corrupt > 0 ||
			model->duplicate > 0 || model->reorder > 0;
	l->rest = 0;
	/* a line that became perfect sends at once what waited for it */
	while (model->rate == 0 && !sim_ring_is_empty(&l->queue)) {
		struct sim_packet p = sim_ring_pop(&l->queue);

		l->stats.queue_now -= p.m->pkt_len;
		leave_line(l, p.m, now_ns);
	}
	if (l->actor.act != NULL && l->to != NULL)
		schedule(l);
}

void
sim_line_stats(struct sim_line *l, struct tern_sim_link_stats *stats)
{
	uint64_t now_ns = l->net->now_ns;
	struct tern_sim_link_stats told;

	if (l->model.rate != 0) {
		catch_up(l, now_ns);
		schedule(l);
	}
	told = l->stats;
	if (l->free_ns > now_ns)
		told.busy_ns -= RTE_MIN(told.busy_ns, l->free_ns - now_ns);
	told.size = stats->size;
	memcpy(stats, &told, RTE_MIN(stats->size, sizeof(told)));
}

void
sim_line_free(struct sim_line *l)
{
	sim_ring_free(&l->queue);
	sim_ring_free(&l->way);
	sim_ring_free(&l->late);
}
