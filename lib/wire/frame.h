/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

/* From the frame's first byte to the transport header, and IP headers back. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <tern/addr.h>
#include <tern/counters.h>

#include "wire/ether.h"

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
enum { IP_PROTO_ICMP = 1, IP_PROTO_TCP = 6, IP_PROTO_ICMPV6 = 58 };
enum { IP_ECN_MASK = 3, IP_ECN_ECT0 = 2, IP_ECN_CE = 3 };  /* RFC 3168, 5 */

/* What an ICMPv6 parameter problem could tell its sender (RFC 4443, 3.4): the code and 1 */
enum frame_problem { FRAME_NO_PROBLEM, FRAME_PROBLEM_HEADER, FRAME_PROBLEM_NEXT_HEADER, FRAME_PROBLEM_OPTION };

/* One received frame, down to the transport. Filled by frame_parse(). */
struct frame {
	uint16_t vlan;            /* VLAN_NONE, or 1..4094 */
	uint16_t ethertype;       /* inner */
	uint16_t l3_offset;       /* from the frame's begin */
	uint16_t l4_offset;       /* behind IP options and IPv6 extension headers that may be skipped */
	uint32_t l4_length;       /* bytes of transport header and payload, by IP's length */
	uint8_t protocol;
	uint8_t tos;              /* DSCP and ECN */
	uint8_t ttl;
	uint8_t v4 : 1, mac_multicast : 1;
	uint8_t problem;          /* IPv6 that is not plain TCP: enum frame_problem, with IP_EXTENSION, IP_PROTOCOL and IP_SOURCE_ROUTE */
	uint16_t problem_at;      /* byte of the IPv6 packet */
	struct mac_addr dst_mac, src_mac;
	struct tern_addr src, dst;
};

/*
 * Ethernet, VLAN and IP header of a frame whose first `contiguous` bytes are at
 * data and that is `length` long in all. Checks version, lengths, the IPv4
 * checksum (unless checksum_known_good); trailing padding is no error. ARP
 * returns 0 with ethertype ARP and l3_offset set, and nothing behind that. IPv6:
 * hop-by-hop and destination options without options that ask for a discard, routing
 * headers at their end and fragment headers of whole packets (RFC 6946) are
 * skipped. Fragments are -TERN_DROP_IP_FRAGMENT, with all of *f set: of IPv6, l4_offset is then the
 * fragment header's. Other headers are -TERN_DROP_IP_EXTENSION, routes to follow
 * -TERN_DROP_IP_SOURCE_ROUTE. IPv4 options are skipped (MUST-50), but for source routes. Sources that are
 * multicast, broadcast, unspecified (IPv4 too) or loopback are
 * -TERN_DROP_IP_SOURCE (MUST-63); for ICMPv6 the unspecified source is
 * allowed (duplicate address detection). IPv6 packets whose addresses are
 * IPv4-mapped never pass: the stack would take them for IPv4.
 */
int frame_parse(struct frame *f, const uint8_t *data, uint32_t contiguous, uint32_t length, bool checksum_known_good);

/* Emit an IP header at p. payload: transport header and data, in bytes. IPv4 with DF; checksum filled unless
 * offloaded (then 0). @return its length */
uint32_t ip_emit(uint8_t *p, bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol,
		 uint32_t payload, uint8_t tos, uint8_t ttl, uint16_t id, bool checksum_offload);

/* Takes DF off an IPv4 header of ip_emit(), which needs an identification then. */
void ip_allow_fragments(uint8_t *p, uint16_t id, bool checksum_offload);

/* An IPv4 address (4 bytes in network order) in its mapped form. */
static inline void
addr_from_v4(struct tern_addr *a, const uint8_t *bytes)
{
	memset(a->b, 0, 10);
	memset(a->b + 10, 0xff, 2);
	memcpy(a->b + 12, bytes, 4);
}
/* What can name one host of a link: not multicast, limited broadcast, unspecified or loopback. */
bool addr_is_unicast(const struct tern_addr *a);
bool addr_is_unspecified(const struct tern_addr *a);   /* 0.0.0.0 or :: */
bool addr_is_multicast_v6(const struct tern_addr *a);
bool addr_is_link_local_v6(const struct tern_addr *a); /* fe80::/10 */
static inline bool
addr_equal(const struct tern_addr *a, const struct tern_addr *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

#endif
