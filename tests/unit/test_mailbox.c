/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
/*
 * A process as tern_open() makes it, a pair over loop in normal pages, whose
 * stacks this test's one thread turns itself: nothing here depends on time but
 * what asks for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include <tern/tern.h>

#include "run/core.h"
#include "run/process.h"
#include "run/timers.h"
#include "stack/stack.h"

static struct tern *process;
static struct tern_stack *client, *server;

static int
begin(void **state)
{
	const char *const words[] = { "test", "--pair", "--no-huge", "--mbufs", "4095", "--seed", "7", "--idle", "sleep",
				      "--max-connections", "1024", "--max-half-open", "1024", "--max-time-wait", "1024" };
	char *argv[sizeof(words) / sizeof(words[0])];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		argv[i] = strdup(words[i]);
	process = tern_open(sizeof(words) / sizeof(words[0]), argv);
	/* argv's words are of no use any more: nothing may point to them */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		memset(argv[i], 'x', strlen(argv[i]));
		free(argv[i]);
	}
	if (process == NULL) {
		print_message("%s\n", tern_error());
		return -1;
	}
	client = tern_stack_at(process, 0);
	server = tern_stack_at(process, 1);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	tern_destroy(process);
	return 0;
}

static struct tern_event events[64];

static int
turn(struct tern_stack *stack)
{
	return tern_poll(stack, events, 64);
}

static bool
fd_readable(struct tern_stack *stack)
{
	struct pollfd p = { .fd = tern_wait_fd(stack), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static unsigned int calls;
static uintptr_t order[2048];

static void
note_call(struct tern_stack *stack, void *arg)
{
	(void)stack;
	order[calls++] = (uintptr_t)arg;
}

static void
note_stack(struct tern_stack *stack, void *arg)
{
	*(struct tern_stack **)arg = stack;
}

static void
stacks_stand_in_order_of_side(void **state)
{
	(void)state;
	assert_int_equal(tern_stack_count(process), 2);
	assert_int_equal(tern_stack_side(client), TERN_SIDE_CLIENT);
	assert_int_equal(tern_stack_side(server), TERN_SIDE_SERVER);
	assert_int_equal(tern_stack_index(server), 0);
	assert_int_equal(tern_stack_peers(server), 1);
	assert_ptr_equal(tern_stack_process(server), process);
	assert_null(tern_stack_at(process, 2));
}

static void
only_the_client_of_a_pair_over_loop_has_sources(void **state)
{
	(void)state;
	assert_int_equal(tern_stack_sources(client), 128);
	assert_int_equal(tern_stack_sources(server), 0);
}

static void
a_post_runs_on_its_stack_in_the_next_turn(void **state)
{
	struct tern_stack *ran_on = NULL;

	(void)state;
	assert_int_equal(tern_post(server, note_stack, &ran_on), 0);
	turn(client);
	assert_null(ran_on);
	turn(server);
	assert_ptr_equal(ran_on, server);
}

static void
posts_run_in_order(void **state)
{
	(void)state;
	calls = 0;
	for (uintptr_t i = 0; i < 100; i++)
		assert_int_equal(tern_post(client, note_call, (void *)i), 0);
	while (calls < 100)
		turn(client);
	for (uintptr_t i = 0; i < 100; i++)
		assert_int_equal(order[i], i);
}

static void
a_full_mailbox_refuses_and_loses_nothing(void **state)
{
	unsigned int taken = 0;

	(void)state;
	calls = 0;
	while (tern_post(client, note_call, NULL) == 0)
		taken++;
	assert_int_equal(taken, MAILBOX_SIZE - 1);
	assert_int_equal(tern_post(client, note_call, NULL), -ENOBUFS);
	for (unsigned int i = 0; i < MAILBOX_SIZE; i++)
		turn(client);
	assert_int_equal(calls, taken);
	assert_int_equal(tern_post(client, note_call, NULL), 0);
	turn(client);
}

static void
a_turn_handles_a_bounded_number_of_posts(void **state)
{
	(void)state;
	calls = 0;
	for (unsigned int i = 0; i < 2 * MAILBOX_TURN; i++)
		tern_post(client, note_call, NULL);
	turn(client);
	assert_int_equal(calls, MAILBOX_TURN);
	turn(client);
	assert_int_equal(calls, 2 * MAILBOX_TURN);
}

static void
the_descriptor_is_readable_from_a_post_to_the_next_turn(void **state)
{
	(void)state;
	turn(client);
	assert_false(fd_readable(client));
	tern_post(client, note_stack, &(struct tern_stack *){ NULL });
	assert_true(fd_readable(client));
	assert_false(fd_readable(server));
	turn(client);
	assert_false(fd_readable(client));
}

static void
a_wake_ends_the_next_wait_and_only_that(void **state)
{
	uint64_t before;

	(void)state;
	tern_wake(client);
	assert_true(fd_readable(client));
	before = tern_clock(client);
	assert_int_equal(tern_wait(client, events, 64, UINT64_C(60000000000)), 0);
	assert_true(tern_clock(client) - before < UINT64_C(30000000000));
	assert_false(fd_readable(client));
	/* the wake is used up: this one lasts its whole time */
	before = tern_clock(client);
	assert_int_equal(tern_wait(client, events, 64, 2000000), 0);
	assert_true(tern_clock(client) - before >= 2000000);
}

static void
a_wait_of_no_time_is_one_turn(void **state)
{
	struct tern_stats before = { .size = sizeof(before) }, after = { .size = sizeof(after) };

	(void)state;
	tern_stats(client, &before);
	assert_int_equal(tern_wait(client, events, 64, 0), 0);
	tern_stats(client, &after);
	assert_int_equal(after.turns, before.turns + 1);
}

static void
a_timer_is_told_when_its_time_has_come(void **state)
{
	uint64_t at = tern_clock(client) + 3000000;

	(void)state;
	assert_int_equal(tern_timer_set(client, at, 0xfeed), 0);
	assert_int_equal(turn(client), 0);
	assert_int_equal(tern_wait(client, events, 64, UINT64_C(60000000000)), 1);
	assert_true(tern_now(client) >= at);
	assert_int_equal(events[0].mask, TERN_TIMER);
	assert_int_equal(events[0].id, 0);
	assert_int_equal(events[0].cookie, 0xfeed);
}

static void
overdue_timers_are_all_told_though_a_batch_is_small(void **state)
{
	bool seen[TIMERS_MAX] = { false };
	unsigned int told = 0;

	(void)state;
	for (uint64_t i = 0; i < TIMERS_MAX; i++)
		assert_int_equal(tern_timer_set(client, 1, i), 0);
	assert_int_equal(tern_timer_set(client, 1, 0), -ENOBUFS);
	for (unsigned int turns = 0; told < TIMERS_MAX && turns < 10 * TIMERS_MAX; turns++) {
		int n = tern_poll(client, events, 8);

		for (int i = 0; i < n; i++) {
			assert_false(seen[events[i].cookie]);
			seen[events[i].cookie] = true;
			told++;
		}
	}
	assert_int_equal(told, TIMERS_MAX);
}

static void
timers_come_out_in_order_of_time_then_of_being_set(void **state)
{
	static struct timers t;
	struct timer last = { 0 }, one;
	uint64_t seed = 1;

	(void)state;
	for (uint64_t i = 0; i < TIMERS_MAX; i++)
		assert_true(timers_add(&t, mix64(&seed) % 64, i));
	assert_false(timers_add(&t, 0, 0));
	for (uint32_t i = 0; i < TIMERS_MAX; i++) {
		timers_take(&t, &one);
		assert_true(one.at_ns > last.at_ns || (one.at_ns == last.at_ns && (i == 0 || one.cookie > last.cookie)));
		last = one;
	}
	assert_int_equal(t.count, 0);
	assert_int_equal(timers_next_ns(&t), UINT64_MAX);
}

static void
a_turn_without_work_counts_as_a_turn_and_not_as_busy(void **state)
{
	struct tern_stats before = { .size = sizeof(before) }, after = { .size = sizeof(after) };

	(void)state;
	turn(client);
	turn(client);
	tern_stats(client, &before);
	for (int i = 0; i < 10; i++)
		turn(client);
	tern_stats(client, &after);
	assert_int_equal(after.turns - before.turns, 10);
	assert_true(after.total_ns > before.total_ns);
	assert_int_equal(after.busy_turns, before.busy_turns);
	assert_int_equal(after.busy_ns, before.busy_ns);
}

static void
the_application_s_time_after_an_event_counts_as_busy(void **state)
{
	struct tern_stats before = { .size = sizeof(before) }, after = { .size = sizeof(after) };
	uint64_t until;

	(void)state;
	turn(client);
	tern_stats(client, &before);
	tern_timer_set(client, 1, 0);
	assert_int_equal(turn(client), 1);
	until = tern_clock(client) + 200000;
	while (tern_clock(client) < until)
		;
	turn(client);
	tern_stats(client, &after);
	assert_int_equal(after.busy_turns, before.busy_turns + 1);
	assert_true(after.busy_ns - before.busy_ns >= 200000);
	assert_true(after.longest_gap_ns >= 200000);
	assert_true(after.gaps > before.gaps && after.gap_ns - before.gap_ns >= 200000);
	assert_true(tern_gap_end(client) >= until && tern_gap_end(client) <= tern_clock(client));
}

static int
return_seven_or_wait(struct tern_stack *stack, void *arg)
{
	int n;

	if (stack == client && arg != NULL)
		return 7;
	do
		n = tern_wait(stack, events + (stack == server ? 32 : 0), 32, UINT64_MAX);
	while (n >= 0);
	return n == -ECANCELED ? 0 : n;
}

static void
stop_ends_the_functions_of_all_cores(void **state)
{
	(void)state;
	assert_false(tern_is_running(process));
	assert_int_equal(tern_start(process, return_seven_or_wait, NULL), 0);
	assert_true(tern_is_running(process));
	tern_stop(process);
	assert_int_equal(tern_join(process), 0);
	assert_false(tern_is_running(process));
	/* and a turn is a turn again */
	assert_int_equal(turn(client), 0);
}

static void
join_tells_the_first_result_that_is_not_zero(void **state)
{
	(void)state;
	assert_int_equal(tern_start(process, return_seven_or_wait, process), 0);
	tern_stop(process);
	assert_int_equal(tern_join(process), 7);
}

static void
a_stopped_stack_answers_ecanceled(void **state)
{
	(void)state;
	tern_stop(process);
	assert_int_equal(turn(client), -ECANCELED);
	assert_int_equal(tern_wait(client, events, 64, UINT64_MAX), -ECANCELED);
	/* a start and a join in between are what makes it run again */
	assert_int_equal(tern_start(process, return_seven_or_wait, NULL), 0);
	assert_int_equal(tern_join(process), 0);
	assert_int_equal(turn(client), 0);
}

static void
the_description_is_text_and_json(void **state)
{
	const char *text = tern_description(process);
	json_t *json = json_loads(tern_description_json(process), 0, NULL), *sides;

	(void)state;
	assert_non_null(strstr(text, "client  loop"));
	assert_non_null(strstr(text, "server  loop"));
	assert_non_null(strstr(text, "normal pages (--no-huge"));
	assert_non_null(json);
	sides = json_object_get(json, "sides");
	assert_int_equal(json_array_size(sides), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(sides, 1), "device")), "loop");
	assert_true(json_is_false(json_object_get(json, "hugepages")));
	assert_true(json_integer_value(json_object_get(json, "tsc_hz")) > 0);
	json_decref(json);
}

static void
a_process_opens_tern_once(void **state)
{
	char *argv[] = { (char []){ "test" }, (char []){ "--pair" }, (char []){ "--no-huge" }, (char []){ "--mbufs=2048" } };

	(void)state;
	assert_null(tern_open(4, argv));
	assert_non_null(strstr(tern_error(), "once a process"));
	/* what is open is not harmed */
	assert_int_equal(turn(client), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_stand_in_order_of_side),
		cmocka_unit_test(only_the_client_of_a_pair_over_loop_has_sources),
		cmocka_unit_test(a_post_runs_on_its_stack_in_the_next_turn),
		cmocka_unit_test(posts_run_in_order),
		cmocka_unit_test(a_full_mailbox_refuses_and_loses_nothing),
		cmocka_unit_test(a_turn_handles_a_bounded_number_of_posts),
		cmocka_unit_test(the_descriptor_is_readable_from_a_post_to_the_next_turn),
		cmocka_unit_test(a_wake_ends_the_next_wait_and_only_that),
		cmocka_unit_test(a_wait_of_no_time_is_one_turn),
		cmocka_unit_test(a_timer_is_told_when_its_time_has_come),
		cmocka_unit_test(overdue_timers_are_all_told_though_a_batch_is_small),
		cmocka_unit_test(timers_come_out_in_order_of_time_then_of_being_set),
		cmocka_unit_test(a_turn_without_work_counts_as_a_turn_and_not_as_busy),
		cmocka_unit_test(the_application_s_time_after_an_event_counts_as_busy),
		cmocka_unit_test(stop_ends_the_functions_of_all_cores),
		cmocka_unit_test(join_tells_the_first_result_that_is_not_zero),
		cmocka_unit_test(a_stopped_stack_answers_ecanceled),
		cmocka_unit_test(the_description_is_text_and_json),
		cmocka_unit_test(a_process_opens_tern_once),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
