/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_ETHER_H
#define WIRE_ETHER_H

/* Ethernet and the 802.1Q tag. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ETHER_HEADER 14u
#define VLAN_HEADER 4u
#define ETHER_MAX_HEADER 18u
enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_VLAN = 0x8100, ETHERTYPE_IPV6 = 0x86dd };
#define VLAN_NONE 0xffffu          /* no tag; 0 is a priority tag and counts as no tag too */
#define VLAN_MAX 4094u             /* 4095 is reserved (802.1Q, 9.6) */

struct mac_addr {
	uint8_t b[6];
} __attribute__((aligned(2)));

static inline bool mac_is_multicast(const struct mac_addr *m) { return m->b[0] & 1; }

static inline bool
mac_equal(const struct mac_addr *a, const struct mac_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

#define MAC_BROADCAST ((struct mac_addr){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } })

/* What the emitters of Ethernet write, prepared once a neighbour. length is 14 or 18. */
struct ether_template {
	uint8_t bytes[ETHER_MAX_HEADER];
	uint8_t length;
	uint8_t pad;
};
void ether_template_make(struct ether_template *t, const struct mac_addr *dst, const struct mac_addr *src,
			 uint16_t vlan, uint16_t ethertype);

#endif
