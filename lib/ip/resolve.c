/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
/* ARP and neighbour discovery: asking, and what others ask and say. */

#include "ip/internal.h"

#define NDP_HOP_LIMIT 255u

void
arp_frame(const struct ip *ip, struct rte_mbuf *m, const struct mac_addr *dst, uint16_t vlan, const struct arp *a)
{
	struct ether_template t;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	ether_template_make(&t, dst, &ip->config.mac, vlan, ETHERTYPE_ARP);
	memcpy(p, t.bytes, t.length);
	arp_emit(p + t.length, a);
	m->data_len = t.length + ARP_LENGTH;
	m->pkt_len = m->data_len;
	m->l2_len = t.length;
}

void
ndp_frame(const struct ip *ip, struct rte_mbuf *m, const struct mac_addr *dst, uint16_t vlan, const struct ndp *n,
	  const struct tern_addr *from, const struct tern_addr *to)
{
	struct ether_template t;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t length;

	ether_template_make(&t, dst, &ip->config.mac, vlan, ETHERTYPE_IPV6);
	memcpy(p, t.bytes, t.length);
	length = ndp_emit(p + t.length + IPV6_HEADER, n, from, to);
	ip_emit(p + t.length, false, from, to, IP_PROTO_ICMPV6, length, 0, NDP_HOP_LIMIT, 0, false);
	m->data_len = (uint16_t)(t.length + IPV6_HEADER + length);
	m->pkt_len = m->data_len;
	m->l2_len = t.length;
	m->l3_len = IPV6_HEADER;
}

/*
 * Whose question it is: an address of ours in the neighbour's own network, so
 * that it can answer without a route; a pool's address that is routed to us would
 * be a stranger there. Else the address that sent us here.
 */
static void
source_address(const struct ip *ip, const struct ip_neighbour *n, struct tern_addr *from)
{
	if (addr_is_link_local_v6(&n->addr)) {
		*from = ip->link_local;
		return;
	}
	for (unsigned int i = 0; i < ip->config.locals; i++) {
		const struct ip_local *l = &ip->config.local[i];

		if (!l->pool && l->vlan == n->vlan && tern_addr_is_v4(&l->first) == tern_addr_is_v4(&n->addr) &&
		    addr_in_prefix(&n->addr, &l->first, l->prefix)) {
			*from = l->first;
			return;
		}
	}
	ip_local_address(ip, n->source, from);
}

static void
solicit_arp(const struct ip *ip, struct rte_mbuf *m, const struct ip_neighbour *n, const struct tern_addr *from)
{
	struct arp a = { .operation = ARP_REQUEST, .sender_mac = ip->config.mac, .sender = *from, .target = n->addr };
	struct mac_addr dst = MAC_BROADCAST;

	if (ip_neighbour_usable(n))
		neighbour_mac(n, &dst);
	arp_frame(ip, m, &dst, n->vlan, &a);
}

static void
solicit_ndp(const struct ip *ip, struct rte_mbuf *m, const struct ip_neighbour *n, const struct tern_addr *from)
{
	/* RFC 4429, 3.3: an address in question does not make its way into the neighbour's table */
	struct ndp s = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .has_mac = !claim_is_probing(ip, from, n->vlan),
			 .mac = ip->config.mac, .target = n->addr };
	struct tern_addr to = n->addr;
	struct mac_addr dst;

	if (ip_neighbour_usable(n)) {
		neighbour_mac(n, &dst);
	} else {
		ndp_solicited_node(&to, &n->addr);
		ipv6_multicast_mac(&dst, &to);
	}
	ndp_frame(ip, m, &dst, n->vlan, &s, from, &to);
}

bool
resolve_solicit(struct ip *ip, const struct ip_neighbour *n)
{
	struct rte_mbuf *m = mbuf_alloc(ip->pool);
	struct tern_addr from;

	if (m == NULL)
		return false;
	source_address(ip, n, &from);
	if (tern_addr_is_v4(&n->addr))
		solicit_arp(ip, m, n, &from);
	else
		solicit_ndp(ip, m, n, &from);
	ip_tx_push(ip, m);
	return true;
}

/* @return false when there is no other core that could want to know */
static bool
tell(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac)
{
	if (ip->hooks.learned == NULL)
		return false;
	ip->hooks.learned(ip->hooks.context, addr, vlan, mac);
	return true;
}

/* Who asks for us will be talked to: that saves asking back. */
static void
learn_from_request(struct ip *ip, struct ip_neighbour *n, const struct tern_addr *sender, uint16_t vlan,
		   const struct mac_addr *mac, uint32_t target_number, uint64_t now_ns)
{
	if (!ip_is_on_link(ip, vlan, sender))
		return;
	if (n == NULL && target_number != 0)
		n = neighbour_make(ip, sender, vlan, target_number);
	if (n != NULL)
		neighbour_hint(ip, n, mac, now_ns);
	tell(ip, sender, vlan, mac);
}

static int
arp_request(struct ip *ip, struct ip_neighbour *n, const struct arp *a, uint16_t vlan, uint64_t now_ns)
{
	if (ip_answers_for(ip, &a->target, vlan)) {
		learn_from_request(ip, n, &a->sender, vlan, &a->sender_mac, ip_local_number(ip, &a->target, vlan), now_ns);
		return IP_ANSWER;
	}
	/* for somebody else, or gratuitous (RFC 5944, 4.6): no news from strangers */
	if (n == NULL)
		return -TERN_DROP_NEIGHBOUR_UNASKED;
	neighbour_hint(ip, n, &a->sender_mac, now_ns);
	return 0;
}

static bool
is_asking(const struct ip_neighbour *n)
{
	return n->state == NEIGHBOUR_INCOMPLETE || n->state == NEIGHBOUR_PROBE || n->state == NEIGHBOUR_FAILED;
}

static int
arp_reply(struct ip *ip, struct ip_neighbour *n, const struct arp *a, const struct frame *f, uint64_t now_ns)
{
	bool told = ip_answers_for(ip, &a->target, f->vlan) && ip_is_on_link(ip, f->vlan, &a->sender) &&
		    tell(ip, &a->sender, f->vlan, &a->sender_mac);

	if (n == NULL)
		return told ? 0 : -TERN_DROP_NEIGHBOUR_UNASKED;
	if (is_asking(n) && !f->mac_multicast)
		neighbour_confirm(ip, n, &a->sender_mac, now_ns);
	else
		neighbour_hint(ip, n, &a->sender_mac, now_ns);
	return 0;
}

int
arp_input(struct ip *ip, const struct rte_mbuf *m, const struct frame *f, uint64_t now_ns)
{
	struct ip_neighbour *n;
	struct arp a;
	int error = arp_parse(&a, rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l3_offset),
			      (uint32_t)rte_pktmbuf_data_len(m) - f->l3_offset);

	if (error != 0)
		return error;
	if (ip_local_number(ip, &a.sender, f->vlan) != 0) {
		/* our own announcement come back, or somebody else with an address of ours (RFC 5227, 2.4) */
		if (mac_equal(&a.sender_mac, &ip->config.mac))
			return -TERN_DROP_ARP_BAD;
		return claim_conflict(ip, &a.sender, f->vlan, now_ns);
	}
	/* who else asks whether he may have it (RFC 5227, 2.1.1) */
	if (unlikely(addr_is_unspecified(&a.sender)) && !mac_equal(&a.sender_mac, &ip->config.mac) &&
	    claim_is_probing(ip, &a.target, f->vlan))
		return claim_conflict(ip, &a.target, f->vlan, now_ns);
	n = neighbour_find(ip, &a.sender, f->vlan);
	if (a.operation == ARP_REQUEST)
		return arp_request(ip, n, &a, f->vlan, now_ns);
	return arp_reply(ip, n, &a, f, now_ns);
}

/* RFC 4861, 7.2.3 */
static int
ndp_solicit(struct ip *ip, const struct ndp *s, const struct frame *f, uint64_t now_ns)
{
	if (!ip_answers_for(ip, &s->target, f->vlan))
		return -TERN_DROP_ICMP_IGNORED;
	if (addr_is_unspecified(&f->src)) {
		/* The kernel's end of a tap has our MAC, so the same link-local address: let it have that,
		 * we only lend ours to solicitations. */
		if (addr_equal(&s->target, &ip->link_local) && mac_equal(&f->src_mac, &ip->config.mac))
			return -TERN_DROP_ICMP_IGNORED;
		/* who else asks whether he may have it (RFC 4862, 5.4.3); but not our own question come back */
		if (claim_is_probing(ip, &s->target, f->vlan))
			return mac_equal(&f->src_mac, &ip->config.mac) ? -TERN_DROP_ICMP_IGNORED :
									 claim_conflict(ip, &s->target, f->vlan, now_ns);
		return IP_ANSWER;
	}
	if (s->has_mac)
		learn_from_request(ip, neighbour_find(ip, &f->src, f->vlan), &f->src, f->vlan, &s->mac,
				   ip_local_number(ip, &s->target, f->vlan), now_ns);
	return IP_ANSWER;
}

/* RFC 4861, 7.2.5. The router flag means nothing here: gateways are configured. */
static int
ndp_advert(struct ip *ip, const struct ndp *a, const struct frame *f, uint64_t now_ns)
{
	struct ip_neighbour *n = neighbour_find(ip, &a->target, f->vlan);
	const struct mac_addr *mac = a->has_mac ? &a->mac : NULL;
	bool told = mac != NULL && ip_is_on_link(ip, f->vlan, &a->target) && tell(ip, &a->target, f->vlan, mac);
	struct mac_addr known;

	if (n == NULL)
		return told ? 0 : -TERN_DROP_NEIGHBOUR_UNASKED;
	if (!ip_neighbour_usable(n)) {
		if (mac == NULL)
			return -TERN_DROP_NDP_BAD;
		if (a->solicited)
			neighbour_confirm(ip, n, mac, now_ns);
		else
			neighbour_hint(ip, n, mac, now_ns);
		return 0;
	}
	neighbour_mac(n, &known);
	if (!a->override && mac != NULL && !mac_equal(mac, &known)) {
		if (n->state == NEIGHBOUR_REACHABLE)
			neighbour_doubt(ip, n, now_ns);
		return 0;
	}
	if (a->solicited)
		neighbour_confirm(ip, n, mac, now_ns);
	else if (mac != NULL)
		neighbour_hint(ip, n, mac, now_ns);
	return 0;
}

int
ndp_input(struct ip *ip, const struct rte_mbuf *m, const struct frame *f, uint64_t now_ns)
{
	struct ndp n;

	if (f->l4_length > (uint32_t)rte_pktmbuf_data_len(m) - f->l4_offset ||
	    ndp_parse(&n, f, rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l4_offset), f->l4_length) != 0)
		return -TERN_DROP_NDP_BAD;
	/* our own words come back, or somebody else with an address of ours (RFC 4862, 5.4.4) */
	if (n.type == ICMPV6_NEIGHBOUR_SOLICIT ? ip_local_number(ip, &f->src, f->vlan) != 0 : ip_is_ours(ip, &n.target, f->vlan)) {
		if (n.type == ICMPV6_NEIGHBOUR_SOLICIT || mac_equal(&f->src_mac, &ip->config.mac) ||
		    (n.has_mac && mac_equal(&n.mac, &ip->config.mac)))
			return -TERN_DROP_NDP_BAD;
		return claim_conflict(ip, &n.target, f->vlan, now_ns);
	}
	return n.type == ICMPV6_NEIGHBOUR_SOLICIT ? ndp_solicit(ip, &n, f, now_ns) : ndp_advert(ip, &n, f, now_ns);
}

void
announce(struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	struct rte_mbuf *m = ip_tx_full(ip) ? NULL : mbuf_alloc(ip->pool);

	if (m == NULL) {
		ip->drops[TERN_DROP_TX_NO_MBUF]++;
		return;
	}
	if (tern_addr_is_v4(addr)) {
		struct arp a = { .operation = ARP_REQUEST, .sender_mac = ip->config.mac, .sender = *addr, .target = *addr };

		arp_frame(ip, m, &MAC_BROADCAST, vlan, &a);
	} else {
		struct ndp n = { .type = ICMPV6_NEIGHBOUR_ADVERT, .override = true, .has_mac = true,
				 .mac = ip->config.mac, .target = *addr };
		struct mac_addr dst;

		ipv6_multicast_mac(&dst, &IPV6_ALL_NODES);
		ndp_frame(ip, m, &dst, vlan, &n, addr, &IPV6_ALL_NODES);
	}
	ip_tx_push(ip, m);
}

void
ip_announce(struct ip *ip)
{
	for (unsigned int i = 0; i < ip->config.locals; i++) {
		const struct ip_local *l = &ip->config.local[i];

		/* a pool may have more addresses than a switch has patience */
		for (uint32_t k = 0; k < l->count && !l->pool; k++) {
			struct tern_addr addr;

			ip_local_address(ip, l->number + k, &addr);
			announce(ip, &addr, l->vlan);
		}
	}
}
