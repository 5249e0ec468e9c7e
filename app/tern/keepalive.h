/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_KEEPALIVE_H
#define APP_KEEPALIVE_H

/* --keepalive and its times, for each connection as it begins. */

#include <tern/tern.h>

#include "settings.h"

static inline void
keepalive_begin(const struct settings *s, struct tern_stack *stack, tern_conn id)
{
	if (s->keepalive_ns == 0)
		return;
	/* where there is no memory for it, the connection goes on without */
	tern_set(stack, id, TERN_OPT_KEEPIDLE, (s->keepalive_ns + 999999) / 1000000);
	tern_set(stack, id, TERN_OPT_KEEPINTVL, (s->keepalive_interval_ns + 999999) / 1000000);
	tern_set(stack, id, TERN_OPT_KEEPCNT, s->keepalive_count);
	tern_set(stack, id, TERN_OPT_KEEPALIVE, 1);
}

#endif
