/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Fast Open by sockets, and what TCP_MAXSEG does to the handshake. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <linux/tcp.h>
#include <string.h>

#include <cmocka.h>

#include "sock_pair.h"

#define TIMESTAMP 12           /* bytes of each segment's options */

static char text[4000];

static void
set(int fd, int level, int name, int value)
{
	assert_int_equal(tsock_setsockopt(fd, level, name, &value, sizeof(value)), 0);
}

static int
get(int fd, int level, int name)
{
	socklen_t length = sizeof(int);
	int value = -1;

	assert_int_equal(tsock_getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static bool
syn_data(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	assert_int_equal(tsock_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	return info.tcpi_options & TCPI_OPT_SYN_DATA;
}

/* A new connection whose SYN may carry data; with TCP_MAXSEG, unless that is 0. @return as sendto() */
static ssize_t
open_with(struct sock_pair *p, size_t length, int mss)
{
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);

	sock_on(p, CLIENT);
	p->client = tsock_socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (mss != 0)
		set(p->client, IPPROTO_TCP, TCP_MAXSEG, mss);
	return tsock_sendto(p->client, text, length, MSG_FASTOPEN, (struct sockaddr *)&a, sock_address_length(&a));
}

/* The server takes Fast Open, and the client has a cookie of its. */
static void
warm_up(struct sock_pair *p)
{
	sock_listen(p, 16);
	set(p->listener, IPPROTO_TCP, TCP_FASTOPEN, 16);
	assert_int_equal(open_with(p, 0, 0), -1);
	assert_int_equal(errno, EINPROGRESS);
	sock_settle(p);
	tsock_close(p->client);
	sock_settle(p);
	sock_on(p, SERVER);
	tsock_close(tsock_accept(p->listener, NULL, NULL));
	sock_run(p, 100);
}

static void
data_rides_on_the_syn_as_far_as_the_mss_that_was_set(void **state)
{
	struct sock_pair *p = *state;

	warm_up(p);
	assert_int_equal(open_with(p, sizeof(text), 540), 540 - 40);
	sock_settle(p);
	assert_true(syn_data(p->client));
	sock_on(p, SERVER);
	p->server = tsock_accept4(p->listener, NULL, NULL, SOCK_NONBLOCK);
	assert_int_equal(tsock_recv(p->server, text, sizeof(text), 0), 500);
}

/* The server's RST ends a connection whose SYN's data it had. */
static void
tcp_info_tells_that_data_rode_when_the_connection_is_no_more(void **state)
{
	struct linger now = { .l_onoff = 1 };
	struct sock_pair *p = *state;

	warm_up(p);
	assert_int_equal(open_with(p, 100, 0), 100);
	sock_settle(p);
	sock_on(p, SERVER);
	p->server = tsock_accept(p->listener, NULL, NULL);
	assert_int_equal(tsock_setsockopt(p->server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	tsock_close(p->server);
	sock_settle(p);
	sock_on(p, CLIENT);
	assert_int_equal(tsock_send(p->client, text, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_true(syn_data(p->client));
}

static void
of_data_that_was_refused_with_its_syn_tcp_info_tells_nothing(void **state)
{
	struct sock_pair *p = *state;

	warm_up(p);
	sock_on(p, SERVER);
	tsock_close(p->listener);
	assert_int_equal(open_with(p, 100, 0), 100);
	sock_settle(p);
	sock_on(p, CLIENT);
	assert_int_equal(tsock_send(p->client, text, 1, 0), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_false(syn_data(p->client));
}

static void
a_listener_s_mss_may_be_set_while_it_listens(void **state)
{
	struct sock_pair *p = *state;

	sock_listen(p, 16);
	set(p->listener, IPPROTO_TCP, TCP_MAXSEG, 900);
	assert_int_equal(get(p->listener, IPPROTO_TCP, TCP_MAXSEG), 900);
	sock_open(p);
	assert_int_equal(get(p->client, IPPROTO_TCP, TCP_MAXSEG), 900 - TIMESTAMP);
	sock_on(p, SERVER);
	assert_int_equal(get(p->server, IPPROTO_TCP, TCP_MAXSEG), 900);
	/* and back again */
	set(p->listener, IPPROTO_TCP, TCP_MAXSEG, 0);
	sock_open(p);
	assert_int_equal(get(p->client, IPPROTO_TCP, TCP_MAXSEG), 1460 - TIMESTAMP);
}

static void
a_listener_s_mss_is_announced_with_a_cookie_too(void **state)
{
	struct pair_setup setup = pair_setup();
	struct sock_pair *p;

	setup.tcp[SERVER].syn_cookies = TCP_COOKIES_ALWAYS;
	p = *state = sock_pair_new(&setup, NULL);
	sock_listen(p, 16);
	set(p->listener, IPPROTO_TCP, TCP_MAXSEG, 900);
	sock_open(p);
	assert_int_equal(get(p->client, IPPROTO_TCP, TCP_MAXSEG), 900 - TIMESTAMP);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sock_pair_start, sock_pair_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(data_rides_on_the_syn_as_far_as_the_mss_that_was_set),
		TEST(tcp_info_tells_that_data_rode_when_the_connection_is_no_more),
		TEST(of_data_that_was_refused_with_its_syn_tcp_info_tells_nothing),
		TEST(a_listener_s_mss_may_be_set_while_it_listens),
		cmocka_unit_test_teardown(a_listener_s_mss_is_announced_with_a_cookie_too, sock_pair_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
