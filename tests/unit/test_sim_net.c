/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Whole hosts on simulated networks, by the public header alone. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim_flow.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define HOUR (3600 * SECOND)
#define MBUFS 8192u

static const struct tern_sim_link_options perfect = TERN_SIM_LINK_INIT;

static struct tern_sim *
network(uint64_t seed)
{
	struct tern_sim_options o = TERN_SIM_INIT;
	struct tern_sim *sim;

	o.seed = seed;
	o.mbufs = MBUFS;
	sim = tern_sim_new(&o);
	if (sim == NULL)
		fail_msg("%s", tern_error());
	return sim;
}

static struct tern_sim_node *
host(struct tern_sim *sim, const char *name, unsigned int number, bool v6)
{
	struct tern_sim_node *node = flow_host(sim, name, number, v6, NULL);

	if (node == NULL)
		fail_msg("%s", tern_error());
	return node;
}

static struct tern_sim_link *
join(struct tern_sim *sim, struct tern_sim_node *a, struct tern_sim_node *b, const struct tern_sim_link_options *model)
{
	struct tern_sim_link *link = tern_sim_connect(sim, a, b, model, NULL);

	if (link == NULL)
		fail_msg("%s", tern_error());
	return link;
}

static void
assert_whole(const struct flow *f)
{
	assert_true(f->connected);
	assert_int_equal(f->received, f->to_send);
	assert_false(f->wrong);
	assert_true(f->client_closed && f->server_closed);
	assert_int_equal(f->client_reason, TERN_CLOSE_NORMAL);
	assert_int_equal(f->server_reason, TERN_CLOSE_NORMAL);
}

/* Over one link, both families; told what each host's stack counted. */
static void
transfer(const struct tern_sim_link_options *model, uint64_t bytes, struct tern_stats *stats)
{
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct tern_sim *sim = network(1);
		struct tern_sim_node *a = host(sim, "alice", 1, v6), *b = host(sim, "bob", 2, v6);
		struct flow f;

		join(sim, a, b, model);
		flow_start(&f, sim, a, b, 2, v6, bytes);
		assert_int_equal(tern_sim_run(sim, HOUR), 0);
		assert_whole(&f);
		for (unsigned int i = 0; i < 2 && stats != NULL; i++)
			tern_stats(tern_sim_stack(i == 0 ? a : b), &stats[2 * v6 + i]);
		assert_int_equal(tern_sim_free(sim), 0);
	}
}

static void
bytes_cross_a_perfect_cable(void **state)
{
	(void)state;
	transfer(&perfect, 1000000, NULL);
}

static void
bytes_cross_a_bad_link_whole(void **state)
{
	struct tern_sim_link_options model = perfect;

	(void)state;
	model.rate = 10 * 1000 * 1000;
	model.delay_ns = 10 * MS;
	model.loss = 0.01;
	model.duplicate = 0.01;
	model.reorder = 0.01;
	model.corrupt = 0.01;
	model.jitter_ns = MS;
	transfer(&model, 1000000, NULL);
}

static void
corrupted_packets_are_dropped_and_counted(void **state)
{
	struct tern_stats stats[4] = { { .size = sizeof(stats[0]) }, { .size = sizeof(stats[0]) },
				       { .size = sizeof(stats[0]) }, { .size = sizeof(stats[0]) } };
	struct tern_sim_link_options model = perfect;

	(void)state;
	model.delay_ns = MS;
	model.corrupt = 0.05;
	transfer(&model, 1000000, stats);
	for (unsigned int v6 = 0; v6 < 2; v6++)
		assert_true(stats[2 * v6 + 1].drops[TERN_DROP_TCP_CHECKSUM] > 10);
	/* of acknowledgments the IPv4 header is a third */
	assert_true(stats[0].drops[TERN_DROP_IP_CHECKSUM] > 0);
}

/* ---- switches */

static void
switches_hand_on_to_where_the_host_is(void **state)
{
	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct tern_sim *sim = network(2);
		struct tern_sim_node *left = tern_sim_switch(sim, "left"), *right = tern_sim_switch(sim, "right");
		struct tern_sim_link_stats s = TERN_SIM_LINK_STATS_INIT;
		struct tern_sim_link *idle;
		struct flow f[3];

		join(sim, left, right, &perfect);
		for (unsigned int i = 0; i < 3; i++) {
			char name[2][16];
			struct tern_sim_node *a, *b;

			snprintf(name[0], sizeof(name[0]), "client%u", i);
			snprintf(name[1], sizeof(name[1]), "server%u", i);
			a = host(sim, name[0], 1 + i, v6);
			b = host(sim, name[1], 11 + i, v6);
			join(sim, a, left, &perfect);
			join(sim, right, b, &perfect);
			flow_start(&f[i], sim, a, b, 11 + i, v6, 100000);
		}
		idle = join(sim, left, host(sim, "idle", 21, v6), &perfect);
		assert_null(tern_sim_stack(left));
		assert_int_equal(tern_sim_run(sim, HOUR), 0);
		for (unsigned int i = 0; i < 3; i++)
			assert_whole(&f[i]);
		/* what went to everybody, who asked where another is, and nothing else */
		tern_sim_link_stats(idle, false, &s);
		assert_in_range(s.delivered, v6 ? 0 : 3, 10);
		assert_int_equal(tern_sim_free(sim), 0);
	}
}

static void
a_host_without_a_link_reaches_nobody(void **state)
{
	struct tern_sim *sim = network(1);
	struct tern_sim_node *a = host(sim, "alice", 1, false), *b = host(sim, "bob", 2, false);
	struct flow f;

	(void)state;
	flow_start(&f, sim, a, b, 2, false, 1000);
	assert_int_equal(tern_sim_run(sim, 10 * SECOND), 0);
	assert_false(f.connected);
	assert_true(f.client_closed);
	assert_int_equal(tern_sim_free(sim), 0);
}

static void
a_smaller_mtu_on_the_way_is_found(void **state)
{
	(void)state;
	for (unsigned int v6 = 0; v6 < 2; v6++) {
		struct tern_sim *sim = network(1);
		struct tern_sim_node *a = host(sim, "alice", 1, v6), *b = host(sim, "bob", 2, v6), *hub = tern_sim_switch(sim, "hub");
		struct tern_sim_link_stats s = TERN_SIM_LINK_STATS_INIT;
		struct tern_sim_link_options model = perfect;
		struct tern_sim_link *narrow;
		struct flow f;

		model.delay_ns = MS;
		join(sim, a, hub, &model);
		model.mtu = 1300;
		model.mtu_icmp = true;
		narrow = join(sim, hub, b, &model);
		flow_start(&f, sim, a, b, 2, v6, 300000);
		assert_int_equal(tern_sim_run(sim, HOUR), 0);
		assert_whole(&f);
		tern_sim_link_stats(narrow, false, &s);
		assert_in_range(s.dropped_mtu, 1, 20);
		/* in far less time than it takes to find a hole that says nothing */
		assert_true(f.done_ns < 2 * SECOND);
		assert_int_equal(tern_sim_free(sim), 0);
	}
}

/* ---- time */

struct told {
	struct tern_sim *sim;
	unsigned int calls;
	uint64_t at_ns[8];
	char order[9];
};

static struct told told;

static void
note(struct tern_sim *sim, void *arg)
{
	told.at_ns[told.calls] = tern_sim_now(sim);
	told.order[told.calls++] = *(const char *)arg;
}

static void
note_and_stop(struct tern_sim *sim, void *arg)
{
	note(sim, arg);
	assert_int_equal(tern_sim_run(sim, 100 * SECOND), -EBUSY);
	tern_sim_stop(sim);
}

static int
at(struct tern_sim *sim, uint64_t at_ns, void (*fn)(struct tern_sim *sim, void *arg), const char *letter)
{
	return tern_sim_at(sim, at_ns, fn, (void *)(uintptr_t)letter);
}

static void
calls_come_in_the_order_of_time_and_asking(void **state)
{
	struct tern_sim *sim = network(1);

	(void)state;
	memset(&told, 0, sizeof(told));
	assert_int_equal(tern_sim_now(sim), SECOND);
	assert_int_equal(at(sim, 3 * SECOND, note, "d"), 0);
	assert_int_equal(at(sim, 2 * SECOND, note, "b"), 0);
	assert_int_equal(at(sim, 2 * SECOND, note, "c"), 0);
	assert_int_equal(at(sim, 5, note, "a"), 0);           /* gone by: at once */
	assert_int_equal(at(sim, 9 * SECOND, note, "e"), 0);
	assert_int_equal(tern_sim_run(sim, 4 * SECOND), 0);
	assert_string_equal(told.order, "abcd");
	assert_int_equal(told.at_ns[0], SECOND);
	assert_int_equal(told.at_ns[1], 2 * SECOND);
	assert_int_equal(told.at_ns[3], 3 * SECOND);
	assert_int_equal(tern_sim_now(sim), 4 * SECOND);
	/* all that will ever happen, and when the last of it was */
	assert_int_equal(tern_sim_run(sim, UINT64_MAX), 0);
	assert_string_equal(told.order, "abcde");
	assert_int_equal(tern_sim_now(sim), 9 * SECOND);
	assert_int_equal(tern_sim_free(sim), 0);
}

static void
a_run_can_be_stopped_and_goes_on(void **state)
{
	struct tern_sim *sim = network(1);

	(void)state;
	memset(&told, 0, sizeof(told));
	at(sim, 2 * SECOND, note_and_stop, "a");
	at(sim, 2 * SECOND, note, "b");
	assert_int_equal(tern_sim_run(sim, 9 * SECOND), -ECANCELED);
	assert_string_equal(told.order, "a");
	assert_int_equal(tern_sim_now(sim), 2 * SECOND);
	assert_int_equal(tern_sim_run(sim, 9 * SECOND), 0);
	assert_string_equal(told.order, "ab");
	assert_int_equal(tern_sim_now(sim), 9 * SECOND);
	assert_int_equal(tern_sim_free(sim), 0);
}

static void
so_many_calls_wait_and_no_more(void **state)
{
	struct tern_sim *sim = network(1);

	(void)state;
	for (unsigned int i = 0; i < 65536; i++)
		assert_int_equal(at(sim, 2 * SECOND, note, "a"), 0);
	assert_int_equal(at(sim, 2 * SECOND, note, "a"), -ENOBUFS);
	assert_int_equal(tern_sim_free(sim), 0);
}

static struct flow late;

static void
begin_late(struct tern_sim *sim, void *arg)
{
	struct tern_sim_node **end = arg;

	/* a host that slept knows what time it is: a timeout counts from now */
	assert_int_equal(tern_now(tern_sim_stack(end[0])), tern_sim_now(sim));
	assert_int_equal(tern_clock(tern_sim_stack(end[0])), tern_sim_now(sim));
	flow_start(&late, sim, end[0], end[1], 2, false, 1000);
}

static void
a_call_can_give_a_sleeping_host_something_to_do(void **state)
{
	struct tern_sim *sim = network(1);
	struct tern_sim_node *end[] = { host(sim, "alice", 1, false), host(sim, "bob", 2, false) };
	struct tern_sim_link_options model = perfect;

	(void)state;
	memset(&late, 0, sizeof(late));
	model.delay_ns = 10 * MS;
	join(sim, end[0], end[1], &model);
	tern_sim_at(sim, 1000 * SECOND, begin_late, end);
	assert_int_equal(tern_sim_run(sim, 2000 * SECOND), 0);
	assert_whole(&late);
	/* ARP, the handshake with data on its end: two round trips, and nothing that waits for a timer */
	assert_int_equal(late.done_ns, 1000 * SECOND + 50 * MS);
	assert_int_equal(tern_sim_free(sim), 0);
}

static struct tern_event timer_seen;
static uint64_t timer_ns;

static void
see_timer(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	struct tern_event unused[1];

	(void)arg;
	for (int i = 0; i < n; i++)
		if (events[i].mask & TERN_TIMER) {
			timer_seen = events[i];
			timer_ns = tern_now(stack);
			assert_int_equal(tern_poll(stack, unused, 1), -EINVAL);
		}
}

static void
a_posted_call(struct tern_stack *stack, void *arg)
{
	(void)stack;
	*(bool *)arg = true;
}

static void
timers_fire_to_the_nanosecond_and_posts_are_run(void **state)
{
	struct tern_sim *sim = network(1);
	struct tern_sim_node *a = host(sim, "alice", 1, false);
	struct tern_stack *stack = tern_sim_stack(a);
	struct tern_event events[1];
	bool posted = false;

	(void)state;
	tern_sim_on(a, see_timer, NULL);
	assert_int_equal(tern_timer_set(stack, 5 * SECOND + 7, 42), 0);
	assert_int_equal(tern_post(stack, a_posted_call, &posted), 0);
	assert_int_equal(tern_sim_run(sim, 10 * SECOND), 0);
	assert_int_equal(timer_seen.cookie, 42);
	assert_int_equal(timer_ns, 5 * SECOND + 7);
	assert_true(posted);
	assert_int_equal(tern_stack_side(stack), TERN_SIDE_ONLY);
	assert_int_equal(tern_stack_peers(stack), 1);
	/* its turns are the network's */
	assert_int_equal(tern_poll(stack, events, 1), -EINVAL);
	assert_int_equal(tern_wait(stack, events, 1, SECOND), -EINVAL);
	assert_int_equal(tern_sim_free(sim), 0);
}

static void
spin(struct tern_stack *stack, const struct tern_event *events, int n, void *arg)
{
	(void)events;
	(void)n;
	(void)arg;
	tern_timer_set(stack, tern_now(stack), 0);
}

static void
a_host_that_never_rests_is_named(void **state)
{
	struct tern_sim *sim = network(1);
	struct tern_sim_node *a = host(sim, "alice", 1, false);

	(void)state;
	tern_sim_on(a, spin, NULL);
	tern_timer_set(tern_sim_stack(a), 2 * SECOND, 0);
	assert_int_equal(tern_sim_run(sim, 10 * SECOND), -ELOOP);
	assert_non_null(strstr(tern_error(), "alice"));
	assert_int_equal(tern_sim_now(sim), 2 * SECOND);
	assert_int_equal(tern_sim_free(sim), 0);
}

static void
networks_live_side_by_side(void **state)
{
	struct tern_sim *sim[2];
	struct flow f[2];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct tern_sim_node *a, *b;

		sim[i] = network(i);
		a = host(sim[i], "alice", 1, false);
		b = host(sim[i], "bob", 2, false);
		join(sim[i], a, b, &perfect);
		flow_start(&f[i], sim[i], a, b, 2, false, 100000);
	}
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(tern_sim_run(sim[i], HOUR), 0);
		assert_whole(&f[i]);
		assert_true(tern_sim_events(sim[i]) > 200);
	}
	assert_int_equal(tern_sim_free(sim[0]) + tern_sim_free(sim[1]), 0);
}

static void
what_is_under_way_at_the_end_comes_back(void **state)
{
	struct tern_sim *sim = network(1);
	struct tern_sim_node *a = host(sim, "alice", 1, false), *b = host(sim, "bob", 2, false);
	struct tern_sim_link_options model = perfect;
	struct flow f;

	(void)state;
	model.rate = 10 * 1000 * 1000;
	model.delay_ns = 20 * MS;
	join(sim, a, b, &model);
	flow_start(&f, sim, a, b, 2, false, 10000000);
	assert_int_equal(tern_sim_run(sim, 2 * SECOND), 0);
	assert_true(f.received > 0 && f.received < f.to_send);
	assert_int_equal(tern_sim_free(sim), 0);
}

/* ---- refusals */

static void
assert_refused(const struct tern_sim_link_options *model, const char *field)
{
	struct tern_sim *sim = network(1);
	struct tern_sim_node *a = host(sim, "alice", 1, false), *b = host(sim, "bob", 2, false);
	struct tern_sim_link *link;

	assert_null(tern_sim_connect(sim, a, b, &perfect, model));
	if (strstr(tern_error(), field) == NULL || strstr(tern_error(), "from bob to alice") == NULL)
		fail_msg("%s is not named: %s", field, tern_error());
	link = join(sim, a, b, &perfect);
	assert_int_equal(tern_sim_change(link, true, model), -EINVAL);
	assert_int_equal(tern_sim_free(sim), 0);
}

#define REFUSED(field, ...) do { \
	struct tern_sim_link_options o_ = { __VA_ARGS__ }; \
	o_.size = sizeof(o_); \
	assert_refused(&o_, field); \
} while (0)

static void
models_that_cannot_be_are_refused_by_field(void **state)
{
	const uint64_t rate = 1000000;

	(void)state;
	REFUSED("loss", .loss = 1.5);
	REFUSED("loss", .loss = -0.1);
	REFUSED("loss", .loss = __builtin_nan(""));
	REFUSED("duplicate", .duplicate = 2);
	REFUSED("corrupt", .corrupt = 2);
	REFUSED("reorder", .reorder = 2);
	REFUSED("reorder_ns", .reorder_ns = MS);
	REFUSED("gilbert_p", .gilbert_p = 2, .gilbert_r = 0.5);
	REFUSED("gilbert_r", .gilbert_p = 0.1);
	REFUSED("gilbert_p", .gilbert_r = 0.1);
	REFUSED("gilbert_bad", .gilbert_p = 0.1, .gilbert_r = 0.1, .gilbert_bad = 7);
	REFUSED("gilbert_good", .gilbert_p = 0.1, .gilbert_r = 0.1, .gilbert_good = 7);
	REFUSED("rate", .rate = UINT64_MAX);
	REFUSED("queue_bytes", .queue_bytes = 1000);
	REFUSED("TERN_SIM_CODEL", .queue = TERN_SIM_CODEL);
	REFUSED("queue", .rate = rate, .queue = (enum tern_sim_queue)9);
	REFUSED("ecn", .rate = rate, .ecn = true);
	REFUSED("red_min", .rate = rate, .queue = TERN_SIM_RED, .red_min = 2000, .red_max = 1000);
	REFUSED("red_probability", .rate = rate, .queue = TERN_SIM_RED, .red_probability = 3);
	REFUSED("delay_ns", .delay_ns = UINT64_MAX);
	REFUSED("jitter_ns", .jitter_ns = UINT64_MAX);
	REFUSED("codel_target_ns", .rate = rate, .queue = TERN_SIM_CODEL, .codel_target_ns = UINT64_MAX);
	REFUSED("mtu", .mtu = 20);
	REFUSED("mtu_icmp", .mtu_icmp = true);
	REFUSED("down_ns", .up_ns = SECOND);
	REFUSED("up_ns", .down_ns = SECOND);
	assert_refused(&(struct tern_sim_link_options){ 0 }, "size is 0");
}

static void
assert_no_host(struct tern_sim *sim, const char *name, int words, const char *const *word, const char *named)
{
	assert_null(tern_sim_host(sim, name, words, word));
	if (strstr(tern_error(), named) == NULL)
		fail_msg("%s is not named: %s", named, tern_error());
}

static void
hosts_that_cannot_be_are_refused(void **state)
{
	struct tern_sim *sim = network(1);
	const char *words[] = { "--ip", "198.18.0.1/15", "--dev", "loop" };
	const char *more[][2] = { { "--cores", "1" }, { "--capture", "x" }, { "--mbufs", "4096" }, { "--no-huge", "" } };

	(void)state;
	assert_no_host(sim, "a", 0, words, "--ip");
	assert_no_host(sim, "a", 4, words, "--dev");
	for (unsigned int i = 0; i < 4; i++) {
		words[2] = more[i][0];
		words[3] = more[i][1];
		assert_no_host(sim, "a", i == 3 ? 3 : 4, words, more[i][0]);
	}
	words[2] = "--mtu";
	words[3] = "9000";
	assert_no_host(sim, "a", 4, words, "mbuf_size");
	words[2] = "--congestion";
	words[3] = "wishful";
	assert_no_host(sim, "a", 4, words, "--congestion");
	assert_no_host(sim, "", 2, words, "name");
	assert_non_null(tern_sim_host(sim, "a", 2, words));
	assert_no_host(sim, "a", 2, words, "another node's");
	assert_no_host(sim, "b", 2, words, "a's already");
	assert_null(tern_sim_switch(sim, "a"));
	assert_int_equal(tern_sim_free(sim), 0);
}

static void
links_that_cannot_be_are_refused(void **state)
{
	struct tern_sim *sim = network(1), *other = network(2);
	struct tern_sim_node *a = host(sim, "alice", 1, false), *b = host(sim, "bob", 2, false);
	struct tern_sim_node *c = host(sim, "carol", 3, false);
	struct tern_sim_node *hub = tern_sim_switch(sim, "hub"), *hub2 = tern_sim_switch(sim, "hub2");
	struct tern_sim_node *foreign = host(other, "eve", 4, false);

	(void)state;
	join(sim, a, hub, &perfect);
	join(sim, hub, hub2, &perfect);
	assert_null(tern_sim_connect(sim, a, b, NULL, NULL));
	assert_non_null(strstr(tern_error(), "alice is a host"));
	assert_null(tern_sim_connect(sim, b, b, NULL, NULL));
	assert_non_null(strstr(tern_error(), "itself"));
	assert_null(tern_sim_connect(sim, hub2, hub, NULL, NULL));
	assert_non_null(strstr(tern_error(), "loop"));
	assert_null(tern_sim_connect(sim, b, foreign, NULL, NULL));
	assert_non_null(strstr(tern_error(), "eve is a node of another"));
	assert_non_null(tern_sim_connect(sim, b, c, NULL, NULL));
	assert_int_equal(tern_sim_free(sim) + tern_sim_free(other), 0);
}

static void
networks_that_cannot_be_are_refused(void **state)
{
	struct tern_sim_options o = TERN_SIM_INIT;

	(void)state;
	o.mbufs = 3;
	assert_null(tern_sim_new(&o));
	assert_non_null(strstr(tern_error(), "mbufs is 3"));
	o.mbufs = 0;
	o.mbuf_size = 100;
	assert_null(tern_sim_new(&o));
	assert_non_null(strstr(tern_error(), "mbuf_size is 100"));
}

static void
large_packets_pass_where_their_size_was_asked_for(void **state)
{
	static const char *const jumbo[] = { "--mtu", "9000", NULL };
	struct tern_sim_options o = TERN_SIM_INIT;
	struct tern_sim *sim;
	struct tern_sim_node *a, *b;
	struct flow f;

	(void)state;
	o.mbufs = 2048;
	o.mbuf_size = 9300;
	sim = tern_sim_new(&o);
	assert_non_null(sim);
	a = flow_host(sim, "alice", 1, false, jumbo);
	b = flow_host(sim, "bob", 2, false, jumbo);
	assert_true(a != NULL && b != NULL);
	join(sim, a, b, &perfect);
	flow_start(&f, sim, a, b, 2, false, 1000000);
	assert_int_equal(tern_sim_run(sim, HOUR), 0);
	assert_whole(&f);
	assert_int_equal(tern_sim_free(sim), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_cross_a_perfect_cable),
		cmocka_unit_test(bytes_cross_a_bad_link_whole),
		cmocka_unit_test(corrupted_packets_are_dropped_and_counted),
		cmocka_unit_test(switches_hand_on_to_where_the_host_is),
		cmocka_unit_test(a_host_without_a_link_reaches_nobody),
		cmocka_unit_test(a_smaller_mtu_on_the_way_is_found),
		cmocka_unit_test(calls_come_in_the_order_of_time_and_asking),
		cmocka_unit_test(a_run_can_be_stopped_and_goes_on),
		cmocka_unit_test(so_many_calls_wait_and_no_more),
		cmocka_unit_test(a_call_can_give_a_sleeping_host_something_to_do),
		cmocka_unit_test(timers_fire_to_the_nanosecond_and_posts_are_run),
		cmocka_unit_test(a_host_that_never_rests_is_named),
		cmocka_unit_test(networks_live_side_by_side),
		cmocka_unit_test(what_is_under_way_at_the_end_comes_back),
		cmocka_unit_test(models_that_cannot_be_are_refused_by_field),
		cmocka_unit_test(hosts_that_cannot_be_are_refused),
		cmocka_unit_test(links_that_cannot_be_are_refused),
		cmocka_unit_test(networks_that_cannot_be_are_refused),
		cmocka_unit_test(large_packets_pass_where_their_size_was_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
