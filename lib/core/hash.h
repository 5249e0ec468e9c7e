/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __AES__
#include <immintrin.h>
#endif

#include "flow_key.h"

/* A process-wide secret, the same on every core: from getrandom(), or from a seed in tests. */
struct secret {
	uint8_t flow[32];   /* the flow table's hash */
	uint8_t isn[16];    /* RFC 6528 */
	uint8_t tsoff[16];  /* timestamp offset (RFC 7323, 5.4 and 7) */
	uint8_t port[16];   /* RFC 6056 */
	uint8_t cookie[16]; /* RFC 4987 */
	uint8_t challenge[16]; /* RFC 5961, 7 */
	uint8_t fastopen[16]; /* RFC 7413 */
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
 * The flow table's hash: the bucket is taken from the high 32 bits, the tag from
 * the low 32. The two parts of the key go through three AES rounds each, under
 * both halves of the secret, before they meet, so that no difference in one can
 * be cancelled by one in the other; two more rounds mix the sum. A peer that
 * sees neither secret nor hash cannot aim at a bucket.
 */
#ifdef __AES__
static inline uint64_t
flow_hash_parts(const uint8_t secret[32], __m128i remote, __m128i ends)
{
	const __m128i k0 = _mm_loadu_si128((const __m128i *)(const void *)secret);
	const __m128i k1 = _mm_loadu_si128((const __m128i *)(const void *)(secret + 16));
	__m128i x = _mm_xor_si128(remote, k0);
	__m128i y = _mm_xor_si128(ends, k1);

	x = _mm_aesenc_si128(x, k1);
	y = _mm_aesenc_si128(y, k0);
	x = _mm_aesenc_si128(x, k0);
	y = _mm_aesenc_si128(y, k1);
	x = _mm_aesenc_si128(x, k1);
	y = _mm_aesenc_si128(y, k0);
	x = _mm_aesenc_si128(_mm_xor_si128(x, y), k0);
	x = _mm_aesenc_si128(x, k1);
	return (uint64_t)_mm_cvtsi128_si64(x);
}

/* A key's last word, field by field, as they were written a moment ago: one load over three stores would wait, 12 ns */
static inline __m128i
flow_key_tail(const struct flow_key *key)
{
	__m128i tail = _mm_cvtsi32_si128((int)key->local);

	tail = _mm_insert_epi16(tail, (int16_t)key->lport, 2);
	return _mm_insert_epi16(tail, (int16_t)key->rport, 3);
}

static inline uint64_t
flow_hash(const uint8_t secret[32], const struct flow_key *key)
{
	return flow_hash_parts(secret, _mm_loadu_si128((const __m128i *)(const void *)key->remote), flow_key_tail(key));
}

/* The same of a key's words that are still in registers */
static inline uint64_t
flow_hash_words(const uint8_t secret[32], uint64_t w0, uint64_t w1, uint64_t w2)
{
	return flow_hash_parts(secret, _mm_set_epi64x((int64_t)w1, (int64_t)w0), _mm_cvtsi64_si128((int64_t)w2));
}
#else
static inline uint64_t
flow_hash(const uint8_t secret[32], const struct flow_key *key)
{
	return siphash(secret, key, sizeof(*key));
}

static inline uint64_t
flow_hash_words(const uint8_t secret[32], uint64_t w0, uint64_t w1, uint64_t w2)
{
	struct flow_key key;

	flow_key_set(&key, w0, w1, w2);
	return siphash(secret, &key, sizeof(key));
}
#endif

#endif
