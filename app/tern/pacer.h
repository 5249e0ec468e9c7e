/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_PACER_H
#define APP_PACER_H

#include <stdint.h>

/*
 * Evenly spaced arrivals of one core among several: the k-th of core i of n is
 * due at start + (k n + i) / rate. Kept as quotient and remainder, so that no
 * error adds up however long the run.
 */
struct pacer {
	uint64_t next_ns;          /* when the next arrival is due */
	uint64_t step_ns;
	uint64_t step_rest, rest;  /* in 1/rate ns */
	uint64_t rate;             /* of all cores, per second */
};

static inline void
pacer_start(struct pacer *p, uint64_t start_ns, uint64_t rate, uint32_t core, uint32_t cores)
{
	const uint64_t second = UINT64_C(1000000000);

	p->rate = rate;
	p->step_ns = cores * second / rate;
	p->step_rest = cores * second % rate;
	p->next_ns = start_ns + core * second / rate;
	p->rest = core * second % rate;
}

static inline void
pacer_advance(struct pacer *p)
{
	p->next_ns += p->step_ns;
	p->rest += p->step_rest;
	if (p->rest >= p->rate) {
		p->rest -= p->rate;
		p->next_ns++;
	}
}

/* How many arrivals are due at now_ns and were not taken. */
static inline uint64_t
pacer_behind(const struct pacer *p, uint64_t now_ns)
{
	if (now_ns < p->next_ns)
		return 0;
	return p->step_ns == 0 ? 1 : (now_ns - p->next_ns) / p->step_ns + 1;
}

#endif
