/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <endian.h>
#include <string.h>

#include "wire/checksum.h"
#include "wire/checksum_copy.h"
#include "wire/tcp.h"
#include "wire/usual.h"

/* The words are in registers between their load and their store. */
uint64_t
checksum_copy_words(uint8_t *to, const uint8_t *from, uint32_t length)
{
	uint64_t low = 0, high = 0, word;

	for (; length >= sizeof(word); length -= (uint32_t)sizeof(word)) {
		memcpy(&word, from, sizeof(word));
		memcpy(to, &word, sizeof(word));
		low += (uint32_t)word;
		high += word >> 32;
		from += sizeof(word);
		to += sizeof(word);
	}
	word = 0;
	for (uint32_t i = 0; i < length; i++)
		((uint8_t *)&word)[i] = from[i];
	memcpy(to, &word, length);
	return low + high + (uint32_t)word + (word >> 32);
}

uint64_t
checksum_copy(uint8_t *to, const uint8_t *from, uint32_t length)
{
#ifdef __x86_64__
	if (checksum_has_avx2())
		return checksum_copy_avx2(to, from, length);
#endif
	return checksum_copy_words(to, from, length);
}

static uint64_t
raw16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/*
 * TCP's sum is the frame's without what is before the addresses, for these stand right before TCP's header: with the rest
 * of the pseudo header it comes to ones. No load is cut by one of the copy's stores of 32 bytes: it would be waited for.
 */
static bool
ipv4_is_right(const uint8_t *frame, uint32_t length, uint64_t sum)
{
	uint64_t third = get_raw64(frame + 16);
	uint64_t before = checksum_wide(get_raw64(frame), get_raw64(frame + 8));
	uint64_t header = checksum_wide(third, get_raw64(frame + 24));

	before = checksum_wide(checksum_wide(before, third), raw16(frame + 24));
	header = checksum_wide(header, raw16(frame + 14) + raw16(frame + 32));
	sum += htobe16((uint16_t)(length - USUAL_IPV4)) + (uint64_t)htobe16(IP_PROTO_TCP);
	return checksum_fold(header) == 0 && checksum_folded(sum) == checksum_folded(before);
}

static bool
ipv6_is_right(const uint8_t *frame, uint32_t length, uint64_t sum)
{
	uint64_t before = checksum_wide(get_raw64(frame), get_raw64(frame + 8));

	before = checksum_wide(before, get_raw32(frame + 16) + raw16(frame + 20));
	sum += htobe16((uint16_t)(length - USUAL_IPV6)) + (uint64_t)htobe16(IP_PROTO_TCP);
	return checksum_folded(sum) == checksum_folded(before);
}

bool
checksum_frame_is_right(const uint8_t *frame, uint32_t length, uint64_t sum)
{
	const uint8_t *ip = frame + ETHER_HEADER;

	if (length < USUAL_IPV4 + TCP_HEADER)
		return false;
	if (usual_has(frame + 12, 0xffffff00, 0x08004500))
		return usual_has(ip + 6, 0x3fff00ff, IP_PROTO_TCP) && get_be16(ip + 2) == length - ETHER_HEADER &&
		       ipv4_is_right(frame, length, sum);
	return length >= USUAL_IPV6 + TCP_HEADER && usual_has(frame + 12, 0xfffff000, 0x86dd6000) &&
	       ip[6] == IP_PROTO_TCP && get_be16(ip + 4) == length - USUAL_IPV6 && ipv6_is_right(frame, length, sum);
}
