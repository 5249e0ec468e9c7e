/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOAK_CHANCE_H
#define SOAK_CHANCE_H

/* Numbers from a seed: splitmix64. */

#include <stdbool.h>
#include <stdint.h>

#include "core/hash.h"

struct chance {
	uint64_t state;
};

static inline uint64_t chance_next(struct chance *r) { return mix64(&r->state); }

/* 0 up to n - 1 */
static inline uint64_t chance_below(struct chance *r, uint64_t n) { return chance_next(r) % n; }
static inline bool chance_percent(struct chance *r, unsigned int percent) { return chance_below(r, 100) < percent; }
static inline uint64_t chance_between(struct chance *r, uint64_t a, uint64_t b) { return a + chance_below(r, b - a + 1); }

/* Between a >= 1 and b, each power of two as likely as the next. */
static inline uint64_t
chance_scale(struct chance *r, uint64_t a, uint64_t b)
{
	unsigned int doublings = 63u - (unsigned int)__builtin_clzll(b / a), d = (unsigned int)chance_below(r, doublings + 1);
	uint64_t low = a << d, high = low * 2 - 1 < b ? low * 2 - 1 : b;

	return chance_between(r, low, high);
}

#endif
