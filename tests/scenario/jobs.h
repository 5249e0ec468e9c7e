/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_JOBS_H
#define SCENARIO_JOBS_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Runs task(context, i, out) for each i below count, each in a process of its
 * own, at most `most` at a time. What a task writes to out is printed when it is done.
 * One that fails is run again when all others are through, alone and up to three times, so
 * that a busy machine fails nobody. Returns how many failed then too.
 */
unsigned int jobs_run(unsigned int count, unsigned int most, bool (*task)(const void *context, unsigned int i, FILE *out),
		      const void *context);

#endif
