/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdbool.h>
#include <string.h>

#include "port/recording_neighbour.h"
#include "wire/arp.h"
#include "wire/frame.h"
#include "wire/icmp.h"
#include "wire/ndp.h"

#define HOP_LIMIT 255u   /* RFC 4861, 7.1.2 */

static uint32_t
slot_of(const struct tern_addr *addr)
{
	return (addr->b[15] | (uint32_t)addr->b[14] << 8) % NEIGHBOUR_SLOTS;
}

void
recording_heard(struct recording_neighbours *n, const uint8_t *bytes, uint32_t length)
{
	struct tern_addr from;
	struct frame f;
	struct arp a;

	if (frame_parse(&f, bytes, length, length, true) != 0)
		return;
	from = f.src;
	if (f.ethertype == ETHERTYPE_ARP) {
		if (arp_parse(&a, bytes + f.l3_offset, length - f.l3_offset) != 0)
			return;
		from = a.sender;
	}
	n->seen[slot_of(&from)].addr = from;
	n->seen[slot_of(&from)].mac = f.src_mac;
	n->last = f.src_mac;
	n->any = true;
}

static const struct mac_addr *
mac_of(const struct recording_neighbours *n, const struct tern_addr *addr)
{
	uint32_t slot = slot_of(addr);

	return addr_equal(&n->seen[slot].addr, addr) ? &n->seen[slot].mac : &n->last;
}

static uint32_t
answer_arp(const struct recording_neighbours *n, const struct frame *f, const struct arp *asked, uint8_t *answer)
{
	struct arp reply = {
		.operation = ARP_REPLY,
		.sender_mac = *mac_of(n, &asked->target),
		.target_mac = asked->sender_mac,
		.sender = asked->target,
		.target = asked->sender,
	};
	struct ether_template ether;

	/* neither an announcement nor a probe is a question (RFC 5227) */
	if (asked->operation != ARP_REQUEST || addr_equal(&asked->sender, &asked->target) ||
	    !addr_is_unicast(&asked->sender))
		return 0;
	ether_template_make(&ether, &asked->sender_mac, &reply.sender_mac, f->vlan, ETHERTYPE_ARP);
	memcpy(answer, ether.bytes, ether.length);
	return ether.length + arp_emit(answer + ether.length, &reply);
}

static uint32_t
answer_ndp(const struct recording_neighbours *n, const struct frame *f, const struct ndp *asked, uint8_t *answer)
{
	struct ndp advert = {
		.type = ICMPV6_NEIGHBOUR_ADVERT,
		.solicited = true,
		.override = true,
		.has_mac = true,
		.mac = *mac_of(n, &asked->target),
		.target = asked->target,
	};
	struct ether_template ether;
	uint8_t body[NDP_MAX_LENGTH];
	uint32_t length = ndp_emit(body, &advert, &asked->target, &f->src);

	/* duplicate address detection asks from nowhere, and hopes for no answer (RFC 4862, 5.4) */
	if (asked->type != ICMPV6_NEIGHBOUR_SOLICIT || addr_is_unspecified(&f->src))
		return 0;
	ether_template_make(&ether, &f->src_mac, &advert.mac, f->vlan, ETHERTYPE_IPV6);
	memcpy(answer, ether.bytes, ether.length);
	answer += ether.length;
	answer += ip_emit(answer, false, &asked->target, &f->src, IP_PROTO_ICMPV6, length, 0, HOP_LIMIT, 0, false);
	memcpy(answer, body, length);
	return ether.length + IPV6_HEADER + length;
}

uint32_t
recording_answer(const struct recording_neighbours *n, const uint8_t *bytes, uint32_t length,
		 uint8_t answer[NEIGHBOUR_FRAME])
{
	struct frame f;
	struct arp a;
	struct ndp d;

	if (!n->any || length > NEIGHBOUR_FRAME || frame_parse(&f, bytes, length, length, true) != 0)
		return 0;
	if (f.ethertype == ETHERTYPE_ARP)
		return arp_parse(&a, bytes + f.l3_offset, length - f.l3_offset) == 0 ? answer_arp(n, &f, &a, answer) : 0;
	if (f.v4 || f.protocol != IP_PROTO_ICMPV6)
		return 0;
	return ndp_parse(&d, &f, bytes + f.l4_offset, f.l4_length) == 0 ? answer_ndp(n, &f, &d, answer) : 0;
}
