/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_LIVE_H
#define APP_LIVE_H

/* One line an interval, on stderr. */

#include "sample.h"

struct live {
	const struct run *run;
	uint32_t lines;          /* printed since the heading */
};

void live_line(struct live *l, double elapsed_s, const char *phase, const struct window *w);

#endif
