/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

/* ARP for IPv4 over Ethernet (RFC 826). */

#include <stdint.h>

#include <tern/addr.h>

#include "wire/ether.h"

#define ARP_LENGTH 28u
enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp {
	uint16_t operation;                   /* ARP_x */
	struct mac_addr sender_mac, target_mac;
	struct tern_addr sender, target;
};

/* -TERN_DROP_ARP_BAD unless it is a request or reply for IPv4 over Ethernet from a sender that can be
 * answered; the unspecified sender of an address probe (RFC 5227) is allowed in requests. */
int arp_parse(struct arp *a, const uint8_t *data, uint32_t length);
uint32_t arp_emit(uint8_t *p, const struct arp *a);

#endif
