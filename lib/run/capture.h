/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_CAPTURE_H
#define RUN_CAPTURE_H

/*
 * --capture: every frame that passes a stack's link, in a file. A core copies
 * them into a ring of bytes of its own; a thread of no core takes them from there,
 * fills in checksums that were left to the device, and writes. What finds the
 * ring full is counted. Without the option no link is wrapped and nothing is
 * asked.
 *
 * A frame's time is that of the stack's turn: by which the stack has acted on it,
 * and the one that brings the same answers when the recording is played to it.
 */

#include <tern/tern.h>

#include "run/process.h"

struct capture;
struct tern_link;

/* Before any stack is made: t->capture, or NULL without the option. 0, or -1 with why. */
int capture_open(struct tern *t, struct complaint *why);
/* The core's link, or one around it that captures. */
struct tern_link *capture_link(struct run_core *c, struct tern_link *link);
/* Write what is left and close the file. The cores are at rest. Again: nothing. */
void capture_end(struct capture *c);
/* All links are out of use. NULL is nothing. */
void capture_free(struct capture *c);

#endif
