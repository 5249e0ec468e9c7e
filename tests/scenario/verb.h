/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_VERB_H
#define SCENARIO_VERB_H

/* Between the verb*.c files and ready.c: what verbs have in common, and those that are not in verb.c. */

#include "run.h"

/* "= -EPIPE" at the end of a line, else what the verb hopes for; *count: words before it */
bool verb_expected(struct run *r, const struct words *w, unsigned int *count, int64_t fallback, int64_t *low, int64_t *high);
bool verb_result(struct run *r, int64_t got, int64_t low, int64_t high);
bool verb_no_socket(struct run *r);
/* Of "closed": the stack's reason is one of these, "a|b". */
bool verb_reason_is(const char *told, const char *reason);

/* verb_data.c */
bool verb_send(struct run *r, const struct words *w);
bool verb_recv(struct run *r, const struct words *w);
bool verb_urgent(struct run *r, const struct words *w);
bool verb_write(struct run *r, const struct words *w);
bool verb_wrote(struct run *r, const struct words *w);

/* ready.c */
bool verb_ready(struct run *r, const struct words *w);
bool verb_watch(struct run *r, const struct words *w);
bool verb_told(struct run *r, const struct words *w);
/* An event of the socket's: who watches it may have something to be told. */
void ready_event(struct run *r, struct run_socket *s, uint32_t events);
void ready_shutdown(struct run_socket *s);

#endif
