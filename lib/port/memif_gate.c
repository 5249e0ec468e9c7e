/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdatomic.h>
#include <time.h>

#include <rte_branch_prediction.h>
#include <rte_malloc.h>

#include "port/memif_gate.h"

#define NAP_NS 20000   /* between two looks whether a core has stepped out */

/* Of the gate; a core's word is OPEN while it may be inside the device. */
enum { OUTSIDE, SHUT, OPEN };

struct memif_queue {
	struct tern_link link;
	struct tern_link *driver, *below;
	struct memif_gate *gate;
	_Atomic uint32_t inside;     /* OPEN or OUTSIDE; its core alone writes it */
} __rte_cache_aligned;

struct memif_gate {
	struct port port;
	struct port *below;
	struct memif_rings *rings;   /* NULL: none but the driver's */
	void (*end)(void *owner);
	void *owner;
	_Atomic bool ended;          /* no core uses a link any more */
	_Atomic bool tried;          /* a core has been here */
	_Atomic uint32_t state __rte_cache_aligned;
	struct memif_queue queue[PORT_MAX_CORES];
};

/*
 * Each side writes its own word before it reads the other's, in one order for
 * both: so either the core sees that the gate is shut, or whoever shuts it sees
 * that the core is inside.
 */
static __rte_noinline bool
step(struct memif_queue *q)
{
	if (atomic_load(&q->gate->state) == OPEN) {
		atomic_store(&q->inside, OPEN);
		if (atomic_load(&q->gate->state) == OPEN)
			return true;
	}
	atomic_store_explicit(&q->inside, OUTSIDE, memory_order_release);
	atomic_store_explicit(&q->gate->tried, true, memory_order_relaxed);
	return false;
}

static inline bool
may_enter(struct memif_queue *q)
{
	return likely(atomic_load_explicit(&q->gate->state, memory_order_relaxed) ==
		      atomic_load_explicit(&q->inside, memory_order_relaxed)) || step(q);
}

static uint16_t
gate_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct memif_queue *q = (struct memif_queue *)link;

	return may_enter(q) ? q->below->receive(q->below, frames, n) : 0;
}

static uint16_t
gate_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct memif_queue *q = (struct memif_queue *)link;

	return may_enter(q) ? q->below->transmit(q->below, frames, n) : 0;
}

static bool
gate_is_up(struct tern_link *link)
{
	return memif_gate_is_open(((struct memif_queue *)link)->gate);
}

static void
gate_read_drops(struct port *port, uint64_t *drops)
{
	struct memif_gate *g = (struct memif_gate *)port;

	/* without a link the driver has no queues to count */
	if (memif_gate_is_open(g))
		g->below->read_drops(g->below, drops);
	if (g->rings != NULL)
		memif_rings_read_drops(g->rings, drops);
}

static void
gate_close(struct port *port)
{
	struct memif_gate *g = (struct memif_gate *)port;

	atomic_store(&g->ended, true);
	if (g->end != NULL)
		g->end(g->owner);
	g->below->close(g->below);
	rte_free(g);
}

bool
memif_gate_is_open(const struct memif_gate *g)
{
	return atomic_load_explicit(&g->state, memory_order_relaxed) == OPEN;
}

bool
memif_gate_is_tried(const struct memif_gate *g)
{
	return atomic_load_explicit(&g->tried, memory_order_relaxed);
}

void
memif_gate_add(struct memif_gate *g, struct memif_rings *rings)
{
	g->rings = rings;
	for (uint32_t i = 0; i < g->port.cores; i++) {
		const struct tern_link *link = memif_rings_link(rings, i);

		/* the driver's functions say of no frame that it is right, which is no less true */
		g->queue[i].link.capabilities.rx_checksum |= link->capabilities.rx_checksum;
		g->queue[i].link.capabilities.rx_in_software = link->capabilities.rx_in_software;
	}
}

void
memif_gate_use(struct memif_gate *g, bool rings)
{
	for (uint32_t i = 0; i < g->port.cores; i++)
		g->queue[i].below = rings ? memif_rings_link(g->rings, i) : g->queue[i].driver;
}

void
memif_gate_open(struct memif_gate *g)
{
	atomic_store(&g->state, OPEN);
}

void
memif_gate_shut(struct memif_gate *g)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };

	atomic_store(&g->state, SHUT);
	for (uint32_t i = 0; i < g->port.cores; i++) {
		while (atomic_load(&g->queue[i].inside) != OUTSIDE && !atomic_load(&g->ended))
			nanosleep(&nap, NULL);
	}
}

void
memif_gate_at_close(struct memif_gate *g, void (*end)(void *owner), void *owner)
{
	g->end = end;
	g->owner = owner;
}

struct port *
memif_gate_port(struct memif_gate *g)
{
	return &g->port;
}

struct memif_gate *
memif_gate_over(struct port *below, struct complaint *why)
{
	struct memif_gate *g = rte_zmalloc_socket("memif", sizeof(*g), RTE_CACHE_LINE_SIZE, below->node);

	if (g == NULL) {
		complain(why, "%s: out of memory", below->name);
		below->close(below);
		return NULL;
	}
	g->port = *below;
	g->below = below;
	g->state = SHUT;
	g->port.close = gate_close;
	g->port.read_drops = gate_read_drops;
	for (uint32_t i = 0; i < below->cores; i++) {
		struct memif_queue *q = &g->queue[i];

		q->gate = g;
		q->driver = q->below = below->link[i];
		q->link.capabilities = q->driver->capabilities;
		q->link.receive = gate_receive;
		q->link.transmit = gate_transmit;
		q->link.is_up = gate_is_up;
		g->port.link[i] = &q->link;
	}
	return g;
}
