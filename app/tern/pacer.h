/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_PACER_H
#define APP_PACER_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Evenly spaced arrivals of one core among several: the k-th of core i of n is
 * due at start + (k n + i) / rate. Kept as quotient and remainder, so that no
 * error adds up however long the run.
 *
 * Or a Poisson process: gaps are exponential, each core's on its own with its
 * share of the rate, and together they are one process again.
 */
struct pacer {
	uint64_t next_ns;          /* when the next arrival is due */
	uint64_t random;           /* Poisson: the state that gaps are drawn from; 0: even arrivals */
	double fraction;           /* of a nanosecond, of the gaps so far */
	uint64_t step_ns;          /* the mean gap */
	uint64_t step_rest, rest;  /* in 1/rate ns */
	uint64_t rate;             /* of all cores, per second */
};

/* splitmix64 (Steele, Lea, Flood 2014): good enough for gaps, and a state of one word. */
static inline uint64_t
pacer_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline void
pacer_draw(struct pacer *p)
{
	/* 53 bits, from just above 0 to 1 */
	double u = ((double)(pacer_random(&p->random) >> 11) + 1) * 0x1p-53;
	double gap = -log(u) * ((double)p->step_ns + (double)p->step_rest / (double)p->rate) + p->fraction;

	p->next_ns += (uint64_t)gap;
	p->fraction = gap - floor(gap);
}

static inline void
pacer_start(struct pacer *p, uint64_t start_ns, uint64_t rate, uint32_t core, uint32_t cores)
{
	const uint64_t second = UINT64_C(1000000000);

	p->rate = rate;
	p->step_ns = cores * second / rate;
	p->step_rest = cores * second % rate;
	p->next_ns = start_ns + core * second / rate;
	p->rest = core * second % rate;
	p->random = 0;
	p->fraction = 0;
}

/* The same as a Poisson process, drawn from a seed; a core's gaps are its own. */
static inline void
pacer_start_poisson(struct pacer *p, uint64_t start_ns, uint64_t rate, uint32_t core, uint32_t cores, uint64_t seed)
{
	pacer_start(p, start_ns, rate, 0, cores);
	p->random = seed + core;
	p->random = pacer_random(&p->random) | 1;
	pacer_draw(p);
}

static inline void
pacer_advance(struct pacer *p)
{
	if (p->random != 0) {
		pacer_draw(p);
		return;
	}
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
