/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Values to bytes, right ones and, where asked, wrong ones. */

#include <string.h>

#include "packet.h"
#include "packet_bytes.h"

static uint8_t *
ether_header(uint8_t *p, const struct packet *packet, uint16_t type)
{
	memcpy(p, packet->dst_mac, 6);
	memcpy(p + 6, packet->src_mac, 6);
	p += 12;
	if (packet->vlan != PACKET_NO_VLAN) {
		put16(p, 0x8100);
		put16(p + 2, (uint16_t)packet->vlan);
		p += 4;
	}
	put16(p, packet->wrong.ethertype != 0 ? packet->wrong.ethertype : type);
	return p + 2;
}

static uint32_t
build_arp(const struct packet *packet, uint8_t *frame)
{
	uint8_t *p = ether_header(frame, packet, 0x0806);

	put16(p, 1);
	put16(p + 2, 0x0800);
	p[4] = 6;
	p[5] = 4;
	put16(p + 6, packet->kind == PACKET_SOLICIT ? 1 : 2);
	memcpy(p + 8, packet->link_address, 6);
	memcpy(p + 14, packet->kind == PACKET_SOLICIT ? packet->sender.b + 12 : packet->target.b + 12, 4);
	if (packet->kind == PACKET_ADVERTISE)
		memcpy(p + 18, packet->dst_mac, 6);
	else
		memset(p + 18, 0, 6);
	memcpy(p + 24, packet->kind == PACKET_SOLICIT ? packet->target.b + 12 : packet->sender.b + 12, 4);
	return (uint32_t)(p + 28 - frame);
}

static uint32_t
build_tcp(const struct packet *packet, uint8_t *p)
{
	uint32_t options = (packet->option_length + 3u) & ~3u;

	memset(p, 0, 20 + options);
	put16(p, packet->sport);
	put16(p + 2, packet->dport);
	put32(p + 4, packet->seq);
	put32(p + 8, packet->ack);
	p[12] = (uint8_t)((packet->wrong.data_offset != 0 ? packet->wrong.data_offset : 5 + options / 4) << 4);
	p[13] = packet->flags;
	put16(p + 14, packet->window);
	put16(p + 18, packet->urgent);
	memcpy(p + 20, packet->option_bytes, packet->option_length);
	memcpy(p + 20 + options, packet->payload, packet->payload_length);
	return 20 + options + packet->payload_length;
}

static uint32_t
build_neighbour(const struct packet *packet, uint8_t *p)
{
	bool solicit = packet->kind == PACKET_SOLICIT;

	memset(p, 0, 32);
	p[0] = solicit ? 135 : 136;
	if (!solicit)
		p[4] = (uint8_t)((packet->solicited ? 0x40 : 0) | (packet->override ? 0x20 : 0));
	memcpy(p + 8, packet->target.b, 16);
	if (!packet->has_link_address)
		return 24;
	p[24] = solicit ? 1 : 2;
	p[25] = 1;
	memcpy(p + 26, packet->link_address, 6);
	return 32;
}

static uint32_t
build_echo(const struct packet *packet, uint8_t *p)
{
	bool request = packet->kind == PACKET_ECHO;

	memset(p, 0, 8);
	p[0] = packet->v4 ? (request ? 8 : 0) : (request ? 128 : 129);
	put16(p + 4, packet->echo_id);
	put16(p + 6, packet->echo_number);
	memcpy(p + 8, packet->payload, packet->payload_length);
	return 8 + packet->payload_length;
}

static uint32_t
build_icmp(const struct packet *packet, uint8_t *p)
{
	p[0] = packet->icmp_type;
	p[1] = packet->icmp_code;
	put16(p + 2, 0);
	memcpy(p + 4, packet->payload, packet->payload_length);
	return 4 + packet->payload_length;
}

static uint8_t *
ipv4_header(uint8_t *p, const struct packet *packet, uint32_t length, uint8_t protocol)
{
	uint32_t options = (packet->ip_options_length + 3u) & ~3u;
	uint32_t header = 20 + options;
	uint16_t sum;

	memset(p, 0, header);
	p[0] = (uint8_t)((packet->wrong.ip_version != 0 ? packet->wrong.ip_version : 4) << 4 | header / 4);
	p[1] = packet->tos;
	put16(p + 2, (uint16_t)((int)(header + length) + packet->wrong.ip_length));
	put16(p + 6, packet->wrong.fragment ? 0x2000 : packet->wrong.last_fragment ? 0x0080 : 0x4000);
	p[8] = packet->ttl;
	p[9] = protocol;
	memcpy(p + 12, packet->src.b + 12, 4);
	memcpy(p + 16, packet->dst.b + 12, 4);
	memcpy(p + 20, packet->ip_options, packet->ip_options_length);
	sum = ones_complement(0, p, header);
	put16(p + 10, (uint16_t)(~sum ^ (packet->wrong.ip_checksum ? 0x0100 : 0)));
	return p + header;
}

static uint8_t *
ipv6_header(uint8_t *p, const struct packet *packet, uint32_t length, uint8_t protocol)
{
	bool fragment = packet->wrong.fragment || packet->wrong.last_fragment;
	uint32_t extension = 0;
	uint8_t first = protocol;

	if (packet->ip_options_length > 0) {
		extension = (2u + packet->ip_options_length + 7u) & ~7u;
		first = 0;
	} else if (fragment || packet->wrong.next_header != 0) {
		extension = 8;
		first = fragment ? 44 : packet->wrong.next_header;
	}
	memset(p, 0, 40 + extension);
	put32(p, (uint32_t)(packet->wrong.ip_version != 0 ? packet->wrong.ip_version : 6) << 28 | (uint32_t)packet->tos << 20);
	put16(p + 4, (uint16_t)((int)(extension + length) + packet->wrong.ip_length));
	p[6] = first;
	p[7] = packet->ttl;
	memcpy(p + 8, packet->src.b, 16);
	memcpy(p + 24, packet->dst.b, 16);
	p += 40;
	if (extension == 0)
		return p;
	p[0] = protocol;
	if (fragment) {
		put16(p + 2, packet->wrong.fragment ? 1 : 0x80 << 3);   /* more follow, or what lies 128 x 8 bytes in */
		return p + 8;
	}
	p[1] = (uint8_t)(extension / 8 - 1);
	if (first == 43) {
		p[3] = packet->wrong.segments_left;   /* type 0 (RFC 5095) */
		return p + extension;
	}
	memcpy(p + 2, packet->ip_options, packet->ip_options_length);
	if (packet->ip_options_length == 0) {
		p[2] = 1;               /* PadN over the rest of the eight bytes */
		p[3] = 4;
	}
	return p + extension;       /* zeros behind the options are Pad1 */
}

uint32_t
packet_build(const struct packet *packet, uint8_t *frame)
{
	uint8_t body[PACKET_FRAME];
	uint32_t length, checksum_at, size;
	uint8_t protocol, *p;
	uint16_t sum;

	if (packet->v4 && (packet->kind == PACKET_SOLICIT || packet->kind == PACKET_ADVERTISE))
		return build_arp(packet, frame);
	switch (packet->kind) {
	case PACKET_SOLICIT:
	case PACKET_ADVERTISE:
		length = build_neighbour(packet, body);
		protocol = 58;
		checksum_at = 2;
		break;
	case PACKET_ECHO:
	case PACKET_ECHO_REPLY:
		length = build_echo(packet, body);
		protocol = packet->v4 ? 1 : 58;
		checksum_at = 2;
		break;
	case PACKET_ICMP:
		length = build_icmp(packet, body);
		protocol = packet->v4 ? 1 : 58;
		checksum_at = 2;
		break;
	case PACKET_TCP:
		length = build_tcp(packet, body);
		protocol = 6;
		checksum_at = 16;
		break;
	default:
		length = packet->payload_length;
		memcpy(body, packet->payload, length);
		protocol = packet->protocol;
		checksum_at = UINT32_MAX;
		break;
	}
	if (checksum_at != UINT32_MAX) {
		sum = protocol == 1 ? 0 : pseudo_header(packet->v4, &packet->src, &packet->dst, protocol, length);
		sum = (uint16_t)~ones_complement(sum, body, length);
		put16(body + checksum_at, (uint16_t)(sum ^ (packet->wrong.l4_checksum ? 0x0100 : 0)));
	}
	p = ether_header(frame, packet, packet->v4 ? 0x0800 : 0x86dd);
	p = packet->v4 ? ipv4_header(p, packet, length, protocol) : ipv6_header(p, packet, length, protocol);
	memcpy(p, body, length);
	memset(p + length, 0xa5, packet->wrong.pad);
	size = (uint32_t)(p - frame) + length + packet->wrong.pad;
	return packet->wrong.truncate != 0 && packet->wrong.truncate < size ? packet->wrong.truncate : size;
}
