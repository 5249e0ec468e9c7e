/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_load.h"

#define SIZE 64
#define PORT 80
#define FLIGHTS 65536u
#define NONE UINT32_MAX
#define TIMEOUT_NS (2 * LOAD_SECOND)

static const uint8_t text[SIZE];

/* ---- the server */

static void
serve(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	const struct load *l = arg;
	uint8_t buffer[SIZE];

	for (int i = 0; i < n; i++) {
		ssize_t got = 1;

		if (events[i].mask & TERN_CLOSED)
			continue;
		while ((got = tern_recv(stack, events[i].id, buffer, sizeof(buffer))) > 0) {
			tern_sim_work(stack, l->setup.work_ns);
			tern_send(stack, events[i].id, buffer, (size_t)got);
		}
		if (got == 0)
			tern_close(stack, events[i].id);
	}
}

/* ---- the client */

static void
begin(struct load *l, uint64_t now_ns)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;
	uint32_t index = l->free_head;
	struct load_flight *f;

	if (index == NONE && l->fresh == FLIGHTS)
		return;
	if (index == NONE)
		index = l->fresh;
	f = &l->flight[index];
	o.target = l->target;
	o.source_pool = true;
	o.timeout_ns = TIMEOUT_NS;
	o.data = text;
	o.data_length = SIZE;
	o.user = f;
	if (tern_connect(tern_sim_stack(l->client), &o, &f->id) != 0) {
		l->now.not_begun++;
		return;
	}
	if (index == l->fresh)
		l->fresh++;
	else
		l->free_head = f->next;
	f->begun_ns = now_ns;
	f->open_ns = 0;
	f->answered = false;
}

static void
launch(struct tern_sim *sim, void *arg)
{
	struct load *l = arg;

	l->launching = l->gap_ns != 0;
	if (!l->launching)
		return;
	l->now.offered++;
	begin(l, tern_sim_now(sim));
	l->next_ns += l->gap_ns;
	tern_sim_at(sim, l->next_ns, launch, l);
}

static void
flood(struct tern_sim *sim, void *arg)
{
	struct load *l = arg;

	l->flooding = l->flood_gap_ns != 0;
	if (!l->flooding)
		return;
	l->flood_sent += tern_send_syn(tern_sim_stack(l->flooder), &l->target, true) == 0;
	l->flood_next_ns += l->flood_gap_ns;
	tern_sim_at(sim, l->flood_next_ns, flood, l);
}

static void
ask(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	struct load *l = arg;
	uint64_t now_ns = tern_now(stack);
	uint8_t buffer[SIZE];

	for (int i = 0; i < n; i++) {
		struct load_flight *f = events[i].user;

		if (f == NULL)
			continue;
		if (events[i].mask & TERN_CONNECTED) {
			f->open_ns = now_ns;
			tern_histogram_record(l->to_open, now_ns - f->begun_ns);
		}
		if ((events[i].mask & TERN_READABLE) && tern_recv(stack, events[i].id, buffer, SIZE) == SIZE) {
			f->answered = true;
			l->now.done++;
			tern_histogram_record(l->latency, now_ns - f->open_ns);
			tern_close(stack, events[i].id);
		}
		if (!(events[i].mask & TERN_CLOSED))
			continue;
		if (f->open_ns == 0)
			l->now.refused++;
		else if (!f->answered)
			l->now.failed++;
		f->next = l->free_head;
		l->free_head = (uint32_t)(f - l->flight);
	}
}

/* ---- from beginning to end */

static struct tern_sim_node *
host(struct load *l, struct tern_sim_node *middle, const char *name, const char *const *word, const char *const *more)
{
	struct tern_sim_link_options model = TERN_SIM_LINK_INIT;
	const char *words[32];
	struct tern_sim_node *node;
	int n = 0;

	for (; *word != NULL; word++)
		words[n++] = *word;
	for (; *more != NULL; more++)
		words[n++] = *more;
	node = tern_sim_host(l->sim, name, n, words);
	/* ten gigabits, so that what is sent together does not come at once */
	model.rate = UINT64_C(10000000000);
	model.delay_ns = l->setup.delay_ns;
	if (node == NULL || tern_sim_connect(l->sim, node, middle, &model, NULL) == NULL) {
		fprintf(stderr, "%s\n", tern_error());
		abort();
	}
	return node;
}

struct load *
load_new(const struct load_setup *setup)
{
	static const char *const server[] = { "--ip", "198.18.0.1/15", NULL };
	static const char *const server_room[] = { "--max-connections", "64Ki", "--max-half-open", "16Ki", NULL };
	static const char *const client[] = { "--ip", "198.18.0.2/15", NULL };
	static const char *const client_room[] = { "--src", "198.18.64.0/22", "--max-connections", "64Ki", "--max-time-wait", "64Ki",
						   NULL };
	static const char *const flooder[] = { "--ip", "198.18.0.3/15", NULL };
	static const char *const flooder_room[] = { "--src", "198.18.128.0/18", NULL };
	struct tern_listen_options listen = TERN_LISTEN_INIT;
	struct tern_sim_options o = TERN_SIM_INIT;
	struct load *l = calloc(1, sizeof(*l));
	struct tern_sim_node *middle;
	tern_listener listener;

	l->setup = *setup;
	l->flight = calloc(FLIGHTS, sizeof(l->flight[0]));
	l->latency = tern_histogram_new();
	l->to_open = tern_histogram_new();
	l->free_head = NONE;
	o.seed = 1;
	o.mbufs = setup->mbufs != 0 ? setup->mbufs : 262144;
	l->sim = tern_sim_new(&o);
	if (l->sim == NULL)
		abort();
	middle = tern_sim_switch(l->sim, "switch");
	l->server = host(l, middle, "server", server, setup->server != NULL ? setup->server : server_room);
	l->client = host(l, middle, "client", client, setup->client != NULL ? setup->client : client_room);
	l->flooder = host(l, middle, "flooder", flooder, flooder_room);
	tern_sim_processor(l->server, setup->frame_ns, setup->rx_queue);
	tern_sim_on(l->server, serve, l);
	tern_sim_on(l->client, ask, l);
	tern_stack_address(tern_sim_stack(l->server), true, &l->target.addr);
	l->target.port = PORT;
	listen.port = PORT;
	listen.backlog = setup->backlog;
	if (tern_listen(tern_sim_stack(l->server), &listen, &listener) != 0)
		abort();
	l->looked_ns = tern_sim_now(l->sim);
	return l;
}

unsigned int
load_free(struct load *l)
{
	unsigned int lost = tern_sim_free(l->sim);

	tern_histogram_free(l->latency);
	tern_histogram_free(l->to_open);
	free(l->flight);
	free(l);
	return lost;
}

void
load_rate(struct load *l, uint64_t rate)
{
	l->gap_ns = rate == 0 ? 0 : LOAD_SECOND / rate;
	l->next_ns = tern_sim_now(l->sim);
	if (rate != 0 && !l->launching)
		tern_sim_at(l->sim, l->next_ns, launch, l);
	l->launching |= rate != 0;
}

void
load_flood(struct load *l, uint64_t rate)
{
	l->flood_gap_ns = rate == 0 ? 0 : LOAD_SECOND / rate;
	l->flood_next_ns = tern_sim_now(l->sim);
	if (rate != 0 && !l->flooding)
		tern_sim_at(l->sim, l->flood_next_ns, flood, l);
	l->flooding |= rate != 0;
}

static struct tern_stats
stats_of(struct tern_sim_node *node)
{
	struct tern_stats s = { .size = sizeof(s) };

	tern_stats(tern_sim_stack(node), &s);
	return s;
}

struct tern_stats
load_stats(const struct load *l)
{
	return stats_of(l->server);
}

struct tern_stats
load_client_stats(const struct load *l)
{
	return stats_of(l->client);
}

void
load_run(struct load *l, uint64_t ms)
{
	uint64_t end_ns = tern_sim_now(l->sim) + ms * LOAD_MS;

	while (tern_sim_now(l->sim) < end_ns) {
		struct tern_stats s;

		tern_sim_run(l->sim, tern_sim_now(l->sim) + 10 * LOAD_MS);
		s = load_stats(l);
		l->open_most = s.open_now > l->open_most ? s.open_now : l->open_most;
		l->half_open_most = s.half_open_now > l->half_open_most ? s.half_open_now : l->half_open_most;
	}
}

struct load_figures
load_look(struct load *l)
{
	struct load_figures f = l->now;
	uint64_t now_ns = tern_sim_now(l->sim);

	f.seconds = (double)(now_ns - l->looked_ns) / LOAD_SECOND;
	f.p50_ns = tern_histogram_percentile(l->latency, 50);
	f.p99_ns = tern_histogram_percentile(l->latency, 99);
	f.setup_p50_ns = tern_histogram_percentile(l->to_open, 50);
	tern_histogram_reset(l->latency);
	tern_histogram_reset(l->to_open);
	l->now = (struct load_figures){ 0 };
	l->looked_ns = now_ns;
	return f;
}
