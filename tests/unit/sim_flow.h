/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef UNIT_SIM_FLOW_H
#define UNIT_SIM_FLOW_H

/* Hosts of a simulated network for tests of it: one that sends so many bytes, and one that reads and checks them. */

#include <stdbool.h>
#include <stdint.h>

#include <tern/sim.h>

#define FLOW_PORT 80

struct flow {
	struct tern_sim *sim;
	struct tern_sim_node *client, *server;
	tern_conn id;                /* the client's */
	uint64_t to_send, sent, received;
	uint64_t done_ns;            /* when the last byte came */
	bool connected, wrong, client_closed, server_closed;
	uint16_t client_reason, server_reason;
};

/* "198.18.0.N/15" or "2001:2::N/48" and these words. */
struct tern_sim_node *flow_host(struct tern_sim *sim, const char *name, unsigned int number, bool v6,
				const char *const *more);
struct tern_addr flow_address(unsigned int number, bool v6);
/* Both programs; the connection is begun, to host `number`. */
void flow_start(struct flow *f, struct tern_sim *sim, struct tern_sim_node *client, struct tern_sim_node *server,
		unsigned int number, bool v6, uint64_t bytes);

#endif
