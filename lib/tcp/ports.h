/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TCP_PORTS_H
#define TCP_PORTS_H

/*
 * Source ports for active opens, without search: ports are sorted once by
 * Toeplitz's part of them under the table's mask, so that the answers of a
 * chosen port come to this core; taken in order from a keyed random start per
 * address pair (RFC 6056, 3.3.4: double hash). Wholly random places would cost
 * cache misses once TIME-WAIT fills the table, and reuse a tuple too soon.
 *
 * The ports of one L(port) & mask are a list. For one pair, a place of the table
 * that leads here stands for one list, and a walk goes through the lists of all
 * these places. So that a position is found without counting, every list is
 * taken as long as the longest; the positions that it lacks are passed over.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/owner.h"

#define PORT_COUNTERS 4096u       /* of algorithm 4: pairs of (local, remote, remote port), by hash */

/* One family's: the destination port stands at another place of the tuple in the other. */
struct port_lists {
	uint16_t *sorted;                        /* ports by (L(port) & mask), the lists one behind the other */
	uint32_t list_start[OWNER_MAX_RETA + 1];
	uint32_t longest;                        /* list */
	uint32_t count[OWNER_MAX_RETA];          /* ports that lead here, by the rest's (hash & mask) */
};

struct ports {
	uint16_t low, high;              /* inclusive: 1024..65535 */
	bool alone;                      /* one core: all ports lead here */
	const struct owner *owner;       /* NULL: one core, all ports lead here */
	uint8_t key[32];                 /* derived from secret.port */
	struct port_lists lists[2];      /* IPv6, IPv4; unused with one core */
	uint32_t places;                 /* of the indirection table that lead here */
	uint16_t place[OWNER_MAX_RETA];
	uint32_t counter[PORT_COUNTERS];
};

/* 0, -EINVAL for a range without ports or with port 0, -ENOMEM. owner is borrowed; NULL: one core. */
int ports_init(struct ports *p, const struct owner *owner, const struct secret *secret, uint16_t low, uint16_t high);
void ports_free(struct ports *p);

/* A place to choose from; ports_next() gives one candidate after the other, each port of this pair once. */
struct port_walk {
	uint32_t rest;       /* Toeplitz of the answer's tuple without its destination port */
	uint32_t start;      /* first position */
	uint32_t index;      /* positions passed so far */
	uint32_t positions;
	uint32_t count;      /* ports that lead to this core */
	uint32_t counter;
	bool v4;
};
/* key: of the connection to be, local its address; may be NULL to who is alone. Its port does not matter yet. count is 0
 * when no port leads to this core. */
void ports_walk(struct ports *p, struct port_walk *w, const struct flow_key *key, const struct tern_addr *local);
/* The next candidate, or 0 when all were given. The caller tests whether the tuple is free. */
uint16_t ports_next(struct ports *p, struct port_walk *w);
/* The candidate was taken: the next walk of this pair starts behind it. */
void ports_took(struct ports *p, const struct port_walk *w);

#endif
