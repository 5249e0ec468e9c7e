/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef RUN_EAL_H
#define RUN_EAL_H

/* DPDK's environment: brought up once a process, without its noise. */

#include <stdbool.h>
#include <stdint.h>

#include "run/placement.h"

/* What packets live in. */
struct eal_memory {
	bool hugepages;
	bool too_few;             /* there are some hugepages, and fewer than are needed */
	uint64_t needed_bytes;    /* with EAL's own */
	uint64_t free_bytes;      /* of hugepages, before the start */
	const char *reason;       /* why there are no hugepages, or NULL */
};

/* Choose hugepages if enough of them are free. 0, or -1 with why. */
int eal_choose_memory(struct eal_memory *m, const struct options *o, uint64_t needed_bytes, struct complaint *why);
/* Fewer are needed: of normal pages. */
void eal_need(struct eal_memory *m, uint64_t needed_bytes);
/* Stack number i gets lcore i + 1, on its CPU; the calling thread stays free to move. 0, or -1 with why. */
int eal_start(const struct eal_memory *m, const struct options *o, const struct placement *p, struct complaint *why);
void eal_stop(void);

/* Forget what DPDK has logged; and: the first two, or the last, lines it has logged since, for a message. "" when none. */
void eal_log_forget(void);
const char *eal_log_head(char *buf, size_t size);
const char *eal_log_tail(char *buf, size_t size);

#endif
