/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* As checksum_avx2.c sums, with a store beside each addition; of the last line what is not the frame's counts as zeros. */
#include "wire/checksum_copy.h"

#ifdef __x86_64__
#include <immintrin.h>

#define BIAS 0x8000

/* From the place that lies so far before the middle as bytes are wanted: a mask of them */
static const uint8_t window[2 * CHECKSUM_LINE] = { [0 ... CHECKSUM_LINE - 1] = 0xff };

struct sums {
	__m256i even, odd;
};

__attribute__((target("avx2"))) static inline __m256i
load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

__attribute__((target("avx2"))) static inline void
store(uint8_t *p, __m256i x)
{
	_mm256_storeu_si256((__m256i *)(void *)p, x);
}

__attribute__((target("avx2"))) static inline struct sums
add_line(struct sums s, __m256i x, __m256i y)
{
	const __m256i bias = _mm256_set1_epi16((int16_t)BIAS), one = _mm256_set1_epi16(1);

	s.even = _mm256_add_epi32(s.even, _mm256_madd_epi16(_mm256_xor_si256(x, bias), one));
	s.odd = _mm256_add_epi32(s.odd, _mm256_madd_epi16(_mm256_xor_si256(y, bias), one));
	return s;
}

__attribute__((target("avx2"))) static inline int32_t
sum_of_lanes(__m256i a)
{
	__m128i b = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));

	b = _mm_add_epi32(b, _mm_shuffle_epi32(b, 0x4e));
	b = _mm_add_epi32(b, _mm_shuffle_epi32(b, 0xb1));
	return _mm_cvtsi128_si32(b);
}

__attribute__((target("avx2"))) uint64_t
checksum_copy_avx2(uint8_t *to, const uint8_t *from, uint32_t length)
{
	const uint8_t *end = from + (length & ~(CHECKSUM_LINE - 1)), *mask = window + CHECKSUM_LINE - length % CHECKSUM_LINE;
	struct sums s = { _mm256_setzero_si256(), _mm256_setzero_si256() };
	uint32_t lines = length / CHECKSUM_LINE;

	for (; from != end; from += CHECKSUM_LINE, to += CHECKSUM_LINE) {
		__m256i x = load(from), y = load(from + CHECKSUM_LINE / 2);

		store(to, x);
		store(to + CHECKSUM_LINE / 2, y);
		s = add_line(s, x, y);
	}
	if (length % CHECKSUM_LINE != 0) {
		__m256i x = _mm256_and_si256(load(from), load(mask));
		__m256i y = _mm256_and_si256(load(from + CHECKSUM_LINE / 2), load(mask + CHECKSUM_LINE / 2));

		store(to, x);
		store(to + CHECKSUM_LINE / 2, y);
		s = add_line(s, x, y);
		lines++;
	}
	return (uint64_t)((int64_t)lines * (CHECKSUM_LINE / 2) * BIAS + sum_of_lanes(_mm256_add_epi32(s.even, s.odd)));
}
#endif
