/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Clients, a switch, the bottleneck, a switch, servers. One client and one server are joined by the bottleneck alone. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim_plan.h"

#define HOSTS_UNASKED 256   /* more stacks are seldom what somebody with many flows means, and cost memory */

/* Flags of the bottleneck's model that are called otherwise than the key. */
static const struct {
	const char *flag, *key;
} renamed[] = {
	{ "link-rate", "rate" }, { "link-mtu", "mtu" }, { "link-mtu-icmp", "mtu-icmp" },
};

/* Keys that are no flags of the bottleneck: it gets them from flags of another meaning. */
static const char *
flag_of(const char *key)
{
	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (strcmp(renamed[i].key, key) == 0)
			return renamed[i].flag;
	return strcmp(key, "delay") == 0 ? NULL : key;
}

static int
read_bottleneck(struct sim_model *m, const struct options *o, struct problem *why)
{
	const char *key;

	for (unsigned int i = 0; (key = sim_model_key(i)) != NULL; i++) {
		const char *flag = flag_of(key), *value = flag != NULL ? options_value(o, flag) : NULL;
		char where[40];

		if (value == NULL)
			continue;
		snprintf(where, sizeof(where), "--%s", flag);
		if (sim_model_set(m, key, value, where, why) != 0)
			return -1;
	}
	return 0;
}

static int
read_reverse(struct sim_model *back, const struct sim_settings *s, struct problem *why)
{
	if (s->reverse_rate != NULL && sim_model_set(back, "rate", s->reverse_rate, "--reverse-rate", why) != 0)
		return -1;
	return s->reverse_loss != NULL ? sim_model_set(back, "loss", s->reverse_loss, "--reverse-loss", why) : 0;
}

/* Round trips of the hosts; the least and the largest of them. */
static int
read_round_trips(const struct sim_settings *s, uint32_t i, uint64_t *rtt_ns, struct problem *why)
{
	char item[32];

	if (sim_list_item(s->rtt, i, item, sizeof(item)) && tern_parse_time(item, rtt_ns) == 0)
		return 0;
	return problem_say(why, "--rtt: found '%s', want a time or several, as in 40ms or 10ms,40ms", s->rtt);
}

static int
add_side(struct sim_plan *plan, const struct sim_settings *s, uint32_t hosts, const char *side, uint32_t hub,
	 struct problem *why)
{
	for (uint32_t i = 0; i < hosts; i++) {
		char name[24];
		int node;

		snprintf(name, sizeof(name), "%s%u", side, i + 1);
		node = sim_add_node(plan, name, true, why);
		if (node < 0)
			return -1;
		plan->nodes[node].side = side;
		plan->nodes[node].mtu = s->mtu;
		if (hosts > 1 && (strcmp(side, "client") == 0 ? sim_add_link(plan, name, (uint32_t)node, hub, why) :
			          sim_add_link(plan, name, hub, (uint32_t)node, why)) < 0)
			return -1;
	}
	return 0;
}

/* What a client's round trip is longer than the shortest is its own link's delay. */
static int
set_access(struct sim_plan *plan, const struct sim_settings *s, uint64_t least_ns, struct problem *why)
{
	for (uint32_t i = 0; i < plan->link_count; i++) {
		struct sim_link *l = &plan->links[i];
		struct sim_model m = l->model[0];
		uint64_t rtt_ns;

		if (strcmp(l->name, "bottleneck") == 0)
			continue;
		if (s->access_rate != NULL && sim_model_set(&m, "rate", s->access_rate, "--access-rate", why) != 0)
			return -1;
		if (plan->nodes[l->end[0]].host) {
			if (read_round_trips(s, plan->nodes[l->end[0]].number - 1, &rtt_ns, why) != 0)
				return -1;
			m.link.delay_ns = (rtt_ns - least_ns) / 2;
		}
		if (sim_model_finish(&m, least_ns, s->mtu, "--access-rate", why) != 0)
			return -1;
		l->model[0] = l->model[1] = m;
	}
	return 0;
}

static int
add_flows(struct sim_plan *plan, const struct sim_settings *s, uint32_t hosts, struct problem *why)
{
	uint32_t first_client = hosts > 1 ? 2 : 0;

	for (uint32_t i = 0; i < s->flows; i++) {
		char name[16];
		int flow;

		snprintf(name, sizeof(name), "%u", i + 1);
		flow = sim_add_flow(plan, name, s, why);
		if (flow < 0)
			return -1;
		plan->flows[flow].from = first_client + i % hosts;
		plan->flows[flow].to = first_client + hosts + i % hosts;
		plan->flows[flow].start_ns = i * s->stagger_ns;
	}
	return 0;
}

int
sim_plan_dumbbell(struct sim_plan *plan, const struct sim_settings *s, const struct options *o, struct problem *why)
{
	uint32_t hosts = (uint32_t)(s->hosts != 0 ? s->hosts : s->flows < HOSTS_UNASKED ? s->flows : HOSTS_UNASKED);
	uint64_t least_ns = UINT64_MAX, most_ns = 0, rtt_ns;
	struct sim_link *bottleneck;

	/* a list with nothing between its commas is no list of so many */
	for (uint32_t i = 0; i < sim_list_length(s->rtt); i++)
		if (read_round_trips(s, i, &rtt_ns, why) != 0)
			return -1;
	if (sim_list_length(s->rtt) > hosts)
		return problem_say(why, "--rtt: %u round trips for %u hosts; --hosts or --flows says how many there are",
				   sim_list_length(s->rtt), hosts);
	for (uint32_t i = 0; i < hosts; i++) {
		if (read_round_trips(s, i, &rtt_ns, why) != 0)
			return -1;
		least_ns = rtt_ns < least_ns ? rtt_ns : least_ns;
		most_ns = rtt_ns > most_ns ? rtt_ns : most_ns;
	}
	if (hosts > 1 && (sim_add_node(plan, "left", false, why) < 0 || sim_add_node(plan, "right", false, why) < 0))
		return -1;
	/* the bottleneck joins nodes 0 and 1, whichever they are: the links of the sides come behind it in the list */
	if (hosts > 1 && sim_add_link(plan, "bottleneck", 0, 1, why) < 0)
		return -1;
	if (add_side(plan, s, hosts, "client", 0, why) != 0 || add_side(plan, s, hosts, "server", 1, why) != 0)
		return -1;
	if (hosts == 1 && sim_add_link(plan, "bottleneck", 0, 1, why) < 0)
		return -1;
	bottleneck = &plan->links[0];
	if (read_bottleneck(&bottleneck->model[0], o, why) != 0)
		return -1;
	bottleneck->model[0].link.delay_ns = least_ns / 2;
	bottleneck->model[1] = bottleneck->model[0];
	if (read_reverse(&bottleneck->model[1], s, why) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (sim_model_finish(&bottleneck->model[i], most_ns, s->mtu,
				     i == 0 ? "the bottleneck" : "the bottleneck's way back", why) != 0)
			return -1;
	if (hosts == 1 && s->access_rate != NULL)
		return problem_say(why, "--access-rate: with one client and one server the bottleneck is the only link");
	return set_access(plan, s, least_ns, why) != 0 ? -1 : add_flows(plan, s, hosts, why);
}
