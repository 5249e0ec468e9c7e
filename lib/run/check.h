/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_CHECK_H
#define RUN_CHECK_H

/* Whether what was given fits together, and what stands in for what was not. */

#include "run/options.h"

/* 0, or -1 with why. */
int check_options(struct options *o, struct complaint *why);
int check_side(struct options *o, unsigned int side, struct complaint *why);

#endif
