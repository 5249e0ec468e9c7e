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

struct owner {
	uint8_t key[OWNER_KEY];        /* big-endian, as given to devices */
	uint8_t reta[OWNER_MAX_RETA];  /* hash & mask -> core's place */
	uint32_t mask;                 /* size of the table - 1 */
	uint32_t cores;                /* 1: all is ours and nothing is hashed */
	uint32_t self;                 /* this core's place */
	uint32_t port_part[65536];     /* L(destination port) */
};

/* Spread `cores` evenly over a table of 128 places under the symmetric-free default key. */
void owner_init(struct owner *o, uint32_t cores, uint32_t self);
/* The same with a key and table that a device really uses. */
void owner_init_from(struct owner *o, const uint8_t *key, uint32_t key_length, const uint16_t *reta, uint32_t reta_size,
		     uint32_t cores, uint32_t self);

/* Toeplitz of a packet (src, dst, source port, destination port in host order). */
uint32_t owner_hash(const struct owner *o, bool v4, const struct tern_addr *src, const struct tern_addr *dst,
		    uint16_t sport, uint16_t dport);

static inline uint32_t
owner_of_hash(const struct owner *o, uint32_t hash)
{
	return o->reta[hash & o->mask];
}

#endif
