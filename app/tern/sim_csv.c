/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The time series as text: a row an interval and flow, in the order of time, then of the flows. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim_figures.h"
#include "units.h"

struct place {
	const struct sim_row *row;
	uint32_t stream;
	uint64_t length_ns;       /* of the interval */
};

static int
by_time(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->row->at_ns != y->row->at_ns)
		return x->row->at_ns < y->row->at_ns ? -1 : 1;
	return x->stream < y->stream ? -1 : x->stream > y->stream;
}

static void
write_row(FILE *out, const struct sim_run *r, const struct place *p)
{
	const struct sim_stream *s = &r->streams[p->stream];
	const struct sim_row *row = p->row;

	fprintf(out, "%.6f,%s,%s,%.0f,%u,", (double)row->at_ns / 1e9, s->flow->plan->name,
		s->from->server ? "down" : "up", units_ratio(8e9 * (double)row->received, (double)p->length_ns),
		row->cwnd);
	if (sim_is_threshold(row->ssthresh))
		fprintf(out, "%u", row->ssthresh);
	fprintf(out, ",%u,%u,%u,%u\n", row->srtt_us, row->in_flight, row->retransmits, row->queue_bytes);
}

int
sim_csv_write(const struct sim_figures *f, const char *path, struct problem *why)
{
	const struct sim_run *r = f->run;
	struct place *places;
	uint64_t count = 0;
	FILE *out;
	bool good;

	for (uint32_t i = 0; i < r->stream_count; i++)
		count += r->streams[i].row_count;
	places = calloc(count + 1, sizeof(*places));
	if (places == NULL)
		return problem_say(why, "no memory for --csv");
	count = 0;
	for (uint32_t i = 0; i < r->stream_count; i++) {
		uint64_t last_ns = r->streams[i].flow->plan->start_ns;

		for (uint32_t n = 0; n < r->streams[i].row_count; n++) {
			const struct sim_row *row = &r->streams[i].rows[n];

			places[count++] = (struct place){ row, i, row->at_ns - last_ns };
			last_ns = row->at_ns;
		}
	}
	qsort(places, count, sizeof(*places), by_time);
	out = fopen(path, "we");
	if (out == NULL) {
		free(places);
		return problem_say(why, "--csv '%s': %s", path, strerror(errno));
	}
	fputs("time_s,flow,direction,goodput_bit_per_s,cwnd_bytes,ssthresh_bytes,srtt_us,in_flight_bytes,retransmits,queue_bytes\n",
	      out);
	for (uint64_t i = 0; i < count; i++)
		write_row(out, r, &places[i]);
	free(places);
	good = ferror(out) == 0;
	return fclose(out) == 0 && good ? 0 : problem_say(why, "--csv '%s': %s", path, strerror(errno));
}
