/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "sim/net.h"
#include "sim/packet.h"

#define STEP_NS UINT64_C(1000000)   /* who owes something and cannot do it is asked again after so long */
#define MOST_TURNS 1000000u         /* of a host at one time */

/* ---- time */

/* Calls may have left any host something to do. */
static void
wake_hosts(struct sim_net *net)
{
	for (uint32_t i = 0; i < net->nodes; i++) {
		struct sim_host *h = net->node[i]->host;
		uint64_t next_ns;

		if (h == NULL)
			continue;
		next_ns = RTE_MAX(h->ops->next_ns(h, net->now_ns), RTE_MAX(net->now_ns, h->free_ns));
		if (next_ns < h->actor.at_ns)
			sim_order_set(&net->order, &h->actor, next_ns);
	}
}

static void
set_time(struct sim_net *net)
{
	for (uint32_t i = 0; i < net->nodes; i++)
		if (net->node[i]->host != NULL)
			net->node[i]->host->ops->set_time(net->node[i]->host, net->now_ns);
}

static void
make_calls(struct sim_actor *actor, uint64_t now_ns)
{
	struct sim_calls *c = (struct sim_calls *)(void *)actor;
	struct sim_net *net = (struct sim_net *)(void *)((char *)c - offsetof(struct sim_net, calls));

	/* they find every host at the time that it is */
	set_time(net);
	while (sim_calls_ns(c) <= now_ns && !net->stop) {
		struct sim_call call = sim_calls_take(c);

		call.fn(net->owner, call.arg);
	}
	wake_hosts(net);
	sim_order_set(&net->order, actor, sim_calls_ns(c));
}

int
sim_net_at(struct sim_net *net, uint64_t at_ns, void (*fn)(struct tern_sim *sim, void *arg), void *arg)
{
	const struct sim_call call = { .at_ns = RTE_MAX(at_ns, net->now_ns), .fn = fn, .arg = arg };

	if (sim_calls_add(&net->calls, &call) != 0)
		return -ENOBUFS;
	sim_order_set(&net->order, &net->calls.actor, sim_calls_ns(&net->calls));
	return 0;
}

int
sim_net_run(struct sim_net *net, uint64_t until_ns)
{
	struct sim_actor *next;

	if (net->runs)
		return -EBUSY;
	net->runs = true;
	net->stop = false;
	net->spinning = NULL;
	wake_hosts(net);
	while (!net->stop && (next = sim_order_first(&net->order)) != NULL && next->at_ns <= until_ns) {
		net->now_ns = next->at_ns;
		next->act(next, net->now_ns);
	}
	/* who asked for all that will ever happen wants to know when that was */
	if (!net->stop && until_ns != UINT64_MAX)
		net->now_ns = RTE_MAX(net->now_ns, until_ns);
	set_time(net);
	net->runs = false;
	if (net->spinning != NULL)
		return -ELOOP;
	return net->stop ? -ECANCELED : 0;
}

/* ---- hosts */

void
sim_host_work(struct sim_host *host, uint64_t ns)
{
	host->free_ns = RTE_MAX(host->free_ns, host->node.net->now_ns) + ns;
}

/* Every turn that it has to take now. */
static void
act(struct sim_actor *actor, uint64_t now_ns)
{
	struct sim_host *h = (struct sim_host *)(void *)((char *)actor - offsetof(struct sim_host, actor));
	struct sim_net *net = h->node.net;
	uint64_t next_ns;
	bool worked;

	if (h->free_ns > now_ns) {
		sim_order_set(&net->order, actor, h->free_ns);
		return;
	}
	if (h->turns_ns != now_ns)
		h->turns = 0;
	h->turns_ns = now_ns;
	do {
		worked = h->ops->turn(h, now_ns);
		net->events++;
		next_ns = sim_ring_is_empty(&h->inbox) ? h->ops->next_ns(h, now_ns) : now_ns;
		next_ns = RTE_MAX(next_ns, h->free_ns);
	} while (next_ns <= now_ns && worked && ++h->turns < MOST_TURNS && !net->stop);
	if (h->turns >= MOST_TURNS) {
		net->spinning = h;
		net->stop = true;
	}
	/* time goes on even if it owes what it cannot do */
	if (next_ns <= now_ns)
		next_ns = worked ? now_ns : now_ns + STEP_NS;
	sim_order_set(&net->order, actor, next_ns);
}

static uint16_t
transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct sim_host *h = (struct sim_host *)(void *)((char *)link - offsetof(struct sim_host, link));
	struct sim_line *out = h->node.outs != 0 ? h->node.out[0] : NULL;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = sim_packet_own(frames[i], h->node.net->pool);

		if (m == NULL)
			continue;
		if (out != NULL && m->pkt_len > ETHER_MAX_HEADER)
			sim_line_enter(out, m);
		else
			mbuf_free(m);
	}
	return n;
}

static uint16_t
receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct sim_host *h = (struct sim_host *)(void *)((char *)link - offsetof(struct sim_host, link));
	uint16_t got;

	for (got = 0; got < n && !sim_ring_is_empty(&h->inbox); got++)
		frames[got] = sim_ring_pop(&h->inbox).m;
	if (h->frame_ns != 0)
		sim_host_work(h, got * h->frame_ns);
	return got;
}

static bool
is_up(struct tern_link *link)
{
	const struct sim_host *h = (struct sim_host *)(void *)((char *)link - offsetof(struct sim_host, link));

	return h->node.outs != 0;
}

void
sim_node_take(struct tern_sim_node *node, const struct sim_line *from, struct rte_mbuf *m)
{
	struct sim_net *net = node->net;
	struct sim_host *h = node->host;
	uint64_t turn_ns;

	if (h == NULL) {
		sim_switch_forward(node, from, m);
		return;
	}
	sim_packet_arrive(m);
	if (h->rx_queue != 0 && sim_ring_length(&h->inbox) >= h->rx_queue) {
		h->missed++;
		mbuf_free(m);
		return;
	}
	if (!sim_ring_push(&h->inbox, m, net->now_ns)) {
		mbuf_free(m);
		return;
	}
	turn_ns = RTE_MAX(net->now_ns, h->free_ns);
	if (h->actor.at_ns > turn_ns)
		sim_order_set(&net->order, &h->actor, turn_ns);
}

/* ---- from beginning to end */

int
sim_net_init(struct sim_net *net, uint64_t seed, uint64_t start_ns, struct rte_mempool *pool)
{
	net->seed = seed;
	net->now_ns = start_ns;
	net->pool = pool;
	net->calls.actor.act = make_calls;
	net->calls.actor.rank = SIM_RANK(SIM_RANK_CALLS, 0);
	return sim_order_add(&net->order, &net->calls.actor);
}

void
sim_net_free(struct sim_net *net)
{
	for (uint32_t i = 0; i < net->links; i++) {
		sim_line_free(&net->link[i]->line[0]);
		sim_line_free(&net->link[i]->line[1]);
		free(net->link[i]);
	}
	free(net->link);
	free(net->node);
	free(net->calls.heap);
	sim_order_free(&net->order);
}

/* One more of them, in a list that grows as a power of two. */
static void *
grow(void *list, uint32_t count, size_t size)
{
	return count & (count - 1) ? list : realloc(list, (count == 0 ? 1 : 2 * (size_t)count) * size);
}

static int
node_init(struct tern_sim_node *node, struct sim_net *net, const char *name)
{
	struct tern_sim_node **list = grow(net->node, net->nodes, sizeof(list[0]));

	if (list == NULL)
		return -ENOMEM;
	net->node = list;
	node->net = net;
	node->number = node->part = net->nodes;
	snprintf(node->name, sizeof(node->name), "%s", name);
	net->node[net->nodes++] = node;
	return 0;
}

int
sim_host_init(struct sim_host *host, struct sim_net *net, const char *name)
{
	host->number = net->hosts;
	host->actor.act = act;
	host->actor.rank = SIM_RANK(SIM_RANK_HOST, host->number);
	host->link.transmit = transmit;
	host->link.receive = receive;
	host->link.is_up = is_up;
	if (sim_order_add(&net->order, &host->actor) != 0 || node_init(&host->node, net, name) != 0)
		return -ENOMEM;
	host->node.host = host;
	net->hosts++;
	net->paths_known = false;
	return 0;
}

int
sim_switch_init(struct tern_sim_node *node, struct sim_net *net, const char *name)
{
	return node_init(node, net, name);
}

void
sim_node_free(struct tern_sim_node *node)
{
	if (node->host != NULL)
		sim_ring_free(&node->host->inbox);
	free(node->out);
	free(node->towards);
}

struct tern_sim_node *
sim_net_find(const struct sim_net *net, const char *name)
{
	for (uint32_t i = 0; i < net->nodes; i++)
		if (strcmp(net->node[i]->name, name) == 0)
			return net->node[i];
	return NULL;
}

static bool
add_out(struct tern_sim_node *node)
{
	struct sim_line **out = grow(node->out, node->outs, sizeof(out[0]));

	if (out != NULL)
		node->out = out;
	return out != NULL;
}

static void
join(struct sim_line *l, struct tern_sim_node *from, struct tern_sim_node *to, struct tern_sim_link *link)
{
	l->from = from;
	l->to = to;
	l->link = link;
	from->out[from->outs++] = l;
}

struct tern_sim_link *
sim_net_connect(struct sim_net *net, struct tern_sim_node *a, struct tern_sim_node *b,
		const struct tern_sim_link_options *a_to_b, const struct tern_sim_link_options *b_to_a)
{
	struct tern_sim_link **list = grow(net->link, net->links, sizeof(list[0]));
	struct tern_sim_link *link = calloc(1, sizeof(*link));
	uint32_t part = b->part;

	if (list != NULL)
		net->link = list;
	if (list == NULL || link == NULL || !add_out(a) || !add_out(b) ||
	    sim_line_init(&link->line[0], net, 2 * net->links, a_to_b) != 0 ||
	    sim_line_init(&link->line[1], net, 2 * net->links + 1, b_to_a) != 0) {
		free(link);
		return NULL;
	}
	snprintf(link->name, sizeof(link->name), "%s-%s", a->name, b->name);
	join(&link->line[0], a, b, link);
	join(&link->line[1], b, a, link);
	net->link[net->links++] = link;
	for (uint32_t i = 0; i < net->nodes; i++)
		if (net->node[i]->part == part)
			net->node[i]->part = a->part;
	net->paths_known = false;
	return link;
}
