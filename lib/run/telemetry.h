/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_TELEMETRY_H
#define RUN_TELEMETRY_H

/* Live counters for DPDK's telemetry socket: /tern/stacks and /tern/stats,N. */

#include <tern/tern.h>

void telemetry_tell(struct tern *t);
/* Returns when no answer is being made any more. */
void telemetry_forget(struct tern *t);

#endif
