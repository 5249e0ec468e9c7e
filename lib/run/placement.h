/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_PLACEMENT_H
#define RUN_PLACEMENT_H

/* Which stack runs on which CPU. */

#include <stdbool.h>
#include <stdint.h>

#include "run/cpus.h"
#include "run/options.h"

struct placement {
	uint32_t allowed_count, count;
	uint16_t allowed[CPU_MAX];
	uint32_t side_count[2];                  /* stacks of a side; their places follow each other */
	uint16_t cpu[2 * PORT_MAX_CORES];
	bool shared[2 * PORT_MAX_CORES];         /* another stack is on this CPU too */
	bool any_shared;
};

/* 0, or -1 with why. */
int placement_make(struct placement *p, const struct options *o, struct complaint *why);
/* The same over a given list of CPUs, ascending. */
int placement_make_over(struct placement *p, const struct options *o, const uint16_t *allowed, uint32_t count,
			struct complaint *why);

#endif
