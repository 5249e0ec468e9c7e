/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "run/sim.h"
#include "sim/check.h"
#include "stack/stack.h"

#define DEFAULT_MBUFS 65536u
#define LEAST_MBUFS 1024u
#define MOST_MBUFS (1u << 24)
#define LEAST_ROOM 1024u
#define START_NS UINT64_C(1000000000)

static int
check(const struct tern_sim_options *o, struct complaint *why)
{
	if (o->mbufs < LEAST_MBUFS || o->mbufs > MOST_MBUFS)
		return complain(why, "mbufs is %u: from %u to %u", o->mbufs, LEAST_MBUFS, MOST_MBUFS);
	if (o->mbuf_size < LEAST_ROOM || o->mbuf_size > UINT16_MAX)
		return complain(why, "mbuf_size is %u: from %u to %u bytes", o->mbuf_size, LEAST_ROOM, UINT16_MAX);
	return 0;
}

static int
sim_init(struct tern_sim *sim, const struct tern_sim_options *o, struct complaint *why)
{
	if (check(o, why) != 0 || sim_eal(why) != 0)
		return -1;
	sim->data_room = o->mbuf_size;
	sim->pool = sim_pool_new(o->mbufs, o->mbuf_size, why);
	if (sim->pool == NULL)
		return -1;
	sim->net.owner = sim;
	if (sim_net_init(&sim->net, o->seed, o->start_ns, sim->pool) != 0)
		return complain(why, "out of memory");
	return 0;
}

struct tern_sim *
tern_sim_new(const struct tern_sim_options *options)
{
	struct tern_sim_options o = TERN_SIM_INIT;
	struct complaint *why = process_complaint();
	struct tern_sim *sim = calloc(1, sizeof(*sim));

	why->text[0] = '\0';
	if (options != NULL)
		memcpy(&o, options, RTE_MIN(options->size, sizeof(o)));
	o.mbufs = o.mbufs != 0 ? o.mbufs : DEFAULT_MBUFS;
	o.mbuf_size = o.mbuf_size != 0 ? o.mbuf_size : RTE_MBUF_DEFAULT_BUF_SIZE;
	o.start_ns = o.start_ns != 0 ? o.start_ns : START_NS;
	if (sim == NULL) {
		complain(why, "out of memory");
		return NULL;
	}
	if (sim_init(sim, &o, why) != 0) {
		tern_sim_free(sim);
		return NULL;
	}
	return sim;
}

unsigned int
tern_sim_free(struct tern_sim *sim)
{
	unsigned int lost;

	if (sim == NULL)
		return 0;
	for (uint32_t i = 0; i < sim->net.nodes; i++) {
		struct tern_sim_node *n = sim->net.node[i];

		if (n->host != NULL) {
			sim_machine_free((struct sim_machine *)n->host);
		} else {
			sim_node_free(n);
			free(n);
		}
	}
	sim_recordings_free(sim);
	sim_net_free(&sim->net);
	lost = sim_pool_free(sim->pool);
	free(sim);
	return lost;
}

/* ---- nodes */

static int
check_name(const struct tern_sim *sim, const char *name, struct complaint *why)
{
	if (name == NULL || name[0] == '\0' || strlen(name) >= SIM_NAME)
		return complain(why, "\"%s\": a node's name has 1 to %u characters", name != NULL ? name : "", SIM_NAME - 1);
	if (sim_net_find(&sim->net, name) != NULL)
		return complain(why, "\"%s\" is another node's name already", name);
	if (sim->net.nodes == SIM_MAX_NODES)
		return complain(why, "\"%s\": a network has at most %u nodes", name, SIM_MAX_NODES);
	return 0;
}

struct tern_sim_node *
tern_sim_host(struct tern_sim *sim, const char *name, int words, const char *const *word)
{
	struct complaint *why = process_complaint();
	struct sim_machine *m;

	if (check_name(sim, name, why) != 0)
		return NULL;
	m = sim_machine_new(sim, name, words, word, why);
	return m != NULL ? &m->host.node : NULL;
}

struct tern_sim_node *
tern_sim_switch(struct tern_sim *sim, const char *name)
{
	struct complaint *why = process_complaint();
	struct tern_sim_node *node;

	if (check_name(sim, name, why) != 0)
		return NULL;
	node = calloc(1, sizeof(*node));
	if (node == NULL || sim_switch_init(node, &sim->net, name) != 0) {
		complain(why, "out of memory");
		free(node);
		return NULL;
	}
	return node;
}

struct tern_stack *
tern_sim_stack(const struct tern_sim_node *host)
{
	return host->host != NULL ? ((struct sim_machine *)host->host)->core->stack : NULL;
}

const char *
tern_sim_name(const struct tern_sim_node *node)
{
	return node->name;
}

void
tern_sim_on(struct tern_sim_node *host, tern_sim_program program, void *arg)
{
	struct sim_machine *m = (struct sim_machine *)host->host;

	if (m == NULL)
		return;
	m->program = program;
	m->arg = arg;
}

/* ---- links */

static int
check_ends(const struct tern_sim *sim, const struct tern_sim_node *a, const struct tern_sim_node *b,
	   struct complaint *why)
{
	const struct tern_sim_node *end[] = { a, b };

	for (unsigned int i = 0; i < 2; i++) {
		if (end[i]->net != &sim->net)
			return complain(why, "%s is a node of another network", end[i]->name);
		if (end[i]->host != NULL && end[i]->outs != 0)
			return complain(why, "%s is a host and has its link already; a switch joins several", end[i]->name);
	}
	if (a == b)
		return complain(why, "%s cannot be linked to itself", a->name);
	if (a->part == b->part)
		return complain(why, "%s and %s are joined already: a second way would make a loop, in which a broadcast never ends",
				a->name, b->name);
	return 0;
}

static int
check_model(struct tern_sim_link_options *model, const struct tern_sim_link_options *given,
	    const struct tern_sim_node *from, const struct tern_sim_node *to, struct complaint *why)
{
	static const struct tern_sim_link_options perfect = TERN_SIM_LINK_INIT;
	char text[400];

	if (sim_check_model(model, given != NULL ? given : &perfect, text, sizeof(text)))
		return 0;
	return complain(why, "link from %s to %s: %s", from->name, to->name, text);
}

struct tern_sim_link *
tern_sim_connect(struct tern_sim *sim, struct tern_sim_node *a, struct tern_sim_node *b,
		 const struct tern_sim_link_options *a_to_b, const struct tern_sim_link_options *b_to_a)
{
	struct complaint *why = process_complaint();
	struct tern_sim_link_options there, back;
	struct tern_sim_link *link;

	if (check_ends(sim, a, b, why) != 0 || check_model(&there, a_to_b, a, b, why) != 0 ||
	    check_model(&back, b_to_a != NULL ? b_to_a : a_to_b, b, a, why) != 0)
		return NULL;
	link = sim_net_connect(&sim->net, a, b, &there, &back);
	if (link == NULL)
		complain(why, "out of memory");
	return link;
}

int
tern_sim_change(struct tern_sim_link *link, bool b_to_a, const struct tern_sim_link_options *options)
{
	struct sim_line *l = &link->line[b_to_a];
	struct tern_sim_link_options model;

	if (check_model(&model, options, l->from, l->to, process_complaint()) != 0)
		return -EINVAL;
	sim_line_change(l, &model);
	return 0;
}

void
tern_sim_link_stats(const struct tern_sim_link *link, bool b_to_a, struct tern_sim_link_stats *stats)
{
	/* the line is brought up to now first, which nobody can tell from having done so before */
	sim_line_stats((struct sim_line *)(uintptr_t)&link->line[b_to_a], stats);
}

/* ---- time */

uint64_t
tern_sim_now(const struct tern_sim *sim)
{
	return sim->net.now_ns;
}

int
tern_sim_at(struct tern_sim *sim, uint64_t at_ns, void (*fn)(struct tern_sim *sim, void *arg), void *arg)
{
	return sim_net_at(&sim->net, at_ns, fn, arg);
}

int
tern_sim_run(struct tern_sim *sim, uint64_t until_ns)
{
	int result = sim_net_run(&sim->net, until_ns);

	if (result == -ELOOP)
		complain(process_complaint(), "host %s does not come to rest at %llu ns: it took %u turns in which no time passed; "
			 "a link without any delay or rate may be the cause", sim->net.spinning->node.name,
			 (unsigned long long)sim->net.now_ns, sim->net.spinning->turns);
	return result;
}

void
tern_sim_stop(struct tern_sim *sim)
{
	sim->net.stop = true;
}

uint64_t
tern_sim_events(const struct tern_sim *sim)
{
	return sim->net.events;
}
