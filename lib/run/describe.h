/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_DESCRIBE_H
#define RUN_DESCRIBE_H

#include "run/process.h"

/* Write t->description and t->json, once all stands. 0, or -1 with why. */
int describe(struct tern *t, struct complaint *why);

#endif
