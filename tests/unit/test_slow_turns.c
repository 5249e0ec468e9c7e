/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* An application that took long for what it was told is told less at a time, and all again once it is quick. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pair.h"
#include "stack/internal.h"

#define US UINT64_C(1000)
#define MANY 32u
#define TURNS 400u

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

/* Each of the first `n` clients sends a byte, and the server's frames are there. */
static void
ask(struct many *m, uint32_t n)
{
	struct tern_event none[1];

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(tern_send(pair_stack(m->pair, CLIENT), m->client[i], "a", 1), 1);
	stack_poll(pair_stack(m->pair, CLIENT), m->pair->now_ns, none, 0, NULL);
}

/* A turn of the server's, whose application reads what it is told of and needs so long for each. @return how many */
static uint32_t
serve(struct many *m, uint64_t each_ns)
{
	struct tern_stack *s = pair_stack(m->pair, SERVER);
	struct tern_event events[2 * MANY];
	int n = stack_poll(s, m->pair->now_ns, events, 2 * MANY, NULL);

	for (int i = 0; i < n; i++)
		tern_discard(s, events[i].id, 1);
	m->pair->now_ns += US + (uint64_t)n * each_ns;
	return (uint32_t)n;
}

static void
a_small_batch_grows_when_the_application_is_quick_again(void **state)
{
	struct many m;
	uint32_t told;

	(void)state;
	open_many(&m);
	for (uint32_t i = 0; i < TURNS; i++) {
		ask(&m, 1);
		serve(&m, 2000 * US);
	}
	ask(&m, MANY);
	assert_true(serve(&m, 2000 * US) < MANY / 4);
	for (uint32_t i = 0; i < TURNS; i++) {
		ask(&m, 1);
		serve(&m, 0);
	}
	ask(&m, MANY);
	told = serve(&m, 0);
	assert_int_equal(told, MANY);
	pair_settle(m.pair);
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
		cmocka_unit_test(a_small_batch_grows_when_the_application_is_quick_again),
		cmocka_unit_test(who_comes_behind_a_rest_is_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
