/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Opens N connections over loop, lets them idle, and tells what memory the
 * process has in use, hugepages included. Two runs with different N, and room
 * for just so many, give what an end of an idle connection costs: block, table
 * and all, without the fixed part. The program keeps nothing for a connection.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tern/tern.h>

#define EVENTS 64
#define OPENING_MOST 256u
#define PORT 7000u
#define PORTS 64u            /* so that no source port runs out below four million */
#define LIMIT_MS 60000u

struct state {
	uint64_t wanted;
	struct tern_addr server;
	_Atomic uint64_t connected, accepted;
	_Atomic int error;
};

static int
serve(struct tern_stack *stack, struct state *s)
{
	struct tern_listen_options options = TERN_LISTEN_INIT;
	struct tern_event events[EVENTS];
	tern_listener listener;
	int n;

	options.port = PORT;
	options.ports = PORTS;
	n = tern_listen(stack, &options, &listener);
	while (n >= 0) {
		n = tern_poll(stack, events, EVENTS);
		for (int i = 0; i < n; i++)
			if (events[i].mask & TERN_ACCEPTED)
				atomic_fetch_add_explicit(&s->accepted, 1, memory_order_relaxed);
	}
	return n == -ECANCELED ? 0 : n;
}

static int
open_all(struct tern_stack *stack, struct state *s)
{
	struct tern_event events[EVENTS];
	uint64_t started = 0, connected = 0;
	tern_conn conn;
	int n = 0;

	while (n >= 0) {
		while (n == 0 && started < s->wanted && started - connected < OPENING_MOST) {
			struct tern_connect_options options = TERN_CONNECT_INIT;

			options.target.addr = s->server;
			options.target.port = (uint16_t)(PORT + started % PORTS);
			n = tern_connect(stack, &options, &conn);
			started += n == 0;
		}
		if (n < 0)
			break;
		n = tern_poll(stack, events, EVENTS);
		for (int i = 0; i < n; i++) {
			if (events[i].mask & TERN_CONNECTED)
				connected++;
			if (events[i].mask & TERN_CLOSED)
				return -ECONNRESET;
		}
		atomic_store_explicit(&s->connected, connected, memory_order_relaxed);
		n = n < 0 ? n : 0;
	}
	return n == -ECANCELED ? 0 : n;
}

static int
core(struct tern_stack *stack, void *state)
{
	struct state *s = state;
	int error = tern_stack_side(stack) == TERN_SIDE_SERVER ? serve(stack, s) : open_all(stack, s);

	if (error != 0)
		atomic_store(&s->error, error);
	return error;
}

/* Resident and in hugepages: smaps counts them apart. */
static uint64_t
memory_in_use(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	uint64_t kib, sum = 0;
	char line[128];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Rss: %" SCNu64, &kib) == 1 || sscanf(line, "Private_Hugetlb: %" SCNu64, &kib) == 1 ||
		    sscanf(line, "Shared_Hugetlb: %" SCNu64, &kib) == 1)
			sum += kib * 1024;
	if (f != NULL)
		fclose(f);
	return sum;
}

static bool
all_are_open(struct state *s)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (unsigned int i = 0; i < LIMIT_MS && atomic_load(&s->error) == 0; i++) {
		if (atomic_load(&s->connected) == s->wanted && atomic_load(&s->accepted) == s->wanted)
			return true;
		nanosleep(&ms, NULL);
	}
	fprintf(stderr, "idle_connections: %" PRIu64 " of %" PRIu64 " connected, %" PRIu64 " accepted: %s\n",
		atomic_load(&s->connected), s->wanted, atomic_load(&s->accepted), strerror(-atomic_load(&s->error)));
	return false;
}

static struct tern_stack *
server_of(struct tern *t)
{
	unsigned int i = 0;

	while (tern_stack_side(tern_stack_at(t, i)) != TERN_SIDE_SERVER)
		i++;
	return tern_stack_at(t, i);
}

int
main(int argc, char **argv)
{
	char program[] = "idle_connections", pair[] = "--pair", most[] = "--max-connections", count[24];
	char half_open[] = "--max-half-open=4Ki", time_wait[] = "--max-time-wait=1Ki";
	char *words[] = { program, pair, most, count, half_open, time_wait, NULL };
	struct state state = { .wanted = argc == 2 ? strtoull(argv[1], NULL, 10) : 0 };
	struct tern *t;
	bool good;

	if (state.wanted == 0) {
		fprintf(stderr, "Usage: idle_connections N\n");
		return EXIT_FAILURE;
	}
	snprintf(count, sizeof(count), "%" PRIu64, state.wanted);
	t = tern_open(6, words);
	if (t == NULL || tern_stack_address(server_of(t), true, &state.server) != 0 || tern_start(t, core, &state) != 0) {
		fprintf(stderr, "idle_connections: %s\n", tern_error());
		return EXIT_FAILURE;
	}
	good = all_are_open(&state);
	if (good)
		printf("{\"connections\": %" PRIu64 ", \"memory_bytes\": %" PRIu64 "}\n", state.wanted, memory_in_use());
	tern_stop(t);
	tern_join(t);
	tern_destroy(t);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
