/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Stacks of several cores a side in one thread over loop, in virtual time: connect, 64 bytes there and back, close.
 * `cores N COUNT` does so many connections, shared out over N cores a side, for cores.py to count their instructions. As
 * much is under way on a core as with one, and every stack polls its siblings' steering rings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "../unit/eal.h"
#include "measure.h"
#include "port/loop.h"
#include "stack/stack.h"

#define CORES_MOST 8u
#define IN_FLIGHT 64u          /* connections of a client core, as a burst holds */
#define MESSAGE 64u
#define POOL 8191u
#define RING 1024u
#define TURN_NS 2000u
#define TURNS_MOST 10000000u
#define SETTLE_TURNS 1000u

struct core {
	struct tern_stack *stack;
	struct owner *owner;
	struct rte_ring *to[CORES_MOST], *from[CORES_MOST];
	unsigned int side, index;
	uint32_t share, started, done;
};

enum { CLIENT, SERVER };

static struct core core[2][CORES_MOST];
static unsigned int cores;
static uint64_t now_ns = UINT64_C(1000000000);
static struct tern_addr address[2];
static char buffer[4096];

/* As run/ does by mail. */
static void
tell_siblings(void *context, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac)
{
	const struct core *from = context;

	for (unsigned int i = 0; i < cores; i++)
		if (i != from->index)
			ip_learn(stack_ip(core[from->side][i].stack), addr, vlan, mac, now_ns);
}

static void
make_rings(unsigned int side)
{
	for (unsigned int from = 0; from < cores; from++)
		for (unsigned int to = 0; to < cores; to++) {
			char name[RTE_RING_NAMESIZE];
			struct rte_ring *ring;

			snprintf(name, sizeof(name), "s%hhu_%hhu_%hhu", (uint8_t)side, (uint8_t)from, (uint8_t)to);
			ring = from == to ? NULL : rte_ring_create(name, RING, -1, RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (from != to && ring == NULL)
				measure_die("no memory for a steering ring");
			core[side][from].to[to] = core[side][to].from[from] = ring;
		}
}

static void
make_stack(struct core *c, const struct port *port, struct rte_mempool *pool, const struct secret *secret)
{
	struct tcp_config tcp = TCP_CONFIG_DEFAULT;
	struct ip_config *ip = calloc(1, sizeof(*ip));
	struct stack_config config = {
		.link = port->link[c->index], .pool = pool, .ip = ip, .tcp = &tcp, .secret = secret,
		.hooks = { .context = c, .learned = cores > 1 ? tell_siblings : NULL }, .node = -1, .run = c,
	};

	c->owner = calloc(1, sizeof(*c->owner));
	if (ip == NULL || c->owner == NULL)
		measure_die("out of memory");
	if (cores > 1) {
		port_owner(port, c->owner, c->index);
		config.owner = c->owner;
		config.steer_to = c->to;
		config.steer_from = c->from;
	}
	ip->mac = port->mac;
	ip->mtu = 1500;
	ip->tx_ip_checksum = ip->tx_l4_checksum = ip->rx_checksum = true;
	ip->locals = ip->routes = 1;
	ip->local[0] = (struct ip_local){ .first = address[c->side], .count = 1, .number = 1, .vlan = VLAN_NONE, .prefix = 120 };
	ip->route[0] = (struct ip_route){ .prefix = 120, .vlan = VLAN_NONE };
	tern_addr_parse("198.18.0.0", &ip->route[0].net);
	tcp.max_connections = tcp.max_half_open = tcp.max_time_wait = 4096;
	c->stack = stack_new(&config, now_ns);
	free(ip);
	if (c->stack == NULL)
		measure_die("no stack for core %u", c->index);
}

static void
make_all(uint32_t count)
{
	struct port_config configs[2];
	struct complaint why;
	struct port *ports[2];
	struct secret secret;
	struct rte_mempool *pool;

	if (eal_for_tests(NULL) != 0)
		measure_die("EAL did not start");
	pool = rte_pktmbuf_pool_create("frames", POOL, 512, 0, RTE_MBUF_DEFAULT_BUF_SIZE, -1);
	if (pool == NULL)
		measure_die("no memory for %u frames", POOL);
	secret_from_seed(&secret, 1);
	tern_addr_parse("198.18.0.1", &address[CLIENT]);
	tern_addr_parse("198.18.0.2", &address[SERVER]);
	for (unsigned int side = 0; side < 2; side++)
		configs[side] = (struct port_config){ .cores = cores, .mtu = 1500, .pool = pool, .node = -1 };
	if (loop_open(ports, configs, &why) != 0)
		measure_die("%s", why.text);
	for (unsigned int side = 0; side < 2; side++) {
		make_rings(side);
		for (unsigned int i = 0; i < cores; i++) {
			core[side][i].side = side;
			core[side][i].index = i;
			core[side][i].share = count / cores + (i < count % cores);
			make_stack(&core[side][i], ports[side], pool, &secret);
		}
	}
}

static void
listen_everywhere(void)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;
	tern_listener listener;

	o.port = 80;
	for (unsigned int i = 0; i < cores; i++)
		if (tern_listen(core[SERVER][i].stack, &o, &listener) != 0)
			measure_die("a server does not listen");
}

static void
act(struct core *c, const struct tern_event *e)
{
	ssize_t n;

	c->done += c->side == CLIENT && (e->mask & TERN_CLOSED);
	if (!(e->mask & TERN_READABLE))
		return;
	n = tern_recv(c->stack, e->id, buffer, sizeof(buffer));
	if (c->side == SERVER && n > 0)
		tern_send(c->stack, e->id, buffer, MESSAGE);
	else if (n >= 0)
		tern_close(c->stack, e->id);
}

static void
start_more(struct core *c, const struct tern_connect_options *o)
{
	tern_conn id;

	for (; c->started < c->share && c->started - c->done < IN_FLIGHT; c->started++)
		if (tern_connect(c->stack, o, &id) != 0)
			measure_die("core %u: a connection does not start", c->index);
}

static void
turn_all(const struct tern_connect_options *o)
{
	struct tern_event events[64];

	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < cores; i++) {
			struct core *c = &core[side][i];
			int n = stack_poll(c->stack, now_ns, events, (int)RTE_DIM(events), NULL);

			for (int k = 0; k < n; k++)
				act(c, &events[k]);
			if (side == CLIENT && o != NULL)
				start_more(c, o);
		}
	now_ns += TURN_NS;
}

static uint32_t
done(void)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < cores; i++)
		sum += core[CLIENT][i].done;
	return sum;
}

/* Each did its share, and on its own. */
static void
check(void)
{
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int i = 0; i < cores; i++) {
			const struct tern_stats *s = stack_stats(core[side][i].stack);

			if (s->steered_out + s->retransmits_syn + s->retransmits_data + s->rst_tx > 0)
				measure_die("core %u of side %u: steered %lu, sent again %lu SYNs, %lu data, reset %lu", i, side, s->steered_out,
					    s->retransmits_syn, s->retransmits_data, s->rst_tx);
			if (side == SERVER && s->accepts == 0)
				measure_die("core %u of the server had none", i);
		}
}

int
main(int argc, char **argv)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	uint32_t count = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	cores = argc == 3 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;
	if (cores < 1 || cores > CORES_MOST || count == 0) {
		fprintf(stderr, "usage: cores 1..%u COUNT\n", CORES_MOST);
		return 2;
	}
	make_all(count);
	listen_everywhere();
	/* who is asked for a neighbour's address tells only its own side */
	for (unsigned int i = 0; i < cores; i++) {
		tern_ready(core[CLIENT][i].stack, &address[SERVER]);
		tern_ready(core[SERVER][i].stack, &address[CLIENT]);
	}
	for (uint32_t i = 0; i < SETTLE_TURNS; i++)
		turn_all(NULL);
	o.target.addr = address[SERVER];
	o.target.port = 80;
	o.data = buffer;
	o.data_length = MESSAGE;
	for (uint32_t turns = 0; done() < count && turns < TURNS_MOST; turns++)
		turn_all(&o);
	if (done() != count)
		measure_die("broke off: %u of %u connections", done(), count);
	check();
	printf("%u\n", count);
	return 0;
}
