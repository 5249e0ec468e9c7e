/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <time.h>

#include "session_internal.h"

#define MS UINT64_C(1000000)

/* One rate for so long, and its row. false when the run came to its end meanwhile, or has no memory left. */
static bool
measure(struct session *se, const char *name, uint64_t rate, uint64_t length_ns)
{
	bool whole;

	sample_take(&se->begin, &se->run);
	whole = session_pass(se, name, length_ns);
	sample_take(&se->now, &se->run);
	window_between(&se->stage_window, &se->run, &se->begin, &se->now);
	/* what a signal cut short says nothing about the rate */
	return (whole || se->stages.count == 0) &&
	       stages_add(&se->stages, rate, se->settings->find ? se->settings->loss : 1, &se->run, &se->stage_window) == 0;
}

static void
keep_window(struct session *se, uint64_t rate)
{
	struct window kept = se->window;

	se->window = se->stage_window;
	se->stage_window = kept;
	/* what the summary is about */
	se->settings->rate = rate;
}

static void
ramp(struct session *se)
{
	const struct ramp *r = &se->settings->ramp;

	for (uint64_t rate = r->from; rate != 0; rate = ramp_next(r, rate)) {
		atomic_store(&se->run.rate, rate);
		if (!measure(se, "ramp", rate, r->stage_ns) && se->stages.count > 1)
			return;
		keep_window(se, rate);
		if (!session_goes_on(se))
			return;
	}
}

/* No arrivals until what is under way has ended, so that one trial does not spoil the next. */
static void
rest(struct session *se)
{
	uint64_t end_ns = session_clock_ns() + 2 * se->settings->timeout_ns;
	uint64_t busy;

	atomic_store(&se->run.rate, 0);
	do {
		session_sleep_until(se, session_clock_ns() + 10 * MS);
		busy = 0;
		for (unsigned int i = 0; i < se->run.core_count; i++)
			busy += __atomic_load_n(&se->run.cores[i].meter.counts.busy, __ATOMIC_RELAXED);
	} while (busy > 0 && session_clock_ns() < end_ns && session_goes_on(se));
}

static void
find(struct session *se)
{
	const struct settings *s = se->settings;
	struct search search = { .most = s->rate_given ? s->rate : 0 };
	uint64_t rate = s->rate;
	bool held;

	do {
		atomic_store(&se->run.rate, rate);
		/* the first one was warm already */
		if (se->stages.count > 0 && s->warmup_ns > 0)
			session_pass(se, "warm-up", s->warmup_ns);
		if (!measure(se, "trial", rate, s->trial_ns))
			return;
		held = se->stages.list[se->stages.count - 1].held;
		/* the highest that held, or the last if none did */
		if (held || search.good == 0)
			keep_window(se, rate);
		rest(se);
		rate = search_next(&search, rate, held);
	} while (rate != 0 && session_goes_on(se));
}

void
session_run_stages(struct session *se)
{
	if (se->settings->find)
		find(se);
	else
		ramp(se);
}
