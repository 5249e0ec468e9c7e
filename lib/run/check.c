/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include <rte_common.h>

#include "run/check.h"
#include "wire/ether.h"

#define IPV6_MIN_MTU 1280u   /* RFC 8200, 5 */

/*
 * A pair over loop needs no address from the user. All lie in the ranges set
 * apart for benchmarks (RFC 2544, RFC 5180), on one link. The client has 64
 * sources a family from here on, so that a million tuples in TIME-WAIT leave it
 * free ports; and more where more connections are asked for.
 */
#define LOOP_SOURCES 64u
#define A_SOURCE_CARRIES 32768u   /* connections to one port of the server, of 64,512 ports: a free one is found at once */

static const struct {
	const char *ip, *pool;
} loop_addresses[2][2] = {
	{ { "198.18.0.1/15", "198.18.2.1" }, { "2001:2::1/48", "2001:2:0:2::1" } },
	{ { "198.18.1.1/15", NULL }, { "2001:2:0:1::1/48", NULL } },
};

static void
loop_defaults(struct side_options *s, unsigned int side)
{
	bool pools_given = s->pools != 0;

	if (s->ips != 0)
		return;
	for (unsigned int family = 0; family < 2; family++) {
		if (family == 1 && s->mtu < IPV6_MIN_MTU)
			continue;
		ip_word_parse(loop_addresses[side][family].ip, &s->ip[s->ips++]);
		if (pools_given || loop_addresses[side][family].pool == NULL)
			continue;
		pool_word_parse(loop_addresses[side][family].pool, &s->pool[s->pools]);
		s->pool[s->pools++].count = RTE_MAX(LOOP_SOURCES, (uint32_t)(s->max_connections / A_SOURCE_CARRIES));
	}
}

static int
check_devices(struct options *o, struct complaint *why)
{
	struct side_options *client = &o->side[0], *server = &o->side[1];

	if (!o->pair) {
		if (client->kind == NULL)
			return complain(why, "no device: give --dev tap:NAME, memif:SOCKET, pcap:IN,OUT or vdev:STRING, or --pair for both sides in "
					"this process over loop");
		if (client->kind->open_pair != NULL)
			return complain(why, "--dev %s joins the two sides of one process, and this is one side; add --pair, or "
					"name another device", client->device);
		return 0;
	}
	if (client->kind == NULL && server->kind == NULL) {
		client->device = server->device = device_kinds[0].name;
		client->kind = server->kind = &device_kinds[0];
	}
	if (client->kind == NULL || server->kind == NULL)
		return complain(why, "--%s-dev %s: the other side has no device; give --%s-dev too",
				client->kind != NULL ? "client" : "server",
				client->kind != NULL ? client->device : server->device,
				client->kind != NULL ? "server" : "client");
	if ((client->kind->open_pair != NULL || server->kind->open_pair != NULL) && client->kind != server->kind)
		return complain(why, "--client-dev %s and --server-dev %s: loop stands at both ends or at none", client->device,
				server->device);
	if (client->kind->own_time || server->kind->own_time)
		return complain(why, "%s has a time of its own, and a pair's sides have one together; use it without --pair",
				client->kind->own_time ? client->device : server->device);
	if (client->kind->open_pair == NULL && strcmp(client->device, server->device) == 0)
		return complain(why, "--client-dev and --server-dev are both %s; each side needs a device of its own",
				client->device);
	return 0;
}

/* The local address on whose subnet this address lies, or NULL. */
static const struct ip_word *
on_link(const struct side_options *s, const struct tern_addr *addr)
{
	const struct ip_word *best = NULL;

	for (unsigned int i = 0; i < s->ips; i++)
		if (tern_addr_is_v4(addr) == tern_addr_is_v4(&s->ip[i].addr) &&
		    address_in_prefix(addr, &s->ip[i].addr, s->ip[i].prefix) && (best == NULL || s->ip[i].prefix > best->prefix))
			best = &s->ip[i];
	return best;
}

static int
check_ips(const struct side_options *s, const char *whose, const char *dash, struct complaint *why)
{
	char text[TERN_ENDPOINT_STRLEN];

	if (s->ips == 0)
		return complain(why, "%sno address: give --%sip ADDR/PREFIX, as in --%sip 198.18.0.1/24", whose, dash, dash);
	for (unsigned int i = 0; i < s->ips; i++) {
		tern_addr_format(&s->ip[i].addr, text, sizeof(text));
		if (!tern_addr_is_v4(&s->ip[i].addr) && s->mtu < IPV6_MIN_MTU)
			return complain(why, "--%sip %s: IPv6 needs an MTU of %u (RFC 8200, 5) and --%smtu is %llu; give a larger "
					"one, or IPv4 addresses alone", dash, text, IPV6_MIN_MTU, dash,
					(unsigned long long)s->mtu);
		for (unsigned int k = 0; k < i; k++)
			if (s->ip[k].vlan == s->ip[i].vlan && memcmp(&s->ip[k].addr, &s->ip[i].addr, sizeof(s->ip[i].addr)) == 0)
				return complain(why, "--%sip %s is given twice; give it once", dash, text);
	}
	return 0;
}

static int
check_gateways(const struct side_options *s, const char *dash, struct complaint *why)
{
	char text[TERN_ENDPOINT_STRLEN];

	for (unsigned int i = 0; i < s->gateways; i++) {
		const struct ip_word *link = on_link(s, &s->gateway[i]);

		tern_addr_format(&s->gateway[i], text, sizeof(text));
		if (link == NULL)
			return complain(why, "--%sgw %s is on the subnet of no --%sip, so nothing can be sent to it; check the "
					"prefix lengths", dash, text, dash);
		if (memcmp(&link->addr, &s->gateway[i], sizeof(link->addr)) == 0)
			return complain(why, "--%sgw %s is this side's own address", dash, text);
		for (unsigned int k = 0; k < i; k++)
			if (tern_addr_is_v4(&s->gateway[k]) == tern_addr_is_v4(&s->gateway[i]) &&
			    on_link(s, &s->gateway[k])->vlan == link->vlan)
				return complain(why, "--%sgw %s is a second gateway of its family on its VLAN; give one", dash, text);
	}
	return 0;
}

static int
check_pools(struct side_options *s, const char *dash, struct complaint *why)
{
	char text[TERN_ENDPOINT_STRLEN], other[TERN_ENDPOINT_STRLEN];

	for (unsigned int i = 0; i < s->pools; i++) {
		struct pool_word *p = &s->pool[i];
		const struct ip_word *link = on_link(s, &p->first);

		tern_addr_format(&p->first, text, sizeof(text));
		/* routed sources leave by the VLAN of the first address of their family */
		for (unsigned int k = 0; k < s->ips && link == NULL; k++)
			if (tern_addr_is_v4(&s->ip[k].addr) == tern_addr_is_v4(&p->first))
				link = &s->ip[k];
		if (link == NULL)
			return complain(why, "--%ssrc %s...: there is no --%sip of this family, so no way out", dash, text, dash);
		if (!p->vlan_given)
			p->vlan = link->vlan;
		for (unsigned int k = 0; k < s->ips; k++)
			if (address_in_run(&s->ip[k].addr, &p->first, p->count))
				return complain(why, "--%ssrc: the pool of %u addresses from %s on contains --%sip %s; leave that out",
						dash, p->count, text, dash,
						tern_addr_format(&s->ip[k].addr, other, sizeof(other)));
		for (unsigned int k = 0; k < s->gateways; k++)
			if (address_in_run(&s->gateway[k], &p->first, p->count))
				return complain(why, "--%ssrc: the pool of %u addresses from %s on contains --%sgw %s; leave that out",
						dash, p->count, text, dash,
						tern_addr_format(&s->gateway[k], other, sizeof(other)));
		for (unsigned int k = 0; k < i; k++)
			if (address_runs_overlap(&p->first, p->count, &s->pool[k].first, s->pool[k].count))
				return complain(why, "--%ssrc: the pools from %s and from %s on overlap; leave one out", dash, text,
						tern_addr_format(&s->pool[k].first, other, sizeof(other)));
	}
	return 0;
}

int
check_side(struct options *o, unsigned int side, struct complaint *why)
{
	struct side_options *s = &o->side[side];
	const char *dash = !o->pair ? "" : side == 0 ? "client-" : "server-";

	if (s->rto_min_ns > s->rto_max_ns)
		return complain(why, "--%srto-min is larger than --%srto-max; give --%srto-min at most %llums", dash, dash, dash,
				(unsigned long long)(s->rto_max_ns / 1000000));
	if (s->cpus.count > PORT_MAX_CORES)
		return complain(why, "--%scores: at most %u a side", dash, PORT_MAX_CORES);
	if (check_ips(s, options_side_name(o, side), dash, why) != 0 || check_gateways(s, dash, why) != 0)
		return -1;
	return check_pools(s, dash, why);
}

int
check_options(struct options *o, struct complaint *why)
{
	if (check_devices(o, why) != 0)
		return -1;
	if (o->shared && o->no_huge)
		return complain(why, "--shared and --no-huge exclude each other: other processes can map hugepages alone");
	for (unsigned int side = 0; side < options_sides(o); side++) {
		if (o->side[side].kind->open_pair != NULL)
			loop_defaults(&o->side[side], side);
		if (check_side(o, side, why) != 0)
			return -1;
	}
	return 0;
}
