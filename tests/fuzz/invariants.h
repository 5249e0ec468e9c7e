/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef FUZZ_INVARIANTS_H
#define FUZZ_INVARIANTS_H

/*
 * What must hold of a stack between two turns, whatever was done to it: its
 * records against its tables, lists and counters, its queues against their
 * sums, and every mbuf against whoever holds it. Looks inside, changes nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "stack/internal.h"

#define INVARIANTS_CONNS 64u       /* blocks of a stack that may be looked at: config.max_connections at most */
#define INVARIANTS_MBUFS 8192u

/* mbufs and who refers to them: each holder adds what it holds */
struct invariants_mbufs {
	uint32_t count;
	uint32_t unseen;           /* that wait among the fragments, in a table that DPDK keeps */
	const struct rte_mbuf *m[INVARIANTS_MBUFS];
};

/* What a stack was seen in before: some numbers move one way only. All zero at first. */
struct invariants_memory {
	struct {
		bool known;
		uint32_t generation, iss;
		uint32_t rcv_nxt, rcv_adv, snd_una;
	} conn[INVARIANTS_CONNS + 1];
	uint64_t closed;
};

/* All return NULL, or the sentence that does not hold. The mbufs that the stack holds are added to the set. */
const char *invariants_of_stack(const struct tern_stack *s, struct invariants_memory *memory, struct invariants_mbufs *set);
/* A chain that somebody holds: a test, a ring, a link. */
void invariants_add(struct invariants_mbufs *set, const struct rte_mbuf *m);
/* The set holds every mbuf that is in use, and each as often as its reference count says. */
const char *invariants_of_pool(const struct rte_mempool *pool, struct invariants_mbufs *set);

#endif
