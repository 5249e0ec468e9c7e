/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

/* What the programs that Tern is compared with share: words, cores, the clock, a window's report. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct measure_options {
	double seconds, warmup_seconds;
	unsigned int in_flight;
	unsigned int core[2];        /* client's, server's */
	const char *shape;           /* of what is sent; NULL: there is no such option */
	bool json;
};

/* Parses the words; on --help or a bad one prints and exits. The defaults stand in *o. */
void measure_options(struct measure_options *o, int argc, char **argv, const char *what);

/* On one core from now on; with fewer cores than wanted the two ends share. */
void measure_pin(unsigned int core);
uint64_t measure_now_ns(void);
/* Time that a thread of this process (gettid()) was runnable and did not run: a poll loop that waited was not measured. */
uint64_t measure_waited_ns(pid_t thread);

struct measure_window {
	uint64_t begin_ns, end_ns;
	uint64_t connections, failed;
	uint64_t waited_ns[2];       /* of client and server */
};

/* Opens and closes a window: `connections` and `failed` are the counts so far, threads[] the client and the server. */
void measure_begin(struct measure_window *w, uint64_t connections, uint64_t failed, const pid_t threads[2]);
void measure_end(struct measure_window *w, uint64_t connections, uint64_t failed, const pid_t threads[2]);

/* `key` is the JSON key of the rate. */
void measure_report(const struct measure_options *o, const struct measure_window *w, const char *key);

__attribute__((noreturn, format(printf, 1, 2))) void measure_die(const char *format, ...);

#endif
