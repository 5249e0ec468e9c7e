/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_VERDICT_H
#define APP_VERDICT_H

#include "figures.h"

enum limit { LIMIT_GENERATOR, LIMIT_DEVICE, LIMIT_PEER, LIMIT_PATH, LIMIT_RATE };

struct verdict {
	enum limit limit;
	bool valid;               /* false: an open loop whose generator did not keep up */
	char evidence[320];
};

/* What kept the figure from being higher, and by what one can tell. */
void verdict_reach(struct verdict *v, const struct figures *f);
/* "generator", "local device", "peer", "path", "target rate" */
const char *verdict_limit_name(enum limit limit);

#endif
