/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_STAGES_H
#define APP_STAGES_H

/* The steps of a ramp, the trials of a search: a row each, for summary and JSON. */

#include <stdbool.h>
#include <stdint.h>

#include "figures.h"

struct stage {
	uint64_t rate;               /* asked for, a second */
	double seconds, completed_rate;
	uint64_t failed, not_started;
	double loss;                 /* share of failed and not started in all that ended */
	uint64_t p50_ns, p99_ns, p999_ns;
	double busy;                 /* busiest client core */
	bool held;                   /* the rate was reached, by a generator that kept its times, with no more than --loss */
	const char *limited_by;
};

struct stages {
	struct stage *list;
	uint32_t count;
};

/* One more, from its window. 0 or -1 without memory. */
int stages_add(struct stages *stages, uint64_t rate, double loss_limit, const struct run *r, const struct window *w);
void stages_free(struct stages *stages);

#endif
