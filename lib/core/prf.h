/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_PRF_H
#define CORE_PRF_H

/*
 * A pseudo-random function of a flow's key under a secret, for what a peer gets to see: initial sequence numbers and
 * timestamp offsets (RFC 6528). The flow table's hash has too few rounds for that; nothing of it ever leaves this machine.
 *
 * AES-128 as CBC-MAC, which is one for messages that all have one length (Bellare, Kilian, Rogaway 2000), here two blocks;
 * SipHash-2-4 where the processor has no AES. (35 instructions instead of 200, twice a connection.)
 */

#include <stdint.h>

#ifdef __AES__
#include <immintrin.h>
#endif

#include "core/flow_key.h"
#include "core/hash.h"

#define PRF_ROUNDS 10u

struct prf {
	uint8_t key[PRF_ROUNDS + 1][16];  /* of each round, the first one the secret; without AES that alone */
};

void prf_init(struct prf *prf, const uint8_t secret[16]);

#ifdef __AES__
static inline __m128i
prf_encrypt(const struct prf *prf, __m128i x)
{
	const __m128i *key = (const __m128i *)(const void *)prf->key;

	/* where that points to is forgotten, or the second block would keep the keys of the first: more than there are registers */
	__asm__("" : "+r"(key));
	x = _mm_xor_si128(x, _mm_loadu_si128(key));
	for (unsigned int i = 1; i < PRF_ROUNDS; i++)
		x = _mm_aesenc_si128(x, _mm_loadu_si128(key + i));
	return _mm_aesenclast_si128(x, _mm_loadu_si128(key + PRF_ROUNDS));
}

static inline uint64_t
prf(const struct prf *prf, const struct flow_key *key)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)key->remote);

	x = prf_encrypt(prf, x);
	x = _mm_xor_si128(x, flow_key_tail(key));
	return (uint64_t)_mm_cvtsi128_si64(prf_encrypt(prf, x));
}
#else
static inline uint64_t
prf(const struct prf *prf, const struct flow_key *key)
{
	return siphash(prf->key[0], key, sizeof(*key));
}
#endif

#endif
