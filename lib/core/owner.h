/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_OWNER_H
#define CORE_OWNER_H

/*
 * Which core owns a flow: Toeplitz, as NICs compute it for RSS (rte_thash), over
 * the 4-tuple as it arrives there, through an indirection table. Toeplitz is
 * linear: the destination port's part can be taken apart, H(tuple) = H(rest) xor L(port).
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

#define OWNER_KEY 52u
#define OWNER_MAX_RETA 512u
#define OWNER_TUPLE_V4 12u  /* bytes: addresses, ports */
#define OWNER_TUPLE_V6 36u

struct owner {
	uint8_t key[OWNER_KEY];        /* big-endian, as given to devices */
	uint8_t reta[OWNER_MAX_RETA];  /* hash & mask -> core's place */
	uint32_t mask;                 /* size of the table - 1 */
	uint32_t cores;                /* 1: all is ours and nothing is hashed */
	uint32_t self;                 /* this core's place */
	/*
	 * Toeplitz of each value of each byte of a tuple: a hash is one look-up and
	 * xor a byte, with any build's instructions and any device's key. 12 KiB of
	 * it for IPv4, of which a site's addresses use a few lines.
	 */
	uint32_t part[OWNER_TUPLE_V6][256];
};

/* Spread `cores` evenly over a table of 128 places under the default key, which is not symmetric. */
void owner_init(struct owner *o, uint32_t cores, uint32_t self);
/*
 * The same with a key and table that a device really uses: reta_size, a power of
 * two up to OWNER_MAX_RETA, entries below `cores`. Of the key, 40 bytes matter to
 * the tuples here; what a shorter one lacks counts as zero.
 */
void owner_init_from(struct owner *o, const uint8_t *key, uint32_t key_length, const uint16_t *reta, uint32_t reta_size,
		     uint32_t cores, uint32_t self);

/* Toeplitz of a packet (src, dst, source port, destination port in host order). */
uint32_t owner_hash(const struct owner *o, bool v4, const struct tern_addr *src, const struct tern_addr *dst,
		    uint16_t sport, uint16_t dport);

/* L(destination port): owner_hash() of a tuple is that of the same with port 0, xor this. */
static inline uint32_t
owner_port_part(const struct owner *o, bool v4, uint16_t dport)
{
	const uint32_t (*part)[256] = &o->part[(v4 ? OWNER_TUPLE_V4 : OWNER_TUPLE_V6) - sizeof(dport)];

	return part[0][dport >> 8] ^ part[1][dport & 0xff];
}

static inline uint32_t
owner_of_hash(const struct owner *o, uint32_t hash)
{
	return o->reta[hash & o->mask];
}

#endif
