/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

/*
 * The Internet checksum (RFC 1071). Partial sums are 64 bits wide and not
 * folded: at least 2^32 words fit. They are in memory order, so that no byte is
 * swapped anywhere.
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

/*
 * Adds data that begins at an even offset of what is summed. An odd length is
 * padded with a zero byte; whatever comes behind it stands at an odd offset and
 * is summed from 0 and put through checksum_odd() before it is added.
 */
uint64_t checksum_add(uint64_t sum, const void *data, uint32_t length);
/* The sum of data that begins at an odd offset, from its sum as if at an even one (RFC 1071, 2(B)). */
uint64_t checksum_odd(uint64_t sum);

uint64_t checksum_pseudo(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length);
/* Folded and complemented, as it is stored (network order in memory). 0 when a stored checksum was summed too and is right. */
uint16_t checksum_fold(uint64_t sum);
/* of IP's pseudo header alone, not complemented: what devices with checksum offload want in the field */
uint16_t checksum_pseudo_field(bool v4, const struct tern_addr *src, const struct tern_addr *dst, uint8_t protocol, uint32_t length);

#endif
