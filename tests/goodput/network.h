/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_GOODPUT_NETWORK_H
#define TESTS_GOODPUT_NETWORK_H

/*
 * One cell of the table: bulk flows to one receiver over one bottleneck, in
 * virtual time. A lone sender stands at the bottleneck's other end; several
 * have a link of their own to a switch before it, in which lies their delay.
 */

#include <stddef.h>
#include <stdint.h>

#include <tern/sim.h>

#define FLOWS_MOST 64u

struct flow_setup {
	char congestion[16];
	uint64_t rtt_ns;              /* without queues */
	uint64_t start_ns;            /* from the beginning */
};

struct cell {
	uint64_t seed;
	struct tern_sim_link_options bottleneck;   /* towards the receiver; its delay is the lone flow's */
	bool ecn;                     /* senders ask for it */
	uint64_t sndbuf;              /* bytes of each flow, which also bounds its window */
	uint64_t warm_ns, measure_ns; /* goodput counts from the end of the first, for the second */
	uint64_t interval_ns;         /* of the series by which convergence is told; 0: none */
	unsigned int flow_count;
	struct flow_setup flow[FLOWS_MOST];
	const char *capture;          /* pcapng of the bottleneck's entry, or NULL */
};

struct flow_result {
	uint64_t bytes;               /* the receiver's, while it was measured */
	uint64_t retransmits, timeouts;            /* of the flow's whole life */
	double cwnd;                  /* mean of samples while it was measured, bytes */
	uint64_t *series;             /* bytes by interval, from the beginning */
};

struct cell_result {
	struct flow_result flow[FLOWS_MOST];
	unsigned int intervals;
	struct tern_sim_link_stats link;           /* the bottleneck's, of the whole run */
	double queue_mean;            /* bytes that waited, of samples while it was measured */
	uint64_t queue_p95;
	uint64_t events;
};

/* 0, or -errno: then *why says what was wrong. Free the result's series with cell_result_free(). */
int cell_run(const struct cell *cell, struct cell_result *result, const char **why);
void cell_result_free(struct cell_result *result);

#endif
