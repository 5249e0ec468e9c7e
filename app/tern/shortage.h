/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SHORTAGE_H
#define APP_SHORTAGE_H

/* What the stacks of a side ran out of, how often, what they made of it, and which option holds more of it. */

#include <stdint.h>

#include <tern/tern.h>

#include "meter.h"

struct shortage {
	const char *of;              /* "connections" */
	const char *name;            /* "connections", as a key */
	uint64_t times;
	const char *met;             /* "SYNs and handshakes were refused" */
	const char *more;            /* "--max-connections" */
};

#define SHORTAGES_MOST 8u

/* counts: of the clients, or NULL. Returns how many there are. */
uint32_t shortages_of(struct shortage *list, const struct tern_stats *stats, const struct counts *counts);
/* Of them, those for which a peer of this side is kept waiting: connections and half-open records. */
uint64_t shortages_refused(const struct tern_stats *stats);

/* Bytes in normal pages for want of hugepages, by the library's description of itself. */
uint64_t shortages_hugepages(const char *description);

#endif
