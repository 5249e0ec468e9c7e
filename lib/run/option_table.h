/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_OPTION_TABLE_H
#define RUN_OPTION_TABLE_H

/* The vocabulary: one row an option, for the parser and for the help. */

#include <stddef.h>

#include "run/options.h"

enum option_kind {
	OPTION_SWITCH,    /* bool */
	OPTION_NUMBER,    /* uint64_t */
	OPTION_TIME,      /* uint64_t, nanoseconds */
	OPTION_WORD,      /* uint64_t, place among words */
	OPTION_TEXT,      /* const char *, one of words */
	OPTION_FILE,      /* const char *, a path */
	OPTION_DEVICE,
	OPTION_CPUS,
	OPTION_IP,
	OPTION_GATEWAY,
	OPTION_POOL,
};

enum option_pair {
	PAIR_BOTH,        /* given plainly, it holds for both sides */
	PAIR_CLIENT,      /* given plainly, it is the client's */
	PAIR_NAMED,       /* a pair must say whose it is */
};

struct option {
	struct tern_option shown;
	enum option_kind kind;
	size_t offset;               /* in struct side_options if shown.side, else in struct options */
	uint64_t min, max;
	const char *const *words;    /* ended by NULL */
	enum option_pair pair;
	bool stack;                  /* makes sense for a stack on somebody else's port */
	bool host;                   /* and for a host of a simulated network, beside those */
};

extern const struct option option_table[];   /* ended by a NULL shown.name */

/* The option of this name (not NUL-terminated), or NULL. */
const struct option *option_find(const char *name, size_t length);
/* The one that a mistyped name may have meant, or NULL. */
const struct option *option_nearest(const char *name, size_t length);

#endif
