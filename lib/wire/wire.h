/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

/*
 * Bytes <-> values. Pure functions: no state, no clock, no mbuf. Network order
 * ends here; every value outside is in host order. Addresses are 16 bytes
 * (struct tern_addr), IPv4 mapped. Parsers take what there is and never read
 * beyond; they return 0 or -TERN_DROP_x.
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>
#include <tern/counters.h>

/* ---- Ethernet (wire/ether.c) */
#define ETHER_HEADER 14u
#define VLAN_HEADER 4u
#define ETHER_MAX_HEADER 18u
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_VLAN = 0x8100, ETHERTYPE_IPV6 = 0x86dd };
#define VLAN_NONE 0xffffu          /* no tag; 0 is a priority tag and counts as no tag too */

struct mac_addr {
	uint8_t b[6];
} __attribute__((aligned(2)));

static inline bool mac_is_multicast(const struct mac_addr *m) { return m->b[0] & 1; }

/* What the emitters of Ethernet write, prepared once a neighbour. length is 14 or 18. */
struct ether_template {
	uint8_t bytes[ETHER_MAX_HEADER];
	uint8_t length;
	uint8_t pad;
};
void ether_template_make(struct ether_template *t, const struct mac_addr *dst, const struct mac_addr *src,
			 uint16_t vlan, uint16_t ethertype);

/* ---- IP (wire/ipv4.c, wire/ipv6.c) */
#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
enum { IP_PROTO_ICMP = 1, IP_PROTO_TCP = 6, IP_PROTO_ICMPV6 = 58 };
enum { IP_ECN_MASK = 3 };

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
	struct mac_addr dst_mac, src_mac;
	struct tern_addr src, dst;
};

/*
 * Ethernet, VLAN and IP header of a frame whose first `contiguous` bytes are at
 * data and that is `length` long in all. Checks version, lengths, the IPv4
 * checksum (unless checksum_known_good); trailing padding is no error. ARP
 * returns 0 with ethertype ARP and l3_offset set. IPv6: hop-by-hop and
 * destination options without options that ask for a discard are skipped;
 * fragments and other extension headers are -TERN_DROP_IP_FRAGMENT and
 * -TERN_DROP_IP_EXTENSION. IPv4 options are skipped (MUST-50). Sources that are
 * multicast, broadcast, unspecified (IPv4 too) or loopback are
 * -TERN_DROP_IP_SOURCE for TCP (MUST-63); for ICMPv6 the unspecified source is
 * allowed (duplicate address detection).
 */
int frame_parse(struct frame *f, const uint8_t *data, uint32_t contiguous, uint32_t length, bool checksum_known_good);

/* Emit an IP header at p. payload: transport header and data, in bytes. IPv4 with DF; checksum filled unless offloaded (then 0). @return its length */
uint32_t ip_emit(uint8_t *p, bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol,
		 uint32_t payload, uint8_t tos, uint8_t ttl, uint16_t id, bool checksum_offload);

/* ---- checksums (wire/checksum.c), RFC 1071; partial sums are not folded */
uint64_t checksum_add(uint64_t sum, const void *data, uint32_t length);  /* data at an even offset */
uint64_t checksum_pseudo(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length);
uint16_t checksum_fold(uint64_t sum);  /* folded and complemented, as it is stored (network order in memory) */
/* of IP's pseudo header alone, not complemented: what devices with checksum offload want in the field */
uint16_t checksum_pseudo_field(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length);

/* ---- TCP (wire/tcp.c) */
#define TCP_HEADER 20u
#define TCP_MAX_OPTIONS 40u
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32, TCP_ECE = 64, TCP_CWR = 128 };
#define TCP_MAX_SACK 4u

struct sack_block {
	uint32_t left, right;  /* [left, right) */
};

enum { TCP_OPT_MSS = 1, TCP_OPT_WSCALE = 2, TCP_OPT_SACK_OK = 4, TCP_OPT_TIMESTAMP = 8, TCP_OPT_SACK = 16 };

struct tcp_options {
	uint8_t present;       /* TCP_OPT_x */
	uint8_t wscale;        /* as received; more than 14 counts as 14 (RFC 7323, 2.3) */
	uint16_t mss;
	uint32_t tsval, tsecr;
	uint8_t sacks;         /* how many blocks */
	struct sack_block sack[TCP_MAX_SACK];
};

/* A received segment, in host order. */
struct tcp_segment {
	uint32_t seq, ack;
	uint16_t sport, dport;
	uint16_t window;       /* not scaled */
	uint16_t urgent;
	uint8_t flags;
	uint8_t header;        /* bytes, options included */
	uint16_t payload;      /* bytes */
	struct tcp_options opt;
};

/*
 * Header and options of a segment of `length` bytes (header + payload), of
 * which `contiguous` are at data. The case of a header with nothing but an
 * aligned timestamp (NOP NOP TS) is tried first. MSS, window scale and
 * SACK-permitted are taken from SYNs alone. An option of impossible length:
 * -TERN_DROP_TCP_OPTION. Does not check the checksum.
 */
int tcp_parse(struct tcp_segment *s, const uint8_t *data, uint32_t contiguous, uint32_t length);

/* Emit header and options at p (options in the order that Linux uses; padded with NOPs or zeros). The
 * checksum field is 0. @return header length in bytes. */
uint32_t tcp_emit(uint8_t *p, const struct tcp_segment *s);
void tcp_set_checksum(uint8_t *p, uint16_t checksum);

/* ---- ARP, ICMP, ICMPv6 and neighbour discovery (wire/arp.c, wire/icmp.c, wire/ndp.c) */
#define ARP_LENGTH 28u
struct arp {
	uint16_t operation;                   /* 1 request, 2 reply */
	struct mac_addr sender_mac, target_mac;
	struct tern_addr sender, target;
};
int arp_parse(struct arp *a, const uint8_t *data, uint32_t length);
uint32_t arp_emit(uint8_t *p, const struct arp *a);

#define ICMP_HEADER 8u
enum { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO = 8,
       ICMPV6_UNREACHABLE = 1, ICMPV6_TOO_BIG = 2, ICMPV6_ECHO = 128, ICMPV6_ECHO_REPLY = 129,
       ICMPV6_ROUTER_SOLICIT = 133, ICMPV6_ROUTER_ADVERT = 134, ICMPV6_NEIGHBOUR_SOLICIT = 135, ICMPV6_NEIGHBOUR_ADVERT = 136 };
struct icmp {
	uint8_t type, code;
	uint32_t rest;                        /* bytes 4 to 7 */
};
/* The checksum must be over contiguous data; IPv6 with pseudo header. -TERN_DROP_ICMP_BAD */
int icmp_parse(struct icmp *i, const struct frame *f, const uint8_t *data, uint32_t length);

/* Neighbour solicitation and advertisement (RFC 4861, 4.3 and 4.4), with the checks of 7.1.1 and 7.1.2. */
struct ndp {
	uint8_t type;                         /* ICMPV6_NEIGHBOUR_SOLICIT or _ADVERT */
	bool router, solicited, override;     /* advertisement's flags */
	bool has_mac;                         /* source (solicitation) or target (advertisement) link-layer option */
	struct mac_addr mac;
	struct tern_addr target;
};
int ndp_parse(struct ndp *n, const struct frame *f, const uint8_t *data, uint32_t length);
/* ICMPv6 message with its checksum at p. @return length (32 with a MAC, 24 without) */
uint32_t ndp_emit(uint8_t *p, const struct ndp *n, const struct tern_addr *src, const struct tern_addr *dst);
/* ff02::1:ffXX:XXXX of an address, and the multicast MAC of an IPv6 multicast address */
void ndp_solicited_node(struct tern_addr *group, const struct tern_addr *target);
void ipv6_multicast_mac(struct mac_addr *mac, const struct tern_addr *group);

#endif
