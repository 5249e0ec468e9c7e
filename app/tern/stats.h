/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_STATS_H
#define APP_STATS_H

#include <tern/tern.h>

/* All but the size is counters of one width (tern/counters.h), so that a sum needs no list of them. */
static inline void
stats_add(struct tern_stats *sum, const struct tern_stats *one)
{
	const uint64_t *from = (const uint64_t *)one;
	uint64_t *to = (uint64_t *)sum;

	for (size_t i = 1; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

#endif
