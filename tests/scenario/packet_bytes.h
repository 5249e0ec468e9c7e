/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_PACKET_BYTES_H
#define SCENARIO_PACKET_BYTES_H

/* Big-endian fields and RFC 1071 sums in their plainest form: slow and easy to believe. */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

static inline void
put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static inline uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }

/* not complemented; an odd last byte counts as if a zero followed */
static inline uint16_t
ones_complement(uint16_t start, const uint8_t *p, uint32_t length)
{
	uint32_t sum = start;

	for (uint32_t i = 0; i < length; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static inline uint16_t
pseudo_header(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length)
{
	const uint8_t tail[4] = { 0, protocol, (uint8_t)(length >> 8), (uint8_t)length };
	uint32_t skip = v4 ? 12 : 0;
	uint16_t sum = ones_complement(0, src->b + skip, 16 - skip);

	sum = ones_complement(sum, dst->b + skip, 16 - skip);
	return ones_complement(sum, tail, 4);
}

#endif
