/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdlib.h>
#include <string.h>

#include <tern/histogram.h>

#define HALF (1u << (TERN_HISTOGRAM_SUB_BITS - 1))

/* The place of the largest value is the last one. */
_Static_assert((TERN_HISTOGRAM_MAX_BITS - TERN_HISTOGRAM_SUB_BITS) * HALF + 2 * HALF == TERN_HISTOGRAM_COUNTS,
	       "the array ends where the range does");

/* The lowest value that counts in a place; that of the place behind is one more than the highest of this. */
static uint64_t
lowest(uint64_t place)
{
	unsigned int shift = place < 2 * HALF ? 0 : (unsigned int)(place / HALF - 1);

	return (place - (uint64_t)shift * HALF) << shift;
}

static uint64_t
highest(uint64_t place)
{
	return lowest(place + 1) - 1;
}

struct tern_histogram *
tern_histogram_new(void)
{
	struct tern_histogram *h = malloc(sizeof(*h));

	if (h != NULL)
		tern_histogram_reset(h);
	return h;
}

void
tern_histogram_free(struct tern_histogram *h)
{
	free(h);
}

void
tern_histogram_reset(struct tern_histogram *h)
{
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void
tern_histogram_add(struct tern_histogram *h, const struct tern_histogram *from)
{
	for (size_t i = 0; i < TERN_HISTOGRAM_COUNTS; i++)
		h->counts[i] += from->counts[i];
	h->total += from->total;
	h->sum += from->sum;
	if (from->min < h->min)
		h->min = from->min;
	if (from->max > h->max)
		h->max = from->max;
}

void
tern_histogram_diff(struct tern_histogram *h, const struct tern_histogram *now, const struct tern_histogram *before)
{
	const uint64_t max = now->max;
	uint64_t total = 0, first = TERN_HISTOGRAM_COUNTS, last = 0;

	h->sum = now->sum - before->sum;
	for (uint64_t i = 0; i < TERN_HISTOGRAM_COUNTS; i++) {
		h->counts[i] = now->counts[i] - before->counts[i];
		if (h->counts[i] == 0)
			continue;
		/* from the places, not from the totals: a copy made while another thread records may disagree with itself */
		total += h->counts[i];
		last = i;
		if (first == TERN_HISTOGRAM_COUNTS)
			first = i;
	}
	h->total = total;
	h->min = total == 0 ? UINT64_MAX : lowest(first);
	h->max = total == 0 ? 0 : last == TERN_HISTOGRAM_COUNTS - 1 || highest(last) > max ? max : highest(last);
}

uint64_t
tern_histogram_percentile(const struct tern_histogram *h, double percent)
{
	double exact = (double)h->total * percent / 100;
	uint64_t rank, seen = 0;

	if (h->total == 0)
		return 0;
	if (percent >= 100)
		return h->max;
	/* rounded up, but for what the division's own error adds: 99.9 % of 1,000 is the 999th */
	rank = exact > 0 ? (uint64_t)exact : 0;
	if (exact - (double)rank > exact * 1e-12 || rank == 0)
		rank++;
	for (uint64_t i = 0; i < TERN_HISTOGRAM_COUNTS - 1; i++) {
		seen += h->counts[i];
		if (seen >= rank)
			return highest(i) < h->max ? highest(i) : h->max;
	}
	/* the last place has no upper end */
	return h->max;
}

double
tern_histogram_mean(const struct tern_histogram *h)
{
	return h->total == 0 ? 0 : h->sum / (double)h->total;
}
