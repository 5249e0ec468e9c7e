/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef INTEROP_PATTERN_H
#define INTEROP_PATTERN_H

/*
 * The bytes that both ends of a transfer agree on; pattern.py makes the same.
 * The period is a prime, so that no segment, window or buffer that is lost,
 * doubled or shifted leaves the bytes as they were.
 */

#include <stddef.h>
#include <stdint.h>

#define PATTERN_PERIOD 1000003u
#define PATTERN_CHUNK (256u << 10)

/* One period, and the begin of the next: a chunk may begin anywhere in the period. */
static inline void
pattern_fill(uint8_t bytes[PATTERN_PERIOD + PATTERN_CHUNK])
{
	uint32_t state = 1;

	for (size_t i = 0; i < PATTERN_PERIOD; i++) {
		state = state * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(state >> 24);
	}
	for (size_t i = 0; i < PATTERN_CHUNK; i++)
		bytes[PATTERN_PERIOD + i] = bytes[i];
}

#endif
