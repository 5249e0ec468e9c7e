/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef PORT_COMPLAINT_H
#define PORT_COMPLAINT_H

/* What is told to the user when something cannot be done: the thing that is wrong, what was found, what is
 * wanted, the next step. */

#include <stdarg.h>
#include <stdio.h>

struct complaint {
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
	return -1;
}

#endif
