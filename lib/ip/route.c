/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
/* Local addresses and routes: who we are on which VLAN, and where packets go from there. */

#include "ip/internal.h"
#include "wire/bytes.h"

/* Of an IPv4 network; 0 where all of them set is no broadcast address: in networks of one or two (RFC 3021), and IPv6 */
static uint32_t
host_bits(const struct tern_addr *a, uint8_t prefix)
{
	return tern_addr_is_v4(a) && prefix >= 96 && prefix <= 126 ? UINT32_MAX >> (prefix - 96) : 0;
}

static bool
is_directed_broadcast(const struct tern_addr *a, uint8_t prefix)
{
	uint32_t host = host_bits(a, prefix);

	return host != 0 && (get_be32(a->b + 12) & host) == host;
}

bool
addr_in_prefix(const struct tern_addr *a, const struct tern_addr *net, uint8_t prefix)
{
	uint64_t high = get_be64(a->b) ^ get_be64(net->b);
	uint64_t low = get_be64(a->b + 8) ^ get_be64(net->b + 8);

	if (prefix == 0)
		return true;
	if (prefix <= 64)
		return high >> (64 - prefix) == 0;
	return high == 0 && low >> (128 - prefix) == 0;
}

uint32_t
ip_local_search(const struct ip *ip, uint64_t high, uint64_t low, uint16_t vlan)
{
	for (unsigned int i = 0; i < ip->config.locals; i++)
		if (ip_run_spans(&ip->run[i], high, low, vlan))
			return ip_run_number(&ip->run[i], low);
	return 0;
}

uint32_t
ip_local_number(const struct ip *ip, const struct tern_addr *dst, uint16_t vlan)
{
	return ip_local_search(ip, get_be64(dst->b), get_be64(dst->b + 8), vlan);
}

bool
ip_is_local(const struct ip *ip, const struct tern_addr *addr)
{
	for (unsigned int i = 0; i < ip->config.locals; i++)
		if (ip_local_number(ip, addr, ip->config.local[i].vlan) != 0)
			return true;
	return false;
}

int
ip_not_local(const struct ip *ip, const struct tern_addr *dst, uint16_t vlan)
{
	for (unsigned int i = 0; i < ip->config.locals; i++)
		if (ip->claim[i].state == CLAIM_LOST && addr_equal(&ip->config.local[i].first, dst))
			return -TERN_DROP_IP_TENTATIVE;
	for (unsigned int i = 0; i < ip->config.locals; i++)
		if (ip->config.local[i].vlan == vlan)
			return -TERN_DROP_IP_NOT_LOCAL;
	return -TERN_DROP_VLAN;
}

const struct ip_local *
ip_local_of(const struct ip *ip, uint32_t number)
{
	for (unsigned int i = 0; i < ip->config.locals; i++)
		if (number - ip->config.local[i].number < ip->config.local[i].count)
			return &ip->config.local[i];
	return NULL;
}

static void
address_of(const struct ip_local *l, uint32_t number, struct tern_addr *addr)
{
	uint64_t low = htobe64(get_be64(l->first.b + 8) + (number - l->number));

	*addr = l->first;
	memcpy(addr->b + 8, &low, sizeof(low));
}

void
ip_local_address_beyond(const struct ip *ip, uint32_t number, struct tern_addr *addr)
{
	address_of(ip_local_of(ip, number), number, addr);
}

void
route_prepare(struct ip *ip)
{
	static const struct ip_run none;

	ip->run_ipv4 = &none;
	for (unsigned int i = 0; i < ip->config.locals; i++) {
		const struct ip_local *l = &ip->config.local[i];

		ip->run[i] = (struct ip_run){
			.high = get_be64(l->first.b), .low = get_be64(l->first.b + 8), .count = l->count,
			.number = l->number, .vlan = l->vlan,
			.host_bits = host_bits(&l->first, l->prefix),
		};
		if (ip->run_ipv4 == &none && tern_addr_is_v4(&l->first) && l->vlan == VLAN_NONE)
			ip->run_ipv4 = &ip->run[i];
		for (uint32_t k = 0; k < l->count && l->number + k < ip->addresses; k++)
			address_of(l, l->number + k, &ip->address[l->number + k]);
	}
}

/* The link-local address stands on every VLAN that has IPv6. */
static bool
is_our_link_local(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	if (!addr_equal(addr, &ip->link_local) || ip->link_local_lost)
		return false;
	for (unsigned int i = 0; i < ip->config.locals; i++)
		if (ip->config.local[i].vlan == vlan && !tern_addr_is_v4(&ip->config.local[i].first))
			return true;
	return false;
}

bool
ip_is_ours(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	return ip_local_number(ip, addr, vlan) != 0 || is_our_link_local(ip, addr, vlan);
}

bool
ip_answers_for(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	uint32_t number = ip_local_number(ip, addr, vlan);

	if (number == 0)
		return is_our_link_local(ip, addr, vlan);
	return !ip_local_of(ip, number)->pool || ip_is_on_link(ip, vlan, addr);
}

const struct ip_route *
ip_route_find(const struct ip *ip, uint16_t vlan, const struct tern_addr *dst)
{
	const struct ip_route *best = NULL;

	for (unsigned int i = 0; i < ip->config.routes; i++) {
		const struct ip_route *r = &ip->config.route[i];

		if (r->vlan != vlan || (best != NULL && r->prefix <= best->prefix))
			continue;
		/* ::/0 would cover the mapped IPv4 addresses too */
		if (addr_in_prefix(dst, &r->net, r->prefix) && tern_addr_is_v4(dst) == tern_addr_is_v4(&r->net))
			best = r;
	}
	return best;
}

bool
ip_is_on_link(const struct ip *ip, uint16_t vlan, const struct tern_addr *addr)
{
	const struct ip_route *r;

	if (!addr_is_unicast(addr))
		return false;
	if (addr_is_link_local_v6(addr))
		return true;
	r = ip_route_find(ip, vlan, addr);
	return r != NULL && !r->via;
}

/* Next hop towards dst on a VLAN, or NULL: dst itself or its gateway. *prefix: how well it fits */
static const struct tern_addr *
next_hop(const struct ip *ip, uint16_t vlan, const struct tern_addr *dst, uint8_t *prefix)
{
	const struct ip_route *r;

	if (!addr_is_unicast(dst))
		return NULL;
	*prefix = 10;  /* of fe80::/10 */
	if (addr_is_link_local_v6(dst))
		return dst;
	r = ip_route_find(ip, vlan, dst);
	if (r == NULL || (!r->via && is_directed_broadcast(dst, r->prefix)))
		return NULL;
	*prefix = r->prefix;
	return r->via ? &r->gateway : dst;
}

static uint32_t
find_source(const struct ip *ip, const struct tern_addr *target)
{
	bool v4 = tern_addr_is_v4(target);
	uint32_t number = 0;
	int best = -1;

	for (unsigned int i = 0; i < ip->config.locals; i++) {
		const struct ip_local *l = &ip->config.local[i];
		const struct tern_addr *hop;
		uint8_t prefix;
		int fit;

		if (l->pool || tern_addr_is_v4(&l->first) != v4 || ip->claim[i].state == CLAIM_LOST)
			continue;
		hop = next_hop(ip, l->vlan, target, &prefix);
		if (hop == NULL)
			continue;
		/* among the addresses of one VLAN, the one in the next hop's network: answers come straight back */
		fit = 2 * prefix + addr_in_prefix(hop, &l->first, l->prefix);
		if (fit > best) {
			best = fit;
			number = l->number;
		}
	}
	return number;
}

uint32_t
ip_source_anew(struct ip *ip, const struct tern_addr *target)
{
	ip->source = (struct ip_source){ .target = *target, .number = find_source(ip, target) };
	return ip->source.number;
}

static ip_nexthop
route_slowly(struct ip *ip, uint32_t local, const struct tern_addr *dst)
{
	const struct ip_local *l = ip_local_of(ip, local);
	const struct tern_addr *hop;
	struct ip_neighbour *n;
	uint8_t prefix;

	hop = l == NULL ? NULL : next_hop(ip, l->vlan, dst, &prefix);
	if (hop == NULL)
		return 0;
	n = neighbour_find(ip, hop, l->vlan);
	if (n == NULL)
		n = neighbour_make(ip, hop, l->vlan, local);
	return (ip_nexthop)(n - ip->neighbour) | (ip_nexthop)n->generation << 16;
}

ip_nexthop
ip_route_anew(struct ip *ip, struct ip_way *way, uint32_t local, const struct tern_addr *dst)
{
	*way = (struct ip_way){ .dst = *dst, .local = local, .hop = route_slowly(ip, local, dst) };
	return way->hop;
}
