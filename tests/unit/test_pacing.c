/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Pacing, and the samples of the delivery rate, over a simulated link whose rate is known. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim_flow.h"
#include "stack/internal.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define MSS 1448u
#define FRAME (MSS + 52 + 14)        /* with timestamps, over IPv4 */
#define ON_WIRE (FRAME + 24)
#define RATE UINT64_C(1250000)       /* bytes a second */

static struct tern_sim *sim;
static struct tern_sim_link *cable;

/* A flow of so many bytes over so many bits a second and a one-way delay of 10 ms; the client with this word, the server with such a window. */
static void
begin_with(struct flow *f, uint64_t rate, const char *word, const char *window, uint64_t bytes)
{
	struct tern_sim_options options = TERN_SIM_INIT;
	struct tern_sim_link_options link = TERN_SIM_LINK_INIT;
	const char *const more[] = { word, NULL }, *const has[] = { window == NULL ? NULL : "--window", window, NULL };
	struct tern_sim_node *client, *server;

	options.seed = 3;
	sim = tern_sim_new(&options);
	assert_non_null(sim);
	client = flow_host(sim, "client", 1, false, more);
	server = flow_host(sim, "server", 2, false, has);
	assert_true(client != NULL && server != NULL);
	link.rate = rate;
	link.delay_ns = 10 * MS;
	cable = tern_sim_connect(sim, client, server, &link, NULL);
	assert_non_null(cable);
	flow_start(f, sim, client, server, 2, false, bytes);
}

static void
begin(struct flow *f, uint64_t rate, const char *word, uint64_t bytes)
{
	begin_with(f, rate, word, NULL, bytes);
}

static void
run_for(uint64_t ns)
{
	assert_int_equal(tern_sim_run(sim, tern_sim_now(sim) + ns), 0);
}

static void
end(const struct flow *f)
{
	assert_int_equal(f->received, f->to_send);
	assert_false(f->wrong);
	assert_int_equal(tern_sim_free(sim), 0);
}

static struct tern_stack *
stack(const struct flow *f)
{
	return tern_sim_stack(f->client);
}

static struct tern_info
info(const struct flow *f)
{
	struct tern_info i = TERN_INFO_INIT;

	assert_int_equal(tern_info(stack(f), f->id, &i), 0);
	return i;
}

static uint64_t
longest_queue(void)
{
	struct tern_sim_link_stats stats = TERN_SIM_LINK_STATS_INIT;

	tern_sim_link_stats(cable, false, &stats);
	return stats.queue_most;
}

/* Bytes of payload a second, no burst of more than a few segments, and nothing else that would hold it up. */
static void
a_limited_rate_is_kept(void **state)
{
	const uint64_t bytes = 4 * RATE;
	uint64_t begun;
	struct flow f;

	(void)state;
	begin(&f, UINT64_C(1000000000), NULL, bytes);
	begun = tern_sim_now(sim);
	assert_int_equal(tern_set(stack(&f), f.id, TERN_OPT_MAX_PACING_RATE, RATE), 0);
	run_for(2 * SECOND);
	assert_int_equal(info(&f).pacing_rate, RATE);
	run_for(8 * SECOND);
	/* four seconds, and ARP's, the handshake's and the last segment's way; what goes at once at its begin is less */
	assert_in_range(f.done_ns - begun, 4 * SECOND, 4 * SECOND + 60 * MS);
	assert_in_range(longest_queue(), 1, 6 * ON_WIRE);
	end(&f);
}

static void
without_it_a_window_leaves_at_once(void **state)
{
	struct flow f;

	(void)state;
	begin(&f, UINT64_C(1000000000), NULL, 4 * RATE);
	run_for(10 * SECOND);
	assert_true(longest_queue() > 8 * ON_WIRE);
	end(&f);
}

/* 1.2 of the window a round trip in congestion avoidance, 2 in slow start */
static void
the_rate_follows_the_window(void **state)
{
	struct tern_info i;
	struct flow f;

	(void)state;
	begin(&f, UINT64_C(1000000000), "--pacing", 40 * RATE);
	run_for(50 * MS);
	i = info(&f);
	assert_true(i.cwnd < i.ssthresh / 2);
	assert_int_equal(i.pacing_rate, i.cwnd * UINT64_C(2000000) / i.srtt_us);
	run_for(20 * SECOND);
	assert_true(f.done_ns != 0);
	assert_true(longest_queue() < 250000 / 8);   /* of the window's 250 kB or more */
	end(&f);
}

/* The application may switch it off under way: what was held back goes. */
static void
switched_off_it_holds_nothing(void **state)
{
	struct flow f;
	uint64_t begun;

	(void)state;
	begin(&f, UINT64_C(1000000000), NULL, 10 * RATE);
	begun = tern_sim_now(sim);
	assert_int_equal(tern_set(stack(&f), f.id, TERN_OPT_MAX_PACING_RATE, 1000), 0);
	run_for(SECOND);
	assert_true(f.received < 20 * MSS);
	assert_int_equal(tern_set(stack(&f), f.id, TERN_OPT_PACING, 0), 0);
	run_for(5 * SECOND);
	assert_true(f.done_ns != 0 && f.done_ns - begun < 4 * SECOND);
	end(&f);
}

static void
a_held_connection_may_be_aborted(void **state)
{
	struct flow f;

	(void)state;
	begin(&f, UINT64_C(1000000000), NULL, 10 * RATE);
	assert_int_equal(tern_set(stack(&f), f.id, TERN_OPT_MAX_PACING_RATE, 1000), 0);
	run_for(SECOND);
	assert_int_equal(stack(&f)->tcp.paced.count, 1);
	assert_int_equal(tern_abort(stack(&f), f.id), 0);
	run_for(SECOND);
	assert_int_equal(stack(&f)->tcp.paced.count, 0);
	assert_true(f.client_closed);
	assert_int_equal(tern_sim_free(sim), 0);
}

/* ---- the delivery rate */

static const struct tcp_rate *
measure(const struct flow *f)
{
	struct tcp *tcp = &stack(f)->tcp;
	struct tcp_conn *c = tcp_conn_get(tcp, f->id);

	assert_non_null(c);
	tcp_rate_start(tcp, c);
	return &tcp_cc_block(tcp, c)->rate;
}

static void
the_delivery_rate_is_the_links(void **state)
{
	const uint64_t link = UINT64_C(10000000), payload = link / 8 * MSS / ON_WIRE;
	const struct tcp_rate *rate;
	struct flow f;

	(void)state;
	begin_with(&f, link, NULL, "64Ki", 10 * RATE);
	run_for(50 * MS);
	assert_int_equal(info(&f).delivery_rate, 0);  /* nobody has asked */
	rate = measure(&f);
	run_for(2 * SECOND);
	for (unsigned int i = 0; i < 50; i++) {
		run_for(37 * MS);
		assert_in_range(info(&f).delivery_rate, payload * 96 / 100, payload * 101 / 100);  /* a segment of 45 */
	}
	assert_false(rate->sample_app_limited);
	run_for(20 * SECOND);
	end(&f);
}

static void
the_delivery_rate_is_measured_through_losses(void **state)
{
	const uint64_t link = UINT64_C(10000000), payload = link / 8 * MSS / ON_WIRE;
	struct tern_sim_link_options lossy = TERN_SIM_LINK_INIT;
	unsigned int near = 0;
	struct flow f;

	(void)state;
	begin(&f, link, NULL, 10 * RATE);
	run_for(50 * MS);
	measure(&f);
	run_for(2 * SECOND);
	lossy.rate = link;
	lossy.delay_ns = 10 * MS;
	lossy.loss = 0.005;
	assert_int_equal(tern_sim_change(cable, false, &lossy), 0);
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t now;

		run_for(37 * MS);
		now = info(&f).delivery_rate;
		/* never more than the link has */
		assert_true(now <= payload * 105 / 100);
		near += now >= payload / 2;
	}
	assert_true(near > 80);
	run_for(30 * SECOND);
	end(&f);
}

static void
quiet(struct tern_stack *unused, const struct tern_event *events, int n, void *arg)
{
	(void)unused, (void)events, (void)n, (void)arg;
}

/* What the application did not fill says nothing of the path, and says so. */
static void
a_slow_application_is_told_of(void **state)
{
	static const uint8_t piece[4 * MSS];
	const struct tcp_rate *rate;
	struct flow f;

	(void)state;
	begin(&f, UINT64_C(10000000), NULL, 0);
	tern_sim_on(f.client, quiet, NULL);  /* the test sends itself */
	run_for(50 * MS);
	rate = measure(&f);
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(tern_send(stack(&f), f.id, piece, sizeof(piece)), sizeof(piece));
		run_for(100 * MS);
	}
	assert_true(rate->last > 0);
	assert_true(rate->last < RATE / 4);  /* 5,792 bytes in a round trip of 25 ms */
	assert_true(rate->sample_app_limited);
	assert_int_equal(rate->delivered, 20 * sizeof(piece));
	assert_int_equal(tern_abort(stack(&f), f.id), 0);
	run_for(SECOND);
	assert_int_equal(tern_sim_free(sim), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limited_rate_is_kept),
		cmocka_unit_test(without_it_a_window_leaves_at_once),
		cmocka_unit_test(the_rate_follows_the_window),
		cmocka_unit_test(switched_off_it_holds_nothing),
		cmocka_unit_test(a_held_connection_may_be_aborted),
		cmocka_unit_test(the_delivery_rate_is_the_links),
		cmocka_unit_test(the_delivery_rate_is_measured_through_losses),
		cmocka_unit_test(a_slow_application_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
