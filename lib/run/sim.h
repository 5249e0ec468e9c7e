/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_SIM_H
#define RUN_SIM_H

/* A simulated network with real stacks on its hosts: what stands behind struct tern_sim. */

#include <stdatomic.h>

#include <tern/sim.h>

#include "run/process.h"
#include "sim/net.h"

struct pcapng;

/* Recordings of a link, where packets enter and where they leave. */
struct sim_recording {
	struct sim_tap tap;
	struct tern_sim_link *link;
	struct pcapng *file;
	unsigned int where;              /* SIM_TAP_x */
	struct sim_recording *next;
};

struct tern_sim {
	struct sim_net net;
	struct rte_mempool *pool;
	uint32_t data_room;
	struct virtual_time time;        /* of nobody's port: the hosts' turns are ours */
	_Atomic bool stop;               /* never set: there is no tern_stop() without a process */
	struct sim_recording *recordings;
};

/* A host and its stack: a side of one core. */
struct sim_machine {
	struct sim_host host;
	struct options options;
	struct port port;
	struct side side;
	struct run_core *core;
	tern_sim_program program;
	void *arg;
};

/* The packets of a network, in memory of their own. NULL with why. */
struct rte_mempool *sim_pool_new(uint32_t mbufs, uint32_t data_room, struct complaint *why);
/* @return mbufs that did not come back */
unsigned int sim_pool_free(struct rte_mempool *pool);
/* EAL without devices, if nobody has started it yet. 0, or -1 with why. */
int sim_eal(struct complaint *why);

struct sim_machine *sim_machine_new(struct tern_sim *sim, const char *name, int words, const char *const *word,
				    struct complaint *why);
void sim_machine_free(struct sim_machine *m);

/* Write what was recorded and close the files. */
void sim_recordings_free(struct tern_sim *sim);

#endif
