/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOAK_WORKER_H
#define SOAK_WORKER_H

/*
 * A process that runs cases, one after the other. A case that crashes it, or
 * never comes to an end, ends the process and not the program: the next case
 * has a new one.
 */

#include <sys/types.h>

#include "case.h"
#include "run.h"

#define WORKER_FILE 200u

struct worker {
	pid_t pid;                 /* 0: none */
	int fd;
	uint64_t tag;              /* whoever uses it: what runs; and whether */
	bool busy;
	struct soak_case c;
};

/* Begin a case; `capture` may be NULL. */
void worker_begin(struct worker *w, const struct soak_case *c, const char *capture);
/* Wait for its end. */
void worker_end(struct worker *w, struct soak_result *result);
void worker_stop(struct worker *w);

#endif
