/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SIM_NET_H
#define SIM_NET_H

/*
 * A network of hosts and switches, and its time. What a host does in its turn
 * is somebody else's: this room knows a stack by its link alone.
 */

#include <stdbool.h>
#include <stdint.h>

#include "sim/calls.h"
#include "sim/line.h"
#include "stack/link.h"
#include "wire/ether.h"

#define SIM_NAME 32u
#define SIM_MAX_NODES (1u << 20)

struct sim_net {
	uint64_t now_ns, seed, events;
	struct rte_mempool *pool;        /* borrowed */
	struct sim_order order;
	struct sim_calls calls;
	struct tern_sim_node **node;     /* in the order of their making; owned by who made them */
	uint32_t nodes, hosts;
	struct tern_sim_link **link;     /* owned */
	uint32_t links;
	bool paths_known;                /* switches have seen the last link */
	bool stop, runs;
	struct tern_sim *owner;          /* for calls */
	struct sim_host *spinning;       /* who did not come to rest, when that ended a run */
};

struct tern_sim_node {
	struct sim_net *net;
	char name[SIM_NAME];
	struct sim_host *host;           /* itself; NULL: it is a switch */
	uint32_t number;                 /* among the nodes */
	struct sim_line **out;           /* lines that begin here */
	uint32_t outs;
	struct sim_line **towards;       /* of a switch: by number of a host, the line that leads there; NULL: none does */
	uint32_t part;                   /* nodes that are joined have the same */
};

struct sim_host {
	struct tern_sim_node node;
	struct tern_link link;           /* a stack's; it always takes */
	struct sim_actor actor;
	struct sim_ring inbox;
	uint32_t number;                 /* among the hosts: in its MAC address */
	uint32_t turns;                  /* at turns_ns */
	uint64_t turns_ns;
	/* its processor and its device's queue, where they are modelled */
	uint64_t free_ns;                /* no turn before: it works */
	uint64_t frame_ns;               /* of work, for each frame that it receives */
	uint32_t rx_queue;               /* frames that wait for a turn at most; 0: no limit */
	uint64_t missed;                 /* that found it full */
	const struct sim_host_ops {
		/* A turn now. @return whether it did anything */
		bool (*turn)(struct sim_host *host, uint64_t now_ns);
		/* When it has something to do without a packet; up to now_ns: at once; UINT64_MAX: never. */
		uint64_t (*next_ns)(struct sim_host *host, uint64_t now_ns);
		/* It is so late, though nothing happened to it. */
		void (*set_time)(struct sim_host *host, uint64_t now_ns);
	} *ops;
};

struct tern_sim_link {
	struct sim_line line[2];         /* from a to b, and back */
	char name[2 * SIM_NAME];
};

/* The other direction of its link. */
static inline struct sim_line *
sim_line_back(const struct sim_line *l)
{
	return &l->link->line[l == &l->link->line[0]];
}

int sim_net_init(struct sim_net *net, uint64_t seed, uint64_t start_ns, struct rte_mempool *pool);
/* The links with their packets; nodes are their makers'. */
void sim_net_free(struct sim_net *net);

/* The host works so long, from now or from the end of what it does already. */
void sim_host_work(struct sim_host *host, uint64_t ns);
/* 0, or -ENOMEM. A host's ops are its maker's to set. */
int sim_host_init(struct sim_host *host, struct sim_net *net, const char *name);
int sim_switch_init(struct tern_sim_node *node, struct sim_net *net, const char *name);
void sim_node_free(struct tern_sim_node *node);   /* what it holds */
struct mac_addr sim_host_mac(const struct sim_host *host);
/* The node of that name, or NULL. */
struct tern_sim_node *sim_net_find(const struct sim_net *net, const char *name);

/* Models are checked. NULL without memory. */
struct tern_sim_link *sim_net_connect(struct sim_net *net, struct tern_sim_node *a, struct tern_sim_node *b,
				      const struct tern_sim_link_options *a_to_b, const struct tern_sim_link_options *b_to_a);

/* m came over a line, or from the router at its begin; taken over. */
void sim_node_take(struct tern_sim_node *node, const struct sim_line *from, struct rte_mbuf *m);
/* switch.c: a frame on to where its destination is. */
void sim_switch_forward(struct tern_sim_node *node, const struct sim_line *from, struct rte_mbuf *m);

/* As tern_sim_at(). */
int sim_net_at(struct sim_net *net, uint64_t at_ns, void (*fn)(struct tern_sim *sim, void *arg), void *arg);
/* As tern_sim_run(); -ELOOP: net->spinning did not come to rest. */
int sim_net_run(struct sim_net *net, uint64_t until_ns);

#endif
