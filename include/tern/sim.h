/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_SIM_H
#define TERN_SIM_H

/**
 * @file
 * A network in virtual time: real stacks, joined by modelled links.
 *
 * One thread makes a struct tern_sim and runs it; every call here is made on
 * that thread. Nothing waits: time stands still while anybody has something to
 * do, and then is the time of the next thing to happen. All that is random
 * comes from the seed: the same seed gives the same packets, byte for byte.
 *
 * A host's program is a function that is given its events; there it makes the
 * calls of tern/tern.h on the host's stack, but for tern_poll(), tern_wait()
 * (both -EINVAL) and what belongs to struct tern. Calls on any host's stack can
 * also be made before tern_sim_run(), between two runs, and from tern_sim_at();
 * not from another host's program.
 *
 * One network is one Ethernet without loops: switches know where every host is.
 * Addresses are resolved by ARP and neighbour discovery, which share a link's
 * line, delay and queue, but are spared what it does by chance: they belong to
 * the Ethernet, not to the path for which the link stands. Nobody asks whether
 * an address is free (as with --no-dad): two hosts cannot have the same.
 */

#include <tern/tern.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tern_sim;       /* a network, its clock, and its packets */
struct tern_sim_node;  /* a host or a switch of it; goes with the sim */
struct tern_sim_link;  /* a cable between two nodes, with a model for each direction; goes with the sim */

struct tern_sim_options {
	size_t size;
	uint64_t seed;         /* of the links' chances and of the hosts' secrets */
	uint32_t mbufs;        /* packets and queued data of all hosts and links; 0: 65,536. A host with nothing left is as one
	                        * without memory: give one for each 1,448 bytes of all send buffers and of what is under way */
	uint32_t mbuf_size;    /* bytes of data room; 0: 2,048 and DPDK's headroom */
	uint64_t start_ns;     /* virtual time at the beginning; 0: one second */
};
#define TERN_SIM_INIT { .size = sizeof(struct tern_sim_options) }

/**
 * A new network. options may be NULL. Starts EAL, in normal pages and without devices, if this process has none yet,
 * and leaves it up: tern_open() works no more. Several networks may live side by side.
 * @return NULL on error: tern_error() says what was wrong.
 */
struct tern_sim *tern_sim_new(const struct tern_sim_options *options);
/** Ends connections without a word to anybody, closes captures, and frees all, nodes, links and stacks too: every mbuf
 *  has come back then. Not from within a run. sim may be NULL. @return 0, or how many mbufs were lost. */
unsigned int tern_sim_free(struct tern_sim *sim);

/**
 * A host with one interface and a stack of one core. Words as tern_open() takes them, without a program's name
 * ("--ip", "198.18.0.1/15", "--congestion", "newreno"); --ip is needed. Those that ask for devices, cores, memory or a
 * capture are refused. Tables are smaller by default, as hosts are many: --max-connections 2Ki, --max-half-open 2Ki,
 * --max-time-wait 8Ki. The secrets come from the network's seed and the number of the host, unless there is a --seed.
 * name: up to 31 characters, of this node alone; copied, as the words are.
 * @return NULL on error: tern_error().
 */
struct tern_sim_node *tern_sim_host(struct tern_sim *sim, const char *name, int words, const char *const *word);
/** A switch: hands a frame on to where its destination is, a broadcast to everybody. name: as a host's.
 *  @return NULL on error: tern_error(). */
struct tern_sim_node *tern_sim_switch(struct tern_sim *sim, const char *name);
/** The host's stack; NULL for a switch. Both this and the name are the node's own. */
struct tern_stack *tern_sim_stack(const struct tern_sim_node *host);
const char *tern_sim_name(const struct tern_sim_node *node);

/** The program of a host: called with each batch of its events, n >= 1. */
typedef void (*tern_sim_program)(struct tern_stack *stack, const struct tern_event *events, int n, void *arg);
/** From now on; NULL: its events are lost. arg is handed on, and stays the caller's. Nothing happens for a switch. */
void tern_sim_on(struct tern_sim_node *host, tern_sim_program program, void *arg);

/* ---- processors: without these calls a host does all it has to in no time */

/** From the host's own program: what it does takes so long, and its stack's next turn comes no earlier. Calls add up. What
 *  the program sends leaves then. */
void tern_sim_work(struct tern_stack *stack, uint64_t ns);
/** From now on each frame that the host receives costs its core frame_ns, and its device keeps rx_queue frames that wait
 *  for a turn: those that find so many are lost, and counted as "rx_missed". 0: none, and no limit. Nothing happens for a
 *  switch. */
void tern_sim_processor(struct tern_sim_node *host, uint64_t frame_ns, uint32_t rx_queue);

/* ---- links */

enum tern_sim_queue {
	TERN_SIM_TAIL_DROP,
	TERN_SIM_RED,          /* Floyd and Jacobson's, gentle: all goes above twice red_max; by bytes, w_q 0.002 */
	TERN_SIM_CODEL,        /* RFC 8289 */
};

/**
 * One direction of a link. All zero is a perfect cable. A packet passes, in this order: up or down, the MTU, the
 * queue, the line, and then what happens by chance and the delay. Probabilities from 0 to 1, each packet's of its own;
 * each kind of chance has a stream of random numbers of its own, so that one does not change what another does.
 */
struct tern_sim_link_options {
	size_t size;
	uint64_t rate;         /* bits a second, frames with 24 bytes more (FCS, preamble, gap); 0: no limit */
	uint64_t delay_ns;     /* propagation */
	uint64_t jitter_ns;    /* added to it, uniform between 0 and this; packets stay in order */
	enum tern_sim_queue queue;
	bool ecn;              /* RED and CoDel mark what is ECN-capable instead of dropping it */
	uint64_t queue_bytes;  /* of frames, most that waits for the line, beside what is being sent; 0: 1 MiB. Needs a rate */
	uint64_t red_min, red_max;         /* bytes of average queue; 0: 1/6 and 1/2 of queue_bytes */
	double red_probability;            /* of a full packet (1,514 bytes) at red_max, others in proportion; 0: 0.1 */
	uint64_t codel_target_ns, codel_interval_ns;  /* 0: 5 ms and 100 ms */
	double loss;           /* independent; behind the line: what is lost has taken its time there */
	uint64_t loss_every;   /* beside it, each packet of such a number: what the models of TCP assume. 0: none */
	/* Gilbert-Elliott, when p > 0: a chain with a step a packet, beside `loss` */
	double gilbert_p, gilbert_r;       /* from good to bad, and back */
	double gilbert_bad, gilbert_good;  /* loss in each; gilbert_bad 0 with p > 0: 1 */
	double reorder;        /* a packet that comes later than it should, and behind those that it meets, by: */
	uint64_t reorder_ns;   /* 0: the time of three full packets, or 1 ms without a rate */
	double duplicate;      /* the copy comes right behind; it takes no time of the line */
	double corrupt;        /* one bit behind the Ethernet header flipped, and no checksum believed */
	uint16_t mtu;          /* bytes of IP packet; larger ones vanish; 0: no limit */
	bool mtu_icmp;         /* and are answered with ICMP, from 192.0.2.1 or 2001:db8::1 at the near end; IPv4 only with DF */
	uint64_t up_ns, down_ns;           /* the link flaps, from when this was set: so long up, then so long down; what
	                                    * enters then is lost. 0: it stays up */
};
#define TERN_SIM_LINK_INIT { .size = sizeof(struct tern_sim_link_options) }

/**
 * Join two nodes that nothing joins yet. A host has one link. NULL for a_to_b: a perfect cable; for b_to_a: as a_to_b.
 * Named "A-B" in captures.
 * @return NULL on error (a model that cannot be: tern_error() names the field).
 */
struct tern_sim_link *tern_sim_connect(struct tern_sim *sim, struct tern_sim_node *a, struct tern_sim_node *b,
				       const struct tern_sim_link_options *a_to_b, const struct tern_sim_link_options *b_to_a);
/** Change a direction's model from now on. What has left the queue arrives as it would have, and nothing later overtakes
 *  it. @return 0, or -EINVAL (tern_error() names the field). */
int tern_sim_change(struct tern_sim_link *link, bool b_to_a, const struct tern_sim_link_options *options);

/** What a direction did since it was made. offered = delivered + the drops + what is on its way - duplicated. */
struct tern_sim_link_stats {
	size_t size;
	uint64_t offered, offered_bytes;       /* frames */
	uint64_t delivered, delivered_bytes;
	uint64_t dropped_queue, dropped_aqm, dropped_loss, dropped_mtu, dropped_down;
	uint64_t marked, duplicated, reordered, corrupted;
	uint64_t queue_now, queue_most;        /* bytes that wait */
	uint64_t wait_ns, wait_most_ns;        /* in the queue: the sum over all that were sent, and the longest */
	uint64_t busy_ns;                      /* time in which the line sent */
};
#define TERN_SIM_LINK_STATS_INIT { .size = sizeof(struct tern_sim_link_stats) }
/** Up to now. Fills no more than stats->size says. */
void tern_sim_link_stats(const struct tern_sim_link *link, bool b_to_a, struct tern_sim_link_stats *stats);

/** Record a link's packets from now on, both directions, as pcapng in virtual time: where they enter the link (with
 *  what will be dropped), or where they leave it; once each. Changes nothing else. Closed by tern_sim_free().
 *  @return 0, -EBUSY, or -errno of the file (tern_error()). */
int tern_sim_capture(struct tern_sim_link *link, const char *file, bool at_entry);

/* ---- time */

/** Virtual time, in nanoseconds. */
uint64_t tern_sim_now(const struct tern_sim *sim);
/** A call at a time (at once, if it is past), in the order of time, then of asking; before the packets of that time.
 *  Every host's stack knows the time there. @return 0, or -ENOBUFS beyond 65,536 pending. */
int tern_sim_at(struct tern_sim *sim, uint64_t at_ns, void (*fn)(struct tern_sim *sim, void *arg), void *arg);
/** Run all that happens up to that time, which it is then. UINT64_MAX: all that would ever happen, and then it is the
 *  time of the last of it. @return 0, -ECANCELED after tern_sim_stop(), -ELOOP when a host does not come to rest (a million
 *  turns at one time: tern_error() names it), or -EBUSY from within a run. */
int tern_sim_run(struct tern_sim *sim, uint64_t until_ns);
/** From a program or a tern_sim_at() call: tern_sim_run() returns, and the next one goes on. */
void tern_sim_stop(struct tern_sim *sim);
/** Packets that entered a link or left it, and turns of stacks: how much was simulated. */
uint64_t tern_sim_events(const struct tern_sim *sim);

#ifdef __cplusplus
}
#endif
#endif
