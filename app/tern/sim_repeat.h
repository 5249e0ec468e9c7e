/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_REPEAT_H
#define APP_SIM_REPEAT_H

/* --repeat: the same network with seed after seed, what of each is worth comparing, and the medians. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum sim_worth {
	SIM_WORTH_GOODPUT,         /* bits a second */
	SIM_WORTH_JAIN,
	SIM_WORTH_BUSY,            /* share of the bottleneck's time */
	SIM_WORTH_RETRANSMITTED,   /* share of the bytes sent */
	SIM_WORTH_COMPLETION,      /* seconds, mean of the flows that are done */
	SIM_WORTH_QUEUE,           /* bytes, mean, of the bottleneck */
	SIM_WORTHS
};

struct sim_figures;

struct sim_turn {
	uint64_t seed;
	bool good;                 /* every flow went as it should */
	double worth[SIM_WORTHS];  /* NAN: this network has none */
};

struct sim_repeats {
	struct sim_turn *list;
	uint32_t count;
};

/* Keys of the figures in reports. */
const char *sim_worth_name(enum sim_worth worth);
struct sim_turn sim_turn_of(const struct sim_figures *f);
/* NAN when there is none. */
double sim_median(const struct sim_repeats *all, enum sim_worth worth);
void sim_repeats_print(FILE *out, const struct sim_repeats *all);

#endif
