/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "flow_key.h"

/* A process-wide secret, the same on every core: from getrandom(), or from a seed in tests. */
struct secret {
	uint8_t flow[32];   /* the flow table's hash */
	uint8_t isn[16];    /* RFC 6528 */
	uint8_t tsoff[16];  /* timestamp offset (RFC 7323, 5.4 and 7) */
	uint8_t port[16];   /* RFC 6056 */
	uint8_t cookie[16]; /* RFC 4987 */
	uint8_t spare[32];
};

/* 0, or -errno of getrandom() */
int secret_random(struct secret *s);
void secret_from_seed(struct secret *s, uint64_t seed);

/* SipHash-2-4 of `length` bytes under a 16-byte key */
uint64_t siphash(const uint8_t key[16], const void *data, size_t length);

/* splitmix64: for seeded choices that need not be secret */
static inline uint64_t
mix64(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/*
 * static inline below: uint64_t flow_hash(const uint8_t secret[32], const struct flow_key *key)
 * Keyed by AES rounds where the build has them (1 ns batched); without AES, SipHash.
 * The bucket is taken from the high 32 bits, the tag from the low 32.
 */
#endif
