/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_CLOCK_H
#define RUN_CLOCK_H

/* Monotonic nanoseconds from the time-stamp counter: 10 ns a look, and the same on every core. */

#include <stdint.h>
#include <time.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>

struct clock {
	uint64_t base_tsc;
	uint64_t base_ns;    /* of CLOCK_MONOTONIC then, so that programs can compare the two */
	uint64_t ns_per_tsc; /* in units of 2^-32 */
	uint64_t since_1970_ns;  /* add it for the time of the day */
	const uint64_t *set_ns;  /* time that somebody sets; NULL: the machine's */
};

static inline void
clock_start(struct clock *c)
{
	struct timespec now, day;

	clock_gettime(CLOCK_MONOTONIC, &now);
	c->base_tsc = rte_rdtsc();
	c->base_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	clock_gettime(CLOCK_REALTIME, &day);
	c->since_1970_ns = (uint64_t)day.tv_sec * 1000000000 + (uint64_t)day.tv_nsec - c->base_ns;
	c->set_ns = NULL;
	c->ns_per_tsc = (uint64_t)(((unsigned __int128)1000000000 << 32) / rte_get_tsc_hz());
}

static inline uint64_t
clock_ns(const struct clock *c)
{
	if (unlikely(c->set_ns != NULL))
		return *c->set_ns;
	return c->base_ns + (uint64_t)((unsigned __int128)(rte_rdtsc() - c->base_tsc) * c->ns_per_tsc >> 32);
}

#endif
