/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include "run/capture.h"
#include "run/configure.h"
#include "run/process.h"
#include "run/stacks.h"
#include "stack/stack.h"

struct run_core *
core_new(int node, struct complaint *why)
{
	struct run_core *c = rte_zmalloc_socket("core", sizeof(*c), RTE_CACHE_LINE_SIZE, node);

	if (c == NULL) {
		complain(why, "out of memory for a core's record");
		return NULL;
	}
	c->node = node;
	if (mailbox_open(c) != 0) {
		complain(why, "no mailbox for a core: %s", strerror(errno));
		rte_free(c);
		return NULL;
	}
	return c;
}

/* The core that hears an ARP or NDP answer tells its siblings; a full mailbox only means that one of them asks itself. */
static void
post_siblings(const struct run_core *c, const struct mail *mail)
{
	for (unsigned int i = 0; i < c->side->count; i++)
		if (i != c->index)
			mailbox_post(c->side->core[i], mail);
}

static void
tell_siblings(void *context, const struct tern_addr *addr, uint16_t vlan, const struct mac_addr *mac)
{
	const struct mail mail = { .kind = MAIL_LEARNED, .vlan = vlan, .mac = *mac, .addr = *addr };

	post_siblings(context, &mail);
}

/* The core that owns the quoted connection tells it too: whoever else sends there would meet the same router. */
static void
tell_path_mtu(void *context, const struct tern_addr *dst, uint16_t mtu)
{
	const struct mail mail = { .kind = MAIL_PATH_MTU, .mtu = mtu, .addr = *dst };

	post_siblings(context, &mail);
}

/* Loud, as whoever configured it will wonder why nothing answers there any more. */
static void
tell_lost(void *context, const struct tern_addr *addr, uint16_t vlan)
{
	struct run_core *c = context;
	const struct mail mail = { .kind = MAIL_LOST, .vlan = vlan, .addr = *addr };
	char text[TERN_ENDPOINT_STRLEN];

	fprintf(stderr, "tern: %s is somebody else's on this network: given up (--no-dad uses it all the same)\n",
		tern_addr_format(addr, text, sizeof(text)));
	stack_lose(c->stack, addr, vlan);
	post_siblings(c, &mail);
}

int
core_make_stack(struct run_core *c, const struct secret *secret, struct rte_mempool *pool, struct complaint *why)
{
	const struct side *side = c->side;
	bool several = side->count > 1;
	struct tcp_config tcp;
	struct ip_config ip;
	const struct stack_config config = {
		.link = capture_link(c, side->port->link[c->index]),
		.pool = pool,
		.pool_cache = c->pool_sharers > 0 ? rte_mempool_default_cache(pool, c->lcore) : NULL,
		.pool_sharers = c->pool_sharers,
		.ip = &ip,
		.tcp = &tcp,
		.secret = secret,
		.owner = several ? side->owner[c->index] : NULL,
		.steer_to = several ? side->steer_to[c->index] : NULL,
		.steer_from = several ? side->steer_from[c->index] : NULL,
		.hooks = { .context = c, .learned = several ? tell_siblings : NULL,
			   .path_mtu = several ? tell_path_mtu : NULL, .lost = tell_lost },
		.burst = (uint32_t)side->options->burst,
		.node = c->node,
		.run = c,
	};

	configure_tcp(&tcp, side->options);
	configure_ip(&ip, side->options, side->port);
	c->stack = stack_new(&config, clock_ns(&c->clock));
	if (c->stack == NULL)
		return complain(why, "no %sstack for CPU %u: %s; smaller --max-connections, --max-half-open or --max-time-wait "
				"need less memory", side->name, c->cpu, strerror(errno));
	c->stats = stack_stats(c->stack);
	/* peers may still know these addresses at the place of an earlier run; one core says it for all */
	if (side->sole)
		return 0;
	if (!side->options->no_dad)
		ip_claim(stack_ip(c->stack), clock_ns(&c->clock), c->index == 0);
	else if (c->index == 0)
		ip_announce(stack_ip(c->stack));
	return 0;
}

void
core_free_stack(struct run_core *c)
{
	if (c->stack != NULL)
		stack_free(c->stack);
	c->stack = NULL;
}

void
core_free(struct run_core *c)
{
	mailbox_close(c);
	rte_free(c);
}

enum tern_side
tern_stack_side(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return c->side_id;
}

unsigned int
tern_stack_index(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return c->index;
}

unsigned int
tern_stack_peers(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return c->peers;
}

unsigned int
tern_stack_core(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return c->cpu;
}

struct tern *
tern_stack_process(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);

	return c->process;
}

uint32_t
tern_stack_sources(const struct tern_stack *stack)
{
	const struct run_core *c = stack_run(stack);
	uint32_t sources = 0;

	for (unsigned int i = 0; i < c->side->options->pools; i++)
		sources += c->side->options->pool[i].count;
	return sources;
}
