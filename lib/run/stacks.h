/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_STACKS_H
#define RUN_STACKS_H

/* A core's record and its stack. */

#include "core/hash.h"
#include "run/core.h"
#include "run/options.h"

struct rte_mempool;

/* Zeroed, with its mailbox. NULL with why. */
struct run_core *core_new(int node, struct complaint *why);
/* c's side, port and place are known. 0, or -1 with why. */
int core_make_stack(struct run_core *c, const struct secret *secret, struct rte_mempool *pool, struct complaint *why);
void core_free_stack(struct run_core *c);
void core_free(struct run_core *c);

#endif
