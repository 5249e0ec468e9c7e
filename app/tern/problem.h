/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_PROBLEM_H
#define APP_PROBLEM_H

/* What stands in the way, as one line for the user: what was found, what is wanted, what to do. */
struct problem {
	char text[640];
};

/* Write the line. Always -1, so that callers can return it. */
int problem_say(struct problem *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
