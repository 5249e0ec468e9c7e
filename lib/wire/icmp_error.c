/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Errors of ICMP and ICMPv6: what they mean, and which segment they are about. */

#include <errno.h>

#include <tern/counters.h>

#include "wire/bytes.h"
#include "wire/frame.h"
#include "wire/icmp.h"

#define QUOTED_TCP 8u   /* ports and sequence number */

enum { IPV4_OFFSET_MASK = 0x1fff };
enum { V6_HOP_BY_HOP = 0, V6_ROUTING = 43, V6_FRAGMENT = 44, V6_DESTINATION = 60 };

bool
icmp_is_error(bool v4, uint8_t type)
{
	if (v4)
		return type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
	return type >= ICMPV6_UNREACHABLE && type <= ICMPV6_PARAMETER_PROBLEM;
}

struct code {
	uint8_t meaning, error;
};

/* RFC 792, RFC 1122, 3.2.2.1, RFC 1812, 5.2.7.1. What is not in RFC 9293, 3.9.2.2, is soft but where it forbids. */
static const struct code v4_unreachable[] = {
	{ ICMP_SOFT, ENETUNREACH },        /* 0: net */
	{ ICMP_SOFT, EHOSTUNREACH },       /* 1: host */
	{ ICMP_HARD, ENOPROTOOPT },        /* 2: protocol */
	{ ICMP_HARD_PORT, ECONNREFUSED },  /* 3: port */
	{ ICMP_TOO_BIG, 0 },               /* 4: fragmentation needed */
	{ ICMP_SOFT, EOPNOTSUPP },         /* 5: source route failed */
	{ ICMP_SOFT, ENETUNREACH },        /* 6: net unknown */
	{ ICMP_SOFT, EHOSTDOWN },          /* 7: host unknown */
	{ ICMP_SOFT, ENONET },             /* 8: source host isolated */
	{ ICMP_HARD, ENETUNREACH },        /* 9: net prohibited */
	{ ICMP_HARD, EHOSTUNREACH },       /* 10: host prohibited */
	{ ICMP_SOFT, ENETUNREACH },        /* 11, 12: for this type of service */
	{ ICMP_SOFT, EHOSTUNREACH },
	{ ICMP_HARD, EHOSTUNREACH },       /* 13: filtered */
	{ ICMP_SOFT, EHOSTUNREACH },       /* 14, 15: precedence */
	{ ICMP_SOFT, EHOSTUNREACH },
};

/* RFC 4443, 3.1 */
static const struct code v6_unreachable[] = {
	{ ICMP_SOFT, ENETUNREACH },        /* 0: no route */
	{ ICMP_HARD, EACCES },             /* 1: prohibited */
	{ ICMP_SOFT, EHOSTUNREACH },       /* 2: beyond the scope of the source */
	{ ICMP_SOFT, EHOSTUNREACH },       /* 3: address */
	{ ICMP_HARD_PORT, ECONNREFUSED },  /* 4: port */
	{ ICMP_HARD, EACCES },             /* 5, 6: special cases of 1 */
	{ ICMP_HARD, EACCES },
};

static struct code
meaning_of(bool v4, uint8_t type, uint8_t code)
{
	if (type == (v4 ? ICMP_TIME_EXCEEDED : ICMPV6_TIME_EXCEEDED))
		return (struct code){ ICMP_SOFT, EHOSTUNREACH };
	if (type == (v4 ? ICMP_PARAMETER_PROBLEM : ICMPV6_PARAMETER_PROBLEM))
		return (struct code){ ICMP_SOFT, EPROTO };
	if (!v4 && type == ICMPV6_TOO_BIG)
		return (struct code){ ICMP_TOO_BIG, 0 };
	if (v4 && code < sizeof(v4_unreachable) / sizeof(v4_unreachable[0]))
		return v4_unreachable[code];
	if (!v4 && code < sizeof(v6_unreachable) / sizeof(v6_unreachable[0]))
		return v6_unreachable[code];
	return (struct code){ ICMP_SOFT, EHOSTUNREACH };  /* a code of later times: unreachable all the same */
}

static int
quoted_tcp(struct icmp_error *e, const uint8_t *p, uint32_t length)
{
	if (length < QUOTED_TCP)
		return -TERN_DROP_ICMP_BAD;
	e->sport = get_be16(p);
	e->dport = get_be16(p + 2);
	e->seq = get_be32(p + 4);
	return 0;
}

static int
quoted_v4(struct icmp_error *e, const uint8_t *p, uint32_t length)
{
	uint32_t header;

	if (length < IPV4_HEADER || p[0] >> 4 != 4)
		return -TERN_DROP_ICMP_BAD;
	header = (p[0] & 0xfu) * 4;
	if (header < IPV4_HEADER || header > length)
		return -TERN_DROP_ICMP_BAD;
	if (p[9] != IP_PROTO_TCP || (get_be16(p + 6) & IPV4_OFFSET_MASK) != 0)
		return -TERN_DROP_ICMP_IGNORED;
	e->quoted_length = get_be16(p + 2);
	addr_from_v4(&e->src, p + 12);
	addr_from_v4(&e->dst, p + 16);
	return quoted_tcp(e, p + header, length - header);
}

static int
quoted_v6(struct icmp_error *e, const uint8_t *p, uint32_t length)
{
	uint32_t at = IPV6_HEADER;
	uint8_t next;

	if (length < IPV6_HEADER || p[0] >> 4 != 6)
		return -TERN_DROP_ICMP_BAD;
	e->quoted_length = (uint16_t)(IPV6_HEADER + get_be16(p + 4));
	memcpy(e->src.b, p + 8, sizeof(e->src.b));
	memcpy(e->dst.b, p + 24, sizeof(e->dst.b));
	if (tern_addr_is_v4(&e->src) || tern_addr_is_v4(&e->dst))
		return -TERN_DROP_ICMP_BAD;  /* would be taken for an IPv4 connection's */
	next = p[6];
	while (next != IP_PROTO_TCP) {
		uint32_t header = 8;

		if (next != V6_HOP_BY_HOP && next != V6_ROUTING && next != V6_FRAGMENT && next != V6_DESTINATION)
			return -TERN_DROP_ICMP_IGNORED;
		if (length - at < 8)
			return -TERN_DROP_ICMP_BAD;
		if (next != V6_FRAGMENT)
			header = (p[at + 1] + 1u) * 8;
		else if (get_be16(p + at + 2) >> 3 != 0)
			return -TERN_DROP_ICMP_IGNORED;
		if (header > length - at)
			return -TERN_DROP_ICMP_BAD;
		next = p[at];
		at += header;
	}
	return quoted_tcp(e, p + at, length - at);
}

int
icmp_error_parse(struct icmp_error *e, bool v4, const uint8_t *data, uint32_t length)
{
	struct code code;

	if (length < ICMP_HEADER)
		return -TERN_DROP_ICMP_BAD;
	code = meaning_of(v4, data[0], data[1]);
	e->meaning = code.meaning;
	e->error = code.error;
	/* RFC 1191, 4: the low half of what was unused; RFC 4443, 3.2: all of it */
	e->mtu = code.meaning != ICMP_TOO_BIG ? 0 : v4 ? get_be16(data + 6) : get_be32(data + 4);
	data += ICMP_HEADER;
	length -= ICMP_HEADER;
	return v4 ? quoted_v4(e, data, length) : quoted_v6(e, data, length);
}
