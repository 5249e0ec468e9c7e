/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"

#define MIB ((size_t)1 << 20)

static void
assert_zero_and_writable(uint8_t *p, size_t size)
{
	assert_non_null(p);
	for (size_t i = 0; i < size; i += 512)
		assert_int_equal(p[i], 0);
	assert_int_equal(p[size - 1], 0);
	memset(p, 0xff, size);
}

static void
small_memory_is_zero_and_can_be_written_to_its_end(void **state)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, MIB - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *p = mem_map(sizes[i], MEM_ANY_NODE);

		assert_zero_and_writable(p, sizes[i]);
		mem_unmap(p, sizes[i]);
	}
}

static void
large_memory_is_zero_and_can_be_written_to_its_end(void **state)
{
	static const size_t sizes[] = { MIB, 2 * MIB, 2 * MIB + 1, 5 * MIB };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *p = mem_map(sizes[i], MEM_ANY_NODE);

		assert_zero_and_writable(p, sizes[i]);
		mem_unmap(p, sizes[i]);
	}
}

static void
large_memory_begins_where_a_hugepage_can(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		/* something in between, so that not all addresses are aligned by chance */
		void *between = mem_map(4096, MEM_ANY_NODE);
		void *p = mem_map(3 * MIB, MEM_ANY_NODE);

		assert_int_equal((uintptr_t)p % (2 * MIB), 0);
		mem_unmap(p, 3 * MIB);
		mem_unmap(between, 4096);
	}
}

static size_t
hugepages_in_all(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	size_t pages = 0;

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "HugePages_Total: %zu", &pages);
	fclose(f);
	return pages;
}

static void
more_than_all_hugepages_comes_from_normal_pages(void **state)
{
	size_t size = (hugepages_in_all() + 2) * 2 * MIB;
	uint8_t *p = mem_map(size, MEM_ANY_NODE);

	(void)state;
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % (2 * MIB), 0);
	p[0] = p[size - 1] = 1;
	mem_unmap(p, size);
}

static void
what_cannot_be_had_is_null(void **state)
{
	(void)state;
	assert_null(mem_map(0, MEM_ANY_NODE));
	assert_null(mem_map((size_t)1 << 56, MEM_ANY_NODE));
	assert_null(mem_map(SIZE_MAX, MEM_ANY_NODE));
}

static void
any_node_will_do_even_one_that_does_not_exist(void **state)
{
	static const int nodes[] = { MEM_ANY_NODE, 0, 1, 4000 };

	(void)state;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		uint8_t *p = mem_map(2 * MIB, nodes[i]);

		assert_zero_and_writable(p, 2 * MIB);
		mem_unmap(p, 2 * MIB);
	}
}

static void
unmapping_null_is_harmless(void **state)
{
	(void)state;
	mem_unmap(NULL, 4096);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_memory_is_zero_and_can_be_written_to_its_end),
		cmocka_unit_test(large_memory_is_zero_and_can_be_written_to_its_end),
		cmocka_unit_test(large_memory_begins_where_a_hugepage_can),
		cmocka_unit_test(more_than_all_hugepages_comes_from_normal_pages),
		cmocka_unit_test(what_cannot_be_had_is_null),
		cmocka_unit_test(any_node_will_do_even_one_that_does_not_exist),
		cmocka_unit_test(unmapping_null_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
