/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_VIRTUAL_H
#define RUN_VIRTUAL_H

/*
 * Time that nobody has to wait for: it stands still while a stack has something
 * to do, and then is the time of the next thing to happen, a frame or a timer.
 */

#include <stdbool.h>
#include <stdint.h>

struct port;
struct run_core;
struct tern;

struct virtual_time {
	uint64_t now_ns;
	uint64_t last_ns;            /* of the last frame */
	struct port *port;           /* NULL: time is the machine's, or a simulated network's */
};

/* Before the stacks are made: if the device has a time of its own, all clocks of the process are set to it. */
void virtual_begin(struct tern *t);
/* Between two turns. 0, -ECANCELED when all is over, -EINVAL when somebody else gives the stack its turns. */
int virtual_advance(struct run_core *c);

#endif
