/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_lcore.h>

#include <tern/mbuf.h>

#include "port/ethdev.h"
#include "run/process.h"
#include "run/stacks.h"
#include "stack/stack.h"

/* A stack that a program with an EAL of its own makes over a queue of its own: a side of one core, with no process. */
struct adopted {
	struct options options;
	struct side side;
	struct secret secret;
	_Atomic bool stop;   /* never set: there is no tern_stop() without a process */
};

static void
adopted_free(struct adopted *a)
{
	struct run_core *c = a->side.core[0];

	if (c != NULL) {
		core_free_stack(c);
		core_free(c);
	}
	if (a->side.port != NULL)
		a->side.port->close(a->side.port);
	free(a);
}

static int
adopt(struct adopted *a, uint16_t port, uint16_t queue, struct rte_mempool *pool, struct complaint *why)
{
	struct side_options *s = &a->options.side[0];
	struct run_core *c;

	a->side.id = TERN_SIDE_ONLY;
	a->side.name = "";
	a->side.options = s;
	a->side.pool = pool;
	a->side.port = ethdev_adopt(port, queue, s->checksum == CHECKSUM_SOFTWARE, s->tso == TSO_OFF, why);
	if (a->side.port == NULL)
		return -1;
	c = core_new((int)rte_socket_id(), why);
	if (c == NULL)
		return -1;
	a->side.core[a->side.count++] = c;
	c->stop = &a->stop;
	c->idle = (uint8_t)a->options.idle;
	c->cpu = rte_lcore_id() != LCORE_ID_ANY ? (unsigned int)rte_lcore_to_cpu_id(-1) : 0;
	c->lcore = rte_lcore_id();
	c->pool_sharers = rte_lcore_count() - 1;
	c->side = &a->side;
	c->side_id = TERN_SIDE_ONLY;
	c->peers = 1;
	clock_start(&c->clock);
	if (a->options.seeded)
		secret_from_seed(&a->secret, a->options.seed);
	else if (secret_random(&a->secret) != 0)
		return complain(why, "the kernel gives no random numbers");
	return core_make_stack(c, &a->secret, pool, why);
}

struct tern_stack *
tern_stack_create(uint16_t port, uint16_t queue, struct rte_mempool *pool, int argc, char **argv)
{
	struct complaint *why = process_complaint();
	struct adopted *a = calloc(1, sizeof(*a));

	why->text[0] = '\0';
	if (a == NULL) {
		complain(why, "out of memory");
		return NULL;
	}
	/* the port's own MTU holds; the check of addresses against it comes with the words */
	if (options_parse_stack(&a->options, argc, argv, why) != 0 || adopt(a, port, queue, pool, why) != 0) {
		adopted_free(a);
		return NULL;
	}
	return a->side.core[0]->stack;
}

void
tern_stack_destroy(struct tern_stack *stack)
{
	if (stack != NULL) {
		struct run_core *c = stack_run(stack);

		/* the side lies within what was allocated */
		adopted_free((struct adopted *)(void *)((char *)c->side - offsetof(struct adopted, side)));
	}
}
