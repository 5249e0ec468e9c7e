/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim_interrupt.h"
#include "sim_run.h"
#include "stats.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

/* For neighbours to be found over the longest path. */
#define SETTLE_STEP_NS (10 * MS)
#define SETTLE_MOST_NS (300 * SECOND)

/* What was sent has this long to arrive and to be acknowledged: far more than any retransmission timer. */
#define DRAIN_NS (3600 * SECOND)

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void
sim_interrupt_watch(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool
sim_interrupted(void)
{
	return interrupted != 0;
}

/* ---- building */

/* What is bad about a link begins with the flows: neighbours are found before, as in a load's start. */
static struct tern_sim_link_options
without_harm(const struct tern_sim_link_options *o)
{
	struct tern_sim_link_options good = *o;

	good.loss = good.gilbert_p = good.gilbert_r = good.gilbert_bad = good.gilbert_good = 0;
	good.reorder = good.duplicate = good.corrupt = 0;
	good.reorder_ns = good.jitter_ns = good.up_ns = good.down_ns = 0;
	good.mtu = 0;
	good.mtu_icmp = false;
	return good;
}

static int
build_nodes(struct sim_run *r, struct problem *why)
{
	static struct sim_words words;

	for (uint32_t i = 0; i < r->plan->node_count; i++) {
		struct sim_node *n = &r->plan->nodes[i];

		if (!n->host) {
			n->node = tern_sim_switch(r->sim, n->name);
		} else {
			if (sim_host_words(&words, r->plan, n, r->options, why) != 0)
				return -1;
			n->node = tern_sim_host(r->sim, n->name, (int)words.count, words.list);
		}
		if (n->node == NULL)
			return problem_say(why, "%s %s: %s", n->host ? "host" : "switch", n->name, tern_error());
		if (n->host)
			tern_sim_on(n->node, sim_on_events, r);
	}
	return 0;
}

static int
build_links(struct sim_run *r, struct problem *why)
{
	for (uint32_t i = 0; i < r->plan->link_count; i++) {
		struct sim_link *l = &r->plan->links[i];
		struct tern_sim_link_options way[2] = { without_harm(&l->model[0].link),
							without_harm(&l->model[1].link) };

		l->link = tern_sim_connect(r->sim, r->plan->nodes[l->end[0]].node, r->plan->nodes[l->end[1]].node,
					   &way[0], &way[1]);
		if (l->link == NULL)
			return problem_say(why, "link %s: %s", l->name, tern_error());
	}
	return 0;
}

static int
do_harm(struct sim_run *r, struct problem *why)
{
	for (uint32_t i = 0; i < r->plan->link_count; i++) {
		struct sim_link *l = &r->plan->links[i];

		for (int d = 0; d < 2; d++) {
			struct tern_sim_link_options good = without_harm(&l->model[d].link);

			if (memcmp(&good, &l->model[d].link, sizeof(good)) != 0 &&
			    tern_sim_change(l->link, d, &l->model[d].link) != 0)
				return problem_say(why, "link %s: %s", l->name, tern_error());
		}
	}
	return 0;
}

static void
make_streams(struct sim_run *r, struct sim_flow_run *f)
{
	for (int i = 0; i < 2; i++) {
		bool sends = f->plan->mode == SIM_RR || f->plan->direction == DIRECTION_BOTH ||
			     (f->plan->direction == DIRECTION_UP) == (i == 0);

		f->end[i].sends = sends;
		/* of requests and answers, the answers are told of */
		if (!sends || (f->plan->mode == SIM_RR && i == 0))
			continue;
		f->stream[i] = &r->streams[r->stream_count++];
		*f->stream[i] = (struct sim_stream){ .flow = f, .from = &f->end[i], .to = &f->end[!i], .end_ns = SIM_NO_END };
	}
}

static int
build_flows(struct sim_run *r, struct problem *why)
{
	for (uint32_t i = 0; i < r->plan->flow_count; i++) {
		struct sim_flow_run *f = &r->flows[i];
		const struct sim_flow *p = &r->plan->flows[i];
		int rc;

		*f = (struct sim_flow_run){ .run = r, .plan = p, .number = i, .connected_ns = SIM_NO_END };
		for (int e = 0; e < 2; e++) {
			f->end[e].flow = f;
			f->end[e].server = e == 1;
			f->end[e].wrong_at = SIM_NO_END;
			f->end[e].stack = tern_sim_stack(r->plan->nodes[e == 0 ? p->from : p->to].node);
		}
		make_streams(r, f);
		if (tern_stack_address(f->end[1].stack, !p->ipv6, &f->target) != 0)
			return problem_say(why, "flow %s: host %s has no address of %s", p->name,
					   r->plan->nodes[p->to].name, p->ipv6 ? "IPv6" : "IPv4");
		rc = sim_flow_listen(f);
		if (rc != 0)
			return problem_say(why, "flow %s: host %s cannot listen on port %u: %s", p->name,
					   r->plan->nodes[p->to].name, f->port, strerror(-rc));
	}
	return 0;
}

static int
build(struct sim_run *r, struct problem *why)
{
	struct tern_sim_options options = TERN_SIM_INIT;
	const struct sim_settings *s = r->settings;
	uint32_t lines = 2 * r->plan->link_count;

	options.seed = s->seed;
	options.mbufs = (uint32_t)r->plan->mbufs;
	options.mbuf_size = (uint32_t)r->plan->mbuf_size;
	r->flows = calloc(r->plan->flow_count, sizeof(*r->flows));
	r->streams = calloc(2 * (size_t)r->plan->flow_count, sizeof(*r->streams));
	r->line_begin = calloc(lines, sizeof(*r->line_begin));
	r->line_end = calloc(lines, sizeof(*r->line_end));
	r->queue_sum = calloc(lines, sizeof(*r->queue_sum));
	r->queue_now = calloc(lines, sizeof(*r->queue_now));
	r->latency = tern_histogram_new();
	if (r->flows == NULL || r->streams == NULL || r->line_begin == NULL || r->line_end == NULL ||
	    r->queue_sum == NULL || r->queue_now == NULL || r->latency == NULL)
		return problem_say(why, "no memory for the run");
	if (sim_pattern_make(r, why) != 0)
		return -1;
	r->sim = tern_sim_new(&options);
	if (r->sim == NULL)
		return problem_say(why, "%s", tern_error());
	if (build_nodes(r, why) != 0 || build_links(r, why) != 0)
		return -1;
	if (s->capture != NULL &&
	    tern_sim_capture(r->plan->links[r->plan->capture_link].link, s->capture, !s->capture_leave) != 0)
		return problem_say(why, "--capture '%s': %s", s->capture, tern_error());
	return build_flows(r, why);
}

/* ---- running */

struct settle {
	struct sim_run *run;
	bool ready;
};

static void
settle_step(struct tern_sim *sim, void *arg)
{
	struct settle *s = arg;

	s->ready = true;
	for (uint32_t i = 0; i < s->run->plan->flow_count; i++)
		if (tern_ready(s->run->flows[i].end[0].stack, &s->run->flows[i].target) != 0)
			s->ready = false;
	if (s->ready)
		tern_sim_stop(sim);
	else
		tern_sim_at(sim, tern_sim_now(sim) + SETTLE_STEP_NS, settle_step, s);
}

static int
settle(struct sim_run *r, struct problem *why)
{
	struct settle s = { .run = r };

	tern_sim_at(r->sim, tern_sim_now(r->sim), settle_step, &s);
	tern_sim_run(r->sim, tern_sim_now(r->sim) + SETTLE_MOST_NS);
	if (s.ready)
		return 0;
	return problem_say(why,
			   "the hosts did not find each other within %" PRIu64
			   " s of network time: do the links lead there?",
			   SETTLE_MOST_NS / SECOND);
}

static void
stop_flows(struct tern_sim *sim, void *arg)
{
	struct sim_run *r = arg;

	sim_measuring_end(r);
	for (uint32_t i = 0; i < r->plan->flow_count; i++)
		if (!r->flows[i].over)
			sim_flow_stop(sim, &r->flows[i]);
}

static void
schedule(struct sim_run *r)
{
	for (uint32_t i = 0; i < r->plan->flow_count; i++) {
		const struct sim_flow *p = &r->plan->flows[i];

		tern_sim_at(r->sim, r->start_ns + p->start_ns, sim_flow_start, &r->flows[i]);
		if (p->stop_ns != SIM_NO_END)
			tern_sim_at(r->sim, r->start_ns + p->stop_ns, sim_flow_stop, &r->flows[i]);
	}
	if (r->plan->duration_ns != SIM_NO_END)
		tern_sim_at(r->sim, r->start_ns + r->plan->duration_ns, stop_flows, r);
}

static void
sum_hosts(struct sim_run *r)
{
	r->hosts.size = sizeof(r->hosts);
	for (uint32_t i = 0; i < r->plan->node_count; i++) {
		struct tern_stats one = { .size = sizeof(one) };

		if (!r->plan->nodes[i].host)
			continue;
		tern_stats(tern_sim_stack(r->plan->nodes[i].node), &one);
		stats_add(&r->hosts, &one);
	}
}

static double
real_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int
sim_run(struct sim_run *r, struct sim_plan *plan, const struct sim_settings *s, const struct options *o,
	const struct sim_sections *sections, struct problem *why)
{
	uint64_t duration_ns = plan->duration_ns == SIM_NO_END ? UINT64_MAX / 4 : plan->duration_ns;
	double begin;

	*r = (struct sim_run){ .settings = s, .plan = plan, .options = o, .sections = sections, .measured_ns = SIM_NO_END };
	if (build(r, why) != 0 || settle(r, why) != 0 || do_harm(r, why) != 0)
		return -1;
	r->start_ns = tern_sim_now(r->sim);
	begin = real_seconds();
	sim_sample_start(r);
	schedule(r);
	tern_sim_run(r->sim, r->start_ns + duration_ns + DRAIN_NS);
	sim_measuring_end(r);
	r->real_seconds = real_seconds() - begin;
	r->events = tern_sim_events(r->sim);
	for (uint32_t i = 0; i < r->plan->flow_count; i++)
		for (int e = 0; e < 2; e++)
			if (!r->flows[i].end[e].closed)
				sim_end_look(&r->flows[i].end[e]);
	sum_hosts(r);
	return 0;
}

void
sim_run_free(struct sim_run *r)
{
	if (r->sim != NULL)
		r->lost_mbufs = tern_sim_free(r->sim);
	for (uint32_t i = 0; i < r->stream_count; i++) {
		free(r->streams[i].srtt_us);
		free(r->streams[i].rows);
	}
	free(r->flows);
	free(r->streams);
	free(r->line_begin);
	free(r->line_end);
	free(r->queue_sum);
	free(r->queue_now);
	free(r->pattern);
	if (r->latency != NULL)
		tern_histogram_free(r->latency);
}
