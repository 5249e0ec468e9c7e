/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_POOLS_H
#define RUN_POOLS_H

/* Packet memory: how much, how large, where. */

#include <stdint.h>

#include "run/process.h"

/* Sizes of a pool, into t->mbufs and t->data_room; and what all pools take, in bytes, for choosing the memory. */
uint64_t pools_plan(struct tern *t, bool hugepages);
/* A pool a side on its cores' node; one for both sides of loop. 0, or -1 with why. */
int pools_make(struct tern *t, struct complaint *why);
void pools_free(struct tern *t);

#endif
