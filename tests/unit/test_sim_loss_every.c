/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Losses by number, for models that assume them so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/chance.h"

static void
each_nth_packet_is_lost(void **state)
{
	struct tern_sim_link_options model = TERN_SIM_LINK_INIT;
	struct sim_chance chance;

	(void)state;
	model.loss_every = 7;
	sim_chance_init(&chance, 1, 0);
	for (unsigned int i = 1; i <= 700; i++)
		assert_int_equal(sim_is_lost(&chance, &model), i % 7 == 0);
}

static void
they_come_beside_losses_by_chance(void **state)
{
	struct tern_sim_link_options model = TERN_SIM_LINK_INIT, chance_alone = TERN_SIM_LINK_INIT;
	struct sim_chance a, b;

	(void)state;
	model.loss = chance_alone.loss = 0.1;
	model.loss_every = 10;
	sim_chance_init(&a, 1, 0);
	sim_chance_init(&b, 1, 0);
	for (unsigned int i = 1; i <= 1000; i++) {
		bool by_chance = sim_is_lost(&b, &chance_alone);

		assert_int_equal(sim_is_lost(&a, &model), by_chance || i % 10 == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_nth_packet_is_lost),
		cmocka_unit_test(they_come_beside_losses_by_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
