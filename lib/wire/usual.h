/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_USUAL_H
#define WIRE_USUAL_H

/*
 * The frame that nearly all are: to our own MAC, not tagged, of IPv4 without options
 * and no fragment, or of IPv6 with TCP right behind its header. Recognised by a few
 * words of it and told in registers, where frame_parse() fills a struct: a fifth of
 * its instructions. What is not usual, or wrong in any way, is left to frame_parse(),
 * which alone says why; what is, it would say the same of (tests/unit/test_usual.c).
 */

#include <stdbool.h>

#include "wire/bytes.h"
#include "wire/frame.h"

/* All that TCP is told of the layers below. */
struct l3 {
	uint64_t src[2];              /* in memory's order, IPv4 mapped */
	uint64_t dst_high, dst_low;   /* in host order */
	uint32_t l4_length;           /* bytes of transport header and payload */
	uint16_t l3_offset, l4_offset;
	uint8_t tos;
	bool v4;
};

static inline void
l3_of_frame(struct l3 *o, const struct frame *f)
{
	o->src[0] = get_raw64(f->src.b);
	o->src[1] = get_raw64(f->src.b + 8);
	o->dst_high = get_be64(f->dst.b);
	o->dst_low = get_be64(f->dst.b + 8);
	o->l4_length = f->l4_length;
	o->l3_offset = f->l3_offset;
	o->l4_offset = f->l4_offset;
	o->tos = f->tos;
	o->v4 = f->v4;
}

/* What the first eight bytes of a frame to this MAC are, but for the sender's two */
static inline uint64_t
usual_mac(const struct mac_addr *mac)
{
	uint64_t word = 0;

	memcpy(&word, mac->b, sizeof(mac->b));
	return word;
}

static inline bool
usual_is_to(const uint8_t *data, uint64_t mac)
{
	return ((get_raw64(data) ^ mac) & htobe64(UINT64_C(0xffffffffffff0000))) == 0;
}

/* The word at p, as far as bits go */
static inline bool
usual_has(const uint8_t *p, uint32_t bits, uint32_t value)
{
	return (get_raw32(p) & htobe32(bits)) == htobe32(value);
}

/*
 * Is a frame usual, and to the MAC of usual_mac()? Of its `length` bytes the first `contiguous` are at data. Neither
 * IPv4's checksum nor anything of TCP is looked at. *o is meaningful only if so.
 */
#define USUAL_IPV4 (ETHER_HEADER + IPV4_HEADER)
static inline bool
usual_ipv4(struct l3 *o, const uint8_t *data, uint32_t contiguous, uint32_t length, uint64_t mac)
{
	const uint8_t *ip = data + ETHER_HEADER;
	uint32_t total;

	/* with the ethertype: version and header length; with the protocol: nothing of a fragment */
	if (contiguous < USUAL_IPV4 || !usual_is_to(data, mac) || !usual_has(data + 12, 0xffffff00, 0x08004500) ||
	    !usual_has(ip + 6, 0x3fff00ff, IP_PROTO_TCP))
		return false;
	total = get_be16(ip + 2);
	/* sources: all of 0/8, 127/8, 224/4 and above is for frame_parse() to look at */
	if (total < IPV4_HEADER || ETHER_HEADER + total > length || (uint8_t)(ip[12] - 1) >= 223 || ip[12] == 127)
		return false;
	o->src[0] = 0;
	o->src[1] = join_raw32(htobe32(0xffff), get_raw32(ip + 12));
	o->dst_high = 0;
	o->dst_low = UINT64_C(0xffff) << 32 | get_be32(ip + 16);
	o->l4_length = total - IPV4_HEADER;
	o->l3_offset = ETHER_HEADER;
	o->l4_offset = USUAL_IPV4;
	o->tos = ip[1];
	o->v4 = true;
	return true;
}

#define USUAL_IPV6 (ETHER_HEADER + IPV6_HEADER)
static inline bool
usual_ipv6(struct l3 *o, const uint8_t *data, uint32_t contiguous, uint32_t length, uint64_t mac)
{
	const uint8_t *ip = data + ETHER_HEADER;
	uint32_t payload;

	if (contiguous < USUAL_IPV6 || !usual_is_to(data, mac) || !usual_has(data + 12, 0xfffff000, 0x86dd6000) ||
	    ip[6] != IP_PROTO_TCP)
		return false;
	payload = get_be16(ip + 4);
	o->src[0] = get_raw64(ip + 8);
	o->dst_high = get_be64(ip + 24);
	/* a first half of zero: unspecified, loopback, mapped; ff: multicast */
	if (USUAL_IPV6 + payload > length || o->src[0] == 0 || o->dst_high == 0 || ip[8] == 0xff)
		return false;
	o->src[1] = get_raw64(ip + 16);
	o->dst_low = get_be64(ip + 32);
	o->l4_length = payload;
	o->l3_offset = ETHER_HEADER;
	o->l4_offset = USUAL_IPV6;
	o->tos = (uint8_t)(get_be16(ip) >> 4);
	o->v4 = false;
	return true;
}

#endif
