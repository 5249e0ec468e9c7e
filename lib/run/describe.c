/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <rte_cycles.h>
#include <rte_version.h>

#include "run/describe.h"

static const char *
cpus_text(const struct side *side, char *buf, size_t size)
{
	uint16_t cpus[PORT_MAX_CORES] = { 0 };

	for (unsigned int i = 0; i < side->count; i++)
		cpus[i] = (uint16_t)side->core[i]->cpu;
	return cpu_format(cpus, side->count, buf, size);
}

static const char *
mac_text(const struct mac_addr *m, char *buf, size_t size)
{
	snprintf(buf, size, "%02x:%02x:%02x:%02x:%02x:%02x", m->b[0], m->b[1], m->b[2], m->b[3], m->b[4], m->b[5]);
	return buf;
}

/* The prefix of the family's own form. */
static unsigned int
prefix_shown(const struct ip_word *ip)
{
	return tern_addr_is_v4(&ip->addr) ? ip->prefix - 96u : ip->prefix;
}

static void
write_addresses(FILE *f, const struct side_options *s)
{
	char text[TERN_ENDPOINT_STRLEN];
	uint32_t sources = 0;

	for (unsigned int i = 0; i < s->ips; i++) {
		fprintf(f, "%s%s/%u", i == 0 ? "" : ", ", tern_addr_format(&s->ip[i].addr, text, sizeof(text)),
			prefix_shown(&s->ip[i]));
		if (s->ip[i].vlan != VLAN_NONE)
			fprintf(f, "@%u", s->ip[i].vlan);
	}
	for (unsigned int i = 0; i < s->gateways; i++)
		fprintf(f, ", gateway %s", tern_addr_format(&s->gateway[i], text, sizeof(text)));
	for (unsigned int i = 0; i < s->pools; i++)
		sources += s->pool[i].count;
	if (sources != 0)
		fprintf(f, ", %u source%s", sources, sources == 1 ? "" : "s");
}

static const char *
checksums_text(const struct tern_link *link)
{
	if (link->capabilities.tx_l4_checksum && link->capabilities.by_reference)
		return "not needed in memory";
	if (link->capabilities.tx_l4_checksum && link->capabilities.rx_checksum)
		return "by the device";
	if (link->capabilities.tx_l4_checksum)
		return "by the device when sending, in software when receiving";
	if (link->capabilities.rx_checksum && !link->capabilities.rx_in_software)
		return "by the device when receiving, in software when sending";
	return "in software";
}

static const char *
segments_text(const struct tern_link *link)
{
	if (link->capabilities.tso_mbufs == 0)
		return "";
	return link->capabilities.by_reference ? ", several segments a frame" : ", frames cut into segments by the device (TSO)";
}

static const char *
spreading_text(const struct side *side)
{
	if (side->count == 1)
		return NULL;
	if (side->port->rss)
		return "by the device (RSS)";
	return side->port->link[0]->capabilities.by_reference ? "by the sender" : "in software, between the cores";
}

static void
write_side(FILE *f, const struct side *side)
{
	const struct port *port = side->port;
	const char *spreading = spreading_text(side);
	char mac[24], cpus[128];

	fprintf(f, "%-7s %s (%s), %s, MTU %u, CPU%s %s, NUMA node %d\n", side->id == TERN_SIDE_ONLY ? "device" : side->name,
		port->name, port->driver, mac_text(&port->mac, mac, sizeof(mac)), port->mtu, side->count == 1 ? "" : "s",
		cpus_text(side, cpus, sizeof(cpus)), side->core[0]->node);
	fprintf(f, "        ");
	write_addresses(f, side->options);
	fprintf(f, "\n        checksums %s%s%s%s\n", checksums_text(port->link[0]),
		segments_text(port->link[0]),
		spreading != NULL ? ", flows spread " : "", spreading != NULL ? spreading : "");
	if (port->note[0] != '\0')
		fprintf(f, "        note: %s\n", port->note);
}

static void
write_room(FILE *f, const struct tern *t)
{
	const unsigned long long mib = 1 << 20, huge = t->room_hugepages / mib, normal = t->room_normal / mib;

	fprintf(f, "        room for connections up to %llu MiB, ", huge + normal);
	if (normal == 0)
		fprintf(f, "in hugepages\n");
	else
		fprintf(f, "%llu MiB of it in normal pages: %llu hugepages of 2 MiB more would hold it\n", normal, (normal + 1) / 2);
}

static void
write_text(FILE *f, const struct tern *t)
{
	for (unsigned int i = 0; i < t->sides; i++)
		write_side(f, &t->side[i]);
	fprintf(f, "memory  %u packets of %u bytes a pool, in %s", t->mbufs, t->data_room,
		t->memory.hugepages ? "hugepages" : "normal pages");
	if (t->memory.reason != NULL)
		fprintf(f, " (%s; %llu MiB are wanted, %llu free)", t->memory.reason,
			(unsigned long long)t->memory.needed_bytes >> 20, (unsigned long long)t->memory.free_bytes >> 20);
	fprintf(f, "\n");
	write_room(f, t);
	if (t->placement.any_shared)
		fprintf(f, "warning too few CPUs: stacks share one and take turns, so that latencies and rates are not theirs "
			"alone\n");
	fprintf(f, "system  %s, TSC %.0f MHz\n", rte_version(), (double)rte_get_tsc_hz() / 1e6);
}

static int
make_text(struct tern *t)
{
	size_t size;
	FILE *f = open_memstream(&t->description, &size);

	if (f == NULL)
		return -1;
	write_text(f, t);
	return fclose(f);
}

static json_t *
side_json(const struct side *side)
{
	const struct port *port = side->port;
	const struct tern_link *link = port->link[0];
	json_t *cores = json_array(), *addresses = json_array();
	char mac[24], text[TERN_ENDPOINT_STRLEN], with_prefix[TERN_ENDPOINT_STRLEN + 8];
	uint32_t sources = 0;

	for (unsigned int i = 0; i < side->count; i++)
		json_array_append_new(cores, json_integer(side->core[i]->cpu));
	for (unsigned int i = 0; i < side->options->ips; i++) {
		snprintf(with_prefix, sizeof(with_prefix), "%s/%u",
			 tern_addr_format(&side->options->ip[i].addr, text, sizeof(text)), prefix_shown(&side->options->ip[i]));
		json_array_append_new(addresses, json_string(with_prefix));
	}
	for (unsigned int i = 0; i < side->options->pools; i++)
		sources += side->options->pool[i].count;
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:i, s:o, s:i, s:b, s:b, s:b, s:b, s:b, s:b, s:s}",
			 "side", side->id == TERN_SIDE_ONLY ? "only" : side->id == TERN_SIDE_CLIENT ? "client" : "server",
			 "device", port->name, "driver", port->driver, "mac", mac_text(&port->mac, mac, sizeof(mac)),
			 "mtu", port->mtu, "cores", cores, "numa_node", side->core[0]->node, "addresses", addresses,
			 "source_addresses", (int)sources,
			 "tx_ip_checksum_offload", link->capabilities.tx_ip_checksum,
			 "tx_tcp_checksum_offload", link->capabilities.tx_l4_checksum,
			 "rx_checksum_offload", link->capabilities.rx_checksum && !link->capabilities.rx_in_software,
			 "multi_segment", link->capabilities.multi_segment, "tso", link->capabilities.tso_mbufs > 0, "rss", port->rss,
			 "note", port->note);
}

/* What lies in normal pages since hugepages ran out: nothing where none are wanted, or there are none at all. */
static uint64_t
missing_hugepages(const struct tern *t)
{
	return (t->memory.too_few ? t->memory.needed_bytes : 0) +
	       (t->memory.too_few || t->memory.hugepages ? t->room_normal : 0);
}

static int
make_json(struct tern *t)
{
	json_t *sides = json_array();
	json_t *all;

	for (unsigned int i = 0; i < t->sides; i++)
		json_array_append_new(sides, side_json(&t->side[i]));
	all = json_pack("{s:s, s:I, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:o}",
			"dpdk", rte_version(), "tsc_hz", (json_int_t)rte_get_tsc_hz(), "hugepages", t->memory.hugepages,
			"cpus_shared", t->placement.any_shared, "mbufs", (json_int_t)t->mbufs,
			"mbuf_bytes", (json_int_t)t->data_room,
			"room_hugepage_bytes", (json_int_t)t->room_hugepages, "room_normal_bytes", (json_int_t)t->room_normal,
			"hugepages_missing_bytes", (json_int_t)missing_hugepages(t),
			"sides", sides);
	if (all == NULL)
		return -1;
	t->json = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return t->json != NULL ? 0 : -1;
}

int
describe(struct tern *t, struct complaint *why)
{
	if (make_text(t) != 0 || make_json(t) != 0)
		return complain(why, "out of memory for the description");
	return 0;
}

const char *
tern_description(const struct tern *t)
{
	return t->description;
}

const char *
tern_description_json(const struct tern *t)
{
	return t->json;
}
