/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Bytes to values, with every check that holds for each frame that a sane stack sends. */

#include <string.h>

#include "packet.h"
#include "packet_bytes.h"

static void
parse_options(struct packet *packet)
{
	struct packet_options *o = &packet->options;
	const uint8_t *p = packet->option_bytes;
	uint32_t n = packet->option_length, i = 0;

	while (i < n) {
		uint8_t kind = p[i], length;

		if (kind == 0) {
			for (; i < n; i++)
				if (p[i] != 0)
					o->wrong = "padding behind the end of options is not zero (MUST-69)";
			return;
		}
		if (kind == 1) {
			i++;
			continue;
		}
		length = i + 1 < n ? p[i + 1] : 0;
		if (length < 2 || i + length > n) {
			o->wrong = "option with an impossible length (MUST-68)";
			return;
		}
		if (kind == 2 && length == 4) {
			o->mss = true;
			o->mss_value = get16(p + i + 2);
		} else if (kind == 3 && length == 3) {
			o->wscale = true;
			o->wscale_value = p[i + 2];
		} else if (kind == 4 && length == 2) {
			o->sack_ok = true;
		} else if (kind == 8 && length == 10) {
			o->timestamp = true;
			o->tsval = get32(p + i + 2);
			o->tsecr = get32(p + i + 6);
		} else if (kind == 5 && length >= 10 && length <= 34 && (length - 2) % 8 == 0) {
			for (uint32_t at = i + 2; at < i + length; at += 8) {
				o->sack[o->sacks].left = get32(p + at);
				o->sack[o->sacks].right = get32(p + at + 4);
				o->sacks++;
			}
		} else if (kind == 34 && length <= 18 && length % 2 == 0 && length != 4) {
			o->fastopen = true;
			o->cookie_length = length - 2u;
			memcpy(o->cookie, p + i + 2, o->cookie_length);
		} else if (kind == 254 && length >= 4 && length <= 20 && length % 2 == 0 && get16(p + i + 2) == 0xf989) {
			o->fastopen = o->experiment = true;
			o->cookie_length = length - 4u;
			memcpy(o->cookie, p + i + 4, o->cookie_length);
		} else {
			o->wrong = "option of unknown kind or wrong length";
		}
		i += length;
	}
}

static const char *
parse_tcp(struct packet *packet, const uint8_t *p, uint32_t length)
{
	uint32_t header;

	if (length < 20)
		return "TCP header cut short";
	header = (uint32_t)(p[12] >> 4) * 4;
	if (header < 20 || header > length)
		return "TCP data offset does not fit the segment";
	if (ones_complement(pseudo_header(packet->v4, &packet->src, &packet->dst, 6, length), p, length) != 0xffff)
		return "bad TCP checksum (MUST-2)";
	if ((p[12] & 0x0f) != 0)
		return "reserved bits of the TCP header are set";
	packet->kind = PACKET_TCP;
	packet->sport = get16(p);
	packet->dport = get16(p + 2);
	packet->seq = get32(p + 4);
	packet->ack = get32(p + 8);
	packet->flags = p[13];
	packet->window = get16(p + 14);
	packet->urgent = get16(p + 18);
	packet->option_length = (uint8_t)(header - 20);
	memcpy(packet->option_bytes, p + 20, packet->option_length);
	packet->payload_length = length - header;
	memcpy(packet->payload, p + header, packet->payload_length);
	parse_options(packet);
	if (packet->options.wrong != NULL)
		return packet->options.wrong;
	if (packet->options.mss && !(packet->flags & FLAG_SYN))
		return "MSS option outside a SYN (MUST-65)";
	if ((packet->options.wscale || packet->options.sack_ok || packet->options.fastopen) && !(packet->flags & FLAG_SYN))
		return "option of SYNs outside a SYN";
	return NULL;
}

static const char *
parse_icmp(struct packet *packet, const uint8_t *p, uint32_t length)
{
	uint16_t start = packet->v4 ? 0 : pseudo_header(false, &packet->src, &packet->dst, 58, length);

	if (length < 8)
		return "ICMP cut short";
	if (ones_complement(start, p, length) != 0xffff)
		return "bad ICMP checksum";
	if (p[0] == (packet->v4 ? 8 : 128) || p[0] == (packet->v4 ? 0 : 129)) {
		packet->kind = p[0] == 8 || p[0] == 128 ? PACKET_ECHO : PACKET_ECHO_REPLY;
		packet->echo_id = get16(p + 4);
		packet->echo_number = get16(p + 6);
		packet->payload_length = length - 8;
		memcpy(packet->payload, p + 8, packet->payload_length);
		return NULL;
	}
	packet->kind = PACKET_ICMP;
	packet->icmp_type = p[0];
	packet->icmp_code = p[1];
	if (packet->v4 || (p[0] != 135 && p[0] != 136))
		return NULL;
	if (length < 24)
		return "neighbour discovery cut short";
	if (packet->ttl != 255)
		return "neighbour discovery with a hop limit other than 255";
	packet->kind = p[0] == 135 ? PACKET_SOLICIT : PACKET_ADVERTISE;
	memcpy(packet->target.b, p + 8, 16);
	packet->sender = packet->src;
	packet->solicited = p[0] == 136 && (p[4] & 0x40);
	packet->override = p[0] == 136 && (p[4] & 0x20);
	if (length >= 32 && p[24] == (p[0] == 135 ? 1 : 2) && p[25] == 1) {
		packet->has_link_address = true;
		memcpy(packet->link_address, p + 26, 6);
	}
	return NULL;
}

static void
set_v4(struct tern_addr *a, const uint8_t *p)
{
	memset(a->b, 0, 10);
	a->b[10] = a->b[11] = 0xff;
	memcpy(a->b + 12, p, 4);
}

static const char *
parse_arp(struct packet *packet, const uint8_t *p, uint32_t length)
{
	uint16_t operation;

	if (length < 28)
		return "ARP cut short";
	operation = get16(p + 6);
	if (get16(p) != 1 || get16(p + 2) != 0x0800 || p[4] != 6 || p[5] != 4 || (operation != 1 && operation != 2))
		return "malformed ARP";
	packet->v4 = true;
	packet->kind = operation == 1 ? PACKET_SOLICIT : PACKET_ADVERTISE;
	packet->has_link_address = packet->solicited = packet->override = true;
	memcpy(packet->link_address, p + 8, 6);
	set_v4(operation == 1 ? &packet->sender : &packet->target, p + 14);
	set_v4(operation == 1 ? &packet->target : &packet->sender, p + 24);
	packet->src = operation == 1 ? packet->sender : packet->target;
	return NULL;
}

static const char *
parse_transport(struct packet *packet, const uint8_t *p, uint32_t length)
{
	packet->kind = PACKET_OTHER;
	if (packet->protocol == 6)
		return parse_tcp(packet, p, length);
	if (packet->protocol == (packet->v4 ? 1 : 58))
		return parse_icmp(packet, p, length);
	return NULL;
}

static const char *
parse_ipv4(struct packet *packet, const uint8_t *p, uint32_t length)
{
	uint32_t header, total;

	if (length < 20)
		return "IPv4 header cut short";
	header = (uint32_t)(p[0] & 15) * 4;
	total = get16(p + 2);
	if (p[0] >> 4 != 4 || header < 20 || total < header || total > length)
		return "IPv4 lengths do not fit";
	if (length > total && length + 14 > 60)
		return "bytes behind the IPv4 packet";
	if (ones_complement(0, p, header) != 0xffff)
		return "bad IPv4 header checksum";
	packet->v4 = true;
	packet->tos = p[1];
	packet->do_not_fragment = p[6] & 0x40;
	packet->ip_id = (uint16_t)(p[4] << 8 | p[5]);
	packet->ttl = p[8];
	packet->protocol = p[9];
	set_v4(&packet->src, p + 12);
	set_v4(&packet->dst, p + 16);
	return parse_transport(packet, p + header, total - header);
}

static const char *
parse_ipv6(struct packet *packet, const uint8_t *p, uint32_t length)
{
	uint32_t payload;

	if (length < 40)
		return "IPv6 header cut short";
	payload = get16(p + 4);
	if (p[0] >> 4 != 6 || payload + 40 > length)
		return "IPv6 lengths do not fit";
	if (payload + 40 < length && length + 14 > 60)
		return "bytes behind the IPv6 packet";
	packet->tos = (uint8_t)(get16(p) >> 4);
	packet->protocol = p[6];
	packet->ttl = p[7];
	memcpy(packet->src.b, p + 8, 16);
	memcpy(packet->dst.b, p + 24, 16);
	return parse_transport(packet, p + 40, payload);
}

const char *
packet_parse(struct packet *packet, const uint8_t *frame, uint32_t length)
{
	uint32_t at = 14;
	uint16_t type;

	memset(packet, 0, sizeof(*packet));
	packet->kind = PACKET_OTHER;
	packet->vlan = PACKET_NO_VLAN;
	if (length < 14)
		return "Ethernet header cut short";
	memcpy(packet->dst_mac, frame, 6);
	memcpy(packet->src_mac, frame + 6, 6);
	type = get16(frame + 12);
	if (type == 0x8100) {
		if (length < 18)
			return "VLAN tag cut short";
		packet->vlan = get16(frame + 14) & 0xfff;
		type = get16(frame + 16);
		at = 18;
	}
	switch (type) {
	case 0x0800:
		return parse_ipv4(packet, frame + at, length - at);
	case 0x86dd:
		return parse_ipv6(packet, frame + at, length - at);
	case 0x0806:
		return parse_arp(packet, frame + at, length - at);
	default:
		return "unknown Ethernet type";
	}
}
