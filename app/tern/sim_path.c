/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Where a flow's packets go: what its buffers, and its queue in the reports, come from. */

#include <inttypes.h>
#include <stdlib.h>

#include "sim_plan.h"

#define NONE UINT32_MAX

/* From each node the link towards `to`: breadth first, and only switches hand on. `queue` has room for every node. */
static void
find_ways(const struct sim_plan *plan, uint32_t to, uint32_t *towards, uint32_t *queue)
{
	uint32_t head = 0, tail = 0;

	for (uint32_t i = 0; i < plan->node_count; i++)
		towards[i] = NONE;
	queue[tail++] = to;
	while (head < tail) {
		uint32_t at = queue[head++];

		for (uint32_t l = 0; l < plan->link_count; l++) {
			const struct sim_link *link = &plan->links[l];
			uint32_t other = link->end[0] == at ? link->end[1] : link->end[1] == at ? link->end[0] : NONE;

			if (other == NONE || other == to || towards[other] != NONE)
				continue;
			towards[other] = l;
			if (!plan->nodes[other].host)
				queue[tail++] = other;
		}
	}
}

/* One way's part in the narrowest line, the round trip and the queues. */
struct way {
	uint64_t delay_ns, rate, queue_bytes;
	int32_t narrow;
	bool narrow_back;
};

static struct way
walk(const struct sim_plan *plan, const uint32_t *towards, uint32_t from, uint32_t to, bool back)
{
	struct way w = { .narrow = -1 };

	for (uint32_t at = from; at != to;) {
		const struct sim_link *link = &plan->links[towards[at]];
		/* the ways were found towards `to`: what comes back takes the same links the other way */
		bool reverse = (link->end[1] == at) != back;
		const struct tern_sim_link_options *o = &link->model[reverse].link;

		w.delay_ns += o->delay_ns;
		w.queue_bytes += o->queue_bytes;
		if (o->rate != 0 && (w.rate == 0 || o->rate < w.rate)) {
			w.rate = o->rate;
			w.narrow = (int32_t)towards[at];
			w.narrow_back = reverse;
		}
		at = link->end[0] == at ? link->end[1] : link->end[0];
	}
	return w;
}

int
sim_find_path(struct sim_plan *plan, struct sim_flow *f, struct problem *why)
{
	uint32_t *towards = calloc(2 * (size_t)plan->node_count, sizeof(*towards));
	struct way way[2];

	if (towards == NULL)
		return problem_say(why, "no memory for the paths");
	find_ways(plan, f->to, towards, towards + plan->node_count);
	if (towards[f->from] == NONE) {
		free(towards);
		return problem_say(why, "%s: no links lead from %s to %s", f->where, plan->nodes[f->from].name,
				   plan->nodes[f->to].name);
	}
	for (int i = 0; i < 2; i++) {
		way[i] = walk(plan, towards, f->from, f->to, i == 1);
		f->rtt_ns += way[i].delay_ns;
		f->narrow[i] = way[i].narrow;
		f->narrow_back[i] = way[i].narrow_back;
		if (way[i].rate > f->rate)
			f->rate = way[i].rate;
	}
	free(towards);
	f->pipe_bytes = (uint64_t)((double)f->rate / 8 * (double)f->rtt_ns / 1e9) +
			(way[0].queue_bytes > way[1].queue_bytes ? way[0].queue_bytes : way[1].queue_bytes);
	return 0;
}
