/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TESTS_UNIT_IP_FIXTURE_H
#define TESTS_UNIT_IP_FIXTURE_H

/*
 * One interface with its clock in the test's hand: 198.18.0.1/24 (number 1) and
 * 2001:2::1/64 (number 2) untagged with gateways, 198.18.7.1/24 (number 3) on
 * VLAN 7. After each test every mbuf must be back in its pool.
 */

#include <stdio.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "core/mbuf.h"
#include "eal.h"
#include "frames.h"
#include "ip/ip.h"

#define SECOND UINT64_C(1000000000)
#define POOL_SIZE 1023u

struct fixture {
	struct ip ip;
	struct ip_config config;
	struct frame_queue tx;
	uint64_t drops[TERN_DROP_MAX];
	uint64_t now;
	struct rte_mempool *pool;
	unsigned int told;             /* calls of the hook */
	struct tern_addr told_addr;
};

static const struct mac_addr us_mac = { { 2, 0, 0, 0, 0, 10 } }, peer_mac = { { 2, 0, 0, 0, 0, 11 } },
			     other_mac = { { 2, 0, 0, 0, 0, 12 } };

static inline struct ip_route
route(const char *net, uint8_t prefix, const char *gateway, uint16_t vlan)
{
	struct ip_route r = { .net = addr(net), .prefix = prefix, .vlan = vlan, .via = gateway != NULL };

	if (gateway != NULL)
		r.gateway = addr(gateway);
	return r;
}

static inline void
fixture_start(struct fixture *x, const struct ip_hooks *hooks)
{
	if (ip_init(&x->ip, &x->config, x->pool, &x->tx, x->drops, hooks, -1) != 0)
		abort();
}

static inline void
fixture_clear_tx(struct fixture *x)
{
	mbuf_free_bulk(x->tx.frame, x->tx.count);
	x->tx.count = 0;
}

/* the same interface with another configuration */
static inline void
fixture_restart(struct fixture *x)
{
	fixture_clear_tx(x);
	ip_free(&x->ip);
	fixture_start(x, NULL);
}

static inline int
fixture_setup(void **state)
{
	static struct rte_mempool *pool;
	struct fixture *x = calloc(1, sizeof(*x));

	if (pool == NULL)
		pool = rte_pktmbuf_pool_create("test", POOL_SIZE, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (x == NULL || pool == NULL)
		return -1;
	x->pool = pool;
	x->now = 1000 * SECOND;
	x->config = (struct ip_config){
		.mac = us_mac, .mtu = 1500, .locals = 3, .routes = 5,
		.local = {
			{ .first = addr("198.18.0.1"), .count = 1, .number = 1, .vlan = VLAN_NONE, .prefix = 120 },
			{ .first = addr("2001:2::1"), .count = 1, .number = 2, .vlan = VLAN_NONE, .prefix = 64 },
			{ .first = addr("198.18.7.1"), .count = 1, .number = 3, .vlan = 7, .prefix = 120 },
		},
		.route = {
			route("0.0.0.0", 96, "198.18.0.254", VLAN_NONE),
			route("198.18.0.0", 120, NULL, VLAN_NONE),
			route("2001:2::", 64, NULL, VLAN_NONE),
			route("::", 0, "2001:2::fe", VLAN_NONE),
			route("198.18.7.0", 120, NULL, 7),
		},
	};
	fixture_start(x, NULL);
	*state = x;
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *x = *state;
	unsigned int available;

	fixture_clear_tx(x);
	ip_free(&x->ip);
	available = rte_mempool_avail_count(x->pool);
	free(x);
	if (available != POOL_SIZE)
		fprintf(stderr, "%u mbufs are missing\n", POOL_SIZE - available);
	return available == POOL_SIZE ? 0 : -1;
}

static inline void
fixture_learned(void *context, const struct tern_addr *a, uint16_t vlan, const struct mac_addr *mac)
{
	struct fixture *x = context;

	(void)vlan;
	(void)mac;
	x->told++;
	x->told_addr = *a;
}

static inline struct rte_mbuf *
mbuf_of(struct fixture *x, const uint8_t *bytes, size_t length)
{
	struct rte_mbuf *m = mbuf_alloc(x->pool);

	if (m == NULL)
		abort();
	memcpy(rte_pktmbuf_append(m, (uint16_t)length), bytes, length);
	return m;
}

/* The same bytes in two segments, the second from `at` on. */
static inline struct rte_mbuf *
chain_of_two(struct fixture *x, const uint8_t *bytes, size_t length, size_t at)
{
	struct rte_mbuf *m = mbuf_of(x, bytes, at);

	rte_pktmbuf_chain(m, mbuf_of(x, bytes + at, length - at));
	return m;
}

/* As a stack does it: parse, then ip. */
static inline int
input_mbuf(struct fixture *x, struct rte_mbuf *m)
{
	struct frame f;
	int error = frame_parse(&f, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len, false);

	if (error != 0) {
		mbuf_free(m);
		return error;
	}
	return ip_input(&x->ip, m, &f, x->now);
}

static inline int
input(struct fixture *x, const uint8_t *bytes, size_t length)
{
	return input_mbuf(x, mbuf_of(x, bytes, length));
}

/* A turn without packets: expire, output. */
static inline void
turn(struct fixture *x)
{
	ip_expire(&x->ip, x->now);
	ip_output(&x->ip, x->now);
}

/* Turns at every time that ip asks for, up to and including `until`. */
static inline void
run_until(struct fixture *x, uint64_t until)
{
	for (;;) {
		uint64_t next;

		turn(x);
		next = ip_next_ns(&x->ip);
		if (next > until)
			break;
		x->now = RTE_MAX(x->now, next);
	}
	x->now = until;
}

static inline const uint8_t *
sent(struct fixture *x, uint32_t i)
{
	return rte_pktmbuf_mtod(x->tx.frame[i], const uint8_t *);
}

static inline ip_nexthop
route_to(struct fixture *x, uint32_t local, const char *text)
{
	struct tern_addr a = addr(text);

	return ip_route(&x->ip, local, &a);
}

static inline struct ip_neighbour *
neighbour_of(struct fixture *x, uint32_t local, const char *text)
{
	return ip_nexthop_get(&x->ip, route_to(x, local, text));
}

/* ARP from .2 (or another sender) as it would come in */
static inline int
input_arp(struct fixture *x, uint16_t operation, const char *sender, const struct mac_addr *mac, const char *target)
{
	struct arp a = { operation, *mac, us_mac, addr(sender), addr(target) };
	uint8_t bytes[ETHER_HEADER + ARP_LENGTH];
	struct ether_template t;

	ether_template_make(&t, operation == ARP_REQUEST ? &MAC_BROADCAST : &us_mac, mac, VLAN_NONE, ETHERTYPE_ARP);
	memcpy(bytes, t.bytes, ETHER_HEADER);
	arp_emit(bytes + ETHER_HEADER, &a);
	return input(x, bytes, sizeof(bytes));
}

/* Neighbour discovery with any addresses */
static inline int
input_ndp(struct fixture *x, const struct ndp *n, const struct mac_addr *src_mac, const char *src, const char *dst)
{
	struct tern_addr from = addr(src), to = addr(dst);
	uint8_t bytes[ETHER_HEADER + IPV6_HEADER + NDP_MAX_LENGTH];
	struct ether_template t;
	uint32_t length;

	ether_template_make(&t, &us_mac, src_mac, VLAN_NONE, ETHERTYPE_IPV6);
	memcpy(bytes, t.bytes, ETHER_HEADER);
	length = ndp_emit(bytes + ETHER_HEADER + IPV6_HEADER, n, &from, &to);
	ip_emit(bytes + ETHER_HEADER, false, &from, &to, IP_PROTO_ICMPV6, length, 0, 255, 0, false);
	return input(x, bytes, ETHER_HEADER + IPV6_HEADER + length);
}

/* An IP packet that waits for its Ethernet header; the first byte tells it apart. */
static inline struct rte_mbuf *
packet(struct fixture *x, uint8_t tag)
{
	uint8_t bytes[40] = { tag };

	return mbuf_of(x, bytes, sizeof(bytes));
}

#endif
