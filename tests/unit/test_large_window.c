/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* One loss at the begin of a window of thousands of segments: the receiver keeps all that comes behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim_flow.h"

#define MS UINT64_C(1000000)
#define BYTES (60u << 20)

static void
one_loss_in_a_large_window_costs_no_more_than_that(void **state)
{
	static const char *const words[] = { "--window", "16Mi", "--sndbuf", "8Mi", "--congestion", "newreno", NULL };
	struct tern_sim_options options = TERN_SIM_INIT;
	struct tern_sim_link_options there = TERN_SIM_LINK_INIT, back = TERN_SIM_LINK_INIT;
	struct tern_stats sender = { .size = sizeof(sender) }, receiver = { .size = sizeof(receiver) };
	struct tern_sim *sim;
	struct tern_sim_node *a, *b;
	struct flow f;

	(void)state;
	options.mbufs = 1u << 15;
	sim = tern_sim_new(&options);
	if (sim == NULL)
		fail_msg("%s", tern_error());
	a = flow_host(sim, "a", 1, true, words);
	b = flow_host(sim, "b", 2, true, words);
	assert_non_null(a);
	assert_non_null(b);
	there.delay_ns = back.delay_ns = 50 * MS;
	there.loss_every = 30000;      /* once, when the window is as large as the send queue */
	assert_non_null(tern_sim_connect(sim, a, b, &there, &back));
	flow_start(&f, sim, a, b, 2, true, BYTES);
	tern_sim_run(sim, 60000 * MS);
	assert_int_equal(f.received, BYTES);
	assert_false(f.wrong);
	tern_stats(tern_sim_stack(a), &sender);
	tern_stats(tern_sim_stack(b), &receiver);
	assert_int_equal(receiver.drops[TERN_DROP_TCP_OOO_FULL], 0);
	assert_in_range(receiver.ooo_segments, 3000, 10000);
	assert_in_range(sender.retransmits_data, 1, 8);   /* and not what came behind it */
	assert_int_equal(tern_sim_free(sim), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_loss_in_a_large_window_costs_no_more_than_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
