/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_FLOW_KEY_H
#define CORE_FLOW_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * What names a flow within a stack. The local address is its number in the
 * interface's list, which every core has alike: that keeps the key of both
 * families at 24 bytes, and a half-open record at one cache line.
 * It stands at offset 0 of all three kinds of record.
 */
struct flow_key {
	uint8_t remote[16];  /* network order; IPv4 mapped */
	uint32_t local;      /* number of the local address */
	uint16_t lport;      /* host order */
	uint16_t rport;
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct flow_key) == 24, "three words: compared and hashed as such");

static inline bool
flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t x[3], y[3];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
}

#endif
