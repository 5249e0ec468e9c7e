/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_FLOOD_H
#define APP_FLOOD_H

/* --mode flood: where it may be sent to and from. */

#include <tern/addr.h>

#include "problem.h"
#include "target.h"

/* Set apart for private use, documentation, benchmarks or one link: nobody's on the Internet. */
bool flood_may_meet(const struct tern_addr *addr);
/* 0 or -1 with *why. */
int flood_check_targets(const struct targets *targets, struct problem *why);
/* A value of --src: all of it. 0 or -1 with *why. */
int flood_check_source(const char *pool, struct problem *why);

#endif
