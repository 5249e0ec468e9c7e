/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Window, round trip and goodput over time, a colour a flow. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_figures.h"
#include "svg.h"
#include "units.h"

#define LINES 64          /* streams that are drawn: more would hide each other */
#define LEGENDS 18
#define GREY "#d9d9d9"
/* Goodput is drawn as a mean over some round trips, and a share of the time axis: bytes come in bursts. */
#define MEAN_ROUND_TRIPS 2
#define MEAN_SHARE 100

struct plot {
	struct svg_line window[2 * LINES], rtt[LINES + 1], goodput[LINES];
	struct svg_legend legend[LEGENDS + 3];
	char names[LEGENDS + 1][64];
	uint32_t streams, windows, rtts, legends;
	struct svg_point *points;
	uint64_t used;
};

static struct svg_point *
take(struct plot *p, uint32_t count)
{
	struct svg_point *points = p->points + p->used;

	p->used += count;
	return points;
}

static uint64_t
points_wanted(const struct sim_run *r)
{
	uint64_t rows = 0, longest = 0;

	for (uint32_t i = 0; i < r->stream_count; i++) {
		rows += r->streams[i].row_count;
		if (r->streams[i].row_count > longest)
			longest = r->streams[i].row_count;
	}
	return 4 * rows + longest + 1;
}

/* A threshold far above every window would press the windows to the ground. */
static uint32_t
largest_window(const struct sim_run *r)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < r->stream_count; i++)
		for (uint32_t n = 0; n < r->streams[i].row_count; n++)
			if (r->streams[i].rows[n].cwnd > most)
				most = r->streams[i].rows[n].cwnd;
	return most;
}

/* How many rows before and behind a row go into its mean. */
static uint32_t
mean_reach(const struct sim_run *r)
{
	uint64_t ns = r->measured_ns / MEAN_SHARE;

	for (uint32_t i = 0; i < r->plan->flow_count; i++)
		if (MEAN_ROUND_TRIPS * r->plan->flows[i].rtt_ns > ns)
			ns = MEAN_ROUND_TRIPS * r->plan->flows[i].rtt_ns;
	return (uint32_t)(ns / r->settings->interval_ns / 2);
}

static double
mean_goodput(const struct sim_stream *s, uint32_t n, uint32_t reach)
{
	uint32_t first = n > reach ? n - reach : 0, last = n + reach < s->row_count ? n + reach : s->row_count - 1;
	uint64_t begin_ns = first > 0 ? s->rows[first - 1].at_ns : s->flow->plan->start_ns, bytes = 0;

	for (uint32_t i = first; i <= last; i++)
		bytes += s->rows[i].received;
	return units_ratio(8e9 * (double)bytes, (double)(s->rows[last].at_ns - begin_ns));
}

static void
add_stream(struct plot *p, const struct sim_stream *s, uint32_t most_window, uint32_t reach)
{
	struct svg_point *cwnd = take(p, s->row_count), *threshold = take(p, s->row_count);
	struct svg_point *rtt = take(p, s->row_count), *goodput = take(p, s->row_count);
	const char *colour = svg_colour(p->streams);

	for (uint32_t n = 0; n < s->row_count; n++) {
		const struct sim_row *row = &s->rows[n];
		double x = (double)row->at_ns / 1e9;

		cwnd[n] = (struct svg_point){ x, row->cwnd };
		threshold[n] = (struct svg_point){
			x, sim_is_threshold(row->ssthresh) && row->ssthresh <= 1.2 * most_window ? row->ssthresh : NAN
		};
		rtt[n] = (struct svg_point){ x, row->srtt_us > 0 ? row->srtt_us / 1e6 : NAN };
		goodput[n] = (struct svg_point){ x, mean_goodput(s, n, reach) };
	}
	p->window[p->windows++] = (struct svg_line){ cwnd, s->row_count, colour, 1.5, false };
	p->window[p->windows++] = (struct svg_line){ threshold, s->row_count, colour, 0.7, true };
	p->rtt[p->rtts++] = (struct svg_line){ rtt, s->row_count, colour, 1.3, false };
	p->goodput[p->streams++] = (struct svg_line){ goodput, s->row_count, colour, 1.3, false };
}

/* How long the bottleneck's queue is, as the time that it takes: it stands under the round trips that it makes. */
static void
add_queue(struct plot *p, const struct sim_run *r, uint32_t line)
{
	const struct sim_link *l = &r->plan->links[line / 2];
	uint64_t rate = l->model[line & 1].link.rate;
	const struct sim_stream *longest = NULL;
	struct svg_point *points;

	for (uint32_t i = 0; i < r->stream_count; i++) {
		const struct sim_stream *s = &r->streams[i];
		int way = s->from->server;

		if (s->flow->plan->narrow[way] == (int32_t)(line / 2) && s->flow->plan->narrow_back[way] == (line & 1) &&
		    (longest == NULL || s->row_count > longest->row_count))
			longest = s;
	}
	if (rate == 0 || longest == NULL)
		return;
	points = take(p, longest->row_count);
	for (uint32_t n = 0; n < longest->row_count; n++)
		points[n] = (struct svg_point){ (double)longest->rows[n].at_ns / 1e9,
						8 * (double)longest->rows[n].queue_bytes / (double)rate };
	p->rtt[p->rtts++] = (struct svg_line){ points, longest->row_count, GREY, 0, false };
}

static void
add_legend(struct plot *p, const struct sim_run *r, bool queue)
{
	uint32_t told = p->streams < LEGENDS ? p->streams : LEGENDS;
	char name[40];

	for (uint32_t i = 0; i < told; i++) {
		const struct sim_stream *s = &r->streams[i];

		snprintf(p->names[i], sizeof(p->names[i]), "%s %s", sim_stream_name(s, name, sizeof(name)),
			 s->from->info.congestion);
		p->legend[p->legends++] = (struct svg_legend){ p->names[i], svg_colour(i), false, false };
	}
	if (r->stream_count > told) {
		snprintf(p->names[LEGENDS], sizeof(p->names[LEGENDS]), "and %u more", r->stream_count - told);
		p->legend[p->legends++] = (struct svg_legend){ p->names[LEGENDS], "#ffffff", true, false };
	}
	p->legend[p->legends++] = (struct svg_legend){ "slow start threshold", "#666666", false, true };
	if (queue)
		p->legend[p->legends++] = (struct svg_legend){ "queue of the bottleneck", GREY, true, false };
}

int
sim_plot_write(const struct sim_figures *f, const char *path, struct problem *why)
{
	const struct sim_run *r = f->run;
	struct plot *p = calloc(1, sizeof(*p));
	char title[64], subtitle[256], goodput[64], mean[UNITS_STRLEN];
	uint32_t most = largest_window(r), reach = mean_reach(r);
	bool good;
	FILE *out;

	if (p != NULL)
		p->points = calloc(points_wanted(r), sizeof(*p->points));
	if (p == NULL || p->points == NULL) {
		free(p);
		return problem_say(why, "no memory for --svg");
	}
	/* first, so that the lines are drawn above it */
	add_queue(p, r, sim_busier_line(f));
	for (uint32_t i = 0; i < r->stream_count && i < LINES; i++)
		add_stream(p, &r->streams[i], most, reach);
	add_legend(p, r, p->rtts > p->streams);
	snprintf(goodput, sizeof(goodput), "Goodput, mean of %s",
		 units_time(mean, (2 * (uint64_t)reach + 1) * r->settings->interval_ns));
	snprintf(title, sizeof(title), "tern sim: %.3f Mbit/s", f->goodput / 1e6);
	if (!isnan(f->jain))
		snprintf(title, sizeof(title), "tern sim: %.3f Mbit/s, Jain's index %.4f", f->goodput / 1e6, f->jain);
	const struct svg_panel panels[] = {
		{ "Congestion window", SVG_BYTES, p->window, p->windows, 0 },
		{ "Smoothed round trip", SVG_SECONDS, p->rtt, p->rtts, 0 },
		{ goodput, SVG_BITS_PER_SECOND, p->goodput, p->streams, 0 },
	};
	const struct svg_plot plot = {
		.title = title, .subtitle = sim_title(r, subtitle, sizeof(subtitle)), .seconds = (double)r->measured_ns / 1e9,
		.panels = panels, .panel_count = 3, .legend = p->legend, .legend_count = p->legends,
	};

	out = fopen(path, "we");
	good = out != NULL && svg_write(out, &plot);
	good = out != NULL && fclose(out) == 0 && good;
	free(p->points);
	free(p);
	return good ? 0 : problem_say(why, "--svg '%s': %s", path, strerror(errno));
}
