/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "core/hash.h"
#include "core/mbuf.h"
#include "host.h"

#define POOL_MBUFS 8191u
#define PRIVATE 64u   /* between an mbuf and its data, as a program's own pool may have it */

static void
start_eal(void)
{
	static char words[][24] = {
		"test", "--no-huge", "-m", "64", "--no-pci", "--no-shconf", "--no-telemetry", "--log-level", "error", "--lcores", "",
	};
	enum { COUNT = sizeof(words) / sizeof(words[0]) };
	char *arguments[COUNT];
	cpu_set_t allowed;

	/* EAL binds the thread to its core: of two tests side by side both would sit on the first */
	sched_getaffinity(0, sizeof(allowed), &allowed);
	snprintf(words[COUNT - 1], sizeof(words[0]), "0@%d", sched_getcpu());
	for (unsigned int i = 0; i < COUNT; i++)
		arguments[i] = words[i];
	if (rte_eal_init(COUNT, arguments) < 0) {
		fprintf(stderr, "EAL does not start\n");
		exit(1);
	}
	sched_setaffinity(0, sizeof(allowed), &allowed);
}

struct rte_mempool *
host_pool(void)
{
	static struct rte_mempool *pool;

	if (pool != NULL)
		return pool;
	start_eal();
	pool = rte_pktmbuf_pool_create("test", POOL_MBUFS, 256, PRIVATE, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL) {
		fprintf(stderr, "no memory for a pool of mbufs\n");
		exit(1);
	}
	return pool;
}

struct rte_mbuf *
host_mbuf(const void *frame, uint32_t length)
{
	struct rte_mbuf *m = mbuf_alloc(host_pool());

	if (m != NULL)
		memcpy(rte_pktmbuf_append(m, (uint16_t)length), frame, length);
	return m;
}

unsigned int
host_pool_in_use(void)
{
	return rte_mempool_in_use_count(host_pool());
}

struct tcp_config
host_tcp_config(void)
{
	struct tcp_config tcp = TCP_CONFIG_DEFAULT;

	tcp.max_connections = 256;
	tcp.max_half_open = 256;
	tcp.max_time_wait = 256;
	return tcp;
}

static const struct { const char *name; size_t offset, size; } settings[] = {
#define FIELD(x) { #x, offsetof(struct tcp_config, x), sizeof(((struct tcp_config *)0)->x) }
	FIELD(max_connections), FIELD(max_half_open), FIELD(max_time_wait), FIELD(rcvbuf), FIELD(sndbuf), FIELD(notsent_lowat), FIELD(mss),
	FIELD(timestamps), FIELD(sack), FIELD(wscale), FIELD(nodelay), FIELD(ack_every), FIELD(ttl), FIELD(tos),
	FIELD(initial_window), FIELD(delayed_ack_ms), FIELD(rto_min_ms), FIELD(rto_max_ms), FIELD(rto_initial_ms),
	FIELD(syn_timeout_ms), FIELD(synack_retries), FIELD(challenge_ms), FIELD(user_timeout_ms), FIELD(fin_wait_2_ms), FIELD(time_wait_ms),
	FIELD(syn_cookies), FIELD(cookie_threshold), FIELD(fastopen),
	FIELD(rcvbuf_max), FIELD(ecn), FIELD(r1), FIELD(keep_idle_ms), FIELD(keep_interval_ms), FIELD(keep_count),
	FIELD(pmtu_discovery), FIELD(pmtu_base), FIELD(pacing), FIELD(account),
	FIELD(push_bursts), FIELD(quick_acks), FIELD(nagle_minshall), FIELD(linux_cwnd), FIELD(timestamps_lax), FIELD(reset_keeps_unread),
	FIELD(fastopen_no_cookie), FIELD(fastopen_client_no_cookie), FIELD(fastopen_listeners), FIELD(fastopen_persists), FIELD(fastopen_experiment),
	FIELD(errors_end_opens),
#undef FIELD
};

bool
host_set(struct host_setup *setup, const char *name, long long value)
{
	if (strcmp(name, "mtu") == 0) {
		setup->mtu = (uint16_t)value;
		return true;
	}
	for (unsigned int i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(name, settings[i].name) != 0)
			continue;
		/* little-endian: the low bytes are the value, whatever the width */
		memcpy((uint8_t *)&setup->tcp + settings[i].offset, &value, settings[i].size);
		/* a window that is said stays, unless its bound is said behind it */
		if (strcmp(name, "rcvbuf") == 0)
			setup->tcp.rcvbuf_max = setup->tcp.rcvbuf;
		return true;
	}
	return false;
}

static bool
is_set(const struct tern_addr *a)
{
	static const struct tern_addr none;

	return memcmp(a, &none, sizeof(none)) != 0;
}

static void
add_route(struct ip_config *ip, const struct tern_addr *net, uint8_t prefix, const struct tern_addr *gateway, uint16_t vlan)
{
	struct ip_route *route = &ip->route[ip->routes++];

	*route = (struct ip_route){ .prefix = prefix, .via = gateway != NULL, .vlan = vlan };
	memcpy(route->net.b, net->b, prefix / 8);
	if (gateway != NULL)
		route->gateway = *gateway;
}

static void
add_local(struct ip_config *ip, const struct tern_addr *addr, uint16_t vlan)
{
	uint8_t prefix = tern_addr_is_v4(addr) ? 120 : 64;

	ip->local[ip->locals] = (struct ip_local){
		.first = *addr, .count = 1, .number = ip->locals + 1, .vlan = vlan, .prefix = prefix,
	};
	ip->locals++;
	add_route(ip, addr, prefix, NULL, vlan);
}

struct tern_stack *
host_stack(const struct host_setup *setup)
{
	static const struct tern_addr v4_prefix = { .b = { [10] = 0xff, [11] = 0xff } };
	static const struct tern_addr any;
	struct secret secret;
	struct ip_config *ip = calloc(1, sizeof(*ip));
	struct stack_config config = {
		.link = setup->link, .pool = host_pool(), .ip = ip, .tcp = &setup->tcp, .secret = &secret,
		.burst = setup->burst, .node = SOCKET_ID_ANY,
	};
	struct tern_stack *stack;

	if (ip == NULL)
		return NULL;
	secret_from_seed(&secret, setup->seed);
	ip->mac = setup->mac;
	ip->mtu = setup->mtu != 0 ? setup->mtu : 1500;
	for (unsigned int i = 0; i < setup->locals; i++)
		add_local(ip, &setup->local[i], setup->vlan);
	if (is_set(&setup->gateway[0]))
		add_route(ip, &v4_prefix, 96, &setup->gateway[0], setup->vlan);
	if (is_set(&setup->gateway[1]))
		add_route(ip, &any, 0, &setup->gateway[1], setup->vlan);
	stack = stack_new(&config, setup->start_ns);
	free(ip);
	return stack;
}
