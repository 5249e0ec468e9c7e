/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <math.h>

#include "sim_figures.h"
#include "units.h"

#define LABEL 17
#define ROWS 64     /* more flows than that are read from the JSON */

/* A silence that is told of. */
#define SILENCE_NS UINT64_C(2000000000)
#define SILENCE_ROUND_TRIPS 20

static const char *
congestion_of(const struct sim_stream *s)
{
	return s->from->info.congestion[0] != 0	 ? s->from->info.congestion :
	       s->flow->plan->congestion != NULL ? s->flow->plan->congestion :
						   "-";
}

static void
print_stream(FILE *out, const struct sim_figures *f, uint32_t i)
{
	const struct sim_stream *s = &f->run->streams[i];
	const struct sim_stream_figures *g = &f->streams[i];
	char name[40], cwnd[UNITS_STRLEN];

	fprintf(out, "%-*.16s%-9.9s %9.3f %8.3f %11.3f %7.1f %8" PRIu64 " %7.3f %9.3f %8.3f %8.3f %8s  %s\n", LABEL,
		sim_stream_name(s, name, sizeof(name)), congestion_of(s), (double)s->flow->plan->start_ns / 1e9,
		(double)s->end_ns / 1e9, g->goodput / 1e6, 100 * g->share, g->retransmits, 100 * g->retransmitted_share,
		g->rtt_min_us / 1e3, g->rtt_mean_us / 1e3, g->rtt_p95_us / 1e3, units_short(cwnd, g->cwnd_mean),
		sim_state_name(f->states[s->flow->number]));
}

static void
print_streams(FILE *out, const struct sim_figures *f)
{
	const struct sim_run *r = f->run;

	fprintf(out, "\n%-*s%-10s%9s%9s%12s%8s%9s%8s%10s%9s%9s%9s\n", LABEL, "flow", "control", "from, s", "to, s",
		"Mbit/s", "share %", "resent", "%", "RTT ms min", "mean", "p95", "cwnd");
	for (uint32_t i = 0; i < r->stream_count && i < ROWS; i++)
		print_stream(out, f, i);
	if (r->stream_count > ROWS)
		fprintf(out, "and %u more: --json has them all\n", r->stream_count - ROWS);
}

static void
print_line(FILE *out, const struct sim_figures *f, uint32_t i)
{
	const struct sim_link *l = &f->run->plan->links[i / 2];
	const struct sim_line_figures *g = &f->lines[i];
	const struct tern_sim_link_stats *d = &g->stats;
	char name[64], mean[UNITS_STRLEN], most[UNITS_STRLEN];

	snprintf(name, sizeof(name), "%s%s", l->name, i & 1 ? " back" : "");
	fprintf(out, "%-*s", LABEL, name);
	if (l->model[i & 1].link.rate != 0)
		fprintf(out, "%10.3f %7.1f %9s %9s %8.3f %8.3f", g->rate / 1e6, 100 * g->busy,
			units_short(mean, g->queue_mean), units_short(most, (double)d->queue_most),
			g->wait_mean_ns / 1e6, (double)d->wait_most_ns / 1e6);
	else
		fprintf(out, "%10.3f%8s%10s%10s%9s%9s", g->rate / 1e6, "-", "-", "-", "-", "-");
	fprintf(out, " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n", d->dropped_queue, d->dropped_aqm,
		d->dropped_loss, d->dropped_mtu + d->dropped_down, d->marked);
	if (d->duplicated + d->reordered + d->corrupted > 0)
		fprintf(out, "%-*s%" PRIu64 " came twice, %" PRIu64 " late, %" PRIu64 " with a bit flipped\n", LABEL,
			"", d->duplicated, d->reordered, d->corrupted);
}

static void
print_lines(FILE *out, const struct sim_figures *f)
{
	fprintf(out, "\n%-*s%10s%8s%10s%10s%9s%9s%9s%9s%9s%9s%9s\n", LABEL, "link", "Mbit/s", "busy %", "queue, B",
		"most", "wait, ms", "most", "dropped", "by AQM", "lost", "else", "marked");
	for (uint32_t i = 0; i < 2 * f->run->plan->link_count; i++)
		if (f->lines[i].worth_telling)
			print_line(out, f, i);
}

static void
print_requests(FILE *out, const struct sim_figures *f)
{
	const struct tern_histogram *h = f->run->latency;

	if (h->total == 0)
		return;
	fprintf(out, "%-*s%14.1f request/s   %" PRIu64 " answered; ms: p50 %.3f, p99 %.3f, p99.9 %.3f, max %.3f\n",
		LABEL, "requests", f->requests_per_second, h->total, (double)tern_histogram_percentile(h, 50) / 1e6,
		(double)tern_histogram_percentile(h, 99) / 1e6, (double)tern_histogram_percentile(h, 99.9) / 1e6,
		(double)h->max / 1e6);
}

/* Every Ethernet has these, and they are no loss: broadcasts and multicasts that are for somebody else. */
static bool
is_heard_by_all(enum tern_drop reason)
{
	return reason == TERN_DROP_NEIGHBOUR_UNASKED || reason == TERN_DROP_NOT_FOR_US_MAC;
}

static void
print_totals(FILE *out, const struct sim_figures *f)
{
	const struct sim_run *r = f->run;
	const struct tern_stats *t = &r->hosts;
	/* of two ways together, or of requests, a share of one line's rate would say nothing */
	bool one_way = r->plan->dumbbell && r->settings->mode == SIM_BULK && r->settings->direction != DIRECTION_BOTH;
	uint64_t rate = one_way ? r->plan->links[r->plan->bottleneck].model[sim_busier_line(f) & 1].link.rate : 0;
	char a[UNITS_STRLEN], b[UNITS_STRLEN];

	fputc('\n', out);
	fprintf(out, "%-*s%14.3f Mbit/s", LABEL, "goodput", f->goodput / 1e6);
	if (rate != 0)
		fprintf(out, "      %.1f %% of %sbit/s", 100 * f->goodput / (double)rate, units_short(a, (double)rate));
	fputc('\n', out);
	if (!isnan(f->jain))
		fprintf(out, "%-*s%14.4f             %s\n", LABEL, "Jain's index", f->jain,
			f->jain_of_all ? "over the time in which all flows ran" :
					 "of the flows' own goodputs: they never all ran at once");
	if (!isnan(f->completion_mean_s))
		fprintf(out, "%-*s%14.3f s           mean; the last one took %.3f s\n", LABEL, "completion",
			f->completion_mean_s, f->completion_most_s);
	print_requests(out, f);
	fprintf(out, "%-*s%14s segments    %s bytes; %" PRIu64 " timeouts, %" PRIu64 " fast retransmits\n", LABEL,
		"sent again", units_count(a, f->retransmits), units_count(b, f->bytes_retransmitted), t->rto_fired,
		t->fast_retransmits);
	fprintf(out, "%-*s%14s sent, %s received, every byte compared\n", LABEL, "bytes", units_count(a, f->sent),
		units_count(b, f->received));
	for (int i = TERN_DROP_NONE + 1; i < TERN_DROP_MAX; i++)
		if (t->drops[i] != 0 && !is_heard_by_all((enum tern_drop)i))
			fprintf(out, "%-*s%14s  dropped by hosts: %s\n", LABEL, "", units_count(a, t->drops[i]),
				tern_drop_text((enum tern_drop)i));
}

static void
print_bad(FILE *out, const struct sim_figures *f)
{
	uint32_t told = 0;

	for (uint32_t i = 0; i < f->run->plan->flow_count && told < ROWS; i++) {
		char text[256];

		if (sim_describe_flow(f, i, text, sizeof(text))[0] == 0)
			continue;
		fprintf(out, "%-*sflow %s: %s\n", LABEL,
			f->states[i] == SIM_WRONG   ? "WRONG" :
			f->states[i] == SIM_STALLED ? "STALLED" :
						      "FAILED",
			f->run->plan->flows[i].name, text);
		told++;
	}
}

/* Not wrong by itself, as of a link that was down; but what somebody who looks for a stall looks for. */
static void
print_silent(FILE *out, const struct sim_run *r)
{
	uint32_t told = 0;

	for (uint32_t i = 0; i < r->stream_count && told < ROWS; i++) {
		const struct sim_stream *s = &r->streams[i];
		char name[40];

		if (s->silence_ns < SILENCE_NS || s->silence_ns < SILENCE_ROUND_TRIPS * s->flow->plan->rtt_ns)
			continue;
		fprintf(out, "%-*sflow %s: nothing came for %.3f s\n", LABEL, "silent", sim_stream_name(s, name, sizeof(name)),
			(double)s->silence_ns / 1e9);
		told++;
	}
}

void
sim_report_print(FILE *out, const struct sim_figures *f)
{
	const struct sim_run *r = f->run;
	char title[256], a[UNITS_STRLEN], b[UNITS_STRLEN];

	fprintf(out, "\ntern sim: %s; seed %" PRIu64 "\n\n", sim_title(r, title, sizeof(title)), r->settings->seed);
	fprintf(out, "%-*s%.3f s in %.2f s of real time%s; %s events, %s/s\n", LABEL, "simulated",
		(double)r->measured_ns / 1e9, r->real_seconds, r->interrupted ? ", ended by a signal" : "",
		units_count(a, r->events), units_round(b, units_ratio((double)r->events, r->real_seconds)));
	if (r->settings->warmup_ns > 0)
		fprintf(out, "%-*sfrom %s on\n", LABEL, "measured", units_time(a, r->settings->warmup_ns));
	print_streams(out, f);
	print_lines(out, f);
	print_totals(out, f);
	print_silent(out, r);
	print_bad(out, f);
	if (f->repeats != NULL)
		sim_repeats_print(out, f->repeats);
}
