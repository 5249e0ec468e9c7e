/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_RED_H
#define SIM_RED_H

/* Random early detection (Floyd and Jacobson, 1993), gentle, its queue measured in bytes. */

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct sim_line;

struct sim_red {
	double average;              /* bytes */
	uint32_t count;              /* packets since the last drop or mark, while above red_min */
};

/* A packet is about to join the queue: false when it is to be dropped; it may be marked. */
bool sim_red_admits(struct sim_line *l, struct rte_mbuf *m, uint64_t now_ns);

#endif
