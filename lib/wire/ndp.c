/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "wire/ndp.h"

#include <tern/counters.h>

#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/icmp.h"

enum { OPTION_SOURCE_MAC = 1, OPTION_TARGET_MAC = 2 };
enum { FLAG_ROUTER = 0x80, FLAG_SOLICITED = 0x40, FLAG_OVERRIDE = 0x20 };
#define NDP_HOP_LIMIT 255          /* proves that the packet crossed no router (RFC 4861, 3.1) */

/* The link-layer address option that belongs to the message; options of length 0 make it invalid (4.6). */
static int
parse_options(struct ndp *n, const uint8_t *p, uint32_t length)
{
	uint8_t wanted = n->type == ICMPV6_NEIGHBOUR_SOLICIT ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC;

	while (length > 0) {
		uint32_t step;

		if (length < 2 || p[1] == 0)
			return -TERN_DROP_NDP_BAD;
		step = p[1] * 8u;
		if (step > length)
			return -TERN_DROP_NDP_BAD;
		if (p[0] == wanted && step == 8) {
			memcpy(&n->mac, p + 2, sizeof(n->mac));
			if (mac_is_multicast(&n->mac))
				return -TERN_DROP_NDP_BAD;
			n->has_mac = true;
		}
		p += step;
		length -= step;
	}
	return 0;
}

/* 7.1.1 of solicitations, 7.1.2 of advertisements */
static bool
addresses_ok(const struct ndp *n, const struct frame *f)
{
	struct tern_addr group;

	if (n->type == ICMPV6_NEIGHBOUR_ADVERT)
		return !addr_is_unspecified(&f->src) && !(addr_is_multicast_v6(&f->dst) && n->solicited);
	if (!addr_is_unspecified(&f->src))
		return true;
	ndp_solicited_node(&group, &n->target);
	return addr_equal(&f->dst, &group) && !n->has_mac;
}

int
ndp_parse(struct ndp *n, const struct frame *f, const uint8_t *data, uint32_t length)
{
	if (length < NDP_LENGTH || f->ttl != NDP_HOP_LIMIT || data[1] != 0)
		return -TERN_DROP_NDP_BAD;
	*n = (struct ndp){
		.type = data[0],
		.router = data[4] & FLAG_ROUTER,
		.solicited = data[4] & FLAG_SOLICITED,
		.override = data[4] & FLAG_OVERRIDE,
	};
	if (n->type != ICMPV6_NEIGHBOUR_SOLICIT && n->type != ICMPV6_NEIGHBOUR_ADVERT)
		return -TERN_DROP_NDP_BAD;
	memcpy(&n->target, data + 8, sizeof(n->target));
	/* mapped targets would be taken for IPv4 addresses */
	if (addr_is_multicast_v6(&n->target) || tern_addr_is_v4(&n->target) ||
	    parse_options(n, data + NDP_LENGTH, length - NDP_LENGTH) != 0)
		return -TERN_DROP_NDP_BAD;
	return addresses_ok(n, f) ? 0 : -TERN_DROP_NDP_BAD;
}

uint32_t
ndp_emit(uint8_t *p, const struct ndp *n, const struct tern_addr *src, const struct tern_addr *dst)
{
	bool advert = n->type == ICMPV6_NEIGHBOUR_ADVERT;
	uint32_t length = NDP_LENGTH;
	uint16_t checksum;

	memset(p, 0, 8);
	p[0] = n->type;
	if (advert)
		p[4] = (uint8_t)((n->router ? FLAG_ROUTER : 0) | (n->solicited ? FLAG_SOLICITED : 0) |
				 (n->override ? FLAG_OVERRIDE : 0));
	memcpy(p + 8, &n->target, sizeof(n->target));
	if (n->has_mac) {
		p[24] = advert ? OPTION_TARGET_MAC : OPTION_SOURCE_MAC;
		p[25] = 1;
		memcpy(p + 26, &n->mac, sizeof(n->mac));
		length = NDP_MAX_LENGTH;
	}
	checksum = checksum_fold(checksum_add(checksum_pseudo(false, src, dst, IP_PROTO_ICMPV6, length), p, length));
	memcpy(p + 2, &checksum, sizeof(checksum));
	return length;
}

void
ndp_solicited_node(struct tern_addr *group, const struct tern_addr *target)
{
	*group = (struct tern_addr){ { 0xff, 0x02, [11] = 0x01, [12] = 0xff } };
	memcpy(group->b + 13, target->b + 13, 3);
}

void
ipv6_multicast_mac(struct mac_addr *mac, const struct tern_addr *group)
{
	mac->b[0] = 0x33;
	mac->b[1] = 0x33;
	memcpy(mac->b + 2, group->b + 12, 4);
}

void
ipv6_link_local(struct tern_addr *a, const struct mac_addr *mac)
{
	*a = (struct tern_addr){ { 0xfe, 0x80 } };
	a->b[8] = mac->b[0] ^ 0x02;  /* the universal/local bit is inverted */
	a->b[9] = mac->b[1];
	a->b[10] = mac->b[2];
	a->b[11] = 0xff;
	a->b[12] = 0xfe;
	memcpy(a->b + 13, mac->b + 3, 3);
}
