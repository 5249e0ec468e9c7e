/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_figures.h"
#include "units.h"

double
sim_jain(const double *x, uint32_t n)
{
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += x[i];
		squares += x[i] * x[i];
	}
	return squares > 0 ? sum * sum / (n * squares) : NAN;
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t
sim_percentile(uint32_t *values, uint32_t n, double percent)
{
	uint32_t place;

	if (n == 0)
		return 0;
	qsort(values, n, sizeof(*values), by_value);
	place = (uint32_t)ceil(percent / 100 * n);
	return values[place > 0 ? place - 1 : 0];
}

const char *
sim_state_name(enum sim_state state)
{
	static const char *const names[SIM_STATES] = { "complete", "stopped", "cut", "failed", "stalled", "wrong" };

	return names[state];
}

/* ---- flows */

static bool
is_whole(const struct sim_flow_run *f)
{
	const struct sim_end *e = f->end;

	return e[0].sent == e[1].received && e[1].sent == e[0].received && e[0].wrong_at == SIM_NO_END &&
	       e[1].wrong_at == SIM_NO_END;
}

static enum sim_state
judge(const struct sim_run *r, const struct sim_flow_run *f)
{
	const struct sim_end *e = f->end;
	bool sized = sim_is_sized(f->plan), done = true;

	if (e[0].wrong_at != SIM_NO_END || e[1].wrong_at != SIM_NO_END || e[0].sent < e[1].received ||
	    e[1].sent < e[0].received)
		return SIM_WRONG;
	for (int i = 0; i < 2; i++)
		if (e[i].closed && e[i].reason != TERN_CLOSE_NORMAL)
			return SIM_FAILED;
	if (!f->over)
		return r->interrupted ? SIM_CUT : SIM_STALLED;
	if (!is_whole(f))
		return SIM_WRONG;
	for (int i = 0; i < 2; i++)
		if (f->stream[i] != NULL && !f->stream[i]->done)
			done = false;
	return sized && done ? SIM_COMPLETE : SIM_STOPPED;
}

char *
sim_describe_flow(const struct sim_figures *f, uint32_t flow, char *buf, size_t size)
{
	const struct sim_flow_run *run = &f->run->flows[flow];
	const struct sim_end *e = run->end;
	const struct sim_end *bad = e[0].wrong_at != SIM_NO_END ? &e[0] : &e[1];

	buf[0] = 0;
	switch (f->states[flow]) {
	case SIM_FAILED:
		snprintf(buf, size, "the %s's connection ended: %s",
			 e[0].reason != TERN_CLOSE_NORMAL ? "client" : "server",
			 tern_close_text((enum tern_close_reason)(e[0].reason != TERN_CLOSE_NORMAL ? e[0].reason :
												     e[1].reason)));
		break;
	case SIM_STALLED:
		snprintf(buf, size,
			 "%" PRIu64 " bytes sent and %" PRIu64 " received by the server, %" PRIu64 " and %" PRIu64
			 " by the client, and nothing more",
			 e[0].sent, e[1].received, e[1].sent, e[0].received);
		break;
	case SIM_WRONG:
		if (bad->wrong_at != SIM_NO_END)
			snprintf(buf, size, "byte %" PRIu64 " at the %s is not what was sent", bad->wrong_at,
				 bad->server ? "server" : "client");
		else
			snprintf(buf, size,
				 "sent %" PRIu64 " up and %" PRIu64 " down, received %" PRIu64 " and %" PRIu64,
				 e[0].sent, e[1].sent, e[1].received, e[0].received);
		break;
	default:
		break;
	}
	return buf;
}

/* ---- streams */

static void
compute_stream(struct sim_stream_figures *out, const struct sim_run *r, struct sim_stream *s)
{
	const struct tern_info *info = &s->info;
	uint64_t warmup_ns = r->settings->warmup_ns, start_ns = s->flow->plan->start_ns;
	uint64_t from_ns = start_ns > warmup_ns ? start_ns : warmup_ns;
	double sum = 0;

	*out = (struct sim_stream_figures){ .completion_s = NAN, .retransmits = info->retransmits,
					    .bytes_retransmitted = info->bytes_retransmitted };
	if (s->end_ns > from_ns) {
		out->seconds = (double)(s->end_ns - from_ns) / 1e9;
		out->goodput = 8 * (double)(s->end_bytes - s->begin_bytes) / out->seconds;
	}
	if (s->done)
		out->completion_s = (double)(s->end_ns - start_ns) / 1e9;
	out->retransmitted_share = units_ratio((double)info->bytes_retransmitted, (double)info->bytes_sent);
	for (uint32_t i = 0; i < s->srtt_count; i++)
		sum += s->srtt_us[i];
	out->rtt_mean_us = units_ratio(sum, s->srtt_count);
	out->rtt_p95_us = sim_percentile(s->srtt_us, s->srtt_count, 95);
	out->rtt_min_us = info->min_rtt_us != 0 ? info->min_rtt_us : s->srtt_count > 0 ? s->srtt_us[0] : 0;
	out->cwnd_mean = units_ratio((double)s->cwnd_sum, (double)s->cwnd_count);
}

/* Of bulk: requests take what they ask for. Over the time in which every flow runs, if there is such a time. */
static void
compute_jain(struct sim_figures *f, const struct sim_run *r)
{
	double *x = calloc(r->stream_count, sizeof(*x));
	uint32_t n = 0;

	f->jain = NAN;
	f->jain_of_all = r->first_ns != SIM_NO_END;
	for (uint32_t i = 0; i < r->stream_count; i++)
		if (r->streams[i].end_ns <= r->all_ns)
			f->jain_of_all = false;
	for (uint32_t i = 0; i < r->stream_count && x != NULL; i++) {
		if (r->streams[i].flow->plan->mode == SIM_BULK)
			x[n++] = f->jain_of_all ? (double)(r->streams[i].first_bytes - r->streams[i].all_bytes) :
						  f->streams[i].goodput;
	}
	if (n > 1)
		f->jain = sim_jain(x, n);
	free(x);
}

static void
compute_totals(struct sim_figures *f, const struct sim_run *r)
{
	uint64_t bytes = 0, answers = 0;
	double sum = 0, most = 0;
	uint32_t done = 0;

	f->seconds = (double)(r->measured_ns -
			      (r->measured_ns < r->settings->warmup_ns ? r->measured_ns : r->settings->warmup_ns)) /
		     1e9;
	for (uint32_t i = 0; i < r->stream_count; i++) {
		bytes += r->streams[i].end_bytes - r->streams[i].begin_bytes;
		f->retransmits += f->streams[i].retransmits;
		f->bytes_retransmitted += f->streams[i].bytes_retransmitted;
		if (!isnan(f->streams[i].completion_s)) {
			sum += f->streams[i].completion_s;
			most = f->streams[i].completion_s > most ? f->streams[i].completion_s : most;
			done++;
		}
	}
	f->completion_mean_s = done > 0 ? sum / done : NAN;
	f->completion_most_s = done > 0 ? most : NAN;
	f->goodput = f->seconds > 0 ? 8 * (double)bytes / f->seconds : 0;
	for (uint32_t i = 0; i < r->stream_count; i++)
		f->streams[i].share = units_ratio(8 * (double)(r->streams[i].end_bytes - r->streams[i].begin_bytes),
						  8 * (double)bytes);
	for (uint32_t i = 0; i < r->plan->flow_count; i++) {
		f->states[i] = judge(r, &r->flows[i]);
		f->wrong_flows += f->states[i] == SIM_WRONG;
		f->bad_flows += f->states[i] == SIM_FAILED || f->states[i] == SIM_STALLED;
		for (int e = 0; e < 2; e++) {
			f->sent += r->flows[i].end[e].sent;
			f->received += r->flows[i].end[e].received;
		}
	}
	answers = r->latency->total;
	f->requests_per_second = units_ratio((double)answers, f->seconds);
}

/* ---- links */

static void
compute_line(struct sim_line_figures *out, const struct sim_run *r, uint32_t line, double seconds)
{
	const struct tern_sim_link_stats *a = &r->line_begin[line], *b = &r->line_end[line];
	struct tern_sim_link_stats *d = &out->stats;
	uint64_t left;

	*d = *b;
#define LESS(field) d->field = b->field - a->field
	LESS(offered), LESS(offered_bytes), LESS(delivered), LESS(delivered_bytes);
	LESS(dropped_queue), LESS(dropped_aqm), LESS(dropped_loss), LESS(dropped_mtu), LESS(dropped_down);
	LESS(marked), LESS(duplicated), LESS(reordered), LESS(corrupted), LESS(wait_ns), LESS(busy_ns);
#undef LESS
	left = d->delivered + d->dropped_loss;
	out->busy = units_ratio((double)d->busy_ns / 1e9, seconds);
	/* with the last frame's end behind the end of the time */
	if (out->busy > 1)
		out->busy = 1;
	out->rate = units_ratio(8 * (double)d->delivered_bytes, seconds);
	out->queue_mean = units_ratio((double)r->queue_sum[line], (double)r->queue_samples);
	out->wait_mean_ns = units_ratio((double)d->wait_ns, (double)left);
	out->worth_telling =
		r->plan->links[line / 2].model[line & 1].link.rate != 0 ||
		d->dropped_loss + d->dropped_mtu + d->dropped_down + d->duplicated + d->reordered + d->corrupted > 0;
}

uint32_t
sim_busier_line(const struct sim_figures *f)
{
	uint32_t line = 2 * f->run->plan->bottleneck;

	return f->lines[line + 1].stats.delivered_bytes > f->lines[line].stats.delivered_bytes ? line + 1 : line;
}

int
sim_figures_compute(struct sim_figures *f, const struct sim_run *r, struct problem *why)
{
	uint32_t lines = 2 * r->plan->link_count;

	*f = (struct sim_figures){ .run = r };
	f->streams = calloc(r->stream_count, sizeof(*f->streams));
	f->lines = calloc(lines, sizeof(*f->lines));
	f->states = calloc(r->plan->flow_count, sizeof(*f->states));
	if (f->streams == NULL || f->lines == NULL || f->states == NULL)
		return problem_say(why, "no memory for the report");
	for (uint32_t i = 0; i < r->stream_count; i++)
		compute_stream(&f->streams[i], r, &r->streams[i]);
	compute_totals(f, r);
	compute_jain(f, r);
	for (uint32_t i = 0; i < lines; i++) {
		const struct tern_sim_link_stats *d = &f->lines[i].stats;

		compute_line(&f->lines[i], r, i, f->seconds);
		f->dropped += d->dropped_queue + d->dropped_aqm + d->dropped_loss + d->dropped_mtu + d->dropped_down;
		f->marked += d->marked;
	}
	f->utilisation = f->lines[sim_busier_line(f)].busy;
	return 0;
}

void
sim_figures_free(struct sim_figures *f)
{
	free(f->streams);
	free(f->lines);
	free(f->states);
}

enum exit_status
sim_status(const struct sim_figures *f)
{
	if (f->wrong_flows > 0 || (f->received == 0 && !f->run->interrupted) || f->run->lost_mbufs > 0)
		return EXIT_NOT_RUN;
	return f->bad_flows > 0 ? EXIT_CRITERION : EXIT_VALID;
}

char *
sim_stream_name(const struct sim_stream *s, char *buf, size_t size)
{
	bool two = s->flow->stream[0] != NULL && s->flow->stream[1] != NULL;

	snprintf(buf, size, "%s%s", s->flow->plan->name, !two ? "" : s->from->server ? " down" : " up");
	return buf;
}

char *
sim_title(const struct sim_run *r, char *buf, size_t size)
{
	static const char *const directions[] = { "up", "down", "both ways" };
	const struct sim_plan *p = r->plan;
	const struct sim_link *l = &p->links[p->bottleneck];
	const struct tern_sim_link_options *o = &l->model[0].link;
	char rate[UNITS_STRLEN], rtt[UNITS_STRLEN], queue[UNITS_STRLEN];
	int n = snprintf(buf, size, "%u flow%s", p->flow_count, p->flow_count == 1 ? "" : "s");

#define MORE(...) do { if (n >= 0 && (size_t)n < size) n += snprintf(buf + n, size - (size_t)n, __VA_ARGS__); } while (0)
	if (p->dumbbell && r->settings->mode == SIM_RR)
		MORE(" of requests");
	else if (p->dumbbell)
		MORE(" %s", directions[r->settings->direction]);
	if (o->rate != 0)
		MORE(", %sbit/s, queue %s %s", units_short(rate, (double)o->rate), units_bytes(queue, o->queue_bytes),
		     sim_aqm_name(o->queue));
	if (p->dumbbell)
		MORE(", round trip %s", p->flow_count > 0 && sim_list_length(r->settings->rtt) > 1 ?
						r->settings->rtt :
						units_time(rtt, p->flows[0].rtt_ns));
	if (o->loss > 0)
		MORE(", loss %.3g %%", 100 * o->loss);
	if (o->gilbert_p > 0)
		MORE(", loss in bursts");
	if (o->reorder > 0)
		MORE(", reordering %.3g %%", 100 * o->reorder);
#undef MORE
	return buf;
}
