/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "wire/arp.h"

#include <tern/counters.h>

#include "wire/bytes.h"
#include "wire/frame.h"

/* hardware Ethernet, protocol IPv4, address lengths 6 and 4: the first six bytes of every ARP that is for us */
static const uint8_t arp_ethernet_ipv4[6] = { 0, 1, 8, 0, 6, 4 };

int
arp_parse(struct arp *a, const uint8_t *data, uint32_t length)
{
	if (length < ARP_LENGTH || memcmp(data, arp_ethernet_ipv4, sizeof(arp_ethernet_ipv4)) != 0)
		return -TERN_DROP_ARP_BAD;
	a->operation = get_be16(data + 6);
	memcpy(&a->sender_mac, data + 8, 6);
	addr_from_v4(&a->sender, data + 14);
	memcpy(&a->target_mac, data + 18, 6);
	addr_from_v4(&a->target, data + 24);
	if (a->operation != ARP_REQUEST && a->operation != ARP_REPLY)
		return -TERN_DROP_ARP_BAD;
	/* a multicast address as a neighbour's would send our packets to everybody (RFC 1812, 3.3.2) */
	if (mac_is_multicast(&a->sender_mac))
		return -TERN_DROP_ARP_BAD;
	if (!addr_is_unicast(&a->sender) && !(a->operation == ARP_REQUEST && addr_is_unspecified(&a->sender)))
		return -TERN_DROP_ARP_BAD;
	return 0;
}

uint32_t
arp_emit(uint8_t *p, const struct arp *a)
{
	memcpy(p, arp_ethernet_ipv4, sizeof(arp_ethernet_ipv4));
	put_be16(p + 6, a->operation);
	memcpy(p + 8, &a->sender_mac, 6);
	memcpy(p + 14, a->sender.b + 12, 4);
	memcpy(p + 18, &a->target_mac, 6);
	memcpy(p + 24, a->target.b + 12, 4);
	return ARP_LENGTH;
}
