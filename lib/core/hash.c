/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "core/hash.h"

/* getrandom() gives as much as this at once, or nothing */
_Static_assert(sizeof(struct secret) <= 256, "one call");

int
secret_random(struct secret *s)
{
	ssize_t n;

	do
		n = getrandom(s, sizeof(*s), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(*s) ? 0 : -EIO;
}

void
secret_from_seed(struct secret *s, uint64_t seed)
{
	uint64_t words[sizeof(*s) / sizeof(uint64_t)];

	_Static_assert(sizeof(words) == sizeof(*s), "whole words");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = mix64(&seed);
	memcpy(s, words, sizeof(words));
}

static inline uint64_t
rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static inline void
sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* Words are read as they lie: the only machines that Tern is for are little-endian. */
uint64_t
siphash(const uint8_t key[16], const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t k[2], word, last = (uint64_t)length << 56;
	uint64_t v[4];

	memcpy(k, key, sizeof(k));
	/* the constants spell "somepseudorandomlygeneratedbytes" */
	v[0] = k[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = k[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = k[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = k[1] ^ UINT64_C(0x7465646279746573);
	for (; length >= sizeof(word); length -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sip_word(v, word);
	}
	word = 0;
	memcpy(&word, p, length);
	sip_word(v, last | word);
	v[2] ^= 0xff;
	for (unsigned int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
