/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/ports.h"

static struct owner owner;
static struct ports ports;
static struct secret secret;

static const struct tern_addr client = { { [10] = 0xff, 0xff, 198, 18, 0, 1 } };
static const struct tern_addr server = { { [10] = 0xff, 0xff, 198, 18, 0, 2 } };
static const struct tern_addr client6 = { { 0x20, 1, 0, 2, [15] = 1 } };
static const struct tern_addr server6 = { { 0x20, 1, 0, 2, [15] = 2 } };

static void
begin(uint32_t cores, uint32_t self, uint16_t low, uint16_t high)
{
	secret_from_seed(&secret, 31);
	owner_init(&owner, cores, self);
	assert_int_equal(ports_init(&ports, &owner, &secret, low, high), 0);
}

static int
end(void **state)
{
	(void)state;
	ports_free(&ports);
	return 0;
}

static bool
leads_here(bool v4, uint16_t rport, uint16_t port)
{
	uint32_t hash = v4 ? owner_hash(&owner, true, &server, &client, rport, port) :
			     owner_hash(&owner, false, &server6, &client6, rport, port);

	return owner_of_hash(&owner, hash) == owner.self;
}

static void
walk_to(struct port_walk *w, bool v4, uint16_t rport)
{
	struct flow_key key = { .local = v4 ? 1 : 2, .rport = rport };

	memcpy(key.remote, v4 ? server.b : server6.b, sizeof(key.remote));
	ports_walk(&ports, w, &key, v4 ? &client : &client6);
}

/* A walk to its end gives each port of the range that leads here once, and no other. */
static void
assert_walk_is_complete(bool v4, uint16_t rport)
{
	bool *seen = calloc(65536, sizeof(*seen));
	struct port_walk w;
	uint32_t given = 0, expected = 0;
	uint16_t port;

	walk_to(&w, v4, rport);
	while ((port = ports_next(&ports, &w)) != 0) {
		assert_in_range(port, ports.low, ports.high);
		assert_true(leads_here(v4, rport, port));
		assert_false(seen[port]);
		seen[port] = true;
		given++;
	}
	for (uint32_t i = ports.low; i <= ports.high; i++)
		expected += leads_here(v4, rport, (uint16_t)i);
	assert_int_equal(given, expected);
	assert_int_equal(w.count, expected);
	assert_int_equal(ports_next(&ports, &w), 0);
	free(seen);
}

static void
one_core_gives_every_port_of_the_range_once(void **state)
{
	(void)state;
	begin(1, 0, 1024, 65535);
	assert_walk_is_complete(true, 80);
	assert_walk_is_complete(false, 80);
}

static void
without_an_owner_every_port_is_given(void **state)
{
	struct port_walk w;

	(void)state;
	secret_from_seed(&secret, 31);
	assert_int_equal(ports_init(&ports, NULL, &secret, 2000, 2999), 0);
	walk_to(&w, true, 80);
	assert_int_equal(w.count, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_in_range(ports_next(&ports, &w), 2000, 2999);
	assert_int_equal(ports_next(&ports, &w), 0);
}

static void
several_cores_give_the_ports_whose_answers_come_here_in_ipv4(void **state)
{
	(void)state;
	for (uint32_t cores = 2; cores <= 5; cores++) {
		begin(cores, cores / 2, 1024, 65535);
		for (uint16_t rport = 80; rport < 84; rport++)
			assert_walk_is_complete(true, rport);
		ports_free(&ports);
	}
}

static void
several_cores_give_the_ports_whose_answers_come_here_in_ipv6(void **state)
{
	(void)state;
	for (uint32_t cores = 2; cores <= 5; cores++) {
		begin(cores, cores / 2, 1024, 65535);
		for (uint16_t rport = 80; rport < 84; rport++)
			assert_walk_is_complete(false, rport);
		ports_free(&ports);
	}
}

static void
a_narrow_range_with_lists_of_unequal_length_is_walked_completely(void **state)
{
	static const uint16_t widths[] = { 0, 1, 5, 100, 777 };

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		begin(3, 1, 40000, (uint16_t)(40000 + widths[i]));
		for (uint16_t rport = 1; rport < 60; rport++) {
			assert_walk_is_complete(true, rport);
			assert_walk_is_complete(false, rport);
		}
		ports_free(&ports);
	}
}

static void
a_devices_own_key_and_table_are_followed(void **state)
{
	uint16_t reta[OWNER_MAX_RETA];
	uint8_t key[40];
	uint64_t seed = 32;

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)mix64(&seed);
	for (uint32_t i = 0; i < OWNER_MAX_RETA; i++)
		reta[i] = (uint16_t)(mix64(&seed) % 4);
	secret_from_seed(&secret, 31);
	owner_init_from(&owner, key, sizeof(key), reta, OWNER_MAX_RETA, 4, 3);
	assert_int_equal(ports_init(&ports, &owner, &secret, 1024, 65535), 0);
	assert_walk_is_complete(true, 80);
	assert_walk_is_complete(false, 80);
}

static void
a_core_to_which_nothing_leads_has_no_ports(void **state)
{
	const uint16_t reta[4] = { 0, 0, 1, 1 };
	struct port_walk w;

	(void)state;
	secret_from_seed(&secret, 31);
	owner_init_from(&owner, (const uint8_t[]){ 1 }, 1, reta, 4, 3, 2);
	assert_int_equal(ports_init(&ports, &owner, &secret, 1024, 65535), 0);
	walk_to(&w, true, 80);
	assert_int_equal(w.count, 0);
	assert_int_equal(ports_next(&ports, &w), 0);
}

static void
together_the_cores_give_every_port(void **state)
{
	struct port_walk w;
	uint32_t sum = 0;

	(void)state;
	for (uint32_t self = 0; self < 4; self++) {
		begin(4, self, 1024, 65535);
		walk_to(&w, true, 80);
		sum += w.count;
		ports_free(&ports);
	}
	assert_int_equal(sum, 65536 - 1024);
}

static void
the_next_walk_begins_behind_the_port_that_was_taken(void **state)
{
	struct port_walk w;
	uint16_t expected;

	(void)state;
	for (uint32_t cores = 1; cores <= 3; cores++) {
		begin(cores, 0, 1024, 65535);
		walk_to(&w, true, 80);
		ports_next(&ports, &w);
		ports_next(&ports, &w);
		ports_took(&ports, &w);
		expected = ports_next(&ports, &w);
		walk_to(&w, true, 80);
		assert_int_equal(ports_next(&ports, &w), expected);
		ports_free(&ports);
	}
}

static void
a_port_comes_again_only_after_all_others(void **state)
{
	(void)state;
	for (uint32_t cores = 1; cores <= 3; cores++) {
		bool *seen = calloc(65536, sizeof(*seen));
		struct port_walk w;
		uint32_t count;

		begin(cores, 0, 1024, 65535);
		walk_to(&w, true, 80);
		count = w.count;
		for (uint32_t i = 0; i < count; i++) {
			uint16_t port;

			walk_to(&w, true, 80);
			port = ports_next(&ports, &w);
			assert_false(seen[port]);
			seen[port] = true;
			ports_took(&ports, &w);
		}
		ports_free(&ports);
		free(seen);
	}
}

static void
a_walk_without_taking_gives_the_same_again(void **state)
{
	struct port_walk w;
	uint16_t first;

	(void)state;
	begin(2, 1, 1024, 65535);
	walk_to(&w, true, 80);
	first = ports_next(&ports, &w);
	walk_to(&w, true, 80);
	assert_int_equal(ports_next(&ports, &w), first);
}

static void
pairs_begin_at_places_of_their_own(void **state)
{
	(void)state;
	enum { PAIRS = 1000 };
	uint32_t low_half = 0;
	uint32_t same = 0;
	struct port_walk w;
	uint16_t before = 0;

	begin(1, 0, 1024, 65535);
	for (uint16_t rport = 1; rport <= PAIRS; rport++) {
		uint16_t port;

		walk_to(&w, true, rport);
		port = ports_next(&ports, &w);
		same += port == before;
		low_half += port < (1024 + 65535) / 2;
		before = port;
	}
	assert_in_range(same, 0, 2);
	assert_in_range(low_half, PAIRS * 4 / 10, PAIRS * 6 / 10);
}

static uint32_t
start_of(uint32_t local, const struct tern_addr *remote, uint16_t rport)
{
	struct flow_key key = { .local = local, .rport = rport };
	struct port_walk w;

	memcpy(key.remote, remote->b, sizeof(key.remote));
	ports_walk(&ports, &w, &key, &client);
	return w.start;
}

static void
each_part_of_the_pair_and_the_secret_moves_the_start(void **state)
{
	struct tern_addr other = server;
	uint32_t start;

	(void)state;
	other.b[15] = 77;
	begin(1, 0, 1024, 65535);
	start = start_of(1, &server, 80);
	assert_int_equal(start_of(1, &server, 80), start);
	assert_int_not_equal(start_of(2, &server, 80), start);
	assert_int_not_equal(start_of(1, &other, 80), start);
	assert_int_not_equal(start_of(1, &server, 81), start);
	secret_from_seed(&secret, 32);
	assert_int_equal(ports_init(&ports, &owner, &secret, 1024, 65535), 0);
	assert_int_not_equal(start_of(1, &server, 80), start);
}

static void
a_range_without_ports_is_einval(void **state)
{
	(void)state;
	secret_from_seed(&secret, 31);
	owner_init(&owner, 2, 0);
	assert_int_equal(ports_init(&ports, &owner, &secret, 2000, 1999), -EINVAL);
	assert_int_equal(ports_init(&ports, &owner, &secret, 0, 1999), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(one_core_gives_every_port_of_the_range_once, end),
		cmocka_unit_test_teardown(without_an_owner_every_port_is_given, end),
		cmocka_unit_test_teardown(several_cores_give_the_ports_whose_answers_come_here_in_ipv4, end),
		cmocka_unit_test_teardown(several_cores_give_the_ports_whose_answers_come_here_in_ipv6, end),
		cmocka_unit_test_teardown(a_narrow_range_with_lists_of_unequal_length_is_walked_completely, end),
		cmocka_unit_test_teardown(a_devices_own_key_and_table_are_followed, end),
		cmocka_unit_test_teardown(a_core_to_which_nothing_leads_has_no_ports, end),
		cmocka_unit_test_teardown(together_the_cores_give_every_port, end),
		cmocka_unit_test_teardown(the_next_walk_begins_behind_the_port_that_was_taken, end),
		cmocka_unit_test_teardown(a_port_comes_again_only_after_all_others, end),
		cmocka_unit_test_teardown(a_walk_without_taking_gives_the_same_again, end),
		cmocka_unit_test_teardown(pairs_begin_at_places_of_their_own, end),
		cmocka_unit_test_teardown(each_part_of_the_pair_and_the_secret_moves_the_start, end),
		cmocka_unit_test_teardown(a_range_without_ports_is_einval, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
