/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_CODEL_H
#define SIM_CODEL_H

/* Controlled delay (RFC 8289): what leaves a queue in which packets wait too long for too long. */

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct sim_line;

/* RFC 8289, 5.2; names are its own */
struct sim_codel {
	uint64_t first_above_time_ns, drop_next_ns;
	uint32_t count, lastcount;
	bool dropping;
};

/* The next packet for the line at this time, NULL when none is left; *since_ns: when it came. */
struct rte_mbuf *sim_codel_dequeue(struct sim_line *l, uint64_t now_ns, uint64_t *since_ns);

#endif
