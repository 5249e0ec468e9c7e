/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <math.h>

#include "sim/line.h"
#include "sim/packet.h"

#define MTU_BYTES 1514u   /* a full packet with its Ethernet header: a queue no longer than it is no queue */

struct dequeued {
	struct rte_mbuf *m;
	uint64_t since_ns;
	bool ok_to_drop;
};

static struct dequeued
dodequeue(struct sim_line *l, uint64_t now_ns)
{
	struct sim_codel *c = &l->codel;
	struct dequeued r = { 0 };
	struct sim_packet p;

	if (sim_ring_is_empty(&l->queue)) {
		c->first_above_time_ns = 0;
		return r;
	}
	p = sim_ring_pop(&l->queue);
	l->stats.queue_now -= p.m->pkt_len;
	r.m = p.m;
	r.since_ns = p.ns;
	if (now_ns - p.ns < l->model.codel_target_ns || l->stats.queue_now <= MTU_BYTES)
		c->first_above_time_ns = 0;   /* below: to stay so for at least an interval */
	else if (c->first_above_time_ns == 0)
		c->first_above_time_ns = now_ns + l->model.codel_interval_ns;
	else
		r.ok_to_drop = now_ns >= c->first_above_time_ns;
	return r;
}

static uint64_t
control_law(const struct sim_line *l, uint64_t ns, uint32_t count)
{
	return ns + (uint64_t)((double)l->model.codel_interval_ns / sqrt(count));
}

static void
drop(struct sim_line *l, struct rte_mbuf *m)
{
	l->stats.dropped_aqm++;
	mbuf_free(m);
}

/* Instead of a drop, where that can be: as Linux does, and then the packet goes on. */
static bool
mark(struct sim_line *l, const struct dequeued *r)
{
	if (!l->model.ecn || !sim_mark_ce(r->m))
		return false;
	l->stats.marked++;
	return true;
}

/* RFC 8289, 5.5. A large backlog may ask for several drops now. */
static struct dequeued
go_on_dropping(struct sim_line *l, struct dequeued r, uint64_t now_ns)
{
	struct sim_codel *c = &l->codel;

	if (!r.ok_to_drop)
		c->dropping = false;
	while (now_ns >= c->drop_next_ns && c->dropping) {
		bool marked = mark(l, &r);

		c->count++;
		if (!marked) {
			drop(l, r.m);
			r = dodequeue(l, now_ns);
		}
		if (!r.ok_to_drop)
			c->dropping = false;
		else
			c->drop_next_ns = control_law(l, c->drop_next_ns, c->count);
		if (marked)
			break;
	}
	return r;
}

static struct dequeued
begin_dropping(struct sim_line *l, struct dequeued r, uint64_t now_ns)
{
	struct sim_codel *c = &l->codel;
	uint32_t delta;

	if (!mark(l, &r)) {
		drop(l, r.m);
		r = dodequeue(l, now_ns);
	}
	c->dropping = true;
	/* soon after the last time: the rate of drops that was right then is a good beginning */
	delta = c->count - c->lastcount;
	c->count = 1;
	if (delta > 1 && now_ns - c->drop_next_ns < 16 * l->model.codel_interval_ns)
		c->count = delta;
	c->drop_next_ns = control_law(l, now_ns, c->count);
	c->lastcount = c->count;
	return r;
}

struct rte_mbuf *
sim_codel_dequeue(struct sim_line *l, uint64_t now_ns, uint64_t *since_ns)
{
	struct dequeued r = dodequeue(l, now_ns);

	if (l->codel.dropping)
		r = go_on_dropping(l, r, now_ns);
	else if (r.ok_to_drop)
		r = begin_dropping(l, r, now_ns);
	*since_ns = r.since_ns;
	return r.m;
}
