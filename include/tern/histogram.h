/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_HISTOGRAM_H
#define TERN_HISTOGRAM_H

/**
 * @file
 * A histogram with 3 significant decimal digits from 0 to 2^42 (over an hour in
 * nanoseconds), laid out as HdrHistogram does: 2048 sub-buckets, then one
 * half-bucket for each doubling. Recording is one increment. One thread
 * records; another may copy or read it meanwhile and sees a slightly older state.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TERN_HISTOGRAM_SUB_BITS 11
#define TERN_HISTOGRAM_MAX_BITS 42
#define TERN_HISTOGRAM_COUNTS \
	((TERN_HISTOGRAM_MAX_BITS - TERN_HISTOGRAM_SUB_BITS + 2) << (TERN_HISTOGRAM_SUB_BITS - 1))

struct tern_histogram {
	uint64_t total;        /* how many values were recorded */
	uint64_t min, max;     /* exact; min is UINT64_MAX while empty */
	double sum;            /* of the values, for the mean */
	uint64_t counts[TERN_HISTOGRAM_COUNTS];
};

/** A new empty histogram, or NULL without memory. Free with tern_histogram_free(). */
struct tern_histogram *tern_histogram_new(void);
void tern_histogram_free(struct tern_histogram *h);
void tern_histogram_reset(struct tern_histogram *h);

/** Record one value; what lies beyond the range counts in the last place. */
static inline void
tern_histogram_record(struct tern_histogram *h, uint64_t value)
{
	const uint64_t top = (UINT64_C(1) << TERN_HISTOGRAM_MAX_BITS) - 1;
	uint64_t v = value > top ? top : value;
	/* the doubling that v lies in, 0 for everything below 2048 */
	unsigned int shift = 63 - TERN_HISTOGRAM_SUB_BITS + 1 -
			     (unsigned int)__builtin_clzll(v | ((1u << TERN_HISTOGRAM_SUB_BITS) - 1));
	uint64_t place = ((uint64_t)shift << (TERN_HISTOGRAM_SUB_BITS - 1)) + (v >> shift);

	h->counts[place]++;
	h->total++;
	h->sum += (double)value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

/** Add all of from into h. */
void tern_histogram_add(struct tern_histogram *h, const struct tern_histogram *from);

/** h = now - before, both copies of one histogram in the course of time; min and max to 3 digits. */
void tern_histogram_diff(struct tern_histogram *h, const struct tern_histogram *now,
			 const struct tern_histogram *before);

/** The value at or below which `percent` (0 to 100) of the recorded values lie; 0 when empty. */
uint64_t tern_histogram_percentile(const struct tern_histogram *h, double percent);
double tern_histogram_mean(const struct tern_histogram *h);

#ifdef __cplusplus
}
#endif
#endif
