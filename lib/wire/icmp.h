/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

/* The header that all messages of ICMP and ICMPv6 begin with, and what errors quote. */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

#define ICMP_HEADER 8u
enum { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_SOURCE_QUENCH = 4, ICMP_REDIRECT = 5, ICMP_ECHO = 8,
       ICMP_TIME_EXCEEDED = 11, ICMP_PARAMETER_PROBLEM = 12,
       ICMPV6_UNREACHABLE = 1, ICMPV6_TOO_BIG = 2, ICMPV6_TIME_EXCEEDED = 3, ICMPV6_PARAMETER_PROBLEM = 4,
       ICMPV6_ECHO = 128, ICMPV6_ECHO_REPLY = 129,
       ICMPV6_ROUTER_SOLICIT = 133, ICMPV6_ROUTER_ADVERT = 134, ICMPV6_NEIGHBOUR_SOLICIT = 135, ICMPV6_NEIGHBOUR_ADVERT = 136,
       ICMPV6_REDIRECT = 137 };

struct icmp {
	uint8_t type, code;
	uint32_t rest;                        /* bytes 4 to 7 */
};

/* -TERN_DROP_ICMP_BAD when it is too short. Does not check the checksum, which may run over a chain. */
int icmp_parse(struct icmp *i, const uint8_t *data, uint32_t length);

/* Which messages tell of an error of the path. Source quench is none: it is discarded (MUST-55, RFC 6633). */
bool icmp_is_error(bool v4, uint8_t type);

/*
 * What an error means for TCP (RFC 1122, 4.2.3.9; RFC 5461). Hard ones are
 * answers that no later try would change: nothing listens there, or somebody forbids it.
 */
enum icmp_meaning { ICMP_SOFT, ICMP_HARD, ICMP_HARD_PORT, ICMP_TOO_BIG };

struct icmp_error {
	uint8_t meaning;                      /* enum icmp_meaning */
	uint8_t error;                        /* errno, as Linux translates it; 0 with ICMP_TOO_BIG */
	uint32_t mtu;                         /* with ICMP_TOO_BIG: of the next hop; 0: an old router that does not say */
	uint16_t quoted_length;               /* of the whole quoted packet, by its header */
	struct tern_addr src, dst;            /* of the quoted packet */
	uint16_t sport, dport;
	uint32_t seq;
};

/*
 * An error's header and the TCP segment that it quotes: of IPv4 8 bytes of TCP are there (RFC 792), of IPv6 as
 * much as fits, behind any extension headers (RFC 4443, 2.4). -TERN_DROP_ICMP_BAD when the quote is cut too short or
 * is no IP packet, -TERN_DROP_ICMP_IGNORED when it is not TCP's, or of a fragment that does not begin it.
 */
int icmp_error_parse(struct icmp_error *e, bool v4, const uint8_t *data, uint32_t length);

#endif
