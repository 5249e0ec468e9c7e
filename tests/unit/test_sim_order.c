/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The order of events: who acts next, held against a search of all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "sim/calls.h"
#include "sim/order.h"

#define ACTORS 200u

static struct sim_actor actor[ACTORS];

static struct sim_actor *
first_by_search(void)
{
	struct sim_actor *first = NULL;

	for (unsigned int i = 0; i < ACTORS; i++)
		if (actor[i].at_ns != UINT64_MAX &&
		    (first == NULL || actor[i].at_ns < first->at_ns ||
		     (actor[i].at_ns == first->at_ns && actor[i].rank < first->rank)))
			first = &actor[i];
	return first;
}

static void
the_earliest_is_first_and_of_equals_the_lowest_rank(void **state)
{
	struct sim_order order = { 0 };
	uint64_t random = 1;

	(void)state;
	for (unsigned int i = 0; i < ACTORS; i++) {
		actor[i] = (struct sim_actor){ .rank = (i * 77) % ACTORS };
		assert_int_equal(sim_order_add(&order, &actor[i]), 0);
		assert_int_equal(actor[i].at_ns, UINT64_MAX);
	}
	assert_null(sim_order_first(&order));
	for (unsigned int n = 0; n < 100000; n++) {
		uint64_t r = mix64(&random);
		/* few times, so that many are equal; and often never */
		uint64_t at_ns = r % 5 == 0 ? UINT64_MAX : r >> 32 & 31;

		sim_order_set(&order, &actor[r % ACTORS], at_ns);
		assert_ptr_equal(sim_order_first(&order), first_by_search());
	}
	for (unsigned int i = 0; i < ACTORS; i++)
		sim_order_set(&order, &actor[i], UINT64_MAX);
	assert_null(sim_order_first(&order));
	sim_order_free(&order);
}

static void
calls_come_by_time_and_then_as_they_were_asked_for(void **state)
{
	struct sim_calls calls = { 0 };
	uint64_t random = 2, last_ns = 0, last_order = 0;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		struct sim_call call = { .at_ns = mix64(&random) % 100 };

		assert_int_equal(sim_calls_add(&calls, &call), 0);
	}
	assert_int_equal(calls.count, 5000);
	while (calls.count > 0) {
		uint64_t told_ns = sim_calls_ns(&calls);
		struct sim_call call = sim_calls_take(&calls);

		assert_int_equal(call.at_ns, told_ns);
		assert_true(call.at_ns > last_ns || (call.at_ns == last_ns && call.order >= last_order));
		last_ns = call.at_ns;
		last_order = call.order;
	}
	assert_int_equal(sim_calls_ns(&calls), UINT64_MAX);
	free(calls.heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_earliest_is_first_and_of_equals_the_lowest_rank),
		cmocka_unit_test(calls_come_by_time_and_then_as_they_were_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
