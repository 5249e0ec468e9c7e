/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim_plan.h"
#include "units.h"

#define SECOND UINT64_C(1000000000)

/* All send queues together: more would be memory that a window never reaches. */
#define BUFFERS (UINT64_C(256) << 20)
#define BUFFER_LEAST (UINT64_C(256) << 10)
#define BUFFER_MOST ((UINT64_C(1) << 30) - 1)

/* One more in an array that grows by doubling. */
static void *
grown(void *list, uint32_t count, size_t size)
{
	return (count & (count - 1)) == 0 ? realloc(list, (count == 0 ? 1 : 2 * (size_t)count) * size) : list;
}

int
sim_add_node(struct sim_plan *plan, const char *name, bool host, struct problem *why)
{
	struct sim_node *list = grown(plan->nodes, plan->node_count, sizeof(*list));
	uint32_t number = 1;

	if (list == NULL)
		return problem_say(why, "no memory for the network");
	plan->nodes = list;
	for (uint32_t i = 0; i < plan->node_count; i++)
		number += list[i].host;
	list[plan->node_count] = (struct sim_node){ .name = strdup(name), .host = host, .number = number };
	return list[plan->node_count].name == NULL ? problem_say(why, "no memory for the network") :
						     (int)plan->node_count++;
}

int
sim_add_link(struct sim_plan *plan, const char *name, uint32_t a, uint32_t b, struct problem *why)
{
	struct sim_link *list = grown(plan->links, plan->link_count, sizeof(*list));

	if (list == NULL)
		return problem_say(why, "no memory for the network");
	plan->links = list;
	list[plan->link_count] = (struct sim_link){ .name = strdup(name), .end = { a, b } };
	for (int i = 0; i < 2; i++)
		list[plan->link_count].model[i].link = (struct tern_sim_link_options)TERN_SIM_LINK_INIT;
	plan->nodes[a].links++;
	plan->nodes[b].links++;
	return list[plan->link_count].name == NULL ? problem_say(why, "no memory for the network") :
						     (int)plan->link_count++;
}

int
sim_add_flow(struct sim_plan *plan, const char *name, const struct sim_settings *s, struct problem *why)
{
	struct sim_flow *list = grown(plan->flows, plan->flow_count, sizeof(*list));
	struct sim_flow *f;
	char item[32];

	if (list == NULL)
		return problem_say(why, "no memory for the flows");
	plan->flows = list;
	f = &list[plan->flow_count];
	*f = (struct sim_flow){
		.name = strdup(name), .stop_ns = SIM_NO_END, .mode = s->mode, .direction = s->direction, .size = s->size,
		.requests = s->requests, .request_size = s->request_size, .answer_size = s->answer_size, .ipv6 = s->ipv6,
		.narrow = { -1, -1 },
	};
	f->where = f->name;
	if (s->congestion != NULL && sim_list_item(s->congestion, plan->flow_count, item, sizeof(item)))
		f->congestion = strdup(item);
	if (f->name == NULL || (s->congestion != NULL && f->congestion == NULL))
		return problem_say(why, "no memory for the flows");
	return (int)plan->flow_count++;
}

int
sim_find_node(const struct sim_plan *plan, const char *name, size_t length)
{
	for (uint32_t i = 0; i < plan->node_count; i++)
		if (strlen(plan->nodes[i].name) == length && strncmp(plan->nodes[i].name, name, length) == 0)
			return (int)i;
	return -1;
}

/* The link that users look at: the narrowest, by name in a dumbbell. */
static void
choose_bottleneck(struct sim_plan *plan)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < plan->link_count; i++) {
		for (int d = 0; d < 2; d++) {
			uint64_t rate = plan->links[i].model[d].link.rate;

			if (rate != 0 && rate < least &&
			    (!plan->dumbbell || strcmp(plan->links[i].name, "bottleneck") == 0)) {
				least = rate;
				plan->bottleneck = i;
			}
		}
	}
}

static int
choose_capture(struct sim_plan *plan, const struct sim_settings *s, struct problem *why)
{
	plan->capture_link = plan->bottleneck;
	if (s->capture_link == NULL)
		return 0;
	for (uint32_t i = 0; i < plan->link_count; i++) {
		if (strcmp(plan->links[i].name, s->capture_link) == 0) {
			plan->capture_link = i;
			return 0;
		}
	}
	return problem_say(why, "--capture-link: there is no link '%s'; the bottleneck is '%s', and --check lists all",
			   s->capture_link, plan->links[plan->bottleneck].name);
}

/* Send queues and windows that do not limit a flow, and the memory for them and for what is under way. */
static void
size_memory(struct sim_plan *plan)
{
	uint64_t most = 0, mtu = 0, queues = 0, share, packets;

	for (uint32_t i = 0; i < plan->flow_count; i++)
		if (plan->flows[i].pipe_bytes > most)
			most = plan->flows[i].pipe_bytes;
	for (uint32_t i = 0; i < plan->node_count; i++)
		if (plan->nodes[i].mtu > mtu)
			mtu = plan->nodes[i].mtu;
	for (uint32_t i = 0; i < plan->link_count; i++)
		queues += plan->links[i].model[0].link.queue_bytes + plan->links[i].model[1].link.queue_bytes;
	share = BUFFERS / plan->flow_count;
	plan->buffer_bytes = 2 * most > share ? share : 2 * most;
	if (plan->buffer_bytes < BUFFER_LEAST)
		plan->buffer_bytes = BUFFER_LEAST;
	if (plan->buffer_bytes > BUFFER_MOST)
		plan->buffer_bytes = BUFFER_MOST;
	plan->mbuf_size = mtu > 1900 ? (mtu + 512) & ~UINT64_C(127) : 0;
	/* queued at the senders; and what is under way or kept by receivers, in small packets too */
	packets = plan->flow_count * plan->buffer_bytes / 1200 + 2 * (queues + most) / 1000 +
		  256 * (uint64_t)plan->node_count;
	plan->mbufs = packets < 65536 ? 65536 : packets > UINT64_C(4) << 20 ? UINT64_C(4) << 20 : packets;
}

static int
check_flow(const struct sim_plan *plan, const struct sim_flow *f, struct problem *why)
{
	if (plan->duration_ns != SIM_NO_END && f->start_ns >= plan->duration_ns)
		return problem_say(why, "%s: start is behind the end of --duration", f->where);
	if (f->stop_ns <= f->start_ns)
		return problem_say(why, "%s: stop is not behind start", f->where);
	for (int i = 0; i < 2; i++)
		if (f->ipv6 && plan->nodes[i == 0 ? f->from : f->to].mtu < 1280)
			return problem_say(why, "%s: IPv6 wants an mtu of 1280 at least (RFC 8200, 5), found %" PRIu64,
					   f->where, plan->nodes[i == 0 ? f->from : f->to].mtu);
	return 0;
}

int
sim_plan_make(struct sim_plan *plan, const struct sim_settings *s, const struct options *o,
	      const struct sim_sections *sections, struct problem *why)
{
	bool endless = false;

	*plan = (struct sim_plan){ .dumbbell = sections->count == 0, .duration_ns = s->duration_ns };
	if (plan->dumbbell ? sim_plan_dumbbell(plan, s, o, why) != 0 : sim_plan_topology(plan, s, sections, why) != 0)
		return -1;
	for (uint32_t i = 0; i < plan->flow_count; i++) {
		const struct sim_flow *f = &plan->flows[i];

		endless |= f->stop_ns == SIM_NO_END && (f->mode == SIM_BULK ? f->size : f->requests) == SIM_NO_END;
	}
	if (plan->duration_ns == 0)
		plan->duration_ns = endless ? 30 * SECOND : SIM_NO_END;
	if (s->warmup_ns >= plan->duration_ns)
		return problem_say(why, "--warmup leaves nothing of --duration to measure");
	choose_bottleneck(plan);
	for (uint32_t i = 0; i < plan->flow_count; i++)
		if (check_flow(plan, &plan->flows[i], why) != 0 || sim_find_path(plan, &plan->flows[i], why) != 0)
			return -1;
	size_memory(plan);
	if (s->mbufs != 0)
		plan->mbufs = s->mbufs;
	return choose_capture(plan, s, why);
}

void
sim_plan_free(struct sim_plan *plan)
{
	for (uint32_t i = 0; i < plan->node_count; i++)
		free(plan->nodes[i].name);
	for (uint32_t i = 0; i < plan->link_count; i++)
		free(plan->links[i].name);
	for (uint32_t i = 0; i < plan->flow_count; i++) {
		free(plan->flows[i].name);
		free(plan->flows[i].congestion);
	}
	free(plan->nodes);
	free(plan->links);
	free(plan->flows);
	*plan = (struct sim_plan){ 0 };
}

static void
print_model(FILE *out, const struct sim_model *m)
{
	const struct tern_sim_link_options *o = &m->link;
	char a[UNITS_STRLEN];

	if (o->rate != 0)
		fprintf(out, " %sbit/s, queue %s %s%s,", units_short(a, (double)o->rate), sim_aqm_name(o->queue),
			o->ecn ? "with ECN " : "", units_bytes((char[UNITS_STRLEN]){ 0 }, o->queue_bytes));
	else
		fputs(" no limit of rate,", out);
	fprintf(out, " delay %s", units_time(a, o->delay_ns));
	if (o->jitter_ns != 0)
		fprintf(out, ", jitter %s", units_time(a, o->jitter_ns));
	if (o->loss > 0)
		fprintf(out, ", loss %.3g %%", 100 * o->loss);
	if (o->gilbert_p > 0)
		fprintf(out, ", bursts of loss %.3g %% -> %.3g %%", 100 * o->gilbert_p, 100 * o->gilbert_r);
	if (o->reorder > 0)
		fprintf(out, ", reordered %.3g %%", 100 * o->reorder);
	if (o->duplicate > 0)
		fprintf(out, ", duplicated %.3g %%", 100 * o->duplicate);
	if (o->corrupt > 0)
		fprintf(out, ", corrupted %.3g %%", 100 * o->corrupt);
	if (o->mtu != 0)
		fprintf(out, ", MTU %u%s", o->mtu, o->mtu_icmp ? " with ICMP" : "");
	if (o->up_ns != 0)
		fprintf(out, ", up %s, down %s", units_time(a, o->up_ns),
			units_time((char[UNITS_STRLEN]){ 0 }, o->down_ns));
	fputc('\n', out);
}

static void
print_flow(FILE *out, const struct sim_plan *plan, const struct sim_flow *f)
{
	static const char *const directions[] = { "up", "down", "both ways" };
	char a[UNITS_STRLEN];

	fprintf(out, "  flow %s: %s to %s, %s%s", f->name, plan->nodes[f->from].name, plan->nodes[f->to].name,
		f->mode == SIM_RR ? "rr" : "bulk ", f->mode == SIM_RR ? "" : directions[f->direction]);
	if (f->mode == SIM_BULK && f->size != SIM_NO_END)
		fprintf(out, ", %s bytes", units_count(a, f->size));
	if (f->congestion != NULL)
		fprintf(out, ", %s", f->congestion);
	fprintf(out, ", round trip %s, from %s on%s\n", units_time(a, f->rtt_ns),
		units_time((char[UNITS_STRLEN]){ 0 }, f->start_ns), f->ipv6 ? ", IPv6" : "");
}

void
sim_plan_print(FILE *out, const struct sim_plan *plan, const struct sim_settings *s)
{
	char a[UNITS_STRLEN], b[UNITS_STRLEN];

	fprintf(out, "  %u nodes, %u links, %u flows; %s; seed %" PRIu64 "\n", plan->node_count, plan->link_count,
		plan->flow_count,
		plan->duration_ns == SIM_NO_END ? "until every flow is done" : units_time(a, plan->duration_ns),
		s->seed);
	fprintf(out, "  send queues and windows of up to %s, unless options say; %s mbufs\n",
		units_bytes(a, plan->buffer_bytes), units_count(b, plan->mbufs));
	for (uint32_t i = 0; i < plan->link_count && i < 64; i++) {
		const struct sim_link *l = &plan->links[i];
		bool alike = memcmp(&l->model[0].link, &l->model[1].link, sizeof(l->model[0].link)) == 0;

		for (int d = 0; d < (alike ? 1 : 2); d++) {
			fprintf(out, "  link %s: %s %s %s:", l->name, plan->nodes[l->end[d]].name, alike ? "<->" : "->",
				plan->nodes[l->end[!d]].name);
			print_model(out, &l->model[d]);
		}
	}
	for (uint32_t i = 0; i < plan->flow_count && i < 64; i++)
		print_flow(out, plan, &plan->flows[i]);
	if (plan->flow_count > 64)
		fprintf(out, "  and %u more\n", plan->flow_count - 64);
}
