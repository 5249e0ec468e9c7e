/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flood.h"

#define WANTED "private (RFC 1918, 4193), documentation (RFC 5737, 3849), benchmarking (RFC 2544, 5180) or link-local addresses"

static const struct {
	const char *first;
	unsigned int prefix;   /* of the address's own family */
} lab[] = {
	{ "10.0.0.0", 8 }, { "172.16.0.0", 12 }, { "192.168.0.0", 16 },          /* RFC 1918 */
	{ "192.0.2.0", 24 }, { "198.51.100.0", 24 }, { "203.0.113.0", 24 },      /* RFC 5737 */
	{ "198.18.0.0", 15 },                                                    /* RFC 2544 */
	{ "169.254.0.0", 16 },                                                   /* RFC 3927 */
	{ "2001:db8::", 32 }, { "fc00::", 7 }, { "2001:2::", 48 }, { "fe80::", 10 },
};

/* The range of the list that an address lies in, or -1; *prefix is that range's. */
static int
range_of(const struct tern_addr *addr, unsigned int *prefix)
{
	for (size_t i = 0; i < sizeof(lab) / sizeof(lab[0]); i++) {
		struct tern_addr first;
		unsigned int bits, whole;

		if (tern_addr_parse(lab[i].first, &first) != 0 || tern_addr_is_v4(&first) != tern_addr_is_v4(addr))
			continue;
		bits = lab[i].prefix + (tern_addr_is_v4(addr) ? 96 : 0);
		whole = bits / 8;
		if (memcmp(first.b, addr->b, whole) == 0 &&
		    (bits % 8 == 0 || (first.b[whole] ^ addr->b[whole]) >> (8 - bits % 8) == 0)) {
			*prefix = lab[i].prefix;
			return (int)i;
		}
	}
	return -1;
}

bool
flood_may_meet(const struct tern_addr *addr)
{
	unsigned int prefix;

	return range_of(addr, &prefix) >= 0;
}

int
flood_check_targets(const struct targets *targets, struct problem *why)
{
	char text[TERN_ENDPOINT_STRLEN];

	for (uint32_t i = 0; i < targets->count; i++)
		if (!flood_may_meet(&targets->list[i].addr))
			return problem_say(why, "--mode flood: %s is somebody's on the Internet; a flood goes to " WANTED " alone",
					   tern_addr_format(&targets->list[i].addr, text, sizeof(text)));
	return 0;
}

int
flood_check_source(const char *pool, struct problem *why)
{
	size_t length = strcspn(pool, "@"), first = strcspn(pool, "-/@");
	char text[2 * TERN_ENDPOINT_STRLEN];
	struct tern_addr low, high;
	unsigned int prefix;
	int range;

	if (length >= sizeof(text))
		return problem_say(why, "--src '%s' is too long", pool);
	memcpy(text, pool, length);
	text[length] = 0;
	text[first] = 0;
	/* what is no pool at all is the library's to say */
	if (tern_addr_parse(text, &low) != 0)
		return 0;
	range = range_of(&low, &prefix);
	if (range >= 0 && pool[first] == '/' && strtoul(text + first + 1, NULL, 10) < prefix)
		range = -1;
	if (range >= 0 && pool[first] == '-' && (tern_addr_parse(text + first + 1, &high) != 0 ||
	    range_of(&high, &prefix) != range))
		range = -1;
	if (range >= 0)
		return 0;
	return problem_say(why, "--mode flood: --src %s holds addresses that are somebody's on the Internet, who would get the "
			   "answers; it takes " WANTED, pool);
}
