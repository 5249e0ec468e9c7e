/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include "options.h"
#include "report.h"

/* Start the stacks, run to the end, report. *s is completed with a pair's own target. */
enum exit_status session_run(struct settings *s, struct options *o);

#endif
