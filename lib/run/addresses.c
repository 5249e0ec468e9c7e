/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/addresses.h"
#include "wire/bytes.h"
#include "wire/ether.h"
#include "wire/frame.h"

#define MAPPED_BITS 96u   /* before an IPv4 address in its mapped form */

typedef unsigned __int128 number;

static number
number_of(const struct tern_addr *a)
{
	return (number)get_be64(a->b) << 64 | get_be64(a->b + 8);
}

static void
addr_of(struct tern_addr *a, number n)
{
	put_be32(a->b, (uint32_t)(n >> 96));
	put_be32(a->b + 4, (uint32_t)(n >> 64));
	put_be32(a->b + 8, (uint32_t)(n >> 32));
	put_be32(a->b + 12, (uint32_t)n);
}

/* the bits behind the prefix */
static number
host_mask(uint8_t prefix)
{
	return prefix == 0 ? ~(number)0 : ((number)1 << (128 - prefix)) - 1;
}

bool
address_in_prefix(const struct tern_addr *addr, const struct tern_addr *net, uint8_t prefix)
{
	return prefix >= 128 ? number_of(addr) == number_of(net)
			     : ((number_of(addr) ^ number_of(net)) & ~host_mask(prefix)) == 0;
}

void
address_network(struct tern_addr *net, const struct tern_addr *addr, uint8_t prefix)
{
	addr_of(net, prefix >= 128 ? number_of(addr) : number_of(addr) & ~host_mask(prefix));
}

bool
address_in_run(const struct tern_addr *addr, const struct tern_addr *first, uint32_t count)
{
	return number_of(addr) - number_of(first) < count;
}

bool
address_runs_overlap(const struct tern_addr *a, uint32_t a_count, const struct tern_addr *b, uint32_t b_count)
{
	return address_in_run(a, b, b_count) || address_in_run(b, a, a_count);
}

/* The number behind a '/' or '@', to the end of the text. */
static int
small_number(const char *text, unsigned long limit, unsigned long *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	*value = strtoul(text, &end, 10);
	return *end != '\0' || end - text > 5 || *value > limit ? -EINVAL : 0;
}

/* Cuts "@VLAN" off a copy of the text. */
static const char *
take_vlan(char *text, uint16_t *vlan, bool *given)
{
	char *at = strchr(text, '@');
	unsigned long tag;

	*vlan = VLAN_NONE;
	*given = at != NULL;
	if (at == NULL)
		return NULL;
	if (small_number(at + 1, VLAN_MAX, &tag) != 0 || tag == 0)
		return "a VLAN of 1 to 4094 behind the @";
	*at = '\0';
	*vlan = (uint16_t)tag;
	return NULL;
}

static const char *
take_prefix(char *text, struct tern_addr *addr, uint8_t *prefix, const char *wanted)
{
	char *slash = strchr(text, '/');
	unsigned long length;

	if (slash == NULL)
		return wanted;
	*slash = '\0';
	if (tern_addr_parse(text, addr) != 0)
		return wanted;
	if (small_number(slash + 1, tern_addr_is_v4(addr) ? 32 : 128, &length) != 0)
		return tern_addr_is_v4(addr) ? "a prefix length of 0 to 32 behind the /" : "a prefix length of 0 to 128 behind the /";
	*prefix = (uint8_t)(tern_addr_is_v4(addr) ? MAPPED_BITS + length : length);
	return NULL;
}

/* First and last address of an IPv4 subnet name the net and all its hosts (RFC 1122, 3.2.1.3); not in /31 and /32 (RFC 3021). */
static bool
names_a_subnet(const struct tern_addr *addr, uint8_t prefix)
{
	number host = number_of(addr) & host_mask(prefix);

	return tern_addr_is_v4(addr) && prefix < 127 && (host == 0 || host == host_mask(prefix));
}

static int
copy_text(char *copy, size_t size, const char *text)
{
	return snprintf(copy, size, "%s", text) < (int)size ? 0 : -EINVAL;
}

#define WORD_MAX 160

const char *
ip_word_parse(const char *text, struct ip_word *ip)
{
	static const char wanted[] = "ADDR/PREFIX[@VLAN], as in 198.18.0.1/24 or 2001:2::1/48@100";
	char copy[WORD_MAX];
	const char *wrong;
	bool given;

	if (copy_text(copy, sizeof(copy), text) != 0)
		return wanted;
	wrong = take_vlan(copy, &ip->vlan, &given);
	if (wrong == NULL)
		wrong = take_prefix(copy, &ip->addr, &ip->prefix, wanted);
	if (wrong != NULL)
		return wrong;
	if (!addr_is_unicast(&ip->addr))
		return "an address that one host can have";
	if (names_a_subnet(&ip->addr, ip->prefix))
		return "a host's address, not the first or last of its subnet";
	return NULL;
}

static const char *
range_parse(const char *first, const char *last, struct pool_word *pool)
{
	struct tern_addr end;

	if (tern_addr_parse(first, &pool->first) != 0 || tern_addr_parse(last, &end) != 0 ||
	    tern_addr_is_v4(&pool->first) != tern_addr_is_v4(&end))
		return "FIRST-LAST with two addresses of one family";
	if (number_of(&end) < number_of(&pool->first))
		return "FIRST-LAST with the smaller address first";
	if (number_of(&end) - number_of(&pool->first) >= POOL_MAX)
		return "at most 1048576 addresses";
	pool->count = (uint32_t)(number_of(&end) - number_of(&pool->first)) + 1;
	return NULL;
}

/* All hosts of a prefix. */
static const char *
prefix_parse(char *text, struct pool_word *pool)
{
	struct tern_addr addr;
	uint8_t prefix;
	number first, count;
	const char *wrong = take_prefix(text, &addr, &prefix, "ADDR/PREFIX, FIRST-LAST or ADDR, with @VLAN if it has one");

	if (wrong != NULL)
		return wrong;
	if (prefix < 128 - 20)
		return "at most 1048576 addresses";
	first = number_of(&addr) & ~host_mask(prefix);
	count = host_mask(prefix) + 1;
	/* the first is the subnet (RFC 1122) or its routers (RFC 4291, 2.6.1), the last in IPv4 all hosts */
	if (prefix < 127) {
		first++;
		count -= tern_addr_is_v4(&addr) ? 2 : 1;
	}
	addr_of(&pool->first, first);
	pool->count = (uint32_t)count;
	return NULL;
}

const char *
pool_word_parse(const char *text, struct pool_word *pool)
{
	char copy[WORD_MAX];
	const char *wrong;
	struct tern_addr last;
	char *dash;

	if (copy_text(copy, sizeof(copy), text) != 0)
		return "ADDR/PREFIX, FIRST-LAST or ADDR, with @VLAN if it has one";
	wrong = take_vlan(copy, &pool->vlan, &pool->vlan_given);
	if (wrong != NULL)
		return wrong;
	dash = strchr(copy, '-');
	if (dash != NULL) {
		*dash = '\0';
		wrong = range_parse(copy, dash + 1, pool);
	} else if (strchr(copy, '/') != NULL) {
		wrong = prefix_parse(copy, pool);
	} else {
		pool->count = 1;
		if (tern_addr_parse(copy, &pool->first) != 0)
			wrong = "ADDR/PREFIX, FIRST-LAST or ADDR, with @VLAN if it has one";
	}
	if (wrong != NULL)
		return wrong;
	addr_of(&last, number_of(&pool->first) + pool->count - 1);
	if (!addr_is_unicast(&pool->first) || !addr_is_unicast(&last))
		return "addresses that hosts can have";
	return NULL;
}

const char *
gateway_parse(const char *text, struct tern_addr *gateway)
{
	if (tern_addr_parse(text, gateway) != 0)
		return "an address, as in 198.18.0.254 or 2001:2::ff";
	return addr_is_unicast(gateway) ? NULL : "an address that one host can have";
}
