/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "wire/ether.h"

#include "wire/bytes.h"

void
ether_template_make(struct ether_template *t, const struct mac_addr *dst, const struct mac_addr *src,
		    uint16_t vlan, uint16_t ethertype)
{
	uint8_t *p = t->bytes;

	*t = (struct ether_template){ .length = ETHER_HEADER };
	memcpy(p, dst->b, sizeof(dst->b));
	memcpy(p + 6, src->b, sizeof(src->b));
	p += 12;
	if (vlan != VLAN_NONE) {
		put_be16(p, ETHERTYPE_VLAN);
		put_be16(p + 2, vlan);
		p += VLAN_HEADER;
		t->length = ETHER_MAX_HEADER;
	}
	put_be16(p, ethertype);
}
