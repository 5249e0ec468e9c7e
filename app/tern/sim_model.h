/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_MODEL_H
#define APP_SIM_MODEL_H

/* One direction of a link as users describe it, key by key: in [link] sections, and as flags for the dumbbell's bottleneck. */

#include <tern/sim.h>

#include "problem.h"
#include "sim_parse.h"

struct sim_model {
	struct tern_sim_link_options link;
	struct sim_queue queue;    /* none: one BDP, but SIM_QUEUE_LEAST */
};

/* What a queue holds that nobody sized: the initial window of a flow, twice. */
#define SIM_QUEUE_LEAST_PACKETS 20

#define SIM_FRAME_OVERHEAD 14   /* of Ethernet, in a queue's bytes */

/* `key` of the model; where: what the error begins with, as "FILE: [link a b]: rate" or "--link-rate". 1 when there is
 *  no such key, 0, or -1 with *why. */
int sim_model_set(struct sim_model *m, const char *key, const char *value, const char *where, struct problem *why);
/* The i-th key, NULL behind the last. */
const char *sim_model_key(unsigned int i);
/* Size the queue for a round trip and a path MTU, and check what belongs together. 0 or -1 with *why. */
int sim_model_finish(struct sim_model *m, uint64_t rtt_ns, uint64_t mtu, const char *where, struct problem *why);

const char *sim_aqm_name(enum tern_sim_queue queue);

#endif
