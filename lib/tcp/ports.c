/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "tcp/ports.h"

/* Sort by counting: how long is each list, where does it begin, then each port into its place. */
static int
lists_init(struct ports *p, struct port_lists *l, bool v4)
{
	const struct owner *o = p->owner;
	uint32_t next[OWNER_MAX_RETA];

	l->sorted = malloc((p->high - p->low + 1u) * sizeof(l->sorted[0]));
	if (l->sorted == NULL)
		return -ENOMEM;
	for (uint32_t port = p->low; port <= p->high; port++)
		l->list_start[(owner_port_part(o, v4, (uint16_t)port) & o->mask) + 1]++;
	for (uint32_t i = 0; i <= o->mask; i++) {
		if (l->list_start[i + 1] > l->longest)
			l->longest = l->list_start[i + 1];
		l->list_start[i + 1] += l->list_start[i];
		next[i] = l->list_start[i];
	}
	for (uint32_t port = p->low; port <= p->high; port++)
		l->sorted[next[owner_port_part(o, v4, (uint16_t)port) & o->mask]++] = (uint16_t)port;
	for (uint32_t rest = 0; rest <= o->mask; rest++) {
		for (uint32_t i = 0; i < p->places; i++) {
			uint32_t list = p->place[i] ^ rest;

			l->count[rest] += l->list_start[list + 1] - l->list_start[list];
		}
	}
	return 0;
}

int
ports_init(struct ports *p, const struct owner *owner, const struct secret *secret, uint16_t low, uint16_t high)
{
	uint64_t key[sizeof(p->key) / sizeof(uint64_t)];

	memset(p, 0, sizeof(*p));
	if (low == 0 || low > high)
		return -EINVAL;
	p->low = low;
	p->high = high;
	p->owner = owner;
	p->alone = owner == NULL || owner->cores == 1;
	for (uint32_t i = 0; i < sizeof(key) / sizeof(key[0]); i++)
		key[i] = siphash(secret->port, &(uint32_t){ PORT_COUNTERS + i }, sizeof(uint32_t));
	memcpy(p->key, key, sizeof(key));
	/* RFC 6056, 3.3.4: counters begin at random */
	for (uint32_t i = 0; i < PORT_COUNTERS; i++)
		p->counter[i] = (uint32_t)siphash(secret->port, &i, sizeof(i));
	if (p->alone)
		return 0;

	for (uint32_t i = 0; i <= owner->mask; i++) {
		if (owner->reta[i] == owner->self)
			p->place[p->places++] = (uint16_t)i;
	}
	if (lists_init(p, &p->lists[false], false) < 0 || lists_init(p, &p->lists[true], true) < 0) {
		ports_free(p);
		return -ENOMEM;
	}
	return 0;
}

void
ports_free(struct ports *p)
{
	for (uint32_t i = 0; i < 2; i++) {
		free(p->lists[i].sorted);
		p->lists[i].sorted = NULL;
	}
}

/* F and G of RFC 6056, 3.3.4, at once */
static uint64_t
pair_hash(const struct ports *p, const struct flow_key *key)
{
	struct flow_key pair = *key;

	pair.lport = 0;
	return flow_hash(p->key, &pair);
}

/* Toeplitz of the answers' tuple, without its destination port */
static __rte_noinline uint32_t
answers_hash(const struct ports *p, const struct flow_key *key, const struct tern_addr *local)
{
	struct tern_addr remote;

	memcpy(remote.b, key->remote, sizeof(remote.b));
	return owner_hash(p->owner, tern_addr_is_v4(&remote), &remote, local, key->rport, 0);
}

void
ports_walk(struct ports *p, struct port_walk *w, const struct flow_key *key, const struct tern_addr *local)
{
	uint64_t hash = pair_hash(p, key);

	w->index = 0;
	w->counter = (uint32_t)(hash >> 32) % PORT_COUNTERS;
	if (likely(p->alone)) {
		w->positions = w->count = p->high - p->low + 1u;
	} else {
		const struct port_lists *l;

		w->v4 = tern_addr_is_v4(local);
		l = &p->lists[w->v4];
		w->rest = answers_hash(p, key, local);
		w->count = l->count[w->rest & p->owner->mask];
		w->positions = w->count == 0 ? 0 : p->places * l->longest;
	}
	w->start = w->positions == 0 ? 0 : ((uint32_t)hash + p->counter[w->counter]) % w->positions;
}

uint16_t
ports_next(struct ports *p, struct port_walk *w)
{
	while (w->index < w->positions) {
		uint32_t position = w->start + w->index++;
		const struct port_lists *l;
		uint32_t list, at;

		if (position >= w->positions)
			position -= w->positions;
		if (likely(p->alone))
			return (uint16_t)(p->low + position);
		l = &p->lists[w->v4];
		list = p->place[position / l->longest] ^ (w->rest & p->owner->mask);
		at = position % l->longest;
		if (at < l->list_start[list + 1] - l->list_start[list])
			return l->sorted[l->list_start[list] + at];
		w->index += l->longest - at - 1;
	}
	return 0;
}

void
ports_took(struct ports *p, const struct port_walk *w)
{
	p->counter[w->counter] += w->index;
}
