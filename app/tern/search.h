/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SEARCH_H
#define APP_SEARCH_H

/* Which rates a run goes through: a ramp's, or those of a search for the highest that holds. */

#include <stdbool.h>
#include <stdint.h>

#include "problem.h"

struct ramp {
	uint64_t from, to, step;   /* a second */
	uint64_t stage_ns;
};

/* "FROM..TO/+STEP@TIME". 0 or -1 with *why. */
int ramp_parse(struct ramp *ramp, const char *text, struct problem *why);

/* The rate after this one, 0 after the last. The last is TO, also when no step leads there. */
static inline uint64_t
ramp_next(const struct ramp *ramp, uint64_t rate)
{
	if (rate >= ramp->to)
		return 0;
	return ramp->to - rate < ramp->step ? ramp->to : rate + ramp->step;
}

/*
 * First doubling until a rate fails, then halving what lies between, until that
 * is a hundredth. A rate that held is taken to hold at every lower one.
 */
struct search {
	uint64_t good;     /* the highest rate that held, 0: none */
	uint64_t bad;      /* the lowest that did not, 0: none */
	uint64_t most;     /* rates end here, 0: nowhere */
};

/* What was tried has held or not: the rate to try next, or 0 when the search is over. */
uint64_t search_next(struct search *search, uint64_t tried, bool held);

#endif
