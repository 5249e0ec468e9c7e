/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_TIMERS_H
#define RUN_TIMERS_H

/* The application's timers of one core: a heap, the earliest first. */

#include <stdbool.h>
#include <stdint.h>

#define TIMERS_MAX 1024u

struct timer {
	uint64_t at_ns;
	uint64_t order;      /* of being set: equal times fire in it */
	uint64_t cookie;
};

struct timers {
	uint32_t count;
	uint64_t set;        /* ever */
	struct timer heap[TIMERS_MAX];
};

/* False when full. */
bool timers_add(struct timers *t, uint64_t at_ns, uint64_t cookie);
/* Take the earliest. There must be one. */
void timers_take(struct timers *t, struct timer *out);

/* When the earliest is due; UINT64_MAX: there is none. */
static inline uint64_t
timers_next_ns(const struct timers *t)
{
	return t->count != 0 ? t->heap[0].at_ns : UINT64_MAX;
}

#endif
