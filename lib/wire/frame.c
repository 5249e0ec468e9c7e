/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "wire/frame.h"

#include "wire/bytes.h"
#include "wire/checksum.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define COLD __attribute__((noinline, cold))

enum { IPV4_MORE_FRAGMENTS = 0x2000, IPV4_OFFSET_MASK = 0x1fff, IPV4_DONT_FRAGMENT = 0x4000 };

/* IPv6 extension headers (RFC 8200, 4) */
enum { EXT_HOP_BY_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_NONE = 59, EXT_DESTINATION = 60 };
enum { EXT_OPTION_PAD1 = 0, EXT_OPTION_SKIP = 0, EXT_OPTION_DISCARD = 0x40, EXT_OPTION_ACTION_MASK = 0xc0 };
enum { EXT_FRAGMENT_FIELDS = 0xfff9 /* offset, and whether more follow */ };

/* IPv4 options (RFC 791) */
enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_LOOSE_ROUTE = 131, OPTION_STRICT_ROUTE = 137 };

/* MUST-63. First bytes that pass here need no look at the rest: 0/8 and 127/8 name no other host
 * (RFC 1122, 3.2.1.3), and 224/4 is multicast. */
static inline bool
v4_source_plain(uint8_t first)
{
	return (uint8_t)(first - 1) < 223 && first != 127;
}

/*
 * What is not understood is passed over (MUST-50). A source route is refused, as
 * everywhere by now (RFC 7126, 4.3): so none is ever answered along its way back (MUST-51 to MUST-53 have no object).
 */
static int
ipv4_options_ok(const uint8_t *p, uint32_t length)
{
	while (length > 0 && p[0] != OPTION_END) {
		uint32_t step = 1;

		if (p[0] != OPTION_NOP) {
			if (p[0] == OPTION_LOOSE_ROUTE || p[0] == OPTION_STRICT_ROUTE)
				return -TERN_DROP_IP_SOURCE_ROUTE;
			if (length < 2 || p[1] < 2 || p[1] > length)
				return -TERN_DROP_IP_HEADER;
			step = p[1];
		}
		p += step;
		length -= step;
	}
	return 0;
}

static COLD int
parse_ipv4_options(struct frame *f, const uint8_t *ip, uint32_t contiguous, uint32_t total, bool checksum_known_good)
{
	uint32_t header = (ip[0] & 0xfu) * 4;

	if (header < IPV4_HEADER || header > total)
		return -TERN_DROP_IP_HEADER;
	if (header > contiguous)
		return -TERN_DROP_SHORT;
	if (!checksum_known_good && checksum_fold(checksum_add(0, ip, header)) != 0)
		return -TERN_DROP_IP_CHECKSUM;
	f->l4_offset = (uint16_t)(f->l3_offset + header);
	f->l4_length = total - header;
	return ipv4_options_ok(ip + IPV4_HEADER, header - IPV4_HEADER);
}

/* class E is as good as any unicast address, but for the limited broadcast (RFC 1122, 3.2.1.3) */
static COLD bool
v4_source_ok(const struct tern_addr *src)
{
	return addr_is_unicast(src);
}

static inline int
parse_ipv4(struct frame *f, const uint8_t *data, uint32_t contiguous, uint32_t length, bool checksum_known_good)
{
	const uint8_t *ip = data + f->l3_offset;
	uint32_t total;

	contiguous -= f->l3_offset;
	length -= f->l3_offset;
	if (unlikely(contiguous < IPV4_HEADER))
		return -TERN_DROP_SHORT;
	if (unlikely(ip[0] >> 4 != 4))
		return -TERN_DROP_IP_VERSION;
	total = get_be16(ip + 2);
	if (unlikely(total > length || total < IPV4_HEADER))
		return -TERN_DROP_IP_HEADER;
	f->v4 = 1;
	f->tos = ip[1];
	f->ttl = ip[8];
	f->protocol = ip[9];
	addr_from_v4(&f->src, ip + 12);
	addr_from_v4(&f->dst, ip + 16);
	if (likely(ip[0] == 0x45)) {
		if (!checksum_known_good && unlikely(checksum_fold(checksum_add(0, ip, IPV4_HEADER)) != 0))
			return -TERN_DROP_IP_CHECKSUM;
		f->l4_offset = (uint16_t)(f->l3_offset + IPV4_HEADER);
		f->l4_length = total - IPV4_HEADER;
	} else {
		int error = parse_ipv4_options(f, ip, contiguous, total, checksum_known_good);

		if (error != 0)
			return error;
	}
	if (unlikely(get_be16(ip + 6) & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)))
		return -TERN_DROP_IP_FRAGMENT;
	if (unlikely(!v4_source_plain(ip[12])) && !v4_source_ok(&f->src))
		return -TERN_DROP_IP_SOURCE;
	return 0;
}

/* ICMPv6 parameter problem, about the byte at p (RFC 4443, 3.4) */
static int
problem(struct frame *f, const uint8_t *data, const uint8_t *p, enum frame_problem kind, int drop)
{
	f->problem = (uint8_t)kind;
	f->problem_at = (uint16_t)(p - data - f->l3_offset);
	return drop;
}

/* RFC 8200, 4.2: the two highest bits of an unknown option's type say what to do with the packet */
static int
options_of_extension(struct frame *f, const uint8_t *data, const uint8_t *p, uint32_t length)
{
	while (length > 0) {
		uint8_t action = p[0] & EXT_OPTION_ACTION_MASK;
		uint32_t step = 1;

		if (action == EXT_OPTION_DISCARD)
			return -TERN_DROP_IP_EXTENSION;
		if (action != EXT_OPTION_SKIP)
			return problem(f, data, p, FRAME_PROBLEM_OPTION, -TERN_DROP_IP_EXTENSION);
		if (p[0] != EXT_OPTION_PAD1) {
			if (length < 2 || p[1] > length - 2)
				return -TERN_DROP_IP_EXTENSION;
			step = p[1] + 2u;
		}
		p += step;
		length -= step;
	}
	return 0;
}

static int
look_into_extension(struct frame *f, const uint8_t *data, uint8_t kind, const uint8_t *p, uint32_t header)
{
	switch (kind) {
	case EXT_ROUTING:
		/* RFC 8200, 4.4; RFC 5095 for type 0: of no use to us but when it has come to its end */
		return p[3] == 0 ? 0 : problem(f, data, p + 2, FRAME_PROBLEM_HEADER, -TERN_DROP_IP_SOURCE_ROUTE);
	case EXT_FRAGMENT:
		/* a packet in one piece (RFC 6946) is as good as whole */
		return (get_be16(p + 2) & EXT_FRAGMENT_FIELDS) == 0 ? 0 : -TERN_DROP_IP_FRAGMENT;
	default:
		return options_of_extension(f, data, p + 2, header - 2);
	}
}

static COLD int
skip_extensions(struct frame *f, const uint8_t *data, uint32_t contiguous)
{
	const uint8_t *at = data + f->l3_offset + 6;  /* the field that names the next header */
	uint8_t next = f->protocol;
	bool first = true;
	int error;

	f->problem = FRAME_NO_PROBLEM;
	while ((next == EXT_HOP_BY_HOP && first) || next == EXT_DESTINATION || next == EXT_ROUTING || next == EXT_FRAGMENT) {
		const uint8_t *p = data + f->l4_offset;
		uint32_t header;

		if (f->l4_length < 8)
			return -TERN_DROP_IP_HEADER;
		if (contiguous - f->l4_offset < 8)
			return -TERN_DROP_SHORT;
		header = next == EXT_FRAGMENT ? 8 : (p[1] + 1u) * 8;
		if (header > f->l4_length)
			return -TERN_DROP_IP_HEADER;
		if (header > contiguous - f->l4_offset)
			return -TERN_DROP_SHORT;
		error = look_into_extension(f, data, next, p, header);
		if (error != 0)
			return error;
		at = p;
		next = p[0];
		f->l4_offset = (uint16_t)(f->l4_offset + header);
		f->l4_length -= header;
		first = false;
	}
	f->protocol = next;
	switch (next) {
	case IP_PROTO_TCP:
	case IP_PROTO_ICMPV6:
		return 0;
	case EXT_NONE:
		return -TERN_DROP_IP_EXTENSION;
	case EXT_HOP_BY_HOP:  /* RFC 8200, 4.1: it stands directly behind the IPv6 header, or is none */
	case 50:              /* ESP */
	case 51:              /* AH */
	case 135:             /* mobility */
		return problem(f, data, at, FRAME_PROBLEM_NEXT_HEADER, -TERN_DROP_IP_EXTENSION);
	default:
		return problem(f, data, at, FRAME_PROBLEM_NEXT_HEADER, -TERN_DROP_IP_PROTOCOL);
	}
}

/* For addresses whose first half is zero: ::, ::1, and the mapped ones, which no wire may carry here */
static COLD int
v6_special_ok(const struct frame *f)
{
	if (tern_addr_is_v4(&f->dst))
		return -TERN_DROP_IP_NOT_LOCAL;
	if (tern_addr_is_v4(&f->src))
		return -TERN_DROP_IP_SOURCE;
	if (addr_is_unspecified(&f->src))
		return f->protocol == IP_PROTO_ICMPV6 ? 0 : -TERN_DROP_IP_SOURCE;
	return addr_is_unicast(&f->src) ? 0 : -TERN_DROP_IP_SOURCE;
}

static inline int
parse_ipv6(struct frame *f, const uint8_t *data, uint32_t contiguous, uint32_t length)
{
	const uint8_t *ip = data + f->l3_offset;
	uint32_t payload;

	if (unlikely(contiguous - f->l3_offset < IPV6_HEADER))
		return -TERN_DROP_SHORT;
	if (unlikely(ip[0] >> 4 != 6))
		return -TERN_DROP_IP_VERSION;
	payload = get_be16(ip + 4);
	if (unlikely(payload > length - f->l3_offset - IPV6_HEADER))
		return -TERN_DROP_IP_HEADER;
	f->v4 = 0;
	f->tos = (uint8_t)(get_be16(ip) >> 4);
	f->protocol = ip[6];
	f->ttl = ip[7];
	memcpy(f->src.b, ip + 8, sizeof(f->src.b));
	memcpy(f->dst.b, ip + 24, sizeof(f->dst.b));
	f->l4_offset = (uint16_t)(f->l3_offset + IPV6_HEADER);
	f->l4_length = payload;
	if (unlikely(f->protocol != IP_PROTO_TCP)) {
		int error = skip_extensions(f, data, contiguous);

		if (error != 0)
			return error;
	}
	if (unlikely(ip[8] == 0xff))
		return -TERN_DROP_IP_SOURCE;
	if (unlikely(get_be64(ip + 8) == 0 || get_be64(ip + 24) == 0))
		return v6_special_ok(f);
	return 0;
}

static COLD int
parse_other(struct frame *f, const uint8_t *data, uint32_t contiguous, uint32_t length, bool checksum_known_good)
{
	if (f->ethertype == ETHERTYPE_VLAN) {
		uint16_t vlan;

		if (contiguous < ETHER_MAX_HEADER)
			return -TERN_DROP_SHORT;
		vlan = get_be16(data + ETHER_HEADER) & 0xfff;
		if (vlan > VLAN_MAX)
			return -TERN_DROP_VLAN;
		f->vlan = vlan == 0 ? VLAN_NONE : vlan;
		f->ethertype = get_be16(data + ETHER_HEADER + 2);
		f->l3_offset = ETHER_MAX_HEADER;
		if (f->ethertype == ETHERTYPE_IPV4)
			return parse_ipv4(f, data, contiguous, length, checksum_known_good);
		if (f->ethertype == ETHERTYPE_IPV6)
			return parse_ipv6(f, data, contiguous, length);
	}
	return f->ethertype == ETHERTYPE_ARP ? 0 : -TERN_DROP_ETHERTYPE;
}

int
frame_parse(struct frame *f, const uint8_t *data, uint32_t contiguous, uint32_t length, bool checksum_known_good)
{
	if (unlikely(contiguous < ETHER_HEADER || length < contiguous))
		return -TERN_DROP_SHORT;
	memcpy(&f->dst_mac, data, sizeof(f->dst_mac));
	memcpy(&f->src_mac, data + 6, sizeof(f->src_mac));
	f->mac_multicast = data[0] & 1;
	f->vlan = VLAN_NONE;
	f->ethertype = get_be16(data + 12);
	f->l3_offset = ETHER_HEADER;
	if (likely(f->ethertype == ETHERTYPE_IPV4))
		return parse_ipv4(f, data, contiguous, length, checksum_known_good);
	if (likely(f->ethertype == ETHERTYPE_IPV6))
		return parse_ipv6(f, data, contiguous, length);
	return parse_other(f, data, contiguous, length, checksum_known_good);
}

uint32_t
ip_emit(uint8_t *p, bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol,
	uint32_t payload, uint8_t tos, uint8_t ttl, uint16_t id, bool checksum_offload)
{
	uint16_t checksum;

	if (!v4) {
		put_be32(p, 6u << 28 | (uint32_t)tos << 20);
		put_be16(p + 4, (uint16_t)payload);
		p[6] = protocol;
		p[7] = ttl;
		memcpy(p + 8, src->b, sizeof(src->b));
		memcpy(p + 24, dst->b, sizeof(dst->b));
		return IPV6_HEADER;
	}
	p[0] = 0x45;
	p[1] = tos;
	put_be16(p + 2, (uint16_t)(IPV4_HEADER + payload));
	put_be16(p + 4, id);
	put_be16(p + 6, IPV4_DONT_FRAGMENT);
	p[8] = ttl;
	p[9] = protocol;
	memset(p + 10, 0, 2);
	memcpy(p + 12, src->b + 12, 4);
	memcpy(p + 16, dst->b + 12, 4);
	if (!checksum_offload) {
		checksum = checksum_fold(checksum_add(0, p, IPV4_HEADER));
		memcpy(p + 10, &checksum, sizeof(checksum));
	}
	return IPV4_HEADER;
}

void
ip_allow_fragments(uint8_t *p, uint16_t id, bool checksum_offload)
{
	uint16_t checksum;

	put_be16(p + 4, id);
	p[6] &= (uint8_t)~(IPV4_DONT_FRAGMENT >> 8);
	if (checksum_offload)
		return;
	memset(p + 10, 0, 2);
	checksum = checksum_fold(checksum_add(0, p, IPV4_HEADER));
	memcpy(p + 10, &checksum, sizeof(checksum));
}
