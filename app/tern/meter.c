/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stddef.h>
#include <string.h>

#include "meter.h"

static const char *const failure_names[] = {
#define X(name, text) #name,
	FAILURES(X)
#undef X
};

static const char *const failure_texts[] = {
#define X(name, text) text,
	FAILURES(X)
#undef X
};

static const char *const not_started_names[] = {
#define X(name, text) #name,
	NOT_STARTED(X)
#undef X
};

static const char *const not_started_texts[] = {
#define X(name, text) text,
	NOT_STARTED(X)
#undef X
};

const char *
failure_name(enum failure f)
{
	return failure_names[f];
}

const char *
failure_text(enum failure f)
{
	return failure_texts[f];
}

const char *
not_started_name(enum not_started n)
{
	return not_started_names[n];
}

const char *
not_started_text(enum not_started n)
{
	return not_started_texts[n];
}

int
meter_init(struct meter *m)
{
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < LATENCY_KINDS; i++) {
		m->latency[i] = tern_histogram_new();
		if (m->latency[i] == NULL) {
			meter_free(m);
			return -1;
		}
	}
	return 0;
}

void
meter_free(struct meter *m)
{
	for (int i = 0; i < LATENCY_KINDS; i++)
		tern_histogram_free(m->latency[i]);
	memset(m->latency, 0, sizeof(m->latency));
}

void
counts_add(struct counts *sum, const struct counts *live)
{
	const uint64_t *from = (const uint64_t *)live;
	uint64_t *to = (uint64_t *)sum;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

void
counts_diff(struct counts *out, const struct counts *now, const struct counts *before)
{
	const uint64_t *a = (const uint64_t *)now, *b = (const uint64_t *)before;
	uint64_t *to = (uint64_t *)out;

	for (size_t i = 0; i < sizeof(*out) / sizeof(*to); i++)
		to[i] = i < COUNTS_TOTALS ? a[i] - b[i] : a[i];
}

uint64_t
counts_not_started(const struct counts *c)
{
	uint64_t sum = 0;

	for (int i = 0; i < NOT_KINDS; i++)
		sum += c->not_started[i];
	return sum;
}

uint64_t
counts_non_2xx(const struct counts *c)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < STATUS_COUNT; i++)
		if ((i + STATUS_FIRST) / 100 != 2)
			sum += c->status[i];
	return sum;
}
