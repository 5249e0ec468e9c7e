/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdlib.h>

#include "failif.h"
#include "stages.h"
#include "units.h"
#include "verdict.h"

/* A rate counts as reached from here on: arrivals at the edges of the window are counted or not by chance. */
#define REACHED 0.99

static bool
criteria_hold(const struct settings *s, const struct figures *f, const struct window *w)
{
	struct problem ignored;
	struct failif rules;

	if (s->fail_if == NULL || failif_parse(&rules, s->fail_if, &ignored) != 0)
		return true;
	for (uint32_t i = 0; i < rules.count; i++)
		if (failif_holds(&rules.list[i], failif_value(&rules.list[i], f, w)))
			return false;
	return true;
}

int
stages_add(struct stages *stages, uint64_t rate, double loss_limit, const struct run *r, const struct window *w)
{
	struct stage *list = realloc(stages->list, (stages->count + 1) * sizeof(*list)), *st;
	struct verdict v;
	struct figures f;

	if (list == NULL)
		return -1;
	stages->list = list;
	st = &list[stages->count++];
	figures_compute(&f, r, w);
	f.target_rate = (double)rate;
	verdict_reach(&v, &f);
	*st = (struct stage){
		.rate = rate, .seconds = w->seconds, .completed_rate = f.completed_rate, .failed = f.failed,
		.not_started = f.not_started, .p50_ns = f.headline_p50_ns, .p99_ns = f.headline_p99_ns,
		.p999_ns = tern_histogram_percentile(w->latency[LATENCY_HEADLINE], 99.9), .busy = f.client_busy,
		.limited_by = verdict_limit_name(v.limit),
	};
	st->loss = units_ratio((double)(f.failed + f.not_started), (double)(f.failed + f.not_started + f.completed));
	st->held = v.valid && st->loss <= loss_limit && f.completed_rate >= REACHED * (double)rate &&
		   criteria_hold(r->settings, &f, w);
	return 0;
}

void
stages_free(struct stages *stages)
{
	free(stages->list);
	*stages = (struct stages){ 0 };
}
