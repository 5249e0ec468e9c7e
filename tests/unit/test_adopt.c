/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
/* A stack over a port of the program's own: net_null, which receives frames of zeros without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include <tern/mbuf.h>

#include "eal.h"

#define POOL 4095u

static struct rte_mempool *pool;
static uint16_t port;

static int
begin(void **state)
{
	const struct rte_eth_conf conf = { 0 };

	if (eal_for_tests(state) != 0 || rte_eal_hotplug_add("vdev", "net_null0", "") != 0 ||
	    rte_eth_dev_get_port_by_name("net_null0", &port) != 0)
		return -1;
	pool = rte_pktmbuf_pool_create("adopt_test", POOL, 0, 0, 2176, -1);
	return pool == NULL || rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
	       rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, pool) != 0 || rte_eth_tx_queue_setup(port, 0, 64, 0, NULL) != 0 ||
	       rte_eth_dev_start(port) != 0 ? -1 : 0;
}

static struct tern_stack *
create(uint16_t of_port, uint16_t queue, const char *option, const char *value)
{
	char words[4][32] = { "test", "--ip=198.18.0.1/24" };
	char *argv[] = { words[0], words[1], words[2], words[3] };

	snprintf(words[2], sizeof(words[2]), "%s", option);
	snprintf(words[3], sizeof(words[3]), "%s", value);
	return tern_stack_create(of_port, queue, pool, 4, argv);
}

static void
it_turns_on_the_calling_thread_without_a_process(void **state)
{
	struct tern_stats stats = { .size = sizeof(stats) };
	struct tern_stack *stack = create(port, 0, "--max-connections", "1024");
	struct tern_event events[8];

	(void)state;
	assert_non_null(stack);
	for (int i = 0; i < 10; i++)
		assert_int_equal(tern_poll(stack, events, 8), 0);
	tern_stats(stack, &stats);
	assert_true(stats.rx_packets > 0);
	assert_int_equal(stats.turns, 10);
	assert_null(tern_stack_process(stack));
	assert_int_equal(tern_stack_side(stack), TERN_SIDE_ONLY);
	assert_int_equal(tern_stack_peers(stack), 1);
	tern_stack_destroy(stack);
}

static void
the_port_and_the_pool_stay_the_programs(void **state)
{
	struct tern_stack *stack = create(port, 0, "--max-connections", "1024");
	struct rte_mbuf *m[8];
	struct tern_event events[8];
	uint16_t n;

	(void)state;
	assert_non_null(stack);
	tern_poll(stack, events, 8);
	tern_stack_destroy(stack);
	assert_int_equal(rte_mempool_avail_count(pool), POOL);
	/* still started */
	n = rte_eth_rx_burst(port, 0, m, 8);
	assert_int_equal(n, 8);
	rte_pktmbuf_free_bulk(m, n);
}

static void
what_belongs_to_tern_open_is_refused(void **state)
{
	(void)state;
	assert_null(create(port, 0, "--cores", "0"));
	assert_non_null(strstr(tern_error(), "--cores"));
	assert_null(create(port, 0, "--mtu", "1400"));
	assert_non_null(strstr(tern_error(), "--mtu"));
}

static void
a_port_or_queue_that_is_not_there_is_told(void **state)
{
	(void)state;
	assert_null(create(77, 0, "--ttl", "64"));
	assert_non_null(strstr(tern_error(), "port 77"));
	assert_null(create(port, 3, "--ttl", "64"));
	assert_non_null(strstr(tern_error(), "1 receive"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_turns_on_the_calling_thread_without_a_process),
		cmocka_unit_test(the_port_and_the_pool_stay_the_programs),
		cmocka_unit_test(what_belongs_to_tern_open_is_refused),
		cmocka_unit_test(a_port_or_queue_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
