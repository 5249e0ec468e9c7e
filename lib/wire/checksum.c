/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "wire/checksum.h"

#include <endian.h>
#include <string.h>

#define LONG_ENOUGH 192u  /* for wide sums to pay */

/*
 * One's complement addition does not care how wide the words are, so 32-bit
 * halves go into 64-bit sums: no carry to catch, and a plain loop that the
 * compiler turns into vectors.
 */
uint64_t
checksum_add(uint64_t sum, const void *data, uint32_t length)
{
	const uint8_t *p = data;
	uint64_t low = 0, high = 0;
	uint32_t word32;
	uint16_t word16;

#ifdef __x86_64__
	if (length >= LONG_ENOUGH && checksum_has_avx2()) {
		sum += checksum_avx2(p, length & ~63u);
		p += length & ~63u;
		length &= 63;
	}
#endif
	for (; length >= 8; length -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, sizeof(word));
		low += (uint32_t)word;
		high += word >> 32;
	}
	sum += low + high;
	if (length & 4) {
		memcpy(&word32, p, sizeof(word32));
		sum += word32;
		p += 4;
	}
	if (length & 2) {
		memcpy(&word16, p, sizeof(word16));
		sum += word16;
		p += 2;
	}
	if (length & 1) {
		word16 = 0;
		memcpy(&word16, p, 1);
		sum += word16;
	}
	return sum;
}

uint64_t
checksum_odd(uint64_t sum)
{
	return __builtin_bswap16(checksum_folded(sum));
}

uint64_t
checksum_pseudo(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length)
{
	uint64_t sum = (uint64_t)htobe32(length) + htobe32(protocol);

	if (v4) {
		sum = checksum_add(sum, src->b + 12, 4);
		return checksum_add(sum, dst->b + 12, 4);
	}
	sum = checksum_add(sum, src->b, sizeof(src->b));
	return checksum_add(sum, dst->b, sizeof(dst->b));
}

uint64_t
checksum_pseudo_of(bool v4, const uint8_t *ip, uint8_t protocol, uint32_t length)
{
	uint64_t sum = (uint64_t)htobe32(length) + htobe32(protocol);

	return v4 ? checksum_add(sum, ip + 12, 8) : checksum_add(sum, ip + 8, 32);
}

uint16_t
checksum_pseudo_field(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length)
{
	return checksum_folded(checksum_pseudo(v4, src, dst, protocol, length));
}
