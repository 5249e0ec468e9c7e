/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_lcore.h>

#include "core/mem.h"
#include "run/capture.h"
#include "run/configure.h"
#include "run/describe.h"
#include "run/pools.h"
#include "run/process.h"
#include "run/room.h"
#include "run/stacks.h"
#include "run/steering.h"
#include "run/telemetry.h"
#include "stack/stack.h"

static _Thread_local struct complaint last_complaint;

struct complaint *
process_complaint(void)
{
	return &last_complaint;
}

const char *
tern_error(void)
{
	return last_complaint.text;
}

static int
make_cores(struct tern *t, struct complaint *why)
{
	for (unsigned int i = 0; i < t->sides; i++) {
		struct side *side = &t->side[i];

		side->id = t->sides == 1 ? TERN_SIDE_ONLY : i == 0 ? TERN_SIDE_CLIENT : TERN_SIDE_SERVER;
		side->name = options_side_name(&t->options, i);
		side->options = &t->options.side[i];
		for (unsigned int k = 0; k < t->placement.side_count[i]; k++) {
			struct run_core *c = core_new((int)rte_lcore_to_socket_id(t->stacks + 1), why);

			if (c == NULL)
				return -1;
			t->core[t->stacks] = side->core[side->count++] = c;
			c->clock = t->clock;
			c->stop = &t->stop;
			c->idle = (uint8_t)t->options.idle;
			c->cpu = t->placement.cpu[t->stacks];
			c->shared_cpu = t->placement.shared[t->stacks];
			c->lcore = t->stacks + 1;
			c->process = t;
			c->side = side;
			c->side_id = side->id;
			c->index = k;
			c->peers = t->placement.side_count[i];
			t->stacks++;
		}
	}
	return 0;
}

static void
wish_of(const struct side *side, struct port_config *wish)
{
	const struct side_options *s = side->options;

	*wish = (struct port_config){
		.cores = side->count,
		.mtu = (uint16_t)s->mtu,
		.software_checksums = s->checksum == CHECKSUM_SOFTWARE,
		.no_tso = s->tso == TSO_OFF,
		.pool = side->pool,
		.node = side->core[0]->node,
		.addresses = s->ips,
	};
	for (unsigned int i = 0; i < s->ips; i++)
		wish->address[i] = s->ip[i].addr;
}

static int
open_ports(struct tern *t, struct complaint *why)
{
	struct port_config wish[2];
	char said[400];

	for (unsigned int i = 0; i < t->sides; i++)
		wish_of(&t->side[i], &wish[i]);
	if (t->options.side[0].kind->open_pair != NULL) {
		struct port *ports[2];

		if (t->options.side[0].kind->open_pair(ports, wish, why) != 0)
			return -1;
		t->side[0].port = ports[0];
		t->side[1].port = ports[1];
		return 0;
	}
	for (unsigned int i = 0; i < t->sides; i++) {
		const struct side_options *s = &t->options.side[i];

		eal_log_forget();
		t->side[i].port = s->kind->open(s->device_argument, i, &wish[i], why);
		if (t->side[i].port != NULL)
			continue;
		/* a driver's first words name the cause better than its error number */
		if (why->see_log && *eal_log_head(said, sizeof(said)) != '\0')
			snprintf(why->text + strlen(why->text), sizeof(why->text) - strlen(why->text), "\n%s", said);
		return -1;
	}
	return 0;
}

static int
make_secret(struct tern *t, struct complaint *why)
{
	int error;

	if (t->options.seeded) {
		secret_from_seed(&t->secret, t->options.seed);
		return 0;
	}
	error = secret_random(&t->secret);
	return error == 0 ? 0 : complain(why, "the kernel gives no random numbers: %s", strerror(-error));
}

static int
make_stacks(struct tern *t, struct complaint *why)
{
	struct mem_given before = mem_given(), now;

	for (unsigned int i = 0; i < t->stacks; i++)
		if (core_make_stack(t->core[i], &t->secret, t->core[i]->side->pool, why) != 0)
			return -1;
	now = mem_given();
	t->room_hugepages = now.hugepages - before.hugepages;
	t->room_normal = now.normal - before.normal;
	return 0;
}

static int
open_all(struct tern *t, struct complaint *why)
{
	if (placement_make(&t->placement, &t->options, why) != 0)
		return -1;
	t->sides = options_sides(&t->options);
	if (eal_choose_memory(&t->memory, &t->options, pools_plan(t, true), why) != 0)
		return -1;
	if (!t->memory.hugepages)
		eal_need(&t->memory, pools_plan(t, false));
	if (eal_start(&t->memory, &t->options, &t->placement, why) != 0)
		return -1;
	t->eal_up = true;
	clock_start(&t->clock);
	if (make_secret(t, why) != 0 || make_cores(t, why) != 0 || room_check(t, why) != 0 ||
	    pools_make(t, why) != 0 || open_ports(t, why) != 0)
		return -1;
	virtual_begin(t);
	for (unsigned int i = 0; i < t->sides; i++)
		if (steering_make(&t->side[i], why) != 0)
			return -1;
	if (capture_open(t, why) != 0 || make_stacks(t, why) != 0)
		return -1;
	return describe(t, why);
}

struct tern *
tern_open(int argc, char **argv)
{
	struct complaint *why = process_complaint();
	struct tern *t = calloc(1, sizeof(*t));

	why->text[0] = '\0';
	if (t == NULL) {
		complain(why, "out of memory");
		return NULL;
	}
	sem_init(&t->ended, 0, 0);
	if (options_parse(&t->options, argc, argv, why) != 0 || open_all(t, why) != 0) {
		tern_destroy(t);
		return NULL;
	}
	telemetry_tell(t);
	return t;
}

void
tern_destroy(struct tern *t)
{
	if (t == NULL)
		return;
	telemetry_forget(t);
	/* stacks first: they hold frames of pools and ports */
	for (unsigned int i = 0; i < t->stacks; i++)
		core_free_stack(t->core[i]);
	capture_free(t->capture);
	for (unsigned int i = 0; i < t->sides; i++)
		if (t->side[i].port != NULL)
			t->side[i].port->close(t->side[i].port);
	for (unsigned int i = 0; i < t->sides; i++)
		steering_free(&t->side[i]);
	for (unsigned int i = 0; i < t->stacks; i++)
		core_free(t->core[i]);
	if (t->eal_up) {
		pools_free(t);
		eal_stop();
	}
	sem_destroy(&t->ended);
	free(t->description);
	free(t->json);
	free(t);
}
