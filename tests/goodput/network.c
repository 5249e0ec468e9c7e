/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tern/histogram.h>

#include "network.h"

#define PORT 9u
#define PIECE 65536u
#define SAMPLES 4000u          /* of the queue and of cwnd, while it is measured */
#define FULL_FRAME 1538u       /* on the line, with what lies between two */
#define MBUF_BYTES 1448u       /* of a full segment */
#define NAME_LENGTH 24u

struct network;

struct flow {
	struct network *net;
	const struct flow_setup *setup;
	struct tern_sim_node *host;
	tern_conn conn;
	uint64_t received;             /* bytes, so far */
	uint64_t at_begin;             /* when measuring began */
	uint64_t at_interval;
	double cwnd_sum;
	uint64_t cwnd_samples;
	struct flow_result *result;
};

struct network {
	const struct cell *cell;
	struct cell_result *result;
	struct tern_sim *sim;
	struct tern_sim_node *receiver;
	struct tern_sim_link *bottleneck;
	struct tern_histogram *queue;
	struct flow flow[FLOWS_MOST];
	uint64_t begin_ns;             /* of virtual time */
	uint64_t sample_ns;
	unsigned int interval;
	const char *broken;            /* what went wrong while it ran */
};

static const uint8_t piece[PIECE];

static void
broke(struct network *net, const char *what)
{
	if (net->broken == NULL)
		net->broken = what;
	tern_sim_stop(net->sim);
}

/* ---- the two programs */

static void
fill(struct flow *f)
{
	struct tern_stack *s = tern_sim_stack(f->host);

	while (tern_send(s, f->conn, piece, sizeof(piece)) == (ssize_t)sizeof(piece))
		;
}

static void
send_program(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	struct flow *f = arg;

	(void)stack;
	for (int i = 0; i < n; i++) {
		if (events[i].mask & TERN_CLOSED)
			broke(f->net, "a flow ended before its time");
		else if (events[i].mask & (TERN_CONNECTED | TERN_WRITABLE))
			fill(f);
	}
}

/* Whose connection it is: senders have addresses in their order. */
static struct flow *
flow_of(struct network *net, struct tern_stack *stack, tern_conn conn)
{
	struct tern_info info = TERN_INFO_INIT;
	unsigned int number;

	if (tern_info(stack, conn, &info) != 0)
		return NULL;
	number = info.remote.addr.b[15] - 2u;
	return number < net->cell->flow_count ? &net->flow[number] : NULL;
}

static void
receive_program(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	struct network *net = arg;

	for (int i = 0; i < n; i++) {
		struct flow *f = events[i].user;
		ssize_t got;

		if (events[i].mask & TERN_ACCEPTED) {
			f = flow_of(net, stack, events[i].id);
			tern_set_user(stack, events[i].id, f);
		}
		if (f == NULL || (events[i].mask & (TERN_PEER_CLOSED | TERN_CLOSED))) {
			broke(net, "the receiver lost a flow");
			return;
		}
		while ((events[i].mask & TERN_READABLE) && (got = tern_discard(stack, events[i].id, SIZE_MAX)) > 0)
			f->received += (uint64_t)got;
	}
}

/* ---- what happens at a time */

static void
start_flow(struct tern_sim *sim, void *arg)
{
	struct tern_connect_options options = TERN_CONNECT_INIT;
	struct flow *f = arg;

	(void)sim;
	tern_endpoint_parse("198.18.0.1:9", &options.target);
	options.user = f;
	if (tern_connect(tern_sim_stack(f->host), &options, &f->conn) != 0)
		broke(f->net, "a flow could not be opened");
}

static void
begin_measuring(struct tern_sim *sim, void *arg)
{
	struct network *net = arg;

	(void)sim;
	for (unsigned int i = 0; i < net->cell->flow_count; i++)
		net->flow[i].at_begin = net->flow[i].received;
}

static void
sample(struct tern_sim *sim, void *arg)
{
	struct tern_sim_link_stats stats = TERN_SIM_LINK_STATS_INIT;
	struct network *net = arg;

	tern_sim_link_stats(net->bottleneck, false, &stats);
	tern_histogram_record(net->queue, stats.queue_now);
	for (unsigned int i = 0; i < net->cell->flow_count; i++) {
		struct tern_info info = TERN_INFO_INIT;
		struct flow *f = &net->flow[i];

		if (tern_info(tern_sim_stack(f->host), f->conn, &info) != 0)
			continue;
		f->cwnd_sum += info.cwnd;
		f->cwnd_samples++;
	}
	tern_sim_at(sim, tern_sim_now(sim) + net->sample_ns, sample, net);
}

static void
end_interval(struct tern_sim *sim, void *arg)
{
	struct network *net = arg;

	for (unsigned int i = 0; i < net->cell->flow_count; i++) {
		struct flow *f = &net->flow[i];

		f->result->series[net->interval] = f->received - f->at_interval;
		f->at_interval = f->received;
	}
	if (++net->interval < net->result->intervals)
		tern_sim_at(sim, tern_sim_now(sim) + net->cell->interval_ns, end_interval, net);
}

/* ---- the network */

static struct tern_sim_node *
make_host(struct network *net, const char *name, unsigned int number, const char *congestion)
{
	char ip[NAME_LENGTH], sndbuf[NAME_LENGTH], window[NAME_LENGTH];
	const char *words[] = {
		"--ip", ip, "--no-dad", "--sndbuf", sndbuf, "--window", window, "--max-connections", "256",
		"--max-half-open", "256", "--max-time-wait", "256", "--ecn", net->cell->ecn ? "on" : "accept",
		"--congestion", congestion,
	};

	snprintf(ip, sizeof(ip), "198.18.0.%u/24", number);
	snprintf(sndbuf, sizeof(sndbuf), "%llu", (unsigned long long)net->cell->sndbuf);
	snprintf(window, sizeof(window), "%llu", (unsigned long long)net->cell->sndbuf * 2);
	return tern_sim_host(net->sim, name, (int)(sizeof(words) / sizeof(words[0])), words);
}

static struct tern_sim_link_options
delay_of(uint64_t delay_ns)
{
	struct tern_sim_link_options o = TERN_SIM_LINK_INIT;

	o.delay_ns = delay_ns;
	return o;
}

static int
connect_lone(struct network *net)
{
	struct tern_sim_link_options there = net->cell->bottleneck, back;

	there.delay_ns = net->cell->flow[0].rtt_ns / 2;
	back = delay_of(there.delay_ns);
	net->bottleneck = tern_sim_connect(net->sim, net->flow[0].host, net->receiver, &there, &back);
	return net->bottleneck != NULL ? 0 : -EINVAL;
}

/*
 * Senders that keep step would have one of them meet the full queue each time
 * (Floyd and Jacobson, "On Traffic Phase Effects", 1992): so their links are
 * uneven by up to a packet's time on the bottleneck.
 */
static int
connect_several(struct network *net)
{
	struct tern_sim_node *hub = tern_sim_switch(net->sim, "hub");
	struct tern_sim_link_options back = delay_of(0);

	if (hub == NULL)
		return -ENOMEM;
	net->bottleneck = tern_sim_connect(net->sim, hub, net->receiver, &net->cell->bottleneck, &back);
	if (net->bottleneck == NULL)
		return -EINVAL;
	for (unsigned int i = 0; i < net->cell->flow_count; i++) {
		struct tern_sim_link_options there = delay_of(net->cell->flow[i].rtt_ns / 2);

		back = there;
		if (net->cell->bottleneck.rate != 0)
			there.jitter_ns = FULL_FRAME * 8 * UINT64_C(1000000000) / net->cell->bottleneck.rate;
		if (tern_sim_connect(net->sim, net->flow[i].host, hub, &there, &back) == NULL)
			return -EINVAL;
	}
	return 0;
}

static int
make(struct network *net)
{
	const struct cell *cell = net->cell;
	struct tern_sim_options options = TERN_SIM_INIT;
	struct tern_listen_options listening = TERN_LISTEN_INIT;
	tern_listener listener;

	options.seed = cell->seed;
	/* what all the senders' queues hold, the same again on its way or out of order, and the pools' reserves */
	options.mbufs = (uint32_t)(2 * cell->flow_count * (cell->sndbuf / MBUF_BYTES) + (1u << 15));
	net->sim = tern_sim_new(&options);
	if (net->sim == NULL)
		return -EINVAL;
	net->receiver = make_host(net, "receiver", 1, "newreno");
	if (net->receiver == NULL)
		return -EINVAL;
	for (unsigned int i = 0; i < cell->flow_count; i++) {
		struct flow *f = &net->flow[i];
		char name[NAME_LENGTH];

		snprintf(name, sizeof(name), "sender%u", i);
		*f = (struct flow){ .net = net, .setup = &cell->flow[i], .result = &net->result->flow[i] };
		f->host = make_host(net, name, i + 2, f->setup->congestion);
		if (f->host == NULL)
			return -EINVAL;
		tern_sim_on(f->host, send_program, f);
	}
	if ((cell->flow_count == 1 ? connect_lone(net) : connect_several(net)) != 0)
		return -EINVAL;
	if (cell->capture != NULL && tern_sim_capture(net->bottleneck, cell->capture, true) != 0)
		return -EINVAL;
	tern_sim_on(net->receiver, receive_program, net);
	listening.port = PORT;
	return tern_listen(tern_sim_stack(net->receiver), &listening, &listener);
}

static int
make_series(struct network *net)
{
	const struct cell *cell = net->cell;

	if (cell->interval_ns == 0)
		return 0;
	net->result->intervals = (unsigned int)((cell->warm_ns + cell->measure_ns) / cell->interval_ns);
	for (unsigned int i = 0; i < cell->flow_count; i++) {
		net->result->flow[i].series = calloc(net->result->intervals + 1u, sizeof(uint64_t));
		if (net->result->flow[i].series == NULL)
			return -ENOMEM;
	}
	return 0;
}

static void
plan(struct network *net)
{
	const struct cell *cell = net->cell;

	net->begin_ns = tern_sim_now(net->sim);
	net->sample_ns = cell->measure_ns / SAMPLES + 1;
	for (unsigned int i = 0; i < cell->flow_count; i++)
		tern_sim_at(net->sim, net->begin_ns + cell->flow[i].start_ns, start_flow, &net->flow[i]);
	tern_sim_at(net->sim, net->begin_ns + cell->warm_ns, begin_measuring, net);
	tern_sim_at(net->sim, net->begin_ns + cell->warm_ns, sample, net);
	if (net->result->intervals > 0)
		tern_sim_at(net->sim, net->begin_ns + cell->interval_ns, end_interval, net);
}

static void
read_off(struct network *net)
{
	struct cell_result *result = net->result;

	for (unsigned int i = 0; i < net->cell->flow_count; i++) {
		struct tern_stats stats = { .size = sizeof(stats) };
		struct flow *f = &net->flow[i];

		tern_stats(tern_sim_stack(f->host), &stats);
		f->result->bytes = f->received - f->at_begin;
		f->result->retransmits = stats.retransmits_data;
		f->result->timeouts = stats.rto_fired;
		f->result->cwnd = f->cwnd_samples > 0 ? f->cwnd_sum / (double)f->cwnd_samples : 0;
	}
	result->link = (struct tern_sim_link_stats)TERN_SIM_LINK_STATS_INIT;
	tern_sim_link_stats(net->bottleneck, false, &result->link);
	result->queue_mean = tern_histogram_mean(net->queue);
	result->queue_p95 = tern_histogram_percentile(net->queue, 95);
	result->events = tern_sim_events(net->sim);
}

static int
run(struct network *net, const char **why)
{
	int error;

	*why = "no memory";
	if (net->queue == NULL || make_series(net) != 0)
		return -ENOMEM;
	error = make(net);
	*why = tern_error();
	if (error != 0)
		return error;
	plan(net);
	error = tern_sim_run(net->sim, net->begin_ns + net->cell->warm_ns + net->cell->measure_ns);
	*why = net->broken != NULL ? net->broken : "the simulation stopped";
	if (error == 0 && net->broken == NULL)
		read_off(net);
	return net->broken != NULL ? -EPROTO : error;
}

int
cell_run(const struct cell *cell, struct cell_result *result, const char **why)
{
	struct network *net = calloc(1, sizeof(*net));
	int error;

	*result = (struct cell_result){ .intervals = 0 };
	*why = "no memory";
	if (net == NULL)
		return -ENOMEM;
	net->cell = cell;
	net->result = result;
	net->queue = tern_histogram_new();
	error = run(net, why);
	if (net->sim != NULL && tern_sim_free(net->sim) != 0 && error == 0) {
		*why = "mbufs were lost";
		error = -EPROTO;
	}
	tern_histogram_free(net->queue);
	free(net);
	return error;
}

void
cell_result_free(struct cell_result *result)
{
	for (unsigned int i = 0; i < FLOWS_MOST; i++)
		free(result->flow[i].series);
}
