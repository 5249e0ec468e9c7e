/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
/*
 * The neighbour table (RFC 4861, 7.3; ARP entries live by the same rules).
 *
 *   INCOMPLETE  asked by broadcast or multicast, up to three times; packets wait
 *   FAILED      nobody answered; asked again after a while, when somebody wants it
 *   REACHABLE   answered within the reachable time
 *   STALE       known, but not lately confirmed. RFC 4861's DELAY is its last part:
 *               output only sets `used`, and ageing looks at that every five seconds
 *   PROBE       in use and being asked by unicast, up to three times
 */

#include "ip/internal.h"
#include "wire/bytes.h"

#define SECOND_NS UINT64_C(1000000000)
#define STALE_LOOK_NS (5 * SECOND_NS)     /* DELAY_FIRST_PROBE_TIME */
#define MAX_SOLICIT 3                     /* MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT */
#define FAILED_NS (3 * SECOND_NS)         /* as long as three solicitations took: at most half of the time is spent asking */

#define AGE_BATCH 64u      /* entries a call: about a microsecond */
#define RECYCLE_SAMPLE 64u /* entries compared to find the least useful: a SYN flood must not buy a scan of all */

static uint32_t *
chain_of(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	uint64_t h = get_be64(addr->b) * UINT64_C(0x9e3779b97f4a7c15) ^ get_be64(addr->b + 8) ^ (uint64_t)vlan << 48;

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return &ip->chains[(h >> 32) % IP_NEIGHBOURS];
}

struct ip_neighbour *
neighbour_find(const struct ip *ip, const struct tern_addr *addr, uint16_t vlan)
{
	for (uint32_t i = *chain_of(ip, addr, vlan); i != 0; i = ip->neighbour[i].chain) {
		struct ip_neighbour *n = &ip->neighbour[i];

		if (n->vlan == vlan && addr_equal(&n->addr, addr))
			return n;
	}
	return NULL;
}

static void
drop_queue(struct ip *ip, struct ip_neighbour *n, enum tern_drop reason)
{
	mbuf_free_bulk(n->queue, n->queued);
	ip->drops[reason] += n->queued;
	n->queued = 0;
}

/* The lower, the sooner it goes. What is being resolved is worth more than what nobody used, less than what works. */
static int
worth(const struct ip_neighbour *n)
{
	switch (n->state) {
	case NEIGHBOUR_FREE:
	case NEIGHBOUR_FAILED:
		return 0;
	case NEIGHBOUR_INCOMPLETE:
		return 2;
	case NEIGHBOUR_STALE:
		return n->used ? 4 : 1;
	default:
		return n->used ? 5 : 3;
	}
}

static struct ip_neighbour *
recycle(struct ip *ip)
{
	uint32_t victim = 0;
	int least = INT32_MAX;

	for (uint32_t i = 0; i < RECYCLE_SAMPLE && least > 0; i++) {
		uint32_t index = 1 + (ip->recycle_next + i) % (IP_NEIGHBOURS - 1);
		int w = worth(&ip->neighbour[index]);

		if (w < least) {
			least = w;
			victim = index;
		}
	}
	ip->recycle_next = victim;  /* equals go in turn: the victim's successor is first next time */
	return &ip->neighbour[victim];
}

static void
forget(struct ip *ip, struct ip_neighbour *n)
{
	uint32_t *link = chain_of(ip, &n->addr, n->vlan);

	while (&ip->neighbour[*link] != n)
		link = &ip->neighbour[*link].chain;
	*link = n->chain;
	drop_queue(ip, n, TERN_DROP_NEIGHBOUR_QUEUE);
	n->generation++;
}

struct ip_neighbour *
neighbour_make(struct ip *ip, const struct tern_addr *addr, uint16_t vlan, uint32_t source)
{
	uint32_t *head = chain_of(ip, addr, vlan);
	struct ip_neighbour *n;

	if (ip->neighbours < IP_NEIGHBOURS - 1) {
		n = &ip->neighbour[++ip->neighbours];
	} else {
		n = recycle(ip);
		forget(ip, n);
	}
	n->state = NEIGHBOUR_INCOMPLETE;
	n->used = 0;
	n->probes = 0;
	n->owes_solicit = 0;
	n->vlan = vlan;
	n->addr = *addr;
	n->source = source;
	n->deadline_ns = UINT64_MAX;
	n->chain = *head;
	*head = (uint32_t)(n - ip->neighbour);
	return n;
}

static void
set_deadline(struct ip *ip, struct ip_neighbour *n, uint64_t at_ns)
{
	n->deadline_ns = at_ns;
	ip->next_ns = RTE_MIN(ip->next_ns, at_ns);
	ip->pass_ns = RTE_MIN(ip->pass_ns, at_ns);
}

/* Nothing is unlinked from the list: an entry that owes nothing any more is passed over. */
static void
owe(struct ip *ip, struct ip_neighbour *n)
{
	if (n->listed)
		return;
	n->listed = 1;
	fifo_push(&ip->owed, (uint32_t)(n - ip->neighbour));
}

static void
owe_solicit(struct ip *ip, struct ip_neighbour *n)
{
	n->owes_solicit = 1;
	n->deadline_ns = UINT64_MAX;  /* set when it is sent */
	owe(ip, n);
}

/* What waited leaves in its order, as far as tx has room. */
static void
flush(struct ip *ip, struct ip_neighbour *n)
{
	unsigned int sent = 0;

	for (; sent < n->queued && !ip_tx_full(ip); sent++) {
		struct rte_mbuf *m = n->queue[sent];
		char *p = rte_pktmbuf_prepend(m, n->header.length);

		if (p == NULL) {
			ip->drops[TERN_DROP_TX_ERROR]++;
			mbuf_free(m);
			continue;
		}
		memcpy(p, n->header.bytes, n->header.length);
		m->l2_len = n->header.length;
		ip_tx_push(ip, m);
		n->used = 1;
	}
	n->queued = (uint8_t)(n->queued - sent);
	memmove(n->queue, n->queue + sent, n->queued * sizeof(n->queue[0]));
	if (n->queued != 0)
		owe(ip, n);
}

static void
set_mac(struct ip *ip, struct ip_neighbour *n, const struct mac_addr *mac)
{
	ether_template_make(&n->header, mac, &ip->config.mac, n->vlan,
			    tern_addr_is_v4(&n->addr) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
}

void
neighbour_mac(const struct ip_neighbour *n, struct mac_addr *mac)
{
	memcpy(mac->b, n->header.bytes, sizeof(mac->b));
}

static bool
has_mac(const struct ip_neighbour *n, const struct mac_addr *mac)
{
	return ip_neighbour_usable(n) && memcmp(n->header.bytes, mac->b, sizeof(mac->b)) == 0;
}

static void
become(struct ip *ip, struct ip_neighbour *n, enum ip_neighbour_state state, uint64_t deadline_ns)
{
	n->state = (uint8_t)state;
	n->probes = 0;
	n->owes_solicit = 0;
	set_deadline(ip, n, deadline_ns);
}

void
neighbour_confirm(struct ip *ip, struct ip_neighbour *n, const struct mac_addr *mac, uint64_t now_ns)
{
	if (mac != NULL)
		set_mac(ip, n, mac);
	become(ip, n, NEIGHBOUR_REACHABLE, now_ns + ip->config.reachable_ns);
	n->used = 0;
	flush(ip, n);
}

void
neighbour_doubt(struct ip *ip, struct ip_neighbour *n, uint64_t now_ns)
{
	become(ip, n, NEIGHBOUR_STALE, now_ns + STALE_LOOK_NS);
}

void
neighbour_hint(struct ip *ip, struct ip_neighbour *n, const struct mac_addr *mac, uint64_t now_ns)
{
	if (has_mac(n, mac))
		return;
	set_mac(ip, n, mac);
	neighbour_doubt(ip, n, now_ns);
	flush(ip, n);
}

static void
fail(struct ip *ip, struct ip_neighbour *n, uint64_t now_ns)
{
	n->state = NEIGHBOUR_FAILED;
	n->deadline_ns = now_ns + FAILED_NS;  /* nothing happens then by itself */
	drop_queue(ip, n, TERN_DROP_NEIGHBOUR_FAILED);
}

/* Somebody wants it: ask, unless that is being done or was in vain a moment ago. */
static void
want(struct ip *ip, struct ip_neighbour *n, uint64_t now_ns)
{
	if (n->state == NEIGHBOUR_FAILED && now_ns >= n->deadline_ns) {
		n->state = NEIGHBOUR_INCOMPLETE;
		n->probes = 0;
	}
	if (n->state == NEIGHBOUR_INCOMPLETE && n->probes == 0)
		owe_solicit(ip, n);
}

void
ip_solicit(struct ip *ip, struct ip_neighbour *n, uint64_t now_ns)
{
	want(ip, n, now_ns);
}

void
ip_neighbour_wait(struct ip *ip, struct ip_neighbour *n, struct rte_mbuf *m, uint64_t now_ns)
{
	want(ip, n, now_ns);
	if (n->state == NEIGHBOUR_FAILED) {
		ip->drops[TERN_DROP_NEIGHBOUR_FAILED]++;
		mbuf_free(m);
		return;
	}
	if (n->queued == IP_NEIGHBOUR_QUEUE) {
		ip->drops[TERN_DROP_NEIGHBOUR_QUEUE]++;
		mbuf_free(n->queue[0]);
		memmove(n->queue, n->queue + 1, (IP_NEIGHBOUR_QUEUE - 1) * sizeof(n->queue[0]));
		n->queued--;
	}
	n->queue[n->queued++] = m;
	/* answered between the caller's look and now, or behind packets that tx had no room for */
	if (ip_neighbour_usable(n))
		owe(ip, n);
}

void
ip_learn(struct ip *ip, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac, uint64_t now_ns)
{
	struct ip_neighbour *n = neighbour_find(ip, addr, vlan);

	if (n != NULL)
		neighbour_confirm(ip, n, mac, now_ns);
}

void
neighbours_output(struct ip *ip, uint64_t now_ns)
{
	while (!ip_tx_full(ip)) {
		uint32_t index = fifo_pop(&ip->owed);
		struct ip_neighbour *n = &ip->neighbour[index];

		if (index == 0)
			return;
		n->listed = 0;
		if (n->owes_solicit) {
			n->owes_solicit = 0;
			n->probes++;
			/* without an mbuf it counts as lost: the next try comes by the clock */
			if (!resolve_solicit(ip, n))
				ip->drops[TERN_DROP_TX_NO_MBUF]++;
			set_deadline(ip, n, now_ns + ip->config.retrans_ns);
		}
		if (ip_neighbour_usable(n))
			flush(ip, n);
	}
}

static bool
ages(const struct ip_neighbour *n)
{
	return n->state >= NEIGHBOUR_REACHABLE || n->state == NEIGHBOUR_INCOMPLETE;
}

static void
probe(struct ip *ip, struct ip_neighbour *n)
{
	n->state = NEIGHBOUR_PROBE;
	n->probes = 0;
	n->used = 0;
	owe_solicit(ip, n);
}

void
ip_suspect(struct ip *ip, ip_nexthop hop)
{
	struct ip_neighbour *n = ip_nexthop_get(ip, hop);

	if (n != NULL && (n->state == NEIGHBOUR_REACHABLE || n->state == NEIGHBOUR_STALE))
		probe(ip, n);
}

static void
age(struct ip *ip, struct ip_neighbour *n, uint64_t now_ns)
{
	switch (n->state) {
	case NEIGHBOUR_REACHABLE:
	case NEIGHBOUR_STALE:
		if (n->used)
			probe(ip, n);
		else
			become(ip, n, NEIGHBOUR_STALE, now_ns + STALE_LOOK_NS);
		break;
	case NEIGHBOUR_PROBE:
		if (n->probes >= MAX_SOLICIT) {  /* gone, or it has another MAC now: ask everybody */
			n->state = NEIGHBOUR_INCOMPLETE;
			n->probes = 0;
		}
		owe_solicit(ip, n);
		break;
	case NEIGHBOUR_INCOMPLETE:
		if (n->probes >= MAX_SOLICIT)
			fail(ip, n, now_ns);
		else
			owe_solicit(ip, n);
		break;
	default:
		break;
	}
}

void
ip_expire(struct ip *ip, uint64_t now_ns)
{
	if (unlikely(now_ns >= ip->paths.next_ns))
		path_mtus_expire(&ip->paths, now_ns);
	if (unlikely(now_ns >= ip->claims_next_ns))
		claims_expire(ip, now_ns);
	if (unlikely(now_ns >= ip->fragments.next_ns))
		fragments_expire(ip, now_ns);
	if (likely(now_ns < ip->next_ns))
		return;
	if (ip->age_next == 1)
		ip->pass_ns = UINT64_MAX;
	for (uint32_t i = 0; i < AGE_BATCH; i++) {
		struct ip_neighbour *n = &ip->neighbour[ip->age_next];

		if (ip->age_next > ip->neighbours) {
			ip->age_next = 1;
			ip->next_ns = ip->pass_ns;
			return;
		}
		ip->age_next++;
		if (!ages(n))
			continue;
		if (n->deadline_ns <= now_ns)
			age(ip, n, now_ns);
		if (ages(n))
			ip->pass_ns = RTE_MIN(ip->pass_ns, n->deadline_ns);
	}
}

uint64_t
ip_next_ns(const struct ip *ip)
{
	if (ip_owes(ip))
		return 0;
	return RTE_MIN(RTE_MIN(ip->next_ns, ip->claims_next_ns), RTE_MIN(ip->paths.next_ns, ip->fragments.next_ns));
}
