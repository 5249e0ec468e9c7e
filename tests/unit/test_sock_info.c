/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What TCP_INFO counts: the kernel's own header has more of its struct than libc's. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <linux/tcp.h>

#include <cmocka.h>

#include "sock_pair.h"

/* Without --account the first question begins the counts. */
static void
tcp_info_counts_from_the_first_question(void **state)
{
	struct sock_pair *p = *state;
	struct tcp_info info;
	socklen_t length = sizeof(info);
	char data[1000] = { 0 };

	sock_open(p);
	tsock_write(p->client, data, sizeof(data));
	sock_run(p, 50);
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	tsock_write(p->client, data, sizeof(data));
	sock_run(p, 50);
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(info.tcpi_bytes_sent, sizeof(data));
	assert_int_equal(info.tcpi_bytes_acked, sizeof(data));
	assert_int_equal(info.tcpi_data_segs_out, 1);
	assert_int_equal(info.tcpi_delivered, 1);
	assert_int_equal(info.tcpi_rwnd_limited, 0);
	assert_int_equal(info.tcpi_retrans, 0);
	assert_int_equal(info.tcpi_lost, 0);
	assert_int_equal(info.tcpi_reordering, 3);
}

/* What was lost counts as such until its copy is acknowledged, as Linux has it. */
static void
tcp_info_tells_what_was_sent_again(void **state)
{
	struct sock_pair *p = *state;
	struct tcp_info info;
	socklen_t length = sizeof(info);
	char data[1000] = { 0 };

	sock_open(p);
	p->wire->end[SERVER].deaf = true;
	tsock_write(p->client, data, sizeof(data));
	sock_run(p, 1000);
	sock_on(p, CLIENT);
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(info.tcpi_ca_state, TCP_CA_Loss);
	assert_int_equal(info.tcpi_unacked, 1);
	assert_int_equal(info.tcpi_retrans, 1);
	assert_int_equal(info.tcpi_lost, 1);
	assert_true(info.tcpi_total_retrans >= 2);
	assert_true(info.tcpi_backoff >= 1);
	sock_run(p, 10);
	p->wire->end[SERVER].deaf = false;
	sock_run(p, 5000);
	sock_on(p, CLIENT);
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(info.tcpi_retrans, 0);
	assert_int_equal(info.tcpi_lost, 0);
	assert_int_equal(info.tcpi_unacked, 0);
	assert_in_range(info.tcpi_busy_time, 1, 5000000);
}

static struct tcp_info
info_of_client(struct sock_pair *p)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	sock_on(p, CLIENT);
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	return info;
}

/* Linux's TCP_CA_Loss lasts until all is acknowledged that was sent before the timeout, however often that makes progress. */
static void
tcp_info_tells_loss_until_it_is_repaired(void **state)
{
	static char data[20000];
	struct sock_pair *p = *state;
	struct tcp_info info;

	sock_open(p);
	p->wire->end[CLIENT].loses = FOREVER;
	assert_int_equal(tsock_write(p->client, data, sizeof(data)), sizeof(data));
	while (info_of_client(p).tcpi_backoff == 0)
		sock_run(p, 1);
	/* what the second timeout sends arrives, and its answer waits until all else is lost again */
	p->wire->end[CLIENT].loses = 0;
	p->wire->end[CLIENT].deaf = true;
	while (info_of_client(p).tcpi_backoff == 1)
		sock_run(p, 1);
	sock_run(p, 100);
	p->wire->end[CLIENT].loses = FOREVER;
	p->wire->end[CLIENT].deaf = false;
	sock_run(p, 1);
	info = info_of_client(p);
	assert_int_equal(info.tcpi_backoff, 0);
	assert_true(info.tcpi_unacked > 0);
	assert_int_equal(info.tcpi_ca_state, TCP_CA_Loss);
	p->wire->end[CLIENT].loses = 0;
	sock_run(p, 5000);
	info = info_of_client(p);
	assert_int_equal(info.tcpi_unacked, 0);
	assert_int_equal(info.tcpi_ca_state, TCP_CA_Open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tcp_info_counts_from_the_first_question, sock_pair_start, sock_pair_end),
		cmocka_unit_test_setup_teardown(tcp_info_tells_what_was_sent_again, sock_pair_start, sock_pair_end),
		cmocka_unit_test_setup_teardown(tcp_info_tells_loss_until_it_is_repaired, sock_pair_start, sock_pair_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
