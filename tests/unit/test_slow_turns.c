/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Turns that take long, and rests, are no overload by themselves. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pair.h"
#include "stack/internal.h"

#define US UINT64_C(1000)
#define MANY 32u
#define TURNS 100u

struct many {
	struct pair *pair;
	tern_conn client[MANY], server[MANY];
};

static void
open_many(struct many *m)
{
	struct pair_setup setup = pair_setup();

	m->pair = pair_new(&setup);
	for (uint32_t i = 0; i < MANY; i++)
		pair_open(m->pair, &m->client[i], &m->server[i]);
}

/* Each client sends a byte, and the server's application, which rests for so long in each turn, is told of all at once. */
static void
ask_all(struct many *m, uint64_t rest_ns)
{
	struct tern_stack *client = pair_stack(m->pair, CLIENT), *server = pair_stack(m->pair, SERVER);
	struct tern_event events[2 * MANY];
	int n;

	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(tern_send(client, m->client[i], "a", 1), 1);
	stack_poll(client, m->pair->now_ns, events, 0, NULL);
	n = stack_poll(server, m->pair->now_ns, events, 2 * MANY, NULL);
	assert_int_equal(n, MANY);
	for (int i = 0; i < n; i++)
		tern_discard(server, events[i].id, 1);
	m->pair->now_ns += rest_ns;
}

/* A loop of its own, as of a game or with usleep(): slow turns, but nothing that waits for another one. */
static void
an_application_that_rests_is_told_all_and_refuses_nobody(void **state)
{
	struct many m;

	(void)state;
	open_many(&m);
	for (uint32_t i = 0; i < TURNS; i++)
		ask_all(&m, 8000 * US);
	pair_connect(m.pair);
	pair_settle(m.pair);
	assert_int_equal(pair_stats(m.pair, SERVER).drops[TERN_DROP_TCP_OVERLOAD], 0);
	assert_int_equal(pair_stats(m.pair, SERVER).accepts, MANY + 1);
	assert_true(pair_free(m.pair));
}

static void
who_comes_behind_a_rest_is_let_in(void **state)
{
	struct many m;
	struct tcp_overload *o;

	(void)state;
	open_many(&m);
	pair_settle(m.pair);
	o = &pair_stack(m.pair, SERVER)->tcp.overload;
	/* as an overload leaves it that ended with everything else: no turn was taken since */
	o->share = 1;
	m.pair->now_ns += 2000000 * US;
	pair_connect(m.pair);
	pair_settle(m.pair);
	assert_int_equal(pair_stats(m.pair, SERVER).drops[TERN_DROP_TCP_OVERLOAD], 0);
	assert_int_equal(pair_stats(m.pair, SERVER).accepts, MANY + 1);
	assert_true(pair_free(m.pair));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_application_that_rests_is_told_all_and_refuses_nobody),
		cmocka_unit_test(who_comes_behind_a_rest_is_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
