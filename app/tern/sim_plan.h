/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_PLAN_H
#define APP_SIM_PLAN_H

/* The network that will be simulated: of flags (a dumbbell) or of a file's sections. Nothing here runs. */

#include "sim_model.h"
#include "sim_settings.h"

struct sim_node {
	char *name;
	bool host;
	const char *side;             /* "client" or "server" in a dumbbell, else NULL */
	uint32_t number;              /* of a host, from 1: its addresses */
	uint64_t mtu;
	uint32_t links;               /* how many it has */
	const struct sim_section *section;
	struct tern_sim_node *node;   /* once it is built */
};

struct sim_link {
	char *name;
	uint32_t end[2];
	struct sim_model model[2];    /* from end[0] to end[1], and back */
	struct tern_sim_link *link;
};

struct sim_flow {
	char *name;
	const char *where;            /* of errors */
	uint32_t from, to;            /* nodes: who connects, and to whom */
	uint64_t start_ns, stop_ns;   /* SIM_NO_END: with --duration */
	uint64_t mode, direction, size, requests, request_size, answer_size, ipv6;
	char *congestion;             /* NULL: the stack's */
	/* of its path */
	uint64_t rtt_ns, rate;        /* of the wider way's narrowest line; 0: none is limited */
	uint64_t pipe_bytes;          /* what may be under way: bandwidth times round trip, and the queue */
	int32_t narrow[2];            /* link of the narrowest line, from and to; -1: none */
	bool narrow_back[2];          /* that link's direction: from end[1] to end[0] */
};

struct sim_plan {
	struct sim_node *nodes;
	struct sim_link *links;
	struct sim_flow *flows;
	uint32_t node_count, link_count, flow_count;
	uint32_t bottleneck;          /* a link */
	uint32_t capture_link;
	uint64_t duration_ns;         /* SIM_NO_END: until every flow is done */
	uint64_t mbufs, mbuf_size;
	uint64_t buffer_bytes;        /* send queue and largest window of a connection, unless options say */
	bool dumbbell;
};

/* It ends by itself, and not by the time. */
static inline bool
sim_is_sized(const struct sim_flow *f)
{
	return (f->mode == SIM_BULK ? f->size : f->requests) != SIM_NO_END;
}

/* A plan for these settings. 0 or -1 with *why. Free it in either case. */
int sim_plan_make(struct sim_plan *plan, const struct sim_settings *s, const struct options *o,
		  const struct sim_sections *sections, struct problem *why);
void sim_plan_free(struct sim_plan *plan);
void sim_plan_print(FILE *out, const struct sim_plan *plan, const struct sim_settings *s);

/* Words of a host for tern_sim_host(): its section's, its side's, those for all, then what the plan itself wants. */
#define SIM_WORDS_MAX 128
struct sim_words {
	const char *list[SIM_WORDS_MAX];
	char text[4096];
	uint32_t count, used;
};
int sim_host_words(struct sim_words *w, const struct sim_plan *plan, const struct sim_node *node,
		   const struct options *o, struct problem *why);
/* Whether a [host] section may say this of itself: an option of the library's that no machine is needed for. */
int sim_check_host(const struct sim_section *section, struct problem *why);

/* What the two that make a plan share. The new one is the last; its index, or -1 with *why. */
int sim_add_node(struct sim_plan *plan, const char *name, bool host, struct problem *why);
int sim_add_link(struct sim_plan *plan, const char *name, uint32_t a, uint32_t b, struct problem *why);
int sim_add_flow(struct sim_plan *plan, const char *name, const struct sim_settings *s, struct problem *why);
int sim_find_node(const struct sim_plan *plan, const char *name, size_t length);

/* sim_dumbbell.c, sim_topology.c, sim_path.c: nodes, links and flows; then where each flow goes. 0 or -1 with *why. */
int sim_plan_dumbbell(struct sim_plan *plan, const struct sim_settings *s, const struct options *o, struct problem *why);
int sim_plan_topology(struct sim_plan *plan, const struct sim_settings *s, const struct sim_sections *sections,
		      struct problem *why);
int sim_find_path(struct sim_plan *plan, struct sim_flow *flow, struct problem *why);

#endif
