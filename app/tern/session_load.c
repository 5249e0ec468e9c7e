/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The load of a run: warm-up, what is measured, and the end of what is under way. */

#include <time.h>

#include "memory.h"
#include "session_internal.h"

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)
/* Longer than a core of a busy machine waits for its CPU; what has not come by then was lost. */
#define SETTLED_NS (500 * MS)

static bool
all_open(const struct run *r, uint64_t *established)
{
	bool all = true;

	*established = 0;
	for (unsigned int i = 0; i < r->core_count; i++) {
		const struct meter *m = &r->cores[i].meter;

		if (!r->cores[i].client)
			continue;
		*established += __atomic_load_n(&m->counts.established, __ATOMIC_RELAXED);
		all = all && __atomic_load_n(&m->loaded, __ATOMIC_RELAXED);
	}
	return all;
}

static uint64_t
count_open(const struct run *r)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < r->core_count; i++)
		if (r->cores[i].client)
			sum += __atomic_load_n(&r->cores[i].meter.counts.open, __ATOMIC_RELAXED);
	return sum;
}

/* What they took, of time and memory. */
static void
note_opened(struct session *se, uint64_t begin_ns)
{
	se->held_ns = session_clock_ns() - begin_ns;
	se->held = count_open(&se->run);
	/* the load itself may have begun meanwhile */
	if (!settings_opens_first(se->settings) && se->held > se->settings->hold)
		se->held = se->settings->hold;
	se->memory_held = memory_now();
}

/* The clock starts when the connections are there, or as many as there will be. */
static void
await_connections(struct session *se)
{
	uint64_t tick_ns = session_clock_ns() + se->settings->interval_ns, progress_ns = session_clock_ns();
	/* the slowest --open-rate may be one in a while */
	uint64_t patience_ns = se->settings->connect_timeout_ns + SECOND +
			       (se->settings->open_rate != 0 ? SECOND / se->settings->open_rate : 0);
	uint64_t established, before = 0;

	while (!all_open(&se->run, &established) && session_goes_on(se)) {
		uint64_t now_ns = session_clock_ns();

		if (established != before)
			progress_ns = now_ns;
		before = established;
		if (now_ns - progress_ns > patience_ns)
			return;
		if (now_ns >= tick_ns) {
			session_report_interval(se, "opening");
			tick_ns += se->settings->interval_ns;
		}
		session_sleep_until(se, now_ns + MS);
	}
}

void
session_enter(struct session *se, enum phase phase)
{
	atomic_store(&se->run.phase, (int)phase);
}

/* Connections that the pair's own servers still know: their last ACKs are on the way. */
static uint64_t
left_at_servers(const struct run *r)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < r->core_count; i++) {
		struct tern_stats stats = { .size = sizeof(stats) };

		if (r->cores[i].client)
			continue;
		tern_stats(r->cores[i].stack, &stats);
		sum += stats.open_now + stats.half_open_now;
	}
	return sum;
}

/* Frames that a side of a pair sent and the other has not seen: on their way, or lost. *seen: what both have received. */
static uint64_t
on_their_way(const struct run *r, uint64_t *seen)
{
	uint64_t sent = 0;

	*seen = 0;
	for (unsigned int i = 0; i < r->core_count; i++) {
		struct tern_stats stats = { .size = sizeof(stats) };

		tern_stats(r->cores[i].stack, &stats);
		sent += stats.tx_packets;
		*seen += stats.rx_packets;
	}
	return sent - *seen;
}

/* A reset connection is gone at once, and what its peer had sent still comes: it is not to be counted as lost. */
static void
settle(struct session *se, uint64_t end_ns)
{
	uint64_t quiet_ns = session_clock_ns(), before = 0, seen;

	while (tern_is_running(se->tern) && on_their_way(&se->run, &seen) != 0) {
		struct timespec nap = { .tv_nsec = (long)MS };
		uint64_t now_ns = session_clock_ns();

		if (seen != before)
			quiet_ns = now_ns;
		before = seen;
		if (now_ns - quiet_ns > SETTLED_NS || now_ns > end_ns)
			return;
		nanosleep(&nap, NULL);
	}
}

/*
 * Nothing new is started; what is under way may end, so that the books balance. Twice the timeout is left it: the last
 * request may take all its time, and then the close; and millions of closes as long as they go on.
 */
static void
drain(struct session *se)
{
	uint64_t end_ns = session_clock_ns() + 2 * se->settings->timeout_ns, least = UINT64_MAX, left;

	session_enter(se, PHASE_DRAIN);
	while (tern_is_running(se->tern) && session_clock_ns() < end_ns && (!session_is_done(se) || left_at_servers(&se->run) > 0)) {
		struct timespec nap = { .tv_nsec = (long)MS };

		nanosleep(&nap, NULL);
		left = count_open(&se->run) + left_at_servers(&se->run);
		if (left < least)
			end_ns = session_clock_ns() + 2 * se->settings->timeout_ns;
		least = left < least ? left : least;
	}
	if (se->settings->command == COMMAND_PAIR)
		settle(se, end_ns);
}

void
session_run_load(struct session *se)
{
	const struct settings *s = se->settings;

	se->memory_before = memory_now();
	if (s->warmup_ns > 0) {
		uint64_t begin_ns = session_clock_ns();

		session_enter(se, PHASE_WARMUP);
		if (settings_loads_first(s)) {
			await_connections(se);
			note_opened(se, begin_ns);
		}
		session_pass(se, "warm-up", s->warmup_ns);
		session_enter(se, PHASE_MEASURE);
		session_begin_window(se);
	} else {
		/* everything counts, the first connection too */
		session_begin_window(se);
		session_enter(se, PHASE_MEASURE);
	}
	if (s->find || s->ramp.stage_ns != 0) {
		session_run_stages(se);
	} else {
		session_pass(se, "measure", s->duration_ns);
		session_end_window(se);
	}
	if (s->mode == MODE_HOLD)
		se->memory_held = memory_now();
	drain(se);
}
