/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

void
measure_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static double
number(const char *name, const char *text, double least, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value >= least && value <= most))
		measure_die("--%s: found '%s', want a number from %g to %g", name, text, least, most);
	return value;
}

void
measure_options(struct measure_options *o, int argc, char **argv, const char *what)
{
	enum { DURATION, WARMUP, CONNECTIONS, CORES, JSON, HELP, SHAPE };
	struct option words[] = {
		[DURATION] = { "duration", required_argument, NULL, DURATION },
		[WARMUP] = { "warmup", required_argument, NULL, WARMUP },
		[CONNECTIONS] = { "connections", required_argument, NULL, CONNECTIONS },
		[CORES] = { "cores", required_argument, NULL, CORES },
		[JSON] = { "json", no_argument, NULL, JSON },
		[HELP] = { "help", no_argument, NULL, HELP },
		[SHAPE] = { o->shape != NULL ? "shape" : NULL, required_argument, NULL, SHAPE },
		{ NULL, 0, NULL, 0 },
	};
	int word;

	while ((word = getopt_long(argc, argv, "", words, NULL)) != -1) {
		switch (word) {
		case DURATION:
			o->seconds = number("duration", optarg, 0.01, 3600);
			break;
		case WARMUP:
			o->warmup_seconds = number("warmup", optarg, 0, 3600);
			break;
		case CONNECTIONS:
			o->in_flight = (unsigned int)number("connections", optarg, 1, 2048);
			break;
		case CORES:
			if (sscanf(optarg, "%u,%u", &o->core[0], &o->core[1]) != 2)
				measure_die("--cores: found '%s', want CLIENT,SERVER", optarg);
			break;
		case JSON:
			o->json = true;
			break;
		case SHAPE:
			o->shape = optarg;
			break;
		default:
			fprintf(word == HELP ? stdout : stderr,
				"%s\n  --duration SECONDS (%g)  --warmup SECONDS (%g)\n  --connections N, in flight (%u)\n"
				"  --cores CLIENT,SERVER (%u,%u)  --json%s%s%s\n",
				what, o->seconds, o->warmup_seconds, o->in_flight, o->core[0], o->core[1],
				o->shape != NULL ? "  --shape SHAPE (" : "", o->shape != NULL ? o->shape : "",
				o->shape != NULL ? ")" : "");
			exit(word == HELP ? EXIT_SUCCESS : EXIT_FAILURE);
		}
	}
}

void
measure_pin(unsigned int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		measure_die("core %u: not there, or not allowed to this process", core);
}

uint64_t
measure_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

uint64_t
measure_waited_ns(pid_t thread)
{
	char path[64];
	uint64_t ran, waited = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", (int)thread);
	f = fopen(path, "re");
	if (f != NULL) {
		if (fscanf(f, "%" SCNu64 " %" SCNu64, &ran, &waited) != 2)
			waited = 0;
		fclose(f);
	}
	return waited;
}

void
measure_begin(struct measure_window *w, uint64_t connections, uint64_t failed, const pid_t threads[2])
{
	*w = (struct measure_window){ .connections = connections, .failed = failed };
	for (unsigned int i = 0; i < 2; i++)
		w->waited_ns[i] = measure_waited_ns(threads[i]);
	w->begin_ns = measure_now_ns();
}

void
measure_end(struct measure_window *w, uint64_t connections, uint64_t failed, const pid_t threads[2])
{
	w->end_ns = measure_now_ns();
	w->connections = connections - w->connections;
	w->failed = failed - w->failed;
	for (unsigned int i = 0; i < 2; i++)
		w->waited_ns[i] = measure_waited_ns(threads[i]) - w->waited_ns[i];
}

void
measure_report(const struct measure_options *o, const struct measure_window *w, const char *key)
{
	double seconds = (double)(w->end_ns - w->begin_ns) / 1e9;
	double rate = (double)w->connections / seconds;
	uint64_t waited_ns = w->waited_ns[0] > w->waited_ns[1] ? w->waited_ns[0] : w->waited_ns[1];
	double waited = (double)waited_ns / 1e9 / seconds;

	if (o->json)
		printf("{\"%s\": %.0f, \"seconds\": %.3f, \"failed\": %" PRIu64 ", \"cpu_wait_share\": %.4f}\n", key, rate,
		       seconds, w->failed, waited);
	else
		printf("%.0f /s in %.2f s, %u in flight, %" PRIu64 " failed, %.1f %% without its CPU\n", rate,
		       seconds, o->in_flight, w->failed, 100 * waited);
}
