/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_ROOM_H
#define RUN_ROOM_H

/* Whether the machine has the memory that --max-connections and its likes of all stacks may come to use. */

#include "run/process.h"

/* 0, or -1 with *why: told before the load, which would else be killed in its midst. */
int room_check(const struct tern *t, struct complaint *why);

#endif
