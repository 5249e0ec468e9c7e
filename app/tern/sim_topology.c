/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A network of a user's own: [host NAME], [switch NAME], [link A B], [link A B reverse], [flow NAME]. */

#include <stdlib.h>
#include <string.h>

#include "sim_plan.h"

#define AT(field) offsetof(struct sim_flow, field)
#define SECOND UINT64_C(1000000000)
#define YEAR (365 * 86400 * SECOND)

static const char *const mode_words[] = { "bulk", "rr", NULL };
static const char *const direction_words[] = { "up", "down", "both", NULL };

/* Keys of [flow], as values; from, to and congestion are read apart. */
static const struct program_option flow_keys[] = {
	{ .name = "start", .kind = OPTION_TIME, .offset = AT(start_ns), .min = 0, .max = YEAR },
	{ .name = "stop", .kind = OPTION_TIME, .offset = AT(stop_ns), .min = 1, .max = YEAR },
	{ .name = "size", .kind = OPTION_NUMBER, .offset = AT(size), .min = 1, .max = UINT64_MAX / 2 },
	{ .name = "mode", .kind = OPTION_WORD, .offset = AT(mode), .words = mode_words },
	{ .name = "direction", .kind = OPTION_WORD, .offset = AT(direction), .words = direction_words },
	{ .name = "requests", .kind = OPTION_NUMBER, .offset = AT(requests), .min = 1, .max = UINT32_MAX },
	{ .name = "request-size", .kind = OPTION_NUMBER, .offset = AT(request_size), .min = 1, .max = UINT64_C(1) << 30 },
	{ .name = "answer-size", .kind = OPTION_NUMBER, .offset = AT(answer_size), .min = 1, .max = UINT64_C(1) << 30 },
};

static const char *
value_of(const struct sim_section *s, const char *key)
{
	const char *value = NULL;

	for (unsigned int i = 0; i < s->word_count; i++)
		if (strcmp(s->words[i].key, key) == 0)
			value = s->words[i].value;
	return value;
}

static int
add_host(struct sim_plan *plan, const struct sim_settings *s, const struct sim_section *section, struct problem *why)
{
	int node = sim_find_node(plan, section->name, strlen(section->name));

	if (strpbrk(section->name, " \t") != NULL)
		return problem_say(why, "%s: a name is one word", section->where);
	if (node >= 0)
		return problem_say(why, "%s: there is a node '%s' already", section->where, section->name);
	if (section->kind == SIM_SWITCH && section->word_count > 0)
		return problem_say(why, "%s: '%s': a switch has no options; its links have", section->where,
				   section->words[0].key);
	if (section->kind == SIM_HOST && sim_check_host(section, why) != 0)
		return -1;
	node = sim_add_node(plan, section->name, section->kind == SIM_HOST, why);
	if (node < 0)
		return -1;
	plan->nodes[node].section = section;
	plan->nodes[node].mtu = s->mtu;
	if (section->kind == SIM_HOST && value_of(section, "mtu") != NULL &&
	    tern_parse_number(value_of(section, "mtu"), &plan->nodes[node].mtu) != 0)
		return problem_say(why, "%s: mtu: found '%s', want bytes", section->where, value_of(section, "mtu"));
	return 0;
}

/* "A B" or "A B reverse". */
static int
read_ends(const struct sim_plan *plan, const struct sim_section *section, uint32_t end[2], bool *reverse,
	  struct problem *why)
{
	const char *p = section->name;

	for (int i = 0; i < 2; i++) {
		size_t length = strcspn(p, " \t");
		int node = sim_find_node(plan, p, length);

		if (length == 0)
			return problem_say(why, "%s: want [link A B] or [link A B reverse]", section->where);
		if (node < 0)
			return problem_say(why, "%s: there is no [host %.*s] and no [switch %.*s]", section->where,
					   (int)length, p, (int)length, p);
		end[i] = (uint32_t)node;
		p += length + strspn(p + length, " \t");
	}
	*reverse = strcmp(p, "reverse") == 0;
	if (*p != 0 && !*reverse)
		return problem_say(why, "%s: found '%s' behind the two ends, want 'reverse' or nothing", section->where,
				   p);
	return 0;
}

static int
set_model(struct sim_model *m, const struct sim_section *section, bool reverse, struct problem *why)
{
	for (unsigned int i = 0; i < section->word_count; i++) {
		const struct sim_word *w = &section->words[i];
		char where[640];
		int rc;

		if (strcmp(w->key, "name") == 0 && !reverse)
			continue;
		snprintf(where, sizeof(where), "%s: %s", section->where, w->key);
		rc = sim_model_set(m, w->key, w->value, where, why);
		if (rc > 0)
			problem_say(why, "%s: there is no such key of a link; 'tern sim --help' lists them", where);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int
find_link(const struct sim_plan *plan, const uint32_t end[2])
{
	for (uint32_t i = 0; i < plan->link_count; i++)
		if ((plan->links[i].end[0] == end[0] && plan->links[i].end[1] == end[1]) ||
		    (plan->links[i].end[0] == end[1] && plan->links[i].end[1] == end[0]))
			return (int)i;
	return -1;
}

static int
add_link(struct sim_plan *plan, const struct sim_section *section, struct problem *why)
{
	const char *name = value_of(section, "name");
	uint32_t end[2];
	bool reverse;
	int link;

	if (read_ends(plan, section, end, &reverse, why) != 0)
		return -1;
	link = find_link(plan, end);
	if (reverse) {
		struct sim_link *l = link < 0 ? NULL : &plan->links[link];

		if (l == NULL)
			return problem_say(why, "%s: [link %s %s] stands before it", section->where,
					   plan->nodes[end[0]].name, plan->nodes[end[1]].name);
		/* what [link A B] said of both ways holds for this one, but for what is said here */
		return set_model(&l->model[l->end[0] == end[0]], section, true, why);
	}
	if (link >= 0)
		return problem_say(why, "%s: %s and %s are joined already; the other direction is [link %s %s reverse]",
				   section->where, plan->nodes[end[0]].name, plan->nodes[end[1]].name,
				   plan->nodes[end[0]].name, plan->nodes[end[1]].name);
	if (end[0] == end[1])
		return problem_say(why, "%s: a link joins two nodes", section->where);
	for (int i = 0; i < 2; i++)
		if (plan->nodes[end[i]].host && plan->nodes[end[i]].links > 0)
			return problem_say(why,
					   "%s: host %s has a link already, and one interface: put a [switch] between",
					   section->where, plan->nodes[end[i]].name);
	link = sim_add_link(plan, name != NULL ? name : section->name, end[0], end[1], why);
	if (link < 0 || set_model(&plan->links[link].model[0], section, false, why) != 0)
		return -1;
	plan->links[link].model[1] = plan->links[link].model[0];
	return 0;
}

/* A queue without a size holds the bandwidth of its line times twice its own delay. */
static int
finish_links(struct sim_plan *plan, const struct sim_settings *s, struct problem *why)
{
	for (uint32_t i = 0; i < plan->link_count; i++) {
		struct sim_link *l = &plan->links[i];
		char where[160];

		snprintf(where, sizeof(where), "[link %s %s]", plan->nodes[l->end[0]].name, plan->nodes[l->end[1]].name);
		for (int d = 0; d < 2; d++)
			if (sim_model_finish(&l->model[d], l->model[0].link.delay_ns + l->model[1].link.delay_ns,
					     s->mtu, where, why) != 0)
				return -1;
	}
	return 0;
}

static int
set_flow_key(struct sim_flow *f, const struct sim_section *section, const struct sim_word *w, struct problem *why)
{
	for (size_t i = 0; i < sizeof(flow_keys) / sizeof(flow_keys[0]); i++) {
		struct known_option k = { .name = w->key, .program = &flow_keys[i], .value_count = 1 };
		struct problem inner;

		if (strcmp(flow_keys[i].name, w->key) != 0)
			continue;
		if (settings_store(f, &k, w->value, &inner) == 0)
			return 0;
		/* it says "--key: ..." */
		return problem_say(why, "%s: %s", section->where, inner.text + 2);
	}
	if (strcmp(w->key, "ipv6") == 0) {
		f->ipv6 = strcmp(w->value, "yes") == 0;
		return f->ipv6 || strcmp(w->value, "no") == 0 ? 0 :
		       problem_say(why, "%s: ipv6: found '%s', want yes or no", section->where, w->value);
	}
	if (strcmp(w->key, "congestion") != 0)
		return problem_say(why,
				   "%s: there is no key '%s' of a flow; there are from, to, start, stop, size, congestion, mode, direction, "
				   "requests, request-size, answer-size, ipv6",
				   section->where, w->key);
	if (!sim_knows_congestion(w->value))
		return problem_say(why, "%s: congestion: found '%s', want one of %s", section->where, w->value,
				   sim_congestions());
	free(f->congestion);
	f->congestion = strdup(w->value);
	return f->congestion != NULL ? 0 : problem_say(why, "no memory for the flows");
}

static int
set_flow_end(const struct sim_plan *plan, const struct sim_section *section, const char *key, uint32_t *end,
	     struct problem *why)
{
	const char *name = value_of(section, key);
	int node = name != NULL ? sim_find_node(plan, name, strlen(name)) : -1;

	if (name == NULL)
		return problem_say(why, "%s: '%s = HOST' is missing", section->where, key);
	if (node < 0 || !plan->nodes[node].host)
		return problem_say(why, "%s: %s: there is no [host %s]", section->where, key, name);
	*end = (uint32_t)node;
	return 0;
}

static int
add_flow(struct sim_plan *plan, const struct sim_settings *s, const struct sim_section *section, struct problem *why)
{
	int flow;

	for (uint32_t i = 0; i < plan->flow_count; i++)
		if (strcmp(plan->flows[i].name, section->name) == 0)
			return problem_say(why, "%s: there is a flow '%s' already", section->where, section->name);
	flow = sim_add_flow(plan, section->name, s, why);
	if (flow < 0)
		return -1;
	plan->flows[flow].where = section->where;
	if (set_flow_end(plan, section, "from", &plan->flows[flow].from, why) != 0 ||
	    set_flow_end(plan, section, "to", &plan->flows[flow].to, why) != 0)
		return -1;
	if (plan->flows[flow].from == plan->flows[flow].to)
		return problem_say(why, "%s: from and to are one host", section->where);
	for (unsigned int i = 0; i < section->word_count; i++)
		if (strcmp(section->words[i].key, "from") != 0 && strcmp(section->words[i].key, "to") != 0 &&
		    set_flow_key(&plan->flows[flow], section, &section->words[i], why) != 0)
			return -1;
	return 0;
}

int
sim_plan_topology(struct sim_plan *plan, const struct sim_settings *s, const struct sim_sections *sections,
		  struct problem *why)
{
	/* in any order in the file: nodes first, then what names them */
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0; i < sections->count; i++) {
			const struct sim_section *section = &sections->list[i];
			bool node = section->kind == SIM_HOST || section->kind == SIM_SWITCH;
			int rc = 0;

			if (pass == 0 && node)
				rc = add_host(plan, s, section, why);
			else if (pass == 1 && section->kind == SIM_LINK)
				rc = add_link(plan, section, why);
			else if (pass == 1 && section->kind == SIM_FLOW)
				rc = add_flow(plan, s, section, why);
			if (rc != 0)
				return -1;
		}
	}
	if (plan->flow_count == 0)
		return problem_say(why, "the network has no [flow NAME] with from = HOST and to = HOST");
	if (plan->link_count == 0)
		return problem_say(why, "the network has no [link A B]");
	for (uint32_t i = 0; i < plan->node_count; i++)
		if (plan->nodes[i].host && plan->nodes[i].links == 0)
			return problem_say(why, "%s: no [link %s ...] leads to it", plan->nodes[i].section->where,
					   plan->nodes[i].name);
	return finish_links(plan, s, why);
}
