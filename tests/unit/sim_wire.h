/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef UNIT_SIM_WIRE_H
#define UNIT_SIM_WIRE_H

/* One link between two hosts without stacks: frames made by hand, and what arrives, with its time. */

#include <stdbool.h>
#include <stdint.h>

#include "sim/net.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define WIRE_MOST 200000u

struct wire_frame {
	uint64_t ns;
	uint32_t id, length;
	uint8_t tos;
	bool intact;                 /* both checksums are right */
};

struct wire;

struct wire_end {
	struct sim_host host;
	struct wire *wire;
	bool far;
};

struct wire {
	struct sim_net net;
	struct wire_end end[2];
	struct tern_sim_link *link;
	bool v6;
	uint32_t next_id;
	uint32_t count;              /* of what arrived at the far end */
	struct wire_frame *got;
	uint32_t back;               /* frames that came to the near end: a router's */
	uint8_t back_frame[1518];
	uint32_t back_length;
};

/* given: the model there; the way back is perfect. */
struct wire *wire_new(uint64_t seed, bool v6, const struct tern_sim_link_options *given);
/* false when an mbuf was lost */
bool wire_free(struct wire *w);
/* A TCP segment in a frame of so many bytes, now. @return its id, from 0 */
uint32_t wire_send(struct wire *w, uint32_t length, uint8_t tos);
/* Without DF, or as it is. */
uint32_t wire_send_flags(struct wire *w, uint32_t length, uint8_t tos, bool df, bool offload);
void wire_send_arp(struct wire *w);
void wire_run(struct wire *w, uint64_t until_ns);
void wire_change(struct wire *w, const struct tern_sim_link_options *given);
/* Its counts add up. */
struct tern_sim_link_stats wire_stats(struct wire *w);

#endif
