/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ring.h>

#include "core/hash.h"
#include "core/mem.h"
#include "run/sim.h"
#include "run/stacks.h"
#include "stack/stack.h"

#define EVENTS 64

static struct sim_machine *
machine_of(const struct sim_host *host)
{
	return (struct sim_machine *)(uintptr_t)host;
}

/* ---- turns */

static bool
turn(struct sim_host *host, uint64_t now_ns)
{
	struct sim_machine *m = machine_of(host);
	struct tern_event events[EVENTS];
	int n = core_turn(m->core, events, EVENTS);

	(void)now_ns;
	if (n > 0 && m->program != NULL)
		m->program(m->core->stack, events, n, m->arg);
	return m->core->worked;
}

static uint64_t
next_ns(struct sim_host *host, uint64_t now_ns)
{
	const struct run_core *c = machine_of(host)->core;

	if (!rte_ring_empty(c->mailbox))
		return now_ns;
	return RTE_MIN(stack_next_ns(c->stack), timers_next_ns(&c->timers));
}

static void
set_time(struct sim_host *host, uint64_t now_ns)
{
	stack_set_time(machine_of(host)->core->stack, now_ns);
}

/* What its device had no room for. */
static void
read_drops(struct port *port, uint64_t *drops)
{
	const struct sim_machine *m = (struct sim_machine *)(void *)((char *)port - offsetof(struct sim_machine, port));

	drops[TERN_DROP_RX_MISSED] = m->host.missed;
}

void
tern_sim_work(struct tern_stack *stack, uint64_t ns)
{
	struct run_core *c = stack_run(stack);

	sim_host_work(&((struct sim_machine *)(void *)((char *)c->side - offsetof(struct sim_machine, side)))->host, ns);
}

void
tern_sim_processor(struct tern_sim_node *host, uint64_t frame_ns, uint32_t rx_queue)
{
	if (host->host == NULL)
		return;
	host->host->frame_ns = frame_ns;
	host->host->rx_queue = rx_queue;
}

static const struct sim_host_ops ops = { .turn = turn, .next_ns = next_ns, .set_time = set_time };

/* ---- making */

static int
parse(struct sim_machine *m, int words, const char *const *word, struct complaint *why)
{
	char **argv = calloc((size_t)words + 2, sizeof(argv[0]));
	int result;

	if (argv == NULL)
		return complain(why, "out of memory");
	/* read, and not kept but for what stands in tables */
	for (int i = 0; i < words; i++)
		argv[i + 1] = (char *)(uintptr_t)word[i];
	result = options_parse_host(&m->options, words + 1, argv, why);
	free(argv);
	return result;
}

/* Nobody asks on the network whether an address is free: here it is known. */
static int
check_addresses(const struct tern_sim *sim, const struct sim_machine *m, struct complaint *why)
{
	const struct side_options *mine = &m->options.side[0];
	char text[TERN_ENDPOINT_STRLEN];

	for (uint32_t i = 0; i < sim->net.nodes; i++) {
		const struct sim_host *other = sim->net.node[i]->host;
		const struct side_options *s = other != NULL ? &machine_of(other)->options.side[0] : NULL;

		for (unsigned int k = 0; s != NULL && k < mine->ips; k++)
			for (unsigned int n = 0; n < s->ips; n++)
				if (memcmp(&s->ip[n].addr, &mine->ip[k].addr, sizeof(mine->ip[k].addr)) == 0 &&
				    s->ip[n].vlan == mine->ip[k].vlan)
					return complain(why, "--ip %s is %s's already; each host needs addresses of its own",
							tern_addr_format(&mine->ip[k].addr, text, sizeof(text)),
							other->node.name);
	}
	return 0;
}

static int
check_size(const struct tern_sim *sim, const struct sim_machine *m, struct complaint *why)
{
	uint32_t most = sim->data_room - RTE_PKTMBUF_HEADROOM - ETHER_MAX_HEADER;

	if (m->options.side[0].mtu <= most)
		return 0;
	return complain(why, "--mtu %llu: this network's packets hold %u bytes; give tern_sim_new() an mbuf_size of %llu",
			(unsigned long long)m->options.side[0].mtu, most,
			(unsigned long long)m->options.side[0].mtu + RTE_PKTMBUF_HEADROOM + ETHER_MAX_HEADER);
}

static void
describe(struct tern_sim *sim, struct sim_machine *m)
{
	const struct side_options *s = &m->options.side[0];
	struct tern_link *link = &m->host.link;
	bool software = s->checksum == CHECKSUM_SOFTWARE;

	/* computed where it matters, as by a device */
	link->capabilities.tx_ip_checksum = !software;
	link->capabilities.tx_l4_checksum = !software;
	link->capabilities.rx_checksum = !software;
	link->capabilities.by_reference = true;
	snprintf(m->port.name, sizeof(m->port.name), "sim:%s", m->host.node.name);
	snprintf(m->port.driver, sizeof(m->port.driver), "sim");
	m->port.mac = sim_host_mac(&m->host);
	m->port.mtu = (uint16_t)s->mtu;
	m->port.cores = 1;
	m->port.link[0] = link;
	m->port.read_drops = read_drops;
	m->side.id = TERN_SIDE_ONLY;
	m->side.name = "";
	m->side.options = s;
	m->side.port = &m->port;
	m->side.pool = sim->pool;
	m->side.sole = true;
}

static int
make_stack(struct tern_sim *sim, struct sim_machine *m, struct complaint *why)
{
	uint64_t seed = sim->net.seed;
	struct secret secret;
	struct run_core *c = core_new(SOCKET_ID_ANY, why);
	int result;

	if (c == NULL)
		return -1;
	m->core = m->side.core[m->side.count++] = c;
	c->stop = &sim->stop;
	c->clock.set_ns = &sim->net.now_ns;
	c->virtual_time = &sim->time;
	c->side = &m->side;
	c->side_id = TERN_SIDE_ONLY;
	c->peers = 1;
	/* a step of the generator between the two numbers, so that hosts of neighbouring seeds have nothing in common */
	secret_from_seed(&secret, m->options.seeded ? m->options.seed : mix64(&seed) ^ (m->host.number + 1));
	mem_prefer_small(true);
	result = core_make_stack(c, &secret, sim->pool, why);
	mem_prefer_small(false);
	return result;
}

struct sim_machine *
sim_machine_new(struct tern_sim *sim, const char *name, int words, const char *const *word, struct complaint *why)
{
	struct sim_machine *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		complain(why, "out of memory");
		return NULL;
	}
	if (parse(m, words, word, why) != 0 || check_addresses(sim, m, why) != 0 || check_size(sim, m, why) != 0) {
		free(m);
		return NULL;
	}
	m->host.number = sim->net.hosts;
	snprintf(m->host.node.name, sizeof(m->host.node.name), "%s", name);
	describe(sim, m);
	if (make_stack(sim, m, why) == 0) {
		m->host.ops = &ops;
		if (sim_host_init(&m->host, &sim->net, name) == 0)
			return m;
		complain(why, "out of memory");
	}
	sim_machine_free(m);
	return NULL;
}

void
sim_machine_free(struct sim_machine *m)
{
	if (m->core != NULL) {
		core_free_stack(m->core);
		core_free(m->core);
	}
	sim_ring_free(&m->host.inbox);
	sim_node_free(&m->host.node);
	free(m);
}
