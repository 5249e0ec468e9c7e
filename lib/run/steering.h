/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_STEERING_H
#define RUN_STEERING_H

/* Between the cores of one side: whose a flow is, and a ring each way for what came to the wrong one. */

#include "run/process.h"

#define STEERING_RING 2048u   /* places; one stays free */

/* Nothing to do for a side of one core. 0, or -1 with why. */
int steering_make(struct side *side, struct complaint *why);
/* Frees the frames in the rings, too. */
void steering_free(struct side *side);

#endif
