/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcp/tcp.h"

#define SECONDS 4096u

static void
the_quota_of_a_second_lies_between_500_and_1500(void **state)
{
	uint32_t least = UINT32_MAX, most = 0;
	struct secret secret;

	(void)state;
	secret_from_seed(&secret, 1);
	for (uint64_t second = 0; second < SECONDS; second++) {
		uint32_t quota = tcp_challenge_quota(&secret, second, 0);

		least = RTE_MIN(least, quota);
		most = RTE_MAX(most, quota);
	}
	/* and uses all of that: of 4096 draws from 1001 values some lie within the lowest and the highest 20 */
	assert_in_range(least, 500, 520);
	assert_in_range(most, 1480, 1500);
}

/* As often as chance has it, 4 times in 4096. */
static void
differs(const struct secret *a, uint32_t stack_a, const struct secret *b, uint32_t stack_b, uint64_t later)
{
	unsigned int same = 0;

	for (uint64_t second = 0; second < SECONDS; second++)
		same += tcp_challenge_quota(a, second, stack_a) == tcp_challenge_quota(b, second + later, stack_b);
	assert_in_range(same, 0, 20);
}

static void
the_quota_tells_nothing_of_the_next_second_of_another_stack_or_of_another_process(void **state)
{
	struct secret one, other;

	(void)state;
	secret_from_seed(&one, 1);
	secret_from_seed(&other, 2);
	differs(&one, 0, &one, 0, 1);
	differs(&one, 0, &one, 1, 0);
	differs(&one, 0, &other, 0, 0);
}

static void
the_quota_of_a_second_is_always_the_same(void **state)
{
	struct secret secret;

	(void)state;
	secret_from_seed(&secret, 1);
	assert_int_equal(tcp_challenge_quota(&secret, 7, 3), tcp_challenge_quota(&secret, 7, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_quota_of_a_second_lies_between_500_and_1500),
		cmocka_unit_test(the_quota_tells_nothing_of_the_next_second_of_another_stack_or_of_another_process),
		cmocka_unit_test(the_quota_of_a_second_is_always_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
