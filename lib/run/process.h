/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_PROCESS_H
#define RUN_PROCESS_H

/* A process's stacks: what tern_open() puts together. */

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <tern/tern.h>

#include "core/hash.h"
#include "core/owner.h"
#include "port/port.h"
#include "run/clock.h"
#include "run/core.h"
#include "run/eal.h"
#include "run/options.h"
#include "run/placement.h"
#include "run/virtual.h"

struct capture;
struct rte_mempool;
struct rte_ring;

/* One side: a device, and a stack a core. */
struct side {
	enum tern_side id;
	const char *name;                /* "", "client " or "server " */
	const struct side_options *options;
	struct port *port;
	struct rte_mempool *pool;        /* loop's two sides have one together */
	bool sole;                       /* a network that is new: nobody there can know, or have, its addresses */
	unsigned int count;
	struct run_core *core[PORT_MAX_CORES];
	/* with more than one core: whose a flow is, and rings for what came to the wrong one */
	struct owner *owner[PORT_MAX_CORES];
	struct rte_ring **steer_to[PORT_MAX_CORES];    /* [from][to] */
	struct rte_ring **steer_from[PORT_MAX_CORES];  /* [to][from] */
};

struct tern {
	struct options options;
	struct placement placement;
	struct eal_memory memory;
	struct clock clock;
	struct virtual_time virtual_time;
	struct secret secret;
	uint32_t mbufs, data_room;       /* of a pool */
	uint64_t room_hugepages, room_normal;  /* bytes for the stacks' connections, touched as they come */
	unsigned int sides, stacks;
	struct side side[2];
	struct run_core *core[2 * PORT_MAX_CORES];  /* in order of side, then place */
	bool eal_up, started;
	struct capture *capture;         /* NULL: there is none */
	sem_t ended;                     /* counts core functions that have returned */
	_Atomic bool stop;
	_Atomic unsigned int running;
	char *description, *json;
};

/* What tern_error() tells; of the calling thread. */
struct complaint *process_complaint(void);

#endif
