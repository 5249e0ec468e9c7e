/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

/*
 * The Internet checksum (RFC 1071). Partial sums are 64 bits wide and not
 * folded: at least 2^32 words fit. They are in memory order, so that no byte is
 * swapped anywhere.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <tern/addr.h>

/* Asked of the compiler, or of the machine where it may not know */
static inline bool
checksum_has_avx2(void)
{
#if defined(__AVX2__)
	return true;
#elif defined(__x86_64__)
	return __builtin_cpu_supports("avx2");
#else
	return false;
#endif
}

/*
 * Adds data that begins at an even offset of what is summed. An odd length is
 * padded with a zero byte; whatever comes behind it stands at an odd offset and
 * is summed from 0 and put through checksum_odd() before it is added.
 */
uint64_t checksum_add(uint64_t sum, const void *data, uint32_t length);
/* The same from 0 on, where there is AVX2, of a multiple of 64 bytes */
uint64_t checksum_avx2(const uint8_t *p, uint32_t length);
/* The sum of data that begins at an odd offset, from its sum as if at an even one (RFC 1071, 2(B)). */
uint64_t checksum_odd(uint64_t sum);

uint64_t checksum_pseudo(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length);
/* The same of an IP header; with routes that were followed to their end, or none */
uint64_t checksum_pseudo_of(bool v4, const uint8_t *ip, uint8_t protocol, uint32_t length);

/* Sums that use all 64 bits: the carry comes back in. */
static inline uint64_t
checksum_wide(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

/* checksum_add() inline, for what is short: the payload of a small request. */
static inline uint64_t
checksum_short(const uint8_t *p, uint32_t length)
{
	uint64_t sum = 0, word;

	for (; length >= 8; length -= 8, p += 8) {
		memcpy(&word, p, sizeof(word));
		sum = checksum_wide(sum, word);
	}
	word = 0;
	for (uint32_t i = 0; i < length; i++)
		((uint8_t *)&word)[i] = p[i];
	return checksum_wide(sum, word);
}

/* 16 bits of it. Each half is added to the other, and what is carried out of the lower sum goes into the upper. */
static inline uint16_t
checksum_folded(uint64_t sum)
{
	uint32_t half;

	sum += sum << 32 | sum >> 32;
	half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return (uint16_t)(half >> 16);
}

/* Folded and complemented, as it is stored (network order in memory). 0 when a stored checksum was summed too and is right. */
static inline uint16_t
checksum_fold(uint64_t sum)
{
	return (uint16_t)~checksum_folded(sum);
}

/* of IP's pseudo header alone, not complemented: what devices with checksum offload want in the field */
uint16_t checksum_pseudo_field(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length);

#endif
