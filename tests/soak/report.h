/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOAK_REPORT_H
#define SOAK_REPORT_H

#include "case.h"

struct report {
	const char *out;           /* where files go */
	const char *again;         /* the command that runs a seed or a file */
	bool shrink;
};

/* Lines that begin with #: what failed, how to see it again, where its packets and a smaller case are. `name` is
 * "seed N", or the file that it was read from. */
void report_failure(const struct soak_case *c, const char *name, const char *broken, const struct report *how);

#endif
