/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Two stacks in one thread over a wire that loses nothing, in virtual time: work whose instructions instructions.py
 * counts. `instructions MODE COUNT` does so many connections, requests or full segments, and says how many they were.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "instructions.h"
#include "stack/stack.h"

#define MSS 1448u              /* 1500 less the headers of IPv4 and TCP with timestamps */

struct work {
	struct pair *pair;
	uint32_t count;            /* asked for */
	uint32_t started, done, requests;
	uint64_t bytes;            /* received in bulk */
	tern_conn bulk;
	void (*event)(struct work *w, unsigned int side, const struct tern_event *e);
};

static char buffer[PIECE];

/* Not the tests' own wire_transmit(), which looks into frames: what that costs is not to be counted. */
static uint16_t
carry(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct pair_end *from = (struct pair_end *)(void *)link;
	struct pair_end *to = &from->pair->end[from == &from->pair->end[CLIENT] ? SERVER : CLIENT];
	uint16_t taken = (uint16_t)RTE_MIN((uint32_t)n, PAIR_FRAMES - to->frames);

	for (uint16_t i = 0; i < taken; i++) {
		frames[i]->ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD | RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		to->frame[to->frames++] = frames[i];
	}
	return taken;
}

static ssize_t
read_all(struct work *w, unsigned int side, tern_conn id)
{
	return tern_recv(pair_stack(w->pair, side), id, buffer, sizeof(buffer));
}

static void
client_closes(struct work *w, unsigned int side, const struct tern_event *e)
{
	struct tern_stack *s = pair_stack(w->pair, side);
	ssize_t n;

	if (!(e->mask & TERN_READABLE))
		return;
	n = read_all(w, side, e->id);
	if (side == SERVER && n > 0)
		tern_send(s, e->id, buffer, MESSAGE);
	else if (n >= 0)
		tern_close(s, e->id);
}

static void
server_closes(struct work *w, unsigned int side, const struct tern_event *e)
{
	struct tern_stack *s = pair_stack(w->pair, side);

	if (!(e->mask & TERN_READABLE) || read_all(w, side, e->id) < 0)
		return;
	if (side == SERVER)
		tern_send(s, e->id, buffer, MESSAGE);
	tern_close(s, e->id);
}

static void
asks_again(struct work *w, unsigned int side, const struct tern_event *e)
{
	struct tern_stack *s = pair_stack(w->pair, side);
	ssize_t n;

	if (!(e->mask & TERN_READABLE))
		return;
	n = read_all(w, side, e->id);
	if (n > 0 && (side == SERVER || ++w->requests <= w->count))
		tern_send(s, e->id, buffer, MESSAGE);
	else if (n >= 0)
		tern_close(s, e->id);
}

static void
streams(struct work *w, unsigned int side, const struct tern_event *e)
{
	ssize_t n;

	if (side == CLIENT || !(e->mask & TERN_READABLE))
		return;
	while ((n = read_all(w, side, e->id)) > 0)
		w->bytes += (uint64_t)n;
}

static void
turn(struct work *w)
{
	struct tern_event events[64];
	bool worked;

	for (unsigned int side = 0; side < 2; side++) {
		int n = stack_poll(pair_stack(w->pair, side), w->pair->now_ns, events, (int)RTE_DIM(events), &worked);

		for (int i = 0; i < n; i++) {
			w->event(w, side, &events[i]);
			w->done += side == CLIENT && (events[i].mask & TERN_CLOSED);
		}
	}
	w->pair->now_ns += TURN_NS;
}

static bool
run_connections(struct work *w, uint32_t total)
{
	struct tern_connect_options o = pair_target(w->pair);
	tern_conn id;

	o.data = buffer;
	o.data_length = MESSAGE;
	for (uint32_t turns = 0; w->done < total && turns < TURNS_MOST; turns++) {
		for (; w->started < total && w->started - w->done < IN_FLIGHT; w->started++)
			if (tern_connect(pair_stack(w->pair, CLIENT), &o, &id) != 0)
				return false;
		turn(w);
	}
	return w->done == total;
}

static bool
run_bulk(struct work *w, uint32_t segments)
{
	struct tern_connect_options o = pair_target(w->pair);
	uint64_t total = (uint64_t)segments * MSS, queued = 0;

	if (tern_connect(pair_stack(w->pair, CLIENT), &o, &w->bulk) != 0)
		return false;
	for (uint32_t turns = 0; w->bytes < total && turns < TURNS_MOST; turns++) {
		turn(w);
		while (queued < total) {
			ssize_t n = tern_send(pair_stack(w->pair, CLIENT), w->bulk, buffer, RTE_MIN(total - queued, PIECE));

			if (n <= 0)
				break;
			queued += (uint64_t)n;
		}
	}
	tern_abort(pair_stack(w->pair, CLIENT), w->bulk);
	pair_settle(w->pair);
	return w->bytes == total;
}

static const struct mode {
	const char *name;
	void (*event)(struct work *w, unsigned int side, const struct tern_event *e);
	bool bulk;
	uint32_t connections;      /* 0: as many as are counted */
	bool sockets;              /* through these, and epoll */
} modes[] = {
	{ "crr", client_closes, false, 0, false },
	{ "crr-server-closes", server_closes, false, 0, false },
	{ "rr", asks_again, false, IN_FLIGHT, false },
	{ "stream", streams, true, 1, false },
	{ "crr-sockets", NULL, false, 0, true },
	{ "rr-sockets", NULL, false, IN_FLIGHT, true },
};

static const struct mode *
mode_of(const char *name)
{
	for (unsigned int i = 0; i < RTE_DIM(modes); i++)
		if (strcmp(name, modes[i].name) == 0)
			return &modes[i];
	return NULL;
}

static bool
run(struct work *w, const struct mode *mode)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;
	uint32_t connections = mode->connections > 0 ? mode->connections : w->count;

	if (mode->sockets)
		return sockets_run(w->pair, connections, mode->connections > 0 ? w->count : 0);
	o.port = PAIR_PORT;
	if (tern_listen(pair_stack(w->pair, SERVER), &o, &w->pair->listener) != 0)
		return false;
	return mode->bulk ? run_bulk(w, w->count) : run_connections(w, connections);
}

int
main(int argc, char **argv)
{
	struct pair_setup setup = pair_setup();
	const struct mode *mode = argc == 3 ? mode_of(argv[1]) : NULL;
	struct work w = { .count = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0 };

	if (mode == NULL || w.count == 0) {
		fprintf(stderr, "usage: instructions crr|crr-server-closes|rr|stream|crr-sockets|rr-sockets COUNT\n");
		return 2;
	}
	setup.offload = true;
	for (unsigned int side = 0; side < 2; side++)
		setup.tcp[side].max_connections = setup.tcp[side].max_time_wait = 4096;
	w.event = mode->event;
	w.pair = pair_new(&setup);
	w.pair->end[CLIENT].link.transmit = w.pair->end[SERVER].link.transmit = carry;
	if (!run(&w, mode)) {
		fprintf(stderr, "instructions: %s: broke off: %u of %u connections, %llu bytes\n", mode->name, w.done, w.started,
			(unsigned long long)w.bytes);
		return 1;
	}
	if (pair_stats(w.pair, CLIENT).retransmits_data + pair_stats(w.pair, SERVER).retransmits_data > 0) {
		fprintf(stderr, "instructions: %s: a wire without loss, and something was sent again\n", mode->name);
		return 1;
	}
	printf("%u\n", w.count);
	return pair_free(w.pair) ? 0 : 1;
}
