/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "core/hash.h"
#include "core/mbuf.h"
#include "lossy_link.h"

#define START_NS UINT64_C(1000000000000)
#define EVENTS 64
#define FRAME_ROOM 1518
#define TURNS 100000u          /* at one time, after which a stack is said never to rest */
#define TICK_NS 1000000u

struct end {
	struct tern_link link;
	struct lossy *wire;
	unsigned int side;
	struct tern_stack *stack;
	struct tern_addr addr;
};

struct on_wire {
	uint64_t at_ns;            /* when it arrives */
	uint64_t order;            /* of sending, among equals */
	unsigned int to;
	struct rte_mbuf *m;
};

struct lossy {
	struct end end[2];
	uint64_t now_ns, latency_ns, random, order;
	unsigned int used_before;
	struct lossy_rule rule[LOSSY_RULES];
	unsigned int rules;
	struct on_wire frame[LOSSY_FRAMES];  /* the earliest first */
	unsigned int frames;
};

static void
put_on_wire(struct lossy *l, const struct rte_mbuf *m, unsigned int to, uint64_t at_ns)
{
	/* a copy, as a wire makes: neither side may see what the other does with its mbuf */
	uint8_t bytes[FRAME_ROOM];
	const void *frame = rte_pktmbuf_read(m, 0, m->pkt_len, bytes);
	struct rte_mbuf *copy;
	unsigned int place = l->frames;

	if (frame == NULL || l->frames == LOSSY_FRAMES || (copy = host_mbuf(frame, m->pkt_len)) == NULL)
		return;
	while (place > 0 && l->frame[place - 1].at_ns > at_ns)
		place--;
	memmove(&l->frame[place + 1], &l->frame[place], (l->frames - place) * sizeof(l->frame[0]));
	l->frame[place] = (struct on_wire){ .at_ns = at_ns, .order = l->order++, .to = to, .m = copy };
	l->frames++;
}

static bool
by_chance(struct lossy *l, double chance)
{
	return (double)(mix64(&l->random) >> 11) < chance * (double)(UINT64_C(1) << 53);
}

/* The first rule that this frame falls under, or NULL. */
static const struct lossy_rule *
judge(struct lossy *l, unsigned int sender, const struct rte_mbuf *m)
{
	const struct lossy_rule *verdict = NULL;

	for (unsigned int i = 0; i < l->rules; i++) {
		struct lossy_rule *r = &l->rule[i];

		if (r->sender != LOSSY_BOTH && r->sender != sender)
			continue;
		if (r->matches != NULL && !r->matches(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len))
			continue;
		r->seen++;
		if (verdict != NULL || (r->nth != 0 ? r->seen != r->nth : !by_chance(l, r->chance)))
			continue;
		r->hits++;
		verdict = r;
	}
	return verdict;
}

static void
carry(struct lossy *l, unsigned int sender, const struct rte_mbuf *m)
{
	const struct lossy_rule *r = judge(l, sender, m);
	uint64_t at_ns = l->now_ns + l->latency_ns;

	if (r != NULL && r->fault == LOSSY_DROP)
		return;
	if (r != NULL && r->fault == LOSSY_DUPLICATE)
		put_on_wire(l, m, !sender, at_ns + r->delay_ns);
	put_on_wire(l, m, !sender, at_ns + (r != NULL && r->fault == LOSSY_DELAY ? r->delay_ns : 0));
}

static uint16_t
wire_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct end *e = (struct end *)(void *)link;

	for (uint16_t i = 0; i < n; i++) {
		carry(e->wire, e->side, frames[i]);
		mbuf_free(frames[i]);
	}
	return n;
}

static uint16_t
wire_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct end *e = (struct end *)(void *)link;
	struct lossy *l = e->wire;
	unsigned int kept = 0;
	uint16_t got = 0;

	for (unsigned int i = 0; i < l->frames; i++) {
		if (got < n && l->frame[i].to == e->side && l->frame[i].at_ns <= l->now_ns)
			frames[got++] = l->frame[i].m;
		else
			l->frame[kept++] = l->frame[i];
	}
	l->frames = kept;
	return got;
}

static bool
has_arrived(const struct lossy *l, unsigned int side)
{
	for (unsigned int i = 0; i < l->frames && l->frame[i].at_ns <= l->now_ns; i++)
		if (l->frame[i].to == side)
			return true;
	return false;
}

static struct tern_addr
address(bool v6, unsigned int side)
{
	struct tern_addr a = { .b = { [10] = 0xff, [11] = 0xff, [12] = 198, [13] = 18 } };

	if (v6)
		a = (struct tern_addr){ .b = { 0x20, 0x01, 0, 0x02 } };
	a.b[15] = (uint8_t)(1 + side);
	return a;
}

static bool
start_end(struct lossy *l, unsigned int side, const struct lossy_setup *setup)
{
	struct end *e = &l->end[side];
	struct host_setup hs = {
		.link = &e->link, .mac = { { 2, 0, 0x5e, 0, 0x53, (uint8_t)(1 + side) } }, .locals = 1,
		.vlan = VLAN_NONE, .seed = setup->seed + side, .start_ns = START_NS, .tcp = setup->tcp[side],
	};

	e->addr = hs.local[0] = address(setup->v6, side);
	e->wire = l;
	e->side = side;
	e->link.transmit = wire_transmit;
	e->link.receive = wire_receive;
	/* one side sends chains, so that data sent by reference takes both of its ways */
	e->link.capabilities.multi_segment = side == LOSSY_CLIENT;
	e->stack = host_stack(&hs);
	return e->stack != NULL;
}

struct lossy *
lossy_new(const struct lossy_setup *setup)
{
	struct lossy *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	host_pool();
	l->used_before = host_pool_in_use();
	l->now_ns = START_NS;
	l->latency_ns = setup->latency_ns;
	l->random = setup->seed;
	if (!start_end(l, LOSSY_CLIENT, setup) || !start_end(l, LOSSY_SERVER, setup)) {
		lossy_free(l);
		return NULL;
	}
	return l;
}

int
lossy_free(struct lossy *l)
{
	unsigned int used;

	for (unsigned int i = 0; i < 2; i++)
		if (l->end[i].stack != NULL)
			stack_free(l->end[i].stack);
	for (unsigned int i = 0; i < l->frames; i++)
		mbuf_free(l->frame[i].m);
	used = host_pool_in_use() - l->used_before;
	free(l);
	return (int)used;
}

struct tern_stack *
lossy_stack(const struct lossy *l, unsigned int side)
{
	return l->end[side].stack;
}

struct tern_addr
lossy_address(const struct lossy *l, unsigned int side)
{
	return l->end[side].addr;
}

uint64_t
lossy_now(const struct lossy *l)
{
	return l->now_ns;
}

struct lossy_rule *
lossy_add(struct lossy *l, const struct lossy_rule *rule)
{
	l->rule[l->rules] = *rule;
	return &l->rule[l->rules++];
}

/* Both stacks, at one time, until neither has anything more to do. */
static bool
turn(struct lossy *l, lossy_handler handler, void *context)
{
	bool busy = true;

	for (unsigned int turns = 0; busy; turns++) {
		if (turns == TURNS)
			return false;
		busy = false;
		for (unsigned int side = 0; side < 2; side++) {
			struct tern_event events[EVENTS];
			bool worked;
			int n = stack_poll(l->end[side].stack, l->now_ns, events, EVENTS, &worked);

			for (int i = 0; i < n; i++)
				handler(context, side, &events[i]);
			busy |= worked || n > 0 || stack_owes(l->end[side].stack) || has_arrived(l, side);
		}
	}
	return true;
}

static uint64_t
next_ns(const struct lossy *l)
{
	uint64_t next = l->frames > 0 ? l->frame[0].at_ns : UINT64_MAX;

	for (unsigned int side = 0; side < 2; side++) {
		uint64_t due = stack_next_ns(l->end[side].stack);

		next = due < next ? due : next;
	}
	return next > l->now_ns ? next : l->now_ns + TICK_NS;
}

bool
lossy_run(struct lossy *l, uint64_t until_ns, const bool *done, lossy_handler handler, void *context)
{
	for (;;) {
		uint64_t next;

		if (!turn(l, handler, context))
			return false;
		if ((done != NULL && *done) || l->now_ns >= until_ns)
			return true;
		next = next_ns(l);
		l->now_ns = next < until_ns ? next : until_ns;
	}
}

/* The TCP header of a frame, NULL if there is none; *payload: bytes behind it. */
static const uint8_t *
tcp_of(const uint8_t *f, uint32_t length, uint32_t *payload)
{
	uint32_t type, header, total;

	if (length < 54)
		return NULL;
	type = (uint32_t)f[12] << 8 | f[13];
	if (type == 0x0800 && f[23] == 6) {
		header = (uint32_t)(f[14] & 15) * 4;
		total = (uint32_t)f[16] << 8 | f[17];
	} else if (type == 0x86dd && f[20] == 6) {
		header = 40;
		total = 40 + ((uint32_t)f[18] << 8 | f[19]);
	} else {
		return NULL;
	}
	f += 14 + header;
	*payload = total - header - (uint32_t)(f[12] >> 4) * 4;
	return f;
}

bool
lossy_is_tcp(const uint8_t *frame, uint32_t length)
{
	uint32_t payload;

	return tcp_of(frame, length, &payload) != NULL;
}

bool
lossy_is_syn(const uint8_t *frame, uint32_t length)
{
	uint32_t payload;
	const uint8_t *tcp = tcp_of(frame, length, &payload);

	return tcp != NULL && (tcp[13] & 2);
}

bool
lossy_is_fin(const uint8_t *frame, uint32_t length)
{
	uint32_t payload;
	const uint8_t *tcp = tcp_of(frame, length, &payload);

	return tcp != NULL && (tcp[13] & 1);
}

bool
lossy_is_data(const uint8_t *frame, uint32_t length)
{
	uint32_t payload;
	const uint8_t *tcp = tcp_of(frame, length, &payload);

	return tcp != NULL && payload > 0;
}
