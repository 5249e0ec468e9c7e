/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "sim_figures.h"
#include "sim_repeat.h"
#include "units.h"

const char *
sim_worth_name(enum sim_worth worth)
{
	static const char *const names[SIM_WORTHS] = {
		"goodput_bit_per_second",  "jain_index",
		"bottleneck_busy_share",   "retransmitted_share",
		"completion_mean_seconds", "bottleneck_queue_mean_bytes",
	};

	return names[worth];
}

struct sim_turn
sim_turn_of(const struct sim_figures *f)
{
	uint64_t sent = 0;

	for (uint32_t i = 0; i < f->run->stream_count; i++)
		sent += f->run->streams[i].info.bytes_sent;
	return (struct sim_turn){
		.seed = f->run->settings->seed, .good = sim_status(f) == EXIT_VALID,
		.worth = {
			[SIM_WORTH_GOODPUT] = f->goodput, [SIM_WORTH_JAIN] = f->jain, [SIM_WORTH_BUSY] = f->utilisation,
			[SIM_WORTH_RETRANSMITTED] = units_ratio((double)f->bytes_retransmitted, (double)sent),
			[SIM_WORTH_COMPLETION] = f->completion_mean_s, [SIM_WORTH_QUEUE] = f->lines[sim_busier_line(f)].queue_mean,
		},
	};
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double
sim_median(const struct sim_repeats *all, enum sim_worth worth)
{
	double *values = calloc(all->count + 1, sizeof(*values)), median = NAN;
	uint32_t n = 0;

	for (uint32_t i = 0; values != NULL && i < all->count; i++)
		if (!isnan(all->list[i].worth[worth]))
			values[n++] = all->list[i].worth[worth];
	if (n > 0) {
		qsort(values, n, sizeof(*values), by_value);
		median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
	}
	free(values);
	return median;
}

static void
print_row(FILE *out, const char *name, const double *worth, const char *state)
{
	static const double scale[SIM_WORTHS] = { 1e-6, 1, 100, 100, 1, 1 };
	static const int digits[SIM_WORTHS] = { 3, 4, 1, 3, 3, 0 };

	fprintf(out, "%-17s", name);
	for (int i = 0; i < SIM_WORTHS; i++) {
		if (isnan(worth[i]))
			fprintf(out, "%12s", "-");
		else
			fprintf(out, "%12.*f", digits[i], worth[i] * scale[i]);
	}
	fprintf(out, "%s%s\n", state[0] != 0 ? "  " : "", state);
}

void
sim_repeats_print(FILE *out, const struct sim_repeats *all)
{
	double medians[SIM_WORTHS];

	fprintf(out, "\n%-17s%12s%12s%12s%12s%12s%12s\n", "seed", "Mbit/s", "Jain", "busy %", "resent %", "complete, s",
		"queue, B");
	for (uint32_t i = 0; i < all->count; i++) {
		char name[24];

		snprintf(name, sizeof(name), "%" PRIu64, all->list[i].seed);
		print_row(out, name, all->list[i].worth, all->list[i].good ? "" : "a flow failed, stalled or differed");
	}
	for (int i = 0; i < SIM_WORTHS; i++)
		medians[i] = sim_median(all, (enum sim_worth)i);
	print_row(out, "median", medians, "");
}
