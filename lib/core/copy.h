/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_COPY_H
#define CORE_COPY_H

#include <stdint.h>
#include <string.h>

#define COPY_SHORT 96u

/*
 * 1 to 96 bytes in a few wide moves, of which the last may overlap the one
 * before: what a small request comes to costs a third of a call of memcpy().
 */
static inline void
copy_short(uint8_t *to, const uint8_t *from, uint32_t n)
{
	if (n >= 32) {
		memcpy(to, from, 32);
		if (n > 64)
			memcpy(to + 32, from + 32, 32);
		memcpy(to + n - 32, from + n - 32, 32);
	} else if (n >= 16) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n >= 4) {
		memcpy(to, from, 4);
		memcpy(to + n - 4, from + n - 4, 4);
	} else {
		to[0] = from[0];
		to[n / 2] = from[n / 2];
		to[n - 1] = from[n - 1];
	}
}

/* Any number but none, most likely few. */
static inline void
copy_bytes(uint8_t *to, const uint8_t *from, uint32_t n)
{
	if (__builtin_expect(n <= COPY_SHORT, 1))
		copy_short(to, from, n);
	else
		memcpy(to, from, n);
}

#endif
