/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * How fast the simulator is: packet events (a packet enters a link or leaves
 * it) a second of one core, for one bulk flow and for many over a dumbbell.
 *
 *     sim_rate [SECONDS]     of network time, each; 10 by default
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <tern/sim.h>

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define PIECE 65536
#define PORT 80
#define FLOWS 100
#define LINKS (2 * FLOWS + 1)

static char piece[PIECE];

static void
source(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	(void)arg;
	for (int i = 0; i < n; i++)
		while (events[i].mask & (TERN_CONNECTED | TERN_WRITABLE) &&
		       tern_send(stack, events[i].id, piece, sizeof(piece)) == (ssize_t)sizeof(piece))
			;
}

static void
sink(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	uint64_t *bytes = arg;
	ssize_t got;

	for (int i = 0; i < n; i++)
		while (events[i].mask & TERN_READABLE && (got = tern_discard(stack, events[i].id, PIECE)) > 0)
			*bytes += (uint64_t)got;
}

static void
die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, tern_error());
	exit(1);
}

static struct tern_sim_node *
host(struct tern_sim *sim, const char *kind, unsigned int number, const char *sndbuf, tern_sim_program program,
     void *arg)
{
	char name[32], ip[32];
	const char *words[] = { "--ip", ip, "--sndbuf", sndbuf };
	struct tern_sim_node *node;

	snprintf(name, sizeof(name), "%s%u", kind, number);
	snprintf(ip, sizeof(ip), "198.%u.%u.%u/15", kind[0] == 'c' ? 18u : 19u, number >> 8, number & 255);
	node = tern_sim_host(sim, name, 4, words);
	if (node == NULL)
		die(name);
	tern_sim_on(node, program, arg);
	return node;
}

static void
begin_flow(struct tern_sim_node *client, struct tern_sim_node *server, unsigned int number)
{
	struct tern_listen_options l = TERN_LISTEN_INIT;
	struct tern_connect_options c = TERN_CONNECT_INIT;
	tern_listener listener;
	char target[48];
	tern_conn id;

	l.port = PORT;
	snprintf(target, sizeof(target), "198.19.%u.%u:%d", number >> 8, number & 255, PORT);
	if (tern_listen(tern_sim_stack(server), &l, &listener) != 0 || tern_endpoint_parse(target, &c.target) != 0 ||
	    tern_connect(tern_sim_stack(client), &c, &id) != 0)
		die(target);
}

struct figures {
	struct tern_sim *sim;
	struct tern_sim_link *link[LINKS];
	unsigned int links;
	uint64_t bytes;
};

static void
join(struct figures *f, struct tern_sim_node *a, struct tern_sim_node *b, uint64_t rate, uint64_t delay_ns,
     uint64_t queue_bytes)
{
	struct tern_sim_link_options o = TERN_SIM_LINK_INIT;

	o.rate = rate;
	o.delay_ns = delay_ns;
	o.queue_bytes = queue_bytes;
	f->link[f->links] = tern_sim_connect(f->sim, a, b, &o, NULL);
	if (f->link[f->links++] == NULL)
		die("link");
}

static void
one_flow(struct figures *f)
{
	struct tern_sim_node *client = host(f->sim, "client", 1, "4Mi", source, NULL);
	struct tern_sim_node *server = host(f->sim, "server", 1, "4Mi", sink, &f->bytes);

	join(f, client, server, 1000 * UINT64_C(1000000), 5 * MS, 0);
	begin_flow(client, server, 1);
}

static void
dumbbell(struct figures *f)
{
	struct tern_sim_node *left = tern_sim_switch(f->sim, "left"), *right = tern_sim_switch(f->sim, "right");

	join(f, left, right, 1000 * UINT64_C(1000000), 5 * MS, 0);
	for (unsigned int i = 1; i <= FLOWS; i++) {
		struct tern_sim_node *client = host(f->sim, "client", i, "256Ki", source, NULL);
		struct tern_sim_node *server = host(f->sim, "server", i, "256Ki", sink, &f->bytes);

		join(f, client, left, 10000 * UINT64_C(1000000), 0, 0);
		join(f, right, server, 10000 * UINT64_C(1000000), 0, 0);
		begin_flow(client, server, i);
	}
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t
packet_events(const struct figures *f)
{
	uint64_t events = 0;

	for (unsigned int i = 0; i < f->links; i++)
		for (unsigned int way = 0; way < 2; way++) {
			struct tern_sim_link_stats s = TERN_SIM_LINK_STATS_INIT;

			tern_sim_link_stats(f->link[i], way, &s);
			events += s.offered + s.delivered;
		}
	return events;
}

static void
measure(const char *what, void (*build)(struct figures *f), double network_s)
{
	static struct figures f;
	double begin, built, end;

	f = (struct figures){ .sim = tern_sim_new(NULL) };
	if (f.sim == NULL)
		die("network");
	begin = seconds();
	build(&f);
	built = seconds();
	if (tern_sim_run(f.sim, tern_sim_now(f.sim) + (uint64_t)(network_s * 1e9)) != 0)
		die("run");
	end = seconds();
	printf("%-10s %6.0f Mbit/s  %8.0f packet events in %6.2f s: %9.0f a second; %.2f s for the hosts\n", what,
	       (double)f.bytes * 8 / network_s / 1e6, (double)packet_events(&f), end - built,
	       (double)packet_events(&f) / (end - built), built - begin);
	if (tern_sim_free(f.sim) != 0)
		die("lost packets");
}

int
main(int argc, char **argv)
{
	double network_s = argc > 1 ? atof(argv[1]) : 10;

	measure("one flow", one_flow, network_s);
	measure("dumbbell", dumbbell, network_s);
	return 0;
}
