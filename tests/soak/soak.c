/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Random bad networks: seeds, or kept cases, and what each came to. A failing
 * one is made small, written to a file, and run once more with its packets
 * recorded.
 */

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>

#include "case.h"
#include "report.h"
#include "worker.h"

#define MOST_JOBS 64u
#define TWICE 10u                  /* every so many-th case is run again: the same seed is the same run */

static struct {
	uint64_t from, seeds, failed;
	unsigned int jobs;
	bool tap, print, record;
	struct report report;
	/* sums */
	uint64_t ran, events, bytes, closed[TERN_CLOSE_MAX];
	double virtual_s;
} soak = { .from = 1, .seeds = 1, .jobs = 1, .report = { .out = ".", .again = "soak", .shrink = true } };

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- running */

/* Begins a case; its packets go to a file if they are asked for. */
static void
launch(struct worker *w, const struct soak_case *c)
{
	char capture[WORKER_FILE];

	snprintf(capture, sizeof(capture), "%s/soak-%llu", soak.report.out, (unsigned long long)c->seed);
	worker_begin(w, c, soak.record ? capture : NULL);
}

static void
account(const struct soak_result *r)
{
	soak.ran++;
	soak.events += r->events;
	soak.bytes += r->bytes;
	soak.virtual_s += (double)r->virtual_ns / 1e9;
	for (unsigned int i = 0; i < TERN_CLOSE_MAX; i++)
		soak.closed[i] += r->closed[i];
}

static void
verdict(const struct soak_case *c, const char *name, const struct soak_result *r)
{
	account(r);
	if (r->broken[0] != '\0') {
		soak.failed++;
		if (soak.tap)
			printf("not ok %llu - %s\n", (unsigned long long)soak.ran, name);
		report_failure(c, name, r->broken, &soak.report);
	} else if (soak.tap)
		printf("ok %llu - %s\n", (unsigned long long)soak.ran, name);
	else if (soak.seeds <= 20)
		printf("%s: all held; %.3f s, %llu events, digest %016llx\n", name, (double)r->virtual_ns / 1e9,
		       (unsigned long long)r->events, (unsigned long long)r->digest);
	fflush(stdout);
}

/* The same again: it must be the same packets. */
static void
run_twice(struct worker *w, struct soak_result *r)
{
	struct soak_result again;

	if (r->broken[0] != '\0')
		return;
	worker_begin(w, &w->c, NULL);
	worker_end(w, &again);
	if (again.digest != r->digest || again.broken[0] != '\0')
		snprintf(r->broken, sizeof(r->broken), "a seed is not the same run twice: digest %016llx and %016llx %.120s",
			 (unsigned long long)r->digest, (unsigned long long)again.digest, again.broken);
}

/* ---- seeds */

static void
finish(struct worker *w)
{
	struct soak_result r;
	char name[40];

	worker_end(w, &r);
	if (w->tag % TWICE == 0)
		run_twice(w, &r);
	snprintf(name, sizeof(name), "seed %llu", (unsigned long long)w->tag);
	verdict(&w->c, name, &r);
}

static void
run_seeds(void)
{
	static struct worker worker[MOST_JOBS];
	static struct soak_case c;
	uint64_t next = soak.from, end = soak.from + soak.seeds;
	unsigned int busy = 0;

	while (next < end || busy > 0) {
		struct pollfd fds[MOST_JOBS];

		for (unsigned int i = 0; i < soak.jobs; i++) {
			if (!worker[i].busy && next < end) {
				soak_generate(&c, next);
				worker[i].tag = next++;
				launch(&worker[i], &c);
				busy++;
			}
			fds[i] = (struct pollfd){ .fd = worker[i].busy ? worker[i].fd : -1, .events = POLLIN };
		}
		if (busy > 0)
			poll(fds, soak.jobs, -1);
		for (unsigned int i = 0; i < soak.jobs; i++)
			if (fds[i].revents != 0) {
				busy--;
				finish(&worker[i]);
			}
	}
	for (unsigned int i = 0; i < soak.jobs; i++)
		worker_stop(&worker[i]);
}

/* ---- kept cases */

static bool
read_case(const char *file, struct soak_case *c)
{
	FILE *from = fopen(file, "r");
	const char *wrong;
	unsigned int line;

	if (from == NULL) {
		fprintf(stderr, "soak: %s: %s\n", file, strerror(errno));
		return false;
	}
	wrong = soak_parse(c, from, &line);
	fclose(from);
	if (wrong != NULL)
		fprintf(stderr, "soak: %s:%u: %s\n", file, line - 1, wrong);
	return wrong == NULL;
}

static bool
run_file(const char *file)
{
	static struct worker w;
	static struct soak_case c;
	struct soak_result r;

	if (!read_case(file, &c))
		return false;
	if (soak.print) {
		soak_print(&c, stdout);
		return true;
	}
	launch(&w, &c);
	worker_end(&w, &r);
	run_twice(&w, &r);
	verdict(&c, file, &r);
	worker_stop(&w);
	return true;
}

/* ---- words */

static void
usage(FILE *to)
{
	fputs("Usage: soak [--from SEED] [--seeds N] [--jobs N]  run that many seeds\n"
	      "       soak --replay SEED                         run one\n"
	      "       soak --case FILE...                        run kept cases\n"
	      "  --print      print the case instead of running it\n"
	      "  --tap        as a test: a line a case\n"
	      "  --record     keep the packets of those that hold, too\n"
	      "  --out DIR    where cases and packets of failures go (.)\n"
	      "  --no-shrink  leave a failing case as it is\n"
	      "  --again TEXT how to call this program, in what it prints\n", to);
}

static uint64_t
number(const char *option, const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0') {
		fprintf(stderr, "soak: --%s: found '%s', want a number\n", option, text);
		exit(1);
	}
	return n;
}

static void
print_sums(double passed_s)
{
	printf("%llu cases, %llu failed, in %.1f s: %.1f cases/s, %.1f M events, %.0f M octets read, %.1f h of network time\n",
	       (unsigned long long)soak.ran, (unsigned long long)soak.failed, passed_s, (double)soak.ran / passed_s,
	       (double)soak.events / 1e6, (double)soak.bytes / 1e6, soak.virtual_s / 3600);
	for (unsigned int i = 1; i < TERN_CLOSE_MAX; i++)
		if (soak.closed[i] != 0)
			printf("  %-20s %llu ends\n", tern_close_name((enum tern_close_reason)i), (unsigned long long)soak.closed[i]);
}

static bool
is_file(const char *option)
{
	return strcmp(option, "case") == 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "from", 1, NULL, 'f' }, { "seeds", 1, NULL, 'n' }, { "replay", 1, NULL, 'r' }, { "jobs", 1, NULL, 'j' },
		{ "case", 0, NULL, 'c' }, { "print", 0, NULL, 'p' }, { "tap", 0, NULL, 't' }, { "out", 1, NULL, 'o' },
		{ "no-shrink", 0, NULL, 's' }, { "record", 0, NULL, 'R' }, { "again", 1, NULL, 'a' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	bool files = false, all_read = true;
	double begin_s = seconds();
	int which, option;

	while ((option = getopt_long(argc, argv, "h", options, &which)) != -1) {
		switch (option) {
		case 'f':
			soak.from = number("from", optarg);
			break;
		case 'n':
			soak.seeds = number("seeds", optarg);
			break;
		case 'r':
			soak.from = number("replay", optarg);
			soak.seeds = 1;
			break;
		case 'j':
			soak.jobs = (unsigned int)RTE_MIN(RTE_MAX(number("jobs", optarg), 1u), MOST_JOBS);
			break;
		case 'c':
			files = is_file("case");
			break;
		case 'p':
			soak.print = true;
			break;
		case 't':
			soak.tap = true;
			break;
		case 'o':
			soak.report.out = optarg;
			break;
		case 's':
			soak.report.shrink = false;
			break;
		case 'R':
			soak.record = true;
			break;
		case 'a':
			soak.report.again = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 1;
		}
	}
	if (optind < argc && !files) {
		fprintf(stderr, "soak: found '%s', want an option\n", argv[optind]);
		return 1;
	}
	if (soak.print && !files) {
		static struct soak_case c;

		soak_generate(&c, soak.from);
		soak_print(&c, stdout);
		return 0;
	}
	if (soak.tap)
		printf("1..%llu\n", files ? (unsigned long long)(argc - optind) : (unsigned long long)soak.seeds);
	if (files) {
		for (; optind < argc; optind++)
			all_read &= run_file(argv[optind]);
	} else
		run_seeds();
	if (!soak.tap && !soak.print)
		print_sums(seconds() - begin_s);
	return soak.failed != 0 || !all_read;
}
