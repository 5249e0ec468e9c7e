/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_COMPLAINT_H
#define PORT_COMPLAINT_H

/* What is told to the user when something cannot be done: the thing that is wrong, what was found, what is
 * wanted, the next step. */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct complaint {
	bool see_log;      /* DPDK or a driver failed, and what it has logged may tell more */
	char text[1024];
};

/* Replaces what was said before. @return -1, so that a caller can return it. */
__attribute__((format(printf, 2, 3))) static inline int
complain(struct complaint *why, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why->text, sizeof(why->text), format, ap);
	va_end(ap);
	why->see_log = false;
	return -1;
}

/* After complain(), where the cause lies below us. */
static inline int
complain_of_driver(struct complaint *why)
{
	why->see_log = true;
	return -1;
}

#endif
