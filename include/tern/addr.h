/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_ADDR_H
#define TERN_ADDR_H

/**
 * @file
 * Addresses. IPv4 and IPv6 share one form: 16 bytes in network order, an IPv4
 * address mapped into ::ffff:0:0/96 (RFC 4291, 2.5.5.2).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tern_addr {
	uint8_t b[16];
} __attribute__((aligned(8)));

/** An address and a port (host order). */
struct tern_endpoint {
	struct tern_addr addr;
	uint16_t port;
};

/** Longest text of an address with port: "[...]:65535" and the final 0. */
#define TERN_ENDPOINT_STRLEN 56

/** True for an IPv4 (mapped) address. */
static inline bool
tern_addr_is_v4(const struct tern_addr *a)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/** Parse "198.18.0.1" or "2001:2::1". @return 0, or -EINVAL. */
int tern_addr_parse(const char *text, struct tern_addr *addr);

/** Parse "198.18.0.1:80" or "[2001:2::1]:80". @return 0, or -EINVAL. */
int tern_endpoint_parse(const char *text, struct tern_endpoint *endpoint);

/** Print into buf (at least TERN_ENDPOINT_STRLEN bytes). @return buf. */
char *tern_addr_format(const struct tern_addr *addr, char *buf, size_t size);
char *tern_endpoint_format(const struct tern_endpoint *endpoint, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
