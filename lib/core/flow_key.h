/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_FLOW_KEY_H
#define CORE_FLOW_KEY_H

#include <endian.h>
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

/* The last of a key's three words, in memory's order as the others */
static inline uint64_t
flow_key_ends(uint32_t local, uint16_t lport, uint16_t rport)
{
	return BYTE_ORDER == LITTLE_ENDIAN ? (uint64_t)rport << 48 | (uint64_t)lport << 32 | local :
		(uint64_t)local << 32 | (uint64_t)lport << 16 | rport;
}

static inline uint64_t
flow_key_word(const struct flow_key *key, unsigned int i)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)key + i * sizeof(word), sizeof(word));
	return word;
}

static inline void
flow_key_set(struct flow_key *key, uint64_t w0, uint64_t w1, uint64_t w2)
{
	memcpy(key, &w0, sizeof(w0));
	memcpy((uint8_t *)key + 8, &w1, sizeof(w1));
	memcpy((uint8_t *)key + 16, &w2, sizeof(w2));
}

/* Word by word: of arrays the compiler would make copies first. */
static inline bool
flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	return ((flow_key_word(a, 0) ^ flow_key_word(b, 0)) | (flow_key_word(a, 1) ^ flow_key_word(b, 1)) |
		(flow_key_word(a, 2) ^ flow_key_word(b, 2))) == 0;
}

#endif
