/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "ip/claim.h"

#include "ip/internal.h"

#define SECOND_NS UINT64_C(1000000000)
#define V4_PROBES 3u                           /* RFC 5227, 1.1 */
#define V4_PROBE_WAIT_NS SECOND_NS             /* PROBE_MIN: its random part keeps hosts apart that start together */
#define V4_ANNOUNCE_WAIT_NS (2 * SECOND_NS)
#define V4_ANNOUNCEMENTS 2u
#define V4_ANNOUNCE_INTERVAL_NS (2 * SECOND_NS)
#define V4_DEFEND_INTERVAL_NS (10 * SECOND_NS)
#define V6_PROBES 1u                           /* RFC 4862, 5.1: DupAddrDetectTransmits; a RetransTimer apart */
#define V6_ANNOUNCEMENTS 1u

#define LINK_LOCAL IP_MAX_LOCALS               /* its claim's place, behind those of the configured ones */

/* The address of a claim and where it stands. @return false: there is none */
static bool
claim_address(const struct ip *ip, unsigned int i, struct tern_addr *addr, uint16_t *vlan)
{
	if (i < ip->config.locals && !ip->config.local[i].pool) {
		*addr = ip->config.local[i].first;
		*vlan = ip->config.local[i].vlan;
		return true;
	}
	if (i != LINK_LOCAL)
		return false;
	*addr = ip->link_local;
	for (unsigned int k = 0; k < ip->config.locals; k++) {
		if (tern_addr_is_v4(&ip->config.local[k].first))
			continue;
		*vlan = ip->config.local[k].vlan;
		return true;
	}
	return false;
}

static struct ip_claim *
find_claim(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan, unsigned int *place)
{
	for (unsigned int i = 0; i <= LINK_LOCAL; i++) {
		struct tern_addr a;
		uint16_t v;

		if (claim_address(ip, i, &a, &v) && v == vlan && addr_equal(&a, addr)) {
			*place = i;
			return (struct ip_claim *)(uintptr_t)&ip->claim[i];
		}
	}
	return NULL;
}

static void
set_due(struct ip *ip, struct ip_claim *c, uint64_t at_ns)
{
	c->due_ns = at_ns;
	ip->claims_next_ns = RTE_MIN(ip->claims_next_ns, at_ns);
}

static void
owe(struct ip *ip, struct ip_claim *c)
{
	ip->claims_owed += !c->owed;
	c->owed = true;
}

void
ip_claim(struct ip *ip, uint64_t now_ns, bool speak)
{
	ip->claims_speak = speak;
	for (unsigned int i = 0; i <= LINK_LOCAL; i++) {
		struct tern_addr addr;
		uint16_t vlan;

		if (!claim_address(ip, i, &addr, &vlan))
			continue;
		ip->claim[i] = (struct ip_claim){ .state = CLAIM_PROBING };
		set_due(ip, &ip->claim[i], now_ns);
	}
}

bool
claim_is_probing(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	const struct ip_claim *c;
	unsigned int i;

	if (ip->claims_next_ns == UINT64_MAX && ip->claims_owed == 0)
		return false;
	c = find_claim(ip, addr, vlan, &i);
	return c != NULL && c->state == CLAIM_PROBING;
}

bool
ip_lose(struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	unsigned int i;
	struct ip_claim *c = find_claim(ip, addr, vlan, &i);

	if (c == NULL || c->state != CLAIM_PROBING)
		return false;
	c->state = CLAIM_LOST;
	ip->claims_owed -= c->owed;
	c->owed = false;
	c->due_ns = UINT64_MAX;
	if (i == LINK_LOCAL)
		ip->link_local_lost = true;
	else
		ip->run[i].count = 0;  /* no packet is to it any more */
	ip->source.number = 0;         /* nor from it */
	return true;
}

int
claim_conflict(struct ip *ip, const struct tern_addr *addr, uint16_t vlan, uint64_t now_ns)
{
	unsigned int i;
	struct ip_claim *c = find_claim(ip, addr, vlan, &i);

	if (c == NULL)
		return -TERN_DROP_ARP_CONFLICT;
	if (ip_lose(ip, addr, vlan)) {
		if (ip->hooks.lost != NULL)
			ip->hooks.lost(ip->hooks.context, addr, vlan);
	} else if (tern_addr_is_v4(addr) && (!c->defended || now_ns - c->defended_ns >= V4_DEFEND_INTERVAL_NS)) {
		c->defended = true;
		c->defended_ns = now_ns;
		owe(ip, c);
	}
	return -TERN_DROP_ARP_CONFLICT;
}

void
claims_expire(struct ip *ip, uint64_t now_ns)
{
	ip->claims_next_ns = UINT64_MAX;
	for (unsigned int i = 0; i <= LINK_LOCAL; i++) {
		struct ip_claim *c = &ip->claim[i];
		struct tern_addr addr;
		uint16_t vlan;

		if ((c->state != CLAIM_PROBING && c->state != CLAIM_ANNOUNCING) || !claim_address(ip, i, &addr, &vlan))
			continue;
		if (c->due_ns > now_ns) {
			set_due(ip, c, c->due_ns);
			continue;
		}
		c->due_ns = UINT64_MAX;  /* set when it is sent */
		if (c->state == CLAIM_PROBING && c->sent == (tern_addr_is_v4(&addr) ? V4_PROBES : V6_PROBES)) {
			c->state = CLAIM_ANNOUNCING;
			c->sent = 0;
		}
		owe(ip, c);
	}
}

static void
probe(struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	static const struct tern_addr unspecified;
	struct rte_mbuf *m = mbuf_alloc(ip->pool);

	if (m == NULL) {
		ip->drops[TERN_DROP_TX_NO_MBUF]++;
		return;
	}
	if (tern_addr_is_v4(addr)) {
		struct arp a = { .operation = ARP_REQUEST, .sender_mac = ip->config.mac, .sender = unspecified, .target = *addr };

		arp_frame(ip, m, &MAC_BROADCAST, vlan, &a);
	} else {
		struct ndp n = { .type = ICMPV6_NEIGHBOUR_SOLICIT, .target = *addr };
		struct tern_addr to;
		struct mac_addr dst;

		ndp_solicited_node(&to, addr);
		ipv6_multicast_mac(&dst, &to);
		ndp_frame(ip, m, &dst, vlan, &n, &unspecified, &to);
	}
	ip_tx_push(ip, m);
}

/* What is owed is sent, and the time of the next step set. */
static void
step(struct ip *ip, struct ip_claim *c, const struct tern_addr *addr, uint16_t vlan, uint64_t now_ns)
{
	bool v4 = tern_addr_is_v4(addr);

	c->sent++;
	if (ip->claims_speak && c->state == CLAIM_PROBING)
		probe(ip, addr, vlan);
	else if (ip->claims_speak || c->state == CLAIM_HELD)
		announce(ip, addr, vlan);
	if (c->state == CLAIM_PROBING)
		set_due(ip, c, now_ns + (!v4 ? ip->config.retrans_ns : c->sent < V4_PROBES ? V4_PROBE_WAIT_NS : V4_ANNOUNCE_WAIT_NS));
	else if (c->state == CLAIM_ANNOUNCING && c->sent < (v4 ? V4_ANNOUNCEMENTS : V6_ANNOUNCEMENTS))
		set_due(ip, c, now_ns + V4_ANNOUNCE_INTERVAL_NS);
	else
		c->state = CLAIM_HELD;
}

void
claims_output(struct ip *ip, uint64_t now_ns)
{
	for (unsigned int i = 0; i <= LINK_LOCAL && ip->claims_owed > 0 && !ip_tx_full(ip); i++) {
		struct ip_claim *c = &ip->claim[i];
		struct tern_addr addr;
		uint16_t vlan;

		if (!c->owed || !claim_address(ip, i, &addr, &vlan))
			continue;
		c->owed = false;
		ip->claims_owed--;
		step(ip, c, &addr, vlan, now_ns);
	}
}
