/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <assert.h>
#include <string.h>

#include "core/owner.h"

#define DEFAULT_RETA 128u

/*
 * The key of the RSS specification's verification suite, which most drivers have
 * as their default, so that a device that cannot be given a key may well agree;
 * its 40 bytes are filled up to the 52 that some devices want with digits of pi.
 */
static const uint8_t default_key[OWNER_KEY] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca,
	0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b,
	0xbe, 0xac, 0x01, 0xfa, 0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3, 0x13, 0x19, 0x8a, 0x2e,
};

/* The 32 bits of the key that begin at this bit: what a 1 at this place of the input adds. */
static uint32_t
key_window(const uint8_t key[OWNER_KEY], uint32_t bit)
{
	uint64_t window = 0;

	for (uint32_t i = 0; i < 5; i++)
		window = window << 8 | key[bit / 8 + i];
	return (uint32_t)(window >> (8 - bit % 8));
}

static void
fill_parts(struct owner *o)
{
	for (uint32_t byte = 0; byte < OWNER_TUPLE_V6; byte++) {
		o->part[byte][0] = 0;
		for (uint32_t value = 1; value < 256; value++) {
			uint32_t lowest = (uint32_t)__builtin_ctz(value);

			o->part[byte][value] = o->part[byte][value & (value - 1)] ^
					       key_window(o->key, byte * 8 + 7 - lowest);
		}
	}
}

void
owner_init(struct owner *o, uint32_t cores, uint32_t self)
{
	uint16_t reta[DEFAULT_RETA];

	for (uint32_t i = 0; i < DEFAULT_RETA; i++)
		reta[i] = (uint16_t)(i % cores);
	owner_init_from(o, default_key, sizeof(default_key), reta, DEFAULT_RETA, cores, self);
}

void
owner_init_from(struct owner *o, const uint8_t *key, uint32_t key_length, const uint16_t *reta, uint32_t reta_size,
		uint32_t cores, uint32_t self)
{
	assert(reta_size != 0 && reta_size <= OWNER_MAX_RETA && (reta_size & (reta_size - 1)) == 0);
	assert(cores != 0 && cores <= UINT8_MAX + 1u && self < cores);

	memset(o, 0, sizeof(*o));
	memcpy(o->key, key, key_length < OWNER_KEY ? key_length : OWNER_KEY);
	for (uint32_t i = 0; i < reta_size; i++) {
		assert(reta[i] < cores);
		o->reta[i] = (uint8_t)reta[i];
	}
	o->mask = reta_size - 1;
	o->cores = cores;
	o->self = self;
	fill_parts(o);
}

static inline uint32_t
hash_bytes(const struct owner *o, uint32_t at, const uint8_t *bytes, uint32_t length)
{
	uint32_t hash = 0;

	for (uint32_t i = 0; i < length; i++)
		hash ^= o->part[at + i][bytes[i]];
	return hash;
}

static inline uint32_t
hash_tuple(const struct owner *o, const uint8_t *src, const uint8_t *dst, uint32_t address, uint16_t sport,
	   uint16_t dport)
{
	const uint32_t (*ports)[256] = &o->part[2 * address];

	return hash_bytes(o, 0, src, address) ^ hash_bytes(o, address, dst, address) ^
	       ports[0][sport >> 8] ^ ports[1][sport & 0xff] ^ ports[2][dport >> 8] ^ ports[3][dport & 0xff];
}

uint32_t
owner_hash(const struct owner *o, bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint16_t sport,
	   uint16_t dport)
{
	if (v4)
		return hash_tuple(o, src->b + 12, dst->b + 12, 4, sport, dport);
	return hash_tuple(o, src->b, dst->b, 16, sport, dport);
}
