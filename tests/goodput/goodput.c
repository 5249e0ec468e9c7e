/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Runs cells of the table of goodput. A line of standard input is a cell, a
 * JSON object; a line of standard output is what came of it. Times are
 * seconds, rates bits a second. goodput.py knows the cells and makes the table.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "network.h"

#define NS 1e9
#define ROUND 0.5

/* The cell's key, taken out of it, so that what nobody asked for remains. */
static double
take(json_t *line, const char *key, double fallback)
{
	json_t *value = json_object_get(line, key);
	double number = json_is_number(value) ? json_number_value(value) : fallback;

	json_object_del(line, key);
	return number;
}

static uint64_t
take_ns(json_t *line, const char *key)
{
	return (uint64_t)(take(line, key, 0) * NS + ROUND);
}

static bool
take_queue(json_t *line, struct tern_sim_link_options *o)
{
	static const char *const names[] = {
		[TERN_SIM_TAIL_DROP] = "taildrop", [TERN_SIM_RED] = "red", [TERN_SIM_CODEL] = "codel",
	};
	const char *name = json_string_value(json_object_get(line, "queue"));
	unsigned int i = 0;

	while (i < sizeof(names) / sizeof(names[0]) && (name == NULL || strcmp(name, names[i]) != 0))
		i++;
	o->queue = (enum tern_sim_queue)i;
	json_object_del(line, "queue");
	return i < sizeof(names) / sizeof(names[0]);
}

static bool
take_flows(json_t *line, struct cell *cell)
{
	json_t *flows = json_object_get(line, "flows"), *flow;
	size_t i;

	if (json_array_size(flows) < 1 || json_array_size(flows) > FLOWS_MOST)
		return false;
	json_array_foreach(flows, i, flow) {
		struct flow_setup *f = &cell->flow[i];
		const char *congestion = json_string_value(json_object_get(flow, "congestion"));

		snprintf(f->congestion, sizeof(f->congestion), "%s", congestion != NULL ? congestion : "cubic");
		f->rtt_ns = take_ns(flow, "rtt");
		f->start_ns = take_ns(flow, "start");
	}
	cell->flow_count = (unsigned int)i;
	json_object_del(line, "flows");
	return true;
}

/* @return NULL, or what is wrong */
static const char *
cell_of(json_t *line, struct cell *cell)
{
	struct tern_sim_link_options *b = &cell->bottleneck;

	*cell = (struct cell){ .bottleneck = TERN_SIM_LINK_INIT };
	cell->seed = (uint64_t)take(line, "seed", 1);
	cell->ecn = b->ecn = json_is_true(json_object_get(line, "ecn"));
	cell->sndbuf = (uint64_t)take(line, "sndbuf", 1 << 20);
	cell->warm_ns = take_ns(line, "warm");
	cell->measure_ns = take_ns(line, "measure");
	cell->interval_ns = take_ns(line, "interval");
	b->rate = (uint64_t)take(line, "rate", 0);
	b->queue_bytes = (uint64_t)take(line, "queue_bytes", 0);
	b->loss = take(line, "loss", 0);
	b->loss_every = (uint32_t)take(line, "loss_every", 0);
	b->reorder = take(line, "reorder", 0);
	b->reorder_ns = take_ns(line, "reorder_delay");
	cell->capture = getenv("CAPTURE");
	json_object_del(line, "ecn");
	if (!take_queue(line, b))
		return "queue: want taildrop, red or codel";
	if (!take_flows(line, cell))
		return "flows: want from 1 to 64 of them";
	json_object_del(line, "name");
	return json_object_size(line) > 0 ? json_object_iter_key(json_object_iter(line)) : NULL;
}

static json_t *
flows_json(const struct cell *cell, const struct cell_result *r)
{
	json_t *flows = json_array();

	for (unsigned int i = 0; i < cell->flow_count; i++) {
		const struct flow_result *f = &r->flow[i];
		json_t *flow = json_pack("{s:f, s:I, s:I, s:f}", "goodput", (double)f->bytes * 8 * NS / (double)cell->measure_ns,
					 "retransmits", (json_int_t)f->retransmits, "timeouts", (json_int_t)f->timeouts,
					 "cwnd", f->cwnd);
		json_t *series = json_array();

		for (unsigned int t = 0; t < r->intervals; t++)
			json_array_append_new(series, json_integer((json_int_t)f->series[t]));
		json_object_set_new(flow, "series", series);
		json_array_append_new(flows, flow);
	}
	return flows;
}

static json_t *
result_json(const char *name, const struct cell *cell, const struct cell_result *r, double seconds)
{
	const struct tern_sim_link_stats *l = &r->link;

	return json_pack("{s:s, s:I, s:o, s:f, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:f}", "name", name,
			 "seed", (json_int_t)cell->seed, "flows", flows_json(cell, r),
			 "queue_mean", r->queue_mean, "queue_p95", (json_int_t)r->queue_p95,
			 "dropped_queue", (json_int_t)l->dropped_queue, "dropped_aqm", (json_int_t)l->dropped_aqm,
			 "dropped_loss", (json_int_t)l->dropped_loss, "marked", (json_int_t)l->marked,
			 "busy", (double)l->busy_ns / (double)(cell->warm_ns + cell->measure_ns),
			 "events", (json_int_t)r->events, "seconds", seconds);
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / NS;
}

/* @return the exit status */
static int
run_line(const char *text)
{
	json_error_t bad;
	json_t *line = json_loads(text, 0, &bad), *out;
	static struct cell cell;
	static struct cell_result result;
	char name[128];
	const char *why;
	double began = seconds_now();
	int error;

	if (!json_is_object(line)) {
		fprintf(stderr, "goodput: not a JSON object: %s\n", bad.text);
		return 1;
	}
	why = json_string_value(json_object_get(line, "name"));
	snprintf(name, sizeof(name), "%s", why != NULL ? why : "cell");
	why = cell_of(line, &cell);
	if (why != NULL) {
		fprintf(stderr, "goodput: %s: %s\n", name, why);
		json_decref(line);
		return 1;
	}
	error = cell_run(&cell, &result, &why);
	json_decref(line);
	if (error != 0) {
		fprintf(stderr, "goodput: %s: %s: %s\n", name, why, strerror(-error));
		cell_result_free(&result);
		return 1;
	}
	out = result_json(name, &cell, &result, seconds_now() - began);
	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(out);
	cell_result_free(&result);
	return 0;
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;
	int status = 0;

	while (status == 0 && getline(&line, &room, stdin) > 0)
		status = run_line(line);
	free(line);
	return status;
}
