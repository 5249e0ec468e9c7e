/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rte_thash.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/owner.h"

static struct owner owner;

static struct tern_addr
v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct tern_addr){ { [10] = 0xff, 0xff, a, b, c, d } };
}

static struct tern_addr
random_address(uint64_t *seed)
{
	uint64_t words[2] = { mix64(seed), mix64(seed) };
	struct tern_addr a;

	memcpy(&a, words, sizeof(a));
	return a;
}

/* DPDK's own, bit by bit */
static uint32_t
reference(bool is_v4, const struct tern_addr *src, const struct tern_addr *dst, uint16_t sport, uint16_t dport)
{
	uint32_t words[9], n = is_v4 ? 1 : 4;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t s, d;

		memcpy(&s, src->b + (is_v4 ? 12 : 4 * i), 4);
		memcpy(&d, dst->b + (is_v4 ? 12 : 4 * i), 4);
		words[i] = rte_be_to_cpu_32(s);
		words[n + i] = rte_be_to_cpu_32(d);
	}
	words[2 * n] = (uint32_t)sport << 16 | dport;
	return rte_softrss(words, 2 * n + 1, owner.key);
}

/* the verification suite of the RSS specification, for the key that is the default here */
static void
the_default_key_gives_the_specified_hashes_of_ipv4(void **state)
{
	const struct tern_addr src = v4(66, 9, 149, 187), dst = v4(161, 142, 100, 80);
	const struct tern_addr src2 = v4(199, 92, 111, 2), dst2 = v4(65, 69, 140, 83);

	(void)state;
	owner_init(&owner, 4, 0);
	assert_int_equal(owner_hash(&owner, true, &src, &dst, 2794, 1766), 0x51ccc178);
	assert_int_equal(owner_hash(&owner, true, &src2, &dst2, 14230, 4739), 0xc626b0ea);
}

static void
the_default_key_gives_the_specified_hash_of_ipv6(void **state)
{
	const struct tern_addr src = { { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, [15] = 7 } };
	const struct tern_addr dst = { { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03, [15] = 1 } };

	(void)state;
	owner_init(&owner, 4, 0);
	assert_int_equal(owner_hash(&owner, false, &src, &dst, 2794, 1766), 0x40207d3d);
}

static void
hashes_of_many_tuples_are_those_of_rte_softrss(void **state)
{
	uint64_t seed = 21;

	(void)state;
	owner_init(&owner, 4, 0);
	for (int i = 0; i < 20000; i++) {
		struct tern_addr src = random_address(&seed), dst = random_address(&seed);
		uint16_t sport = (uint16_t)mix64(&seed), dport = (uint16_t)mix64(&seed);
		bool is_v4 = i % 2 == 0;

		assert_int_equal(owner_hash(&owner, is_v4, &src, &dst, sport, dport),
				 reference(is_v4, &src, &dst, sport, dport));
	}
}

static void
hashes_follow_a_key_of_the_device(void **state)
{
	const uint16_t reta[2] = { 0, 1 };
	uint64_t seed = 22;
	uint8_t key[OWNER_KEY];

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct tern_addr src = random_address(&seed), dst = random_address(&seed);

		for (size_t i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)mix64(&seed);
		owner_init_from(&owner, key, sizeof(key), reta, 2, 2, 0);
		assert_int_equal(owner_hash(&owner, true, &src, &dst, 5, 80), reference(true, &src, &dst, 5, 80));
		assert_int_equal(owner_hash(&owner, false, &src, &dst, 5, 80), reference(false, &src, &dst, 5, 80));
	}
}

static void
a_key_of_40_bytes_is_enough(void **state)
{
	const struct tern_addr src = v4(198, 18, 0, 1), dst = v4(198, 18, 0, 2);
	const uint16_t reta[2] = { 0, 1 };
	uint32_t v4_hash, v6_hash;

	(void)state;
	owner_init(&owner, 2, 0);
	v4_hash = owner_hash(&owner, true, &src, &dst, 5, 80);
	v6_hash = owner_hash(&owner, false, &src, &dst, 5, 80);
	owner_init_from(&owner, (uint8_t[OWNER_KEY]){ 0 }, OWNER_KEY, reta, 2, 2, 0);
	assert_int_equal(owner_hash(&owner, true, &src, &dst, 5, 80), 0);
	owner_init(&owner, 2, 0);
	memset(owner.key + 40, 0, OWNER_KEY - 40);
	owner_init_from(&owner, memcpy((uint8_t[40]){ 0 }, owner.key, 40), 40, reta, 2, 2, 0);
	assert_int_equal(owner_hash(&owner, true, &src, &dst, 5, 80), v4_hash);
	assert_int_equal(owner_hash(&owner, false, &src, &dst, 5, 80), v6_hash);
}

static void
the_destination_ports_part_can_be_taken_apart(void **state)
{
	uint64_t seed = 23;

	(void)state;
	owner_init(&owner, 4, 0);
	for (int i = 0; i < 2000; i++) {
		struct tern_addr src = random_address(&seed), dst = random_address(&seed);
		uint16_t sport = (uint16_t)mix64(&seed), dport = (uint16_t)mix64(&seed);
		bool is_v4 = i % 2 == 0;

		assert_int_equal(owner_hash(&owner, is_v4, &src, &dst, sport, dport),
				 owner_hash(&owner, is_v4, &src, &dst, sport, 0) ^
				 owner_port_part(&owner, is_v4, dport));
	}
}

static void
flows_are_spread_evenly_over_the_cores(void **state)
{
	uint64_t seed = 24;

	(void)state;
	for (uint32_t cores = 1; cores <= 8; cores++) {
		uint32_t flows[8] = { 0 };

		owner_init(&owner, cores, 0);
		for (int i = 0; i < 8000; i++) {
			struct tern_addr src = v4(198, 18, 0, 1), dst = v4(198, 18, 0, 2);

			flows[owner_of_hash(&owner, owner_hash(&owner, true, &src, &dst, (uint16_t)mix64(&seed), 80))]++;
		}
		for (uint32_t i = 0; i < cores; i++)
			assert_in_range(flows[i], 8000 / cores * 8 / 10, 8000 / cores * 12 / 10);
	}
}

static void
the_devices_table_decides(void **state)
{
	uint16_t reta[OWNER_MAX_RETA];

	(void)state;
	for (uint32_t i = 0; i < OWNER_MAX_RETA; i++)
		reta[i] = (uint16_t)(i * 7 % 3);
	owner_init_from(&owner, (const uint8_t[]){ 1 }, 1, reta, OWNER_MAX_RETA, 3, 2);
	for (uint32_t i = 0; i < OWNER_MAX_RETA; i++)
		assert_int_equal(owner_of_hash(&owner, 0xabcd0000 + i), reta[i]);
	assert_int_equal(owner.self, 2);
	assert_int_equal(owner.cores, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_key_gives_the_specified_hashes_of_ipv4),
		cmocka_unit_test(the_default_key_gives_the_specified_hash_of_ipv6),
		cmocka_unit_test(hashes_of_many_tuples_are_those_of_rte_softrss),
		cmocka_unit_test(hashes_follow_a_key_of_the_device),
		cmocka_unit_test(a_key_of_40_bytes_is_enough),
		cmocka_unit_test(the_destination_ports_part_can_be_taken_apart),
		cmocka_unit_test(flows_are_spread_evenly_over_the_cores),
		cmocka_unit_test(the_devices_table_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
