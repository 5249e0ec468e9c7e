/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

/* The header that all messages of ICMP and ICMPv6 begin with. */

#include <stdint.h>

#define ICMP_HEADER 8u
enum { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO = 8,
       ICMPV6_UNREACHABLE = 1, ICMPV6_TOO_BIG = 2, ICMPV6_ECHO = 128, ICMPV6_ECHO_REPLY = 129,
       ICMPV6_ROUTER_SOLICIT = 133, ICMPV6_ROUTER_ADVERT = 134, ICMPV6_NEIGHBOUR_SOLICIT = 135, ICMPV6_NEIGHBOUR_ADVERT = 136 };

struct icmp {
	uint8_t type, code;
	uint32_t rest;                        /* bytes 4 to 7 */
};

/* -TERN_DROP_ICMP_BAD when it is too short. Does not check the checksum, which may run over a chain. */
int icmp_parse(struct icmp *i, const uint8_t *data, uint32_t length);

#endif
