/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sample.h"
#include "units.h"

static uint64_t
clock_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int
histograms_new(struct tern_histogram **h)
{
	for (int i = 0; i < LATENCY_KINDS; i++) {
		h[i] = tern_histogram_new();
		if (h[i] == NULL)
			return -1;
	}
	return 0;
}

int
sample_init(struct sample *s, const struct run *r)
{
	*s = (struct sample){ 0 };
	s->stats = calloc(r->core_count, sizeof(*s->stats));
	s->probe = calloc(r->core_count, sizeof(*s->probe));
	s->waited_ns = calloc(r->core_count, sizeof(*s->waited_ns));
	if (s->stats == NULL || s->probe == NULL || s->waited_ns == NULL || histograms_new(s->latency) != 0) {
		sample_free(s);
		return -1;
	}
	return 0;
}

void
sample_free(struct sample *s)
{
	for (int i = 0; i < LATENCY_KINDS; i++)
		tern_histogram_free(s->latency[i]);
	free(s->stats);
	free(s->probe);
	free(s->waited_ns);
	*s = (struct sample){ 0 };
}

/* The kernel says how long a thread was ready and did not run; 0 where it does not say. */
static uint64_t
read_waited_ns(int thread)
{
	char path[64];
	uint64_t waited = 0;
	FILE *f;

	if (thread == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", thread);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %" SCNu64, &waited) != 1)
		waited = 0;
	fclose(f);
	return waited;
}

void
sample_take(struct sample *s, const struct run *r)
{
	s->counts = (struct counts){ 0 };
	s->longest_gap_ns[SIDE_CLIENT] = s->longest_gap_ns[SIDE_SERVER] = 0;
	for (int i = 0; i < LATENCY_KINDS; i++)
		tern_histogram_reset(s->latency[i]);
	s->clock_ns = clock_now_ns();
	for (unsigned int i = 0; i < r->core_count; i++) {
		const struct core *core = &r->cores[i];
		uint64_t gap = __atomic_load_n(&core->meter.longest_gap_ns, __ATOMIC_RELAXED);
		uint64_t *longest = &s->longest_gap_ns[core->client ? SIDE_CLIENT : SIDE_SERVER];

		s->stats[i].size = sizeof(s->stats[i]);
		tern_stats(core->stack, &s->stats[i]);
		s->probe[i].size = sizeof(s->probe[i]);
		tern_probe(core->stack, &s->probe[i]);
		s->waited_ns[i] = read_waited_ns(core->meter.thread);
		if (gap > *longest)
			*longest = gap;
		if (!core->client)
			continue;
		counts_add(&s->counts, &core->meter.counts);
		for (int k = 0; k < LATENCY_KINDS; k++)
			tern_histogram_add(s->latency[k], core->meter.latency[k]);
	}
}

int
window_init(struct window *w)
{
	*w = (struct window){ 0 };
	if (histograms_new(w->latency) != 0) {
		window_free(w);
		return -1;
	}
	return 0;
}

void
window_free(struct window *w)
{
	for (int i = 0; i < LATENCY_KINDS; i++)
		tern_histogram_free(w->latency[i]);
	*w = (struct window){ 0 };
}

/* Totals by their difference, what is "now" by its later value. All figures are uint64_t, the size among them. */
static void
add_stats_diff(struct tern_stats *sum, const struct tern_stats *from, const struct tern_stats *to)
{
	const uint64_t *a = (const uint64_t *)from, *b = (const uint64_t *)to;
	uint64_t *out = (uint64_t *)sum;

	for (size_t i = 1; i < sizeof(*sum) / sizeof(*out); i++) {
		size_t at = i * sizeof(*out);
		bool now = at >= offsetof(struct tern_stats, open_now) && at <= offsetof(struct tern_stats, listeners_now);

		out[i] += now ? b[i] : b[i] - a[i];
	}
}

static void
add_probe_diff(struct tern_probe *sum, const struct tern_probe *from, const struct tern_probe *to)
{
	sum->mark_ps = to->mark_ps;
	for (int i = 0; i < TERN_PROBE_PHASE_MAX; i++)
		sum->phase_ns[i] += to->phase_ns[i] - from->phase_ns[i];
	for (int i = 0; i < TERN_PROBE_KIND_MAX; i++) {
		sum->kind_ns[i] += to->kind_ns[i] - from->kind_ns[i];
		sum->kind_count[i] += to->kind_count[i] - from->kind_count[i];
	}
}

static void
add_core(struct side_figures *f, unsigned int core, const struct tern_stats *from, const struct tern_stats *to)
{
	double busy = units_ratio((double)(to->busy_ns - from->busy_ns), (double)(to->total_ns - from->total_ns));

	add_stats_diff(&f->stats, from, to);
	if (f->cores == 0 || busy > f->busy_most) {
		f->busy_most = busy;
		f->busiest_core = core;
	}
	f->busy_mean += (busy - f->busy_mean) / ++f->cores;
}

void
window_between(struct window *w, const struct run *r, const struct sample *from, const struct sample *to)
{
	w->seconds = (double)(to->clock_ns - from->clock_ns) / 1e9;
	counts_diff(&w->counts, &to->counts, &from->counts);
	for (int i = 0; i < LATENCY_KINDS; i++)
		tern_histogram_diff(w->latency[i], to->latency[i], from->latency[i]);
	memset(w->side, 0, sizeof(w->side));
	for (unsigned int i = 0; i < r->core_count; i++) {
		struct side_figures *f = &w->side[r->cores[i].client ? SIDE_CLIENT : SIDE_SERVER];
		double waited = units_ratio((double)(to->waited_ns[i] - from->waited_ns[i]),
					    (double)(to->clock_ns - from->clock_ns));

		add_probe_diff(&f->probe, &from->probe[i], &to->probe[i]);
		add_core(f, tern_stack_core(r->cores[i].stack), &from->stats[i], &to->stats[i]);
		if (waited > f->waited)
			f->waited = waited;
	}
	for (int i = 0; i < SIDES; i++)
		w->side[i].longest_gap_ns = to->longest_gap_ns[i];
}

uint64_t
stats_local_drops(const struct tern_stats *s)
{
	/* a full transmit queue is not among them: what the device did not take is offered again */
	return s->drops[TERN_DROP_RX_MISSED] + s->drops[TERN_DROP_RX_NO_MBUF] + s->drops[TERN_DROP_RX_ERROR] +
	       s->drops[TERN_DROP_TX_ERROR] + s->drops[TERN_DROP_TX_NO_MBUF] + s->drops[TERN_DROP_STEER_FULL] +
	       s->mbuf_alloc_failed;
}
