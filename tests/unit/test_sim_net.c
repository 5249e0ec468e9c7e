/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Whole hosts on simulated networks, by the public header alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "sim_flow.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define MBUFS 8192u

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

static void
transfer(bool v6, const struct tern_sim_link_options *model, uint64_t bytes)
{
	struct tern_sim *sim = network(1);
	struct tern_sim_node *a = flow_host(sim, "alice", 1, v6, NULL), *b = flow_host(sim, "bob", 2, v6, NULL);
	struct flow f;

	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(tern_sim_connect(sim, a, b, model, NULL));
	flow_start(&f, sim, a, b, 2, v6, bytes);
	assert_int_equal(tern_sim_run(sim, 3600 * SECOND), 0);
	assert_true(f.connected);
	assert_int_equal(f.received, bytes);
	assert_false(f.wrong);
	assert_true(f.client_closed && f.server_closed);
	assert_int_equal(f.client_reason, TERN_CLOSE_NORMAL);
	assert_int_equal(f.server_reason, TERN_CLOSE_NORMAL);
	assert_int_equal(tern_sim_free(sim), 0);
}

static void
bytes_cross_a_perfect_cable(void **state)
{
	struct tern_sim_link_options model = TERN_SIM_LINK_INIT;

	(void)state;
	transfer(false, &model, 1000000);
	transfer(true, &model, 1000000);
}

static void
bytes_cross_a_bad_link_whole(void **state)
{
	struct tern_sim_link_options model = TERN_SIM_LINK_INIT;

	(void)state;
	model.rate = 10 * 1000 * 1000;
	model.delay_ns = 10 * MS;
	model.loss = 0.01;
	model.duplicate = 0.01;
	model.reorder = 0.01;
	model.corrupt = 0.01;
	transfer(false, &model, 1000000);
	transfer(true, &model, 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_cross_a_perfect_cable),
		cmocka_unit_test(bytes_cross_a_bad_link_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
