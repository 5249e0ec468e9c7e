/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include "core/prf.h"

#ifdef __AES__
/* FIPS 197, 5.2: the next round's key; the instruction wants the round's constant when it is compiled */
#define NEXT_KEY(key, constant) mix_key(key, _mm_aeskeygenassist_si128(key, constant))

static inline __m128i
mix_key(__m128i key, __m128i assist)
{
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
	return _mm_xor_si128(key, _mm_shuffle_epi32(assist, 0xff));
}

void
prf_init(struct prf *prf, const uint8_t secret[16])
{
	__m128i key[PRF_ROUNDS + 1];

	key[0] = _mm_loadu_si128((const __m128i *)(const void *)secret);
	key[1] = NEXT_KEY(key[0], 0x01);
	key[2] = NEXT_KEY(key[1], 0x02);
	key[3] = NEXT_KEY(key[2], 0x04);
	key[4] = NEXT_KEY(key[3], 0x08);
	key[5] = NEXT_KEY(key[4], 0x10);
	key[6] = NEXT_KEY(key[5], 0x20);
	key[7] = NEXT_KEY(key[6], 0x40);
	key[8] = NEXT_KEY(key[7], 0x80);
	key[9] = NEXT_KEY(key[8], 0x1b);
	key[10] = NEXT_KEY(key[9], 0x36);
	memcpy(prf->key, key, sizeof(prf->key));
}
#else
void
prf_init(struct prf *prf, const uint8_t secret[16])
{
	memset(prf, 0, sizeof(*prf));
	memcpy(prf->key[0], secret, sizeof(prf->key[0]));
}
#endif
