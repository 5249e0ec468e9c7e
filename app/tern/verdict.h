/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_VERDICT_H
#define APP_VERDICT_H

#include "figures.h"

/* What helps when there are none: a port serves each target once. */
#define VERDICT_MORE_PORTS "give more target ports or targets, or more source addresses (--src)"

enum limit { LIMIT_GENERATOR, LIMIT_DEVICE, LIMIT_PEER, LIMIT_PATH, LIMIT_RATE };

struct verdict {
	enum limit limit;
	bool valid;               /* false: an open loop whose generator did not keep up */
	bool ports_ran_out;       /* the source ports' want was what kept it back */
	char evidence[320];
};

/* What kept the figure from being higher, and by what one can tell. */
void verdict_reach(struct verdict *v, const struct figures *f);
/* "generator", "local device", "peer", "path", "target rate" */
const char *verdict_limit_name(enum limit limit);

#endif
