/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_LINE_H
#define SIM_LINE_H

/*
 * One direction of a link: a queue before a line, the line, and the way behind
 * it. Packets that wait and packets under way stand in rings in the order of
 * their times; those that come late stand in a ring of their own.
 */

#include <tern/sim.h>

#include "sim/chance.h"
#include "sim/codel.h"
#include "sim/order.h"
#include "sim/red.h"
#include "sim/ring.h"

struct sim_net;
struct sim_line;

/* Shown a packet that enters a line or leaves it; m is as on the wire, with its checksums, and is only read. */
struct sim_tap {
	void (*show)(struct sim_tap *tap, const struct sim_line *line, const struct rte_mbuf *m, uint64_t now_ns);
};

struct sim_line {
	struct sim_actor actor;      /* acts when the next packet arrives or leaves the queue */
	struct sim_net *net;
	struct tern_sim_node *from, *to;
	struct tern_sim_link *link;
	struct tern_sim_link_options model;   /* with the defaults filled in */
	struct tern_sim_link_stats stats;
	struct sim_ring queue;       /* what waits for the line, with when it came */
	struct sim_ring way;         /* what is behind it, with when it arrives */
	struct sim_ring late;        /* the same, of what others overtake */
	uint64_t free_ns;            /* when the line has sent what it is sending */
	uint64_t rest;               /* of its division by the rate, so that no nanosecond is lost */
	uint64_t way_ns, late_ns;    /* arrival of the last on each: none behind it is earlier */
	uint64_t up_since_ns;
	bool is_chancy;              /* the model has any chance but jitter */
	struct sim_chance chance;
	struct sim_codel codel;
	struct sim_red red;
	struct sim_tap *tap[2];      /* where packets enter; where they leave; NULL: nobody looks */
};

enum { SIM_TAP_ENTRY, SIM_TAP_EXIT };

/* The number of the direction, in the network, makes its chances its own. model: checked. 0, or -ENOMEM. */
int sim_line_init(struct sim_line *l, struct sim_net *net, uint32_t number, const struct tern_sim_link_options *model);
/* With all packets on it. */
void sim_line_free(struct sim_line *l);
void sim_line_change(struct sim_line *l, const struct tern_sim_link_options *model);
/* A packet begins its way; takes m over. */
void sim_line_enter(struct sim_line *l, struct rte_mbuf *m);
/* As of now. */
void sim_line_stats(struct sim_line *l, struct tern_sim_link_stats *stats);

#endif
