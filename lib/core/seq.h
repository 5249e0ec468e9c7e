/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_SEQ_H
#define CORE_SEQ_H

/*
 * Sequence arithmetic modulo 2^32 (RFC 9293, 3.4). The only way to compare
 * sequence numbers and 32-bit ticks: a bare `<` between them is a bug.
 */

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_lt(uint32_t a, uint32_t b)  { return (int32_t)(a - b) < 0; }
static inline bool seq_leq(uint32_t a, uint32_t b) { return (int32_t)(a - b) <= 0; }
static inline bool seq_gt(uint32_t a, uint32_t b)  { return (int32_t)(a - b) > 0; }
static inline bool seq_geq(uint32_t a, uint32_t b) { return (int32_t)(a - b) >= 0; }

static inline uint32_t seq_max(uint32_t a, uint32_t b) { return seq_gt(a, b) ? a : b; }
static inline uint32_t seq_min(uint32_t a, uint32_t b) { return seq_lt(a, b) ? a : b; }

/* low <= x < low + length */
static inline bool
seq_in(uint32_t x, uint32_t low, uint32_t length)
{
	return x - low < length;
}

#endif
