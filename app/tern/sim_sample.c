/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Looking at a run from outside, at its own times: samples, rows of the time series, and when measuring ends. */

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "sim_interrupt.h"
#include "sim_run.h"
#include "units.h"

#define TICKS_A_ROW 10
#define SECOND UINT64_C(1000000000)

static uint64_t
real_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* ---- lines */

static void
read_lines(const struct sim_run *r, struct tern_sim_link_stats *stats)
{
	for (uint32_t i = 0; i < 2 * r->plan->link_count; i++) {
		stats[i] = (struct tern_sim_link_stats)TERN_SIM_LINK_STATS_INIT;
		tern_sim_link_stats(r->plan->links[i / 2].link, i & 1, &stats[i]);
	}
}

static void
sample_lines(struct sim_run *r)
{
	for (uint32_t i = 0; i < 2 * r->plan->link_count; i++) {
		struct tern_sim_link_stats stats = TERN_SIM_LINK_STATS_INIT;

		if (r->plan->links[i / 2].model[i & 1].link.rate == 0)
			continue;
		tern_sim_link_stats(r->plan->links[i / 2].link, i & 1, &stats);
		r->queue_now[i] = stats.queue_now > UINT32_MAX ? UINT32_MAX : (uint32_t)stats.queue_now;
		if (sim_time(r) >= r->settings->warmup_ns)
			r->queue_sum[i] += stats.queue_now;
	}
	r->queue_samples += sim_time(r) >= r->settings->warmup_ns;
}

/* ---- streams */

/* One more in an array that grows by doubling; NULL without memory. */
static void *
grown(void *list, uint32_t count, size_t size)
{
	return count < 64 ? (count == 0 ? malloc(64 * size) : list) :
	       (count & (count - 1)) == 0 ? realloc(list, 2 * (size_t)count * size) : list;
}

static void
sample_stream(struct sim_stream *s)
{
	const struct tern_info *info = &s->from->info;
	uint32_t *list;

	sim_end_look(s->from);
	if (info->srtt_us == 0 || sim_time(s->flow->run) < s->flow->run->settings->warmup_ns)
		return;
	s->cwnd_sum += info->cwnd;
	s->cwnd_count++;
	list = grown(s->srtt_us, s->srtt_count, sizeof(*list));
	if (list == NULL)
		return;
	s->srtt_us = list;
	list[s->srtt_count++] = info->srtt_us;
}

static uint32_t
queue_of(const struct sim_stream *s)
{
	const struct sim_flow *f = s->flow->plan;
	int way = s->from->server;

	return f->narrow[way] < 0 ? 0 : s->flow->run->queue_now[2 * f->narrow[way] + f->narrow_back[way]];
}

static void
add_row(struct sim_stream *s)
{
	const struct tern_info *info = &s->from->info;
	struct sim_row *list = grown(s->rows, s->row_count, sizeof(*list));

	if (list == NULL)
		return;
	s->rows = list;
	list[s->row_count++] = (struct sim_row){
		.at_ns = sim_time(s->flow->run), .received = s->to->received - s->row_bytes, .cwnd = info->cwnd,
		.ssthresh = info->ssthresh, .srtt_us = info->srtt_us, .in_flight = info->unacked,
		.retransmits = info->retransmits - s->row_retransmits, .queue_bytes = queue_of(s),
	};
	s->row_bytes = s->to->received;
	s->row_retransmits = info->retransmits;
}

void
sim_stream_end(struct sim_stream *s, bool done)
{
	struct sim_run *r = s->flow->run;

	if (s->end_ns != SIM_NO_END) {
		s->done |= done;
		return;
	}
	s->done = done;
	s->end_ns = sim_time(r);
	if (s->flow->started && s->end_ns - s->last_ns > s->silence_ns)
		s->silence_ns = s->end_ns - s->last_ns;
	s->end_bytes = s->to->received;
	sim_end_look(s->from);
	s->info = s->from->info;
	/* what came since the last row, and would be in none */
	if (s->to->received > s->row_bytes)
		add_row(s);
	if (r->first_ns == SIM_NO_END && s->end_ns > r->all_ns) {
		r->first_ns = s->end_ns;
		for (uint32_t i = 0; i < r->stream_count; i++)
			r->streams[i].first_bytes = r->streams[i].to->received;
	}
	if (++r->ended_count == r->stream_count)
		sim_measuring_end(r);
}

void
sim_measuring_end(struct sim_run *r)
{
	if (r->measured_ns != SIM_NO_END)
		return;
	r->measured_ns = sim_time(r);
	for (uint32_t i = 0; i < r->stream_count; i++)
		sim_stream_end(&r->streams[i], false);
	read_lines(r, r->line_end);
}

/* ---- the clock */

static void
show_progress(struct sim_run *r)
{
	uint64_t now = real_ns();
	char a[UNITS_STRLEN], b[UNITS_STRLEN];

	if (r->settings->quiet || now - r->shown_ns < SECOND)
		return;
	r->shown_ns = now;
	fprintf(stderr, "%8.3f s of %s, %s events, %s events/s\n", (double)sim_time(r) / 1e9,
		r->plan->duration_ns == SIM_NO_END ? "until all is done" : units_time(a, r->plan->duration_ns),
		units_count(b, tern_sim_events(r->sim)),
		units_short((char[UNITS_STRLEN]){ 0 },
			    (double)tern_sim_events(r->sim) / ((double)(now - r->real_start_ns) / 1e9)));
}

static void
tick(struct tern_sim *sim, void *arg)
{
	struct sim_run *r = arg;
	bool row = ++r->ticks % TICKS_A_ROW == 0;

	if (r->measured_ns != SIM_NO_END)
		return;
	sample_lines(r);
	for (uint32_t i = 0; i < r->stream_count; i++) {
		struct sim_stream *s = &r->streams[i];

		/* what begins with this tick has no interval behind it */
		if (!s->flow->started || s->end_ns != SIM_NO_END || s->flow->plan->start_ns >= sim_time(r))
			continue;
		sample_stream(s);
		if (row)
			add_row(s);
	}
	show_progress(r);
	if (sim_interrupted()) {
		r->interrupted = true;
		tern_sim_stop(sim);
		return;
	}
	tern_sim_at(sim, r->start_ns + (r->ticks + 1) * r->tick_ns, tick, r);
}

static void
begin_measuring(struct tern_sim *sim, void *arg)
{
	struct sim_run *r = arg;

	(void)sim;
	for (uint32_t i = 0; i < r->stream_count; i++)
		r->streams[i].begin_bytes = r->streams[i].to->received;
	read_lines(r, r->line_begin);
}

static void
all_run(struct tern_sim *sim, void *arg)
{
	struct sim_run *r = arg;

	(void)sim;
	for (uint32_t i = 0; i < r->stream_count; i++)
		r->streams[i].all_bytes = r->streams[i].to->received;
}

void
sim_sample_start(struct sim_run *r)
{
	r->tick_ns = r->settings->interval_ns / TICKS_A_ROW;
	r->all_ns = r->settings->warmup_ns;
	for (uint32_t i = 0; i < r->plan->flow_count; i++)
		if (r->plan->flows[i].start_ns > r->all_ns)
			r->all_ns = r->plan->flows[i].start_ns;
	r->first_ns = SIM_NO_END;
	r->shown_ns = r->real_start_ns = real_ns();
	read_lines(r, r->line_begin);
	if (r->settings->warmup_ns > 0)
		tern_sim_at(r->sim, r->start_ns + r->settings->warmup_ns, begin_measuring, r);
	tern_sim_at(r->sim, r->start_ns + r->all_ns, all_run, r);
	tern_sim_at(r->sim, r->start_ns + r->tick_ns, tick, r);
}
