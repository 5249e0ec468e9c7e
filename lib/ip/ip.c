/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "ip/ip.h"

#include <errno.h>

#include "core/mem.h"
#include "ip/internal.h"
#include "ip/mbuf_checksum.h"
#include "wire/bytes.h"

#define REACHABLE_NS UINT64_C(30000000000)  /* RFC 4861, 10: REACHABLE_TIME */
#define RETRANS_NS UINT64_C(1000000000)     /* RETRANS_TIMER */

/* Pools lie in the network of the on-link route that covers them, if one does. */
static void
set_pool_prefixes(struct ip *ip)
{
	for (unsigned int i = 0; i < ip->config.locals; i++) {
		struct ip_local *l = &ip->config.local[i];
		const struct ip_route *r = l->pool ? ip_route_find(ip, l->vlan, &l->first) : NULL;

		if (l->pool)
			l->prefix = r != NULL && !r->via ? r->prefix : 128;
	}
}

int
ip_init(struct ip *ip, const struct ip_config *config, struct rte_mempool *pool, struct frame_queue *tx,
	uint64_t *drops, const struct ip_hooks *hooks, int node)
{
	size_t neighbours = IP_NEIGHBOURS * sizeof(ip->neighbour[0]);
	size_t replies = IP_REPLIES * sizeof(ip->reply[0]);
	size_t chains = IP_NEIGHBOURS * sizeof(ip->chains[0]);
	uint8_t *memory;

	*ip = (struct ip){
		.config = *config, .tx = tx, .pool = pool, .drops = drops, .age_next = 1,
		.next_ns = UINT64_MAX, .claims_next_ns = UINT64_MAX, .pass_ns = UINT64_MAX,
		.mapped = neighbours + replies + chains + IP_ADDRESS_TABLE * sizeof(ip->address[0]),
	};
	memory = mem_map(ip->mapped, node);
	if (memory == NULL)
		return -ENOMEM;
	ip->neighbour = (struct ip_neighbour *)(void *)memory;
	ip->reply = (struct ip_reply *)(void *)(memory + neighbours);
	ip->chains = (uint32_t *)(void *)(memory + neighbours + replies);
	ip->address = (struct tern_addr *)(void *)(memory + neighbours + replies + chains);
	ip->addresses = IP_ADDRESS_TABLE;
	ip->neighbour[0].generation = 1;  /* so that ip_nexthop 0 names no entry */
	fifo_init(&ip->owed, ip->neighbour, sizeof(ip->neighbour[0]), offsetof(struct ip_neighbour, owed_link));
	if (hooks != NULL)
		ip->hooks = *hooks;
	if (ip->config.reachable_ns == 0)
		ip->config.reachable_ns = REACHABLE_NS;
	if (ip->config.retrans_ns == 0)
		ip->config.retrans_ns = RETRANS_NS;
	ipv6_link_local(&ip->link_local, &config->mac);
	set_pool_prefixes(ip);
	path_mtus_init(&ip->paths);
	if (fragments_init(&ip->fragments, pool, node) < 0) {
		ip_free(ip);
		return -ENOMEM;
	}
	route_prepare(ip);
	return 0;
}

bool
ip_path_mtu_lower(struct ip *ip, const struct tern_addr *dst, uint16_t mtu, uint64_t now_ns)
{
	if (!path_mtu_lower(&ip->paths, dst, mtu, now_ns))
		return false;
	if (ip->hooks.path_mtu != NULL)
		ip->hooks.path_mtu(ip->hooks.context, dst, mtu);
	return true;
}

void
ip_free(struct ip *ip)
{
	if (ip->neighbour == NULL)
		return;
	for (uint32_t i = 1; i <= ip->neighbours; i++)
		mbuf_free_bulk(ip->neighbour[i].queue, ip->neighbour[i].queued);
	for (uint32_t i = 0; i < ip->replies; i++)
		mbuf_free(ip->reply[i].m);
	fragments_free(&ip->fragments);
	mem_unmap(ip->neighbour, ip->mapped);
	*ip = (struct ip){ 0 };
}

static uint32_t
low_24_bits(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* 33:33:ff and the low 24 bits of an address: its solicited-node group (RFC 4291, 2.7.1; RFC 2464, 7) */
static bool
is_solicited_node(const struct ip *ip, const struct frame *f)
{
	static const uint8_t prefix[3] = { 0x33, 0x33, 0xff };
	uint32_t low = low_24_bits(f->dst_mac.b + 3);

	if (memcmp(f->dst_mac.b, prefix, sizeof(prefix)) != 0)
		return false;
	if (low == low_24_bits(ip->link_local.b + 13))
		return true;
	for (unsigned int i = 0; i < ip->config.locals; i++) {
		const struct ip_local *l = &ip->config.local[i];

		if (!tern_addr_is_v4(&l->first) && l->vlan == f->vlan &&
		    ((low - low_24_bits(l->first.b + 13)) & 0xffffff) < l->count)
			return true;
	}
	return false;
}

static __rte_noinline bool
is_our_group(const struct ip *ip, const struct frame *f)
{
	struct mac_addr all_nodes;

	ipv6_multicast_mac(&all_nodes, &IPV6_ALL_NODES);
	return mac_equal(&f->dst_mac, &MAC_BROADCAST) || mac_equal(&f->dst_mac, &all_nodes) || is_solicited_node(ip, f);
}

bool
ip_frame_for_us(const struct ip *ip, const struct frame *f)
{
	if (likely(mac_equal(&f->dst_mac, &ip->config.mac)))
		return true;
	return f->mac_multicast && is_our_group(ip, f);
}

/* Of ours alone: an echo to a group or to broadcast is not answered (RFC 1122, 3.2.2.6, leaves that open). */
static int
icmp_input(struct ip *ip, const struct rte_mbuf *m, const struct frame *f, uint64_t now_ns)
{
	uint32_t here = RTE_MIN(f->l4_length, (uint32_t)rte_pktmbuf_data_len(m) - f->l4_offset);
	struct icmp i;

	if (f->protocol != (f->v4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6))
		return -TERN_DROP_IP_PROTOCOL;
	if (icmp_parse(&i, rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l4_offset), here) != 0 ||
	    !ip_l4_checksum_ok(m, f))
		return -TERN_DROP_ICMP_BAD;
	if (!f->v4 && (i.type == ICMPV6_NEIGHBOUR_SOLICIT || i.type == ICMPV6_NEIGHBOUR_ADVERT))
		return ndp_input(ip, m, f, now_ns);
	if (icmp_is_error(f->v4, i.type))
		return f->mac_multicast || !ip_is_ours(ip, &f->dst, f->vlan) ? -TERN_DROP_ICMP_IGNORED : IP_ICMP_ERROR;
	if (i.type != (f->v4 ? ICMP_ECHO : ICMPV6_ECHO) || i.code != 0 || addr_is_unspecified(&f->src))
		return -TERN_DROP_ICMP_IGNORED;
	if (f->l4_offset - f->l3_offset + f->l4_length > ip->config.mtu)
		return -TERN_DROP_ICMP_IGNORED;  /* made whole from pieces: we send none */
	return ip_is_ours(ip, &f->dst, f->vlan) ? IP_ANSWER : ip_not_local(ip, &f->dst, f->vlan);
}

int
ip_input(struct ip *ip, struct rte_mbuf *m, const struct frame *f, uint64_t now_ns)
{
	int verdict = f->ethertype == ETHERTYPE_ARP ? arp_input(ip, m, f, now_ns) : icmp_input(ip, m, f, now_ns);

	if (verdict == IP_ANSWER)
		return reply_queue(ip, m, f);
	if (verdict == IP_ICMP_ERROR)
		return verdict;
	if (verdict == -TERN_DROP_IP_PROTOCOL && f->v4) {
		ip_refuse(ip, m, f, now_ns);
		return verdict;
	}
	mbuf_free(m);
	return verdict;
}

void
ip_output(struct ip *ip, uint64_t now_ns)
{
	neighbours_output(ip, now_ns);
	if (unlikely(ip->claims_owed != 0))
		claims_output(ip, now_ns);
	if (ip->replies != 0)
		replies_output(ip);
}
