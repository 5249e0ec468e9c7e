/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_NDP_H
#define WIRE_NDP_H

/* Neighbour solicitation and advertisement (RFC 4861, 4.3 and 4.4). */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

#include "wire/ether.h"
#include "wire/frame.h"

#define NDP_LENGTH 24u             /* without options */
#define NDP_MAX_LENGTH 32u         /* with a link-layer address */

struct ndp {
	uint8_t type;                         /* ICMPV6_NEIGHBOUR_SOLICIT or _ADVERT */
	bool router, solicited, override;     /* advertisement's flags */
	bool has_mac;                         /* source (solicitation) or target (advertisement) link-layer option */
	struct mac_addr mac;
	struct tern_addr target;
};

/* With the checks of 7.1.1 and 7.1.2 but for the checksum, which the caller has checked. -TERN_DROP_NDP_BAD */
int ndp_parse(struct ndp *n, const struct frame *f, const uint8_t *data, uint32_t length);
/* ICMPv6 message with its checksum at p. @return length (32 with a MAC, 24 without) */
uint32_t ndp_emit(uint8_t *p, const struct ndp *n, const struct tern_addr *src, const struct tern_addr *dst);

/* ff02::1:ffXX:XXXX of an address, and the multicast MAC of an IPv6 multicast address (RFC 2464, 7) */
void ndp_solicited_node(struct tern_addr *group, const struct tern_addr *target);
void ipv6_multicast_mac(struct mac_addr *mac, const struct tern_addr *group);
/* fe80::/64 with the modified EUI-64 of a MAC (RFC 4291, appendix A) */
void ipv6_link_local(struct tern_addr *a, const struct mac_addr *mac);
#define IPV6_ALL_NODES ((struct tern_addr){ { 0xff, 0x02, [15] = 1 } })

#endif
