/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SAMPLE_H
#define APP_SAMPLE_H

/* All figures of a run at one moment, and the difference of two moments. */

#include "run.h"

enum side { SIDE_CLIENT, SIDE_SERVER, SIDES };

struct sample {
	uint64_t clock_ns;                  /* CLOCK_MONOTONIC */
	struct counts counts;               /* of all client cores */
	struct tern_histogram *latency[LATENCY_KINDS];
	struct tern_stats *stats;           /* of each core */
	struct tern_probe *probe;           /* of each core; all 0 without one */
	uint64_t *waited_ns;                /* of each core's thread: ready to run, and not running */
	uint64_t longest_gap_ns[SIDES];     /* since the phase began */
};

/* 0 or -1 without memory. */
int sample_init(struct sample *s, const struct run *r);
void sample_free(struct sample *s);
void sample_take(struct sample *s, const struct run *r);

struct side_figures {
	struct tern_stats stats;            /* sum over the side's cores */
	struct tern_probe probe;            /* likewise; its totals are 0 unless the library has a probe */
	unsigned int cores;
	double busy_most, busy_mean;        /* share, 0 to 1 */
	unsigned int busiest_core;
	uint64_t longest_gap_ns;
	double waited;                      /* share of the window that the unluckiest core waited for its CPU */
};

/* What happened between two samples. */
struct window {
	double seconds;
	struct counts counts;
	struct tern_histogram *latency[LATENCY_KINDS];
	struct side_figures side[SIDES];
};

int window_init(struct window *w);
void window_free(struct window *w);
void window_between(struct window *w, const struct run *r, const struct sample *from, const struct sample *to);

/* Drops that happened on this machine: the device's and the pool's, not the peer's doing. */
uint64_t stats_local_drops(const struct tern_stats *s);

#endif
