/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_PACKET_H
#define SCENARIO_PACKET_H

/*
 * Frames for the tests, built and taken apart by code that shares nothing with
 * lib/wire: a mistake there must not be judged by itself. Host order throughout.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tern/addr.h>

#define PACKET_FRAME 2048u       /* longest frame */
#define PACKET_OPTIONS 40u
#define PACKET_SACKS 4u
#define PACKET_NO_VLAN (-1)

enum packet_kind {
	PACKET_TCP, PACKET_SOLICIT, PACKET_ADVERTISE, PACKET_ECHO, PACKET_ECHO_REPLY, PACKET_ICMP, PACKET_OTHER
};

enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_PSH = 8, FLAG_ACK = 16, FLAG_URG = 32, FLAG_ECE = 64, FLAG_CWR = 128 };

/* TCP options, as found in a segment */
struct packet_options {
	bool mss, wscale, sack_ok, timestamp, fastopen;
	bool experiment;           /* Fast Open by the option of experiments */
	uint16_t mss_value;
	uint8_t wscale_value;
	uint32_t tsval, tsecr;
	unsigned int sacks;
	unsigned int cookie_length; /* of Fast Open; 0: a request */
	uint8_t cookie[16];
	struct { uint32_t left, right; } sack[PACKET_SACKS];
	const char *wrong;         /* what is not as RFC 9293 3.1 wants it; NULL: nothing */
};

struct packet {
	uint64_t time_ns;
	enum packet_kind kind;
	bool v4;
	int vlan;
	uint8_t dst_mac[6], src_mac[6];
	struct tern_addr src, dst;
	uint8_t tos, ttl, protocol;
	bool do_not_fragment;      /* parsed only, as is the next */
	uint16_t ip_id;

	/* PACKET_TCP */
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint16_t window, urgent;
	uint8_t flags;
	uint8_t option_bytes[PACKET_OPTIONS];
	uint8_t option_length;
	struct packet_options options;   /* parsed only */

	/* PACKET_SOLICIT, PACKET_ADVERTISE: ARP or neighbour discovery, by the family */
	struct tern_addr target, sender;   /* sender: ARP's; neighbour discovery has the packet's source */
	uint8_t link_address[6];
	bool has_link_address;
	bool solicited, override;          /* of an advertisement; ARP: always both */

	uint16_t echo_id, echo_number;
	uint8_t icmp_type, icmp_code;      /* PACKET_ICMP: any other message; its rest, from byte 4 on, is the payload */

	uint32_t payload_length;
	uint8_t payload[PACKET_FRAME];

	/* what packet_build() shall do wrong; all zero: nothing */
	struct {
		bool ip_checksum, l4_checksum;
		bool fragment, last_fragment;   /* of a packet cut in two */
		uint8_t ip_version;        /* 0: the right one */
		uint8_t data_offset;       /* words; 0: the right one */
		int ip_length;             /* added to IP's length */
		uint32_t truncate;         /* bytes of the frame that stay; 0: all */
		uint32_t pad;              /* bytes behind the packet */
		uint16_t ethertype;        /* 0: the right one */
		uint8_t segments_left;     /* of next_header 43 */
		uint8_t next_header;       /* an IPv6 extension header of this kind before TCP, 8 bytes, empty */
	} wrong;
	/* how it is cut to pieces: bytes of each, 0 not at all; which come in what order, counted from 1 */
	struct {
		uint32_t each, without, twice, overlapping;
		bool cut, reversed;
	} pieces;
	uint8_t ip_options[40];        /* IPv6: in a hop-by-hop header */
	uint8_t ip_options_length;
};

/* Writes at most PACKET_FRAME bytes; returns how many. */
uint32_t packet_build(const struct packet *p, uint8_t *frame);
/* Takes a frame apart and checks all that must be right in every frame. NULL, or what is wrong. */
const char *packet_parse(struct packet *p, const uint8_t *frame, uint32_t length);

/* One line as tcpdump has it, numbers relative to the bases. */
struct packet_bases {
	uint32_t seq, ack;
	uint32_t tsval, tsecr;
	unsigned int wscale;
};
void packet_print(const struct packet *p, const struct packet_bases *bases, char *text, size_t size);
/* "S.", "P.": letters of flags, in the order of the scenario language */
void packet_flags(uint8_t flags, char text[9]);

#endif
