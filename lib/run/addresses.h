/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_ADDRESSES_H
#define RUN_ADDRESSES_H

/* The forms of --ip and --src. Addresses of both families count as 128-bit numbers, IPv4 mapped. */

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

#define POOL_MAX (1u << 20)   /* addresses of one --src */

/* ADDR/PREFIX[@VLAN] */
struct ip_word {
	struct tern_addr addr;
	uint8_t prefix;        /* of the mapped form */
	uint16_t vlan;         /* or VLAN_NONE */
};

/* ADDR/PREFIX, FIRST-LAST or ADDR, with [@VLAN] */
struct pool_word {
	struct tern_addr first;
	uint32_t count;
	uint16_t vlan;
	bool vlan_given;
};

/* NULL, or what is wanted instead ("a prefix length of 0 to 32"). */
const char *ip_word_parse(const char *text, struct ip_word *ip);
const char *pool_word_parse(const char *text, struct pool_word *pool);
const char *gateway_parse(const char *text, struct tern_addr *gateway);

bool address_in_prefix(const struct tern_addr *addr, const struct tern_addr *net, uint8_t prefix);
/* addr cut to its first `prefix` bits */
void address_network(struct tern_addr *net, const struct tern_addr *addr, uint8_t prefix);
/* addr is one of count addresses from first on */
bool address_in_run(const struct tern_addr *addr, const struct tern_addr *first, uint32_t count);
bool address_runs_overlap(const struct tern_addr *a, uint32_t a_count, const struct tern_addr *b, uint32_t b_count);

#endif
