/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Calls that wait: for how long, for what, and what ends them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include "sock_pair.h"

#define PEEK_MOST 65536u   /* of what is scattered */

#define assert_fails(call, error) do { errno = 0; assert_int_equal((call), -1); assert_int_equal(errno, (error)); } while (0)

static int
blocking_stream(void)
{
	return tsock_socket(AF_INET, SOCK_STREAM, 0);
}

static int
connect_server(struct sock_pair *p, int fd, uint16_t port)
{
	struct sockaddr_storage a = sock_address(p, SERVER, port);

	return tsock_connect(fd, (struct sockaddr *)&a, sock_address_length(&a));
}

static void
make_blocking(int fd)
{
	assert_int_equal(tsock_fcntl(fd, F_SETFL, 0), 0);
}

static void
set_timeout(int fd, int name, uint32_t ms)
{
	struct timeval time = { ms / 1000, ms % 1000 * 1000 };

	assert_int_equal(tsock_setsockopt(fd, SOL_SOCKET, name, &time, sizeof(time)), 0);
}

static uint64_t
ms_of(const struct sock_pair *p, uint64_t since_ns)
{
	return (p->wire->now_ns - since_ns) / 1000000;
}

/* ---- connect and accept */

static void
a_connect_waits_until_it_is_through(void **state)
{
	struct sock_pair *p = *state;
	int fd;

	sock_listen(p, 5);
	sock_on(p, CLIENT);
	fd = blocking_stream();
	assert_int_equal(connect_server(p, fd, PAIR_PORT), 0);
	assert_fails(connect_server(p, fd, PAIR_PORT), EISCONN);
	assert_int_equal(sock_poll(p, fd), POLLOUT);
}

static void
a_connect_says_that_it_was_refused(void **state)
{
	struct sock_pair *p = *state;
	int fd = blocking_stream();

	assert_fails(connect_server(p, fd, 7), ECONNREFUSED);
	sock_listen(p, 5);
	sock_on(p, CLIENT);
	assert_int_equal(connect_server(p, fd, PAIR_PORT), 0);
}

static void
a_connect_to_nobody_times_out(void **state)
{
	struct sock_pair *p = *state;
	int fd = blocking_stream(), ms = 5000;

	p->wire->end[SERVER].deaf = true;
	assert_int_equal(tsock_setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)), 0);
	assert_fails(connect_server(p, fd, PAIR_PORT), ETIMEDOUT);
	p->wire->end[SERVER].deaf = false;
	pair_settle(p->wire);
}

static void
a_connect_waits_as_long_as_it_may(void **state)
{
	struct sock_pair *p = *state;
	uint64_t since = p->wire->now_ns;
	int fd = blocking_stream();

	p->wire->end[SERVER].deaf = true;
	set_timeout(fd, SO_SNDTIMEO, 300);
	assert_fails(connect_server(p, fd, PAIR_PORT), EINPROGRESS);
	assert_in_range(ms_of(p, since), 300, 310);
	assert_fails(connect_server(p, fd, PAIR_PORT), EALREADY);
	p->wire->end[SERVER].deaf = false;
}

static void
connect_one(struct sock_pair *p)
{
	if (p->acted++ == 3) {
		p->client = tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect_server(p, p->client, PAIR_PORT);
	}
}

static void
an_accept_waits_for_somebody(void **state)
{
	struct sock_pair *p = *state;

	sock_listen(p, 5);
	make_blocking(p->listener);
	p->side[CLIENT].act = connect_one;
	assert_true(tsock_accept(p->listener, NULL, NULL) >= 0);
	assert_int_equal(p->acted, 4);
}

static void
an_accept_waits_as_long_as_it_may(void **state)
{
	struct sock_pair *p = *state;
	uint64_t since;

	sock_listen(p, 5);
	make_blocking(p->listener);
	set_timeout(p->listener, SO_RCVTIMEO, 50);
	since = p->wire->now_ns;
	assert_fails(tsock_accept(p->listener, NULL, NULL), EAGAIN);
	assert_in_range(ms_of(p, since), 50, 55);
}

static void
an_accepted_socket_blocks_though_its_listener_does_not(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	int fd;

	sock_listen(p, 5);
	sock_on(p, CLIENT);
	p->client = tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a));
	sock_settle(p);
	sock_on(p, SERVER);
	fd = tsock_accept(p->listener, NULL, NULL);
	assert_int_equal(tsock_fcntl(fd, F_GETFL), O_RDWR);
}

/* ---- reading */

static void
send_some(struct sock_pair *p)
{
	if (p->acted++ < 4)
		assert_int_equal(tsock_write(p->server, "abcde", 5), 5);
}

static void
a_read_waits_for_data(void **state)
{
	struct sock_pair *p = *state;
	char data[100];

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = send_some;
	assert_int_equal(tsock_read(p->client, data, sizeof(data)), 5);
	assert_memory_equal(data, "abcde", 5);
}

static void
a_read_waits_for_all_of_it_if_asked_to(void **state)
{
	struct sock_pair *p = *state;
	char data[18];

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = send_some;
	assert_int_equal(tsock_recv(p->client, data, sizeof(data), MSG_WAITALL), 18);
	assert_memory_equal(data, "abcdeabcdeabcdeabc", 18);
}

static void
a_peek_waits_for_all_of_it_and_takes_nothing(void **state)
{
	struct sock_pair *p = *state;
	char data[18];

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = send_some;
	assert_int_equal(tsock_recv(p->client, data, sizeof(data), MSG_WAITALL | MSG_PEEK), 18);
	assert_int_equal(tsock_recv(p->client, data, sizeof(data), MSG_WAITALL), 18);
}

/* Of what is scattered so much is looked at in one go: more than that is not waited for. */
static void
a_scattered_peek_waits_for_no_more_than_it_can_tell(void **state)
{
	static char data[2][PEEK_MOST];
	struct iovec iov[] = { { data[0], sizeof(data[0]) }, { data[1], sizeof(data[1]) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct sock_pair *p = *state;
	uint32_t turns;

	sock_open(p);
	sock_on(p, SERVER);
	for (size_t sent = 0; sent < sizeof(data); sent += 1024)
		assert_int_equal(tsock_send(p->server, data[0], 1024, 0), 1024);
	sock_settle(p);
	sock_run(p, 100);
	sock_on(p, CLIENT);
	make_blocking(p->client);
	turns = p->side[CLIENT].turns;
	assert_int_equal(tsock_recvmsg(p->client, &msg, MSG_WAITALL | MSG_PEEK), PEEK_MOST);
	assert_int_equal(p->side[CLIENT].turns, turns);
	assert_int_equal(tsock_recvmsg(p->client, &msg, MSG_WAITALL), sizeof(data));
}

static void
send_and_close(struct sock_pair *p)
{
	send_some(p);
	if (p->acted == 4)
		tsock_close(p->server);
}

static void
a_read_of_all_ends_with_the_stream(void **state)
{
	struct sock_pair *p = *state;
	char data[100];

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = send_and_close;
	assert_int_equal(tsock_recv(p->client, data, sizeof(data), MSG_WAITALL), 20);
	assert_int_equal(tsock_recv(p->client, data, sizeof(data), MSG_WAITALL), 0);
}

static void
a_read_waits_for_the_low_water_mark(void **state)
{
	struct sock_pair *p = *state;
	char data[100];
	int mark = 12;

	sock_open(p);
	make_blocking(p->client);
	assert_int_equal(tsock_setsockopt(p->client, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)), 0);
	p->side[SERVER].act = send_some;
	assert_int_equal(tsock_read(p->client, data, sizeof(data)), 15);
}

static void
a_read_waits_as_long_as_it_may(void **state)
{
	struct sock_pair *p = *state;
	uint64_t since;
	char data[100];

	sock_open(p);
	make_blocking(p->client);
	set_timeout(p->client, SO_RCVTIMEO, 1500);
	since = p->wire->now_ns;
	assert_fails(tsock_read(p->client, data, sizeof(data)), EAGAIN);
	assert_in_range(ms_of(p, since), 1500, 1510);
}

static void
a_read_that_must_not_wait_does_not(void **state)
{
	struct sock_pair *p = *state;
	uint32_t turns;
	char data[100];

	sock_open(p);
	make_blocking(p->client);
	turns = p->side[CLIENT].turns;
	assert_fails(tsock_recv(p->client, data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_int_equal(p->side[CLIENT].turns, turns);
}

static void
reset(struct sock_pair *p)
{
	struct linger linger = { 1, 0 };

	if (p->acted++ == 2) {
		tsock_setsockopt(p->server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		tsock_close(p->server);
	}
}

static void
a_reset_ends_a_read(void **state)
{
	struct sock_pair *p = *state;
	char data[100];

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = reset;
	assert_fails(tsock_read(p->client, data, sizeof(data)), ECONNRESET);
	assert_int_equal(tsock_read(p->client, data, sizeof(data)), 0);
}

/* ---- writing */

#define MUCH 3000000u
static char much[MUCH], arrived[MUCH];

static void
read_all(struct sock_pair *p)
{
	ssize_t n;

	while ((n = tsock_read(p->server, arrived + p->acted, MUCH - p->acted)) > 0)
		p->acted += (uint32_t)n;
}

static void
a_write_waits_until_all_is_taken(void **state)
{
	struct sock_pair *p = *state;

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = read_all;
	for (uint32_t i = 0; i < MUCH; i++)
		much[i] = (char)pair_byte(i);
	assert_int_equal(tsock_write(p->client, much, MUCH), MUCH);
	tsock_close(p->client);
	sock_on(p, SERVER);
	for (int i = 0; i < 100 && p->acted < MUCH; i++) {
		sock_run(p, 10);
		read_all(p);
	}
	assert_int_equal(p->acted, MUCH);
	assert_memory_equal(much, arrived, MUCH);
}

static void
a_scattered_write_waits_too(void **state)
{
	struct iovec iov[3] = { { much, 1000001 }, { much + 1000001, 999999 }, { much + 2000000, 1000000 } };
	struct sock_pair *p = *state;

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = read_all;
	assert_int_equal(tsock_writev(p->client, iov, 3), MUCH);
}

static void
a_write_waits_as_long_as_it_may_and_says_how_much(void **state)
{
	struct sock_pair *p = *state;
	uint64_t since;
	ssize_t n;

	sock_open(p);
	make_blocking(p->client);
	set_timeout(p->client, SO_SNDTIMEO, 100);
	since = p->wire->now_ns;
	n = tsock_write(p->client, much, MUCH);
	assert_in_range(n, 1, MUCH - 1);
	assert_in_range(ms_of(p, since), 100, 110);
	assert_fails(tsock_write(p->client, much, MUCH), EAGAIN);
}

static void
a_write_into_a_reset_says_how_much_and_then_why(void **state)
{
	struct sock_pair *p = *state;

	sock_open(p);
	make_blocking(p->client);
	p->side[SERVER].act = reset;
	assert_in_range(tsock_write(p->client, much, MUCH), 1, MUCH - 1);
	assert_fails(tsock_write(p->client, much, 1), ECONNRESET);
	assert_fails(tsock_write(p->client, much, 1), EPIPE);
}

/* ---- closing */

static void
hear_again(struct sock_pair *p)
{
	if (p->acted++ == 300)
		p->wire->end[SERVER].deaf = false;
}

static void
a_close_lingers_until_all_has_arrived(void **state)
{
	struct linger linger = { 1, 10 };
	struct sock_pair *p = *state;
	uint64_t since;

	sock_open(p);
	assert_true(tsock_write(p->client, much, MUCH) > 0);
	make_blocking(p->client);
	assert_int_equal(tsock_setsockopt(p->client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	p->wire->end[SERVER].deaf = true;
	p->side[SERVER].act = hear_again;
	since = p->wire->now_ns;
	assert_int_equal(tsock_close(p->client), 0);
	assert_in_range(ms_of(p, since), 300, 2000);
}

static void
a_close_lingers_as_long_as_it_may(void **state)
{
	struct linger linger = { 1, 2 };
	struct sock_pair *p = *state;
	uint64_t since;

	sock_open(p);
	assert_true(tsock_write(p->client, much, MUCH) > 0);
	make_blocking(p->client);
	assert_int_equal(tsock_setsockopt(p->client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	p->wire->end[SERVER].deaf = true;
	since = p->wire->now_ns;
	assert_int_equal(tsock_close(p->client), 0);
	assert_in_range(ms_of(p, since), 2000, 2010);
	p->wire->end[SERVER].deaf = false;
}

static void
a_close_that_does_not_block_does_not_linger(void **state)
{
	struct linger linger = { 1, 2 };
	struct sock_pair *p = *state;
	uint64_t since;

	sock_open(p);
	assert_true(tsock_write(p->client, much, MUCH) > 0);
	assert_int_equal(tsock_setsockopt(p->client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	since = p->wire->now_ns;
	assert_int_equal(tsock_close(p->client), 0);
	assert_int_equal(p->wire->now_ns, since);
}

/* ---- poll and epoll */

static void
a_poll_waits_for_data(void **state)
{
	struct sock_pair *p = *state;
	struct pollfd f = { .events = POLLIN };

	sock_open(p);
	f.fd = p->client;
	p->side[SERVER].act = send_some;
	assert_int_equal(tsock_poll(&f, 1, -1), 1);
	assert_int_equal(f.revents, POLLIN);
}

static void
a_poll_waits_as_long_as_it_may(void **state)
{
	struct sock_pair *p = *state;
	struct pollfd f = { .events = POLLIN };
	uint64_t since;

	sock_open(p);
	f.fd = p->client;
	since = p->wire->now_ns;
	assert_int_equal(tsock_poll(&f, 1, 250), 0);
	assert_in_range(ms_of(p, since), 250, 255);
}

static void
a_poll_of_nobody_waits(void **state)
{
	struct sock_pair *p = *state;
	struct pollfd f = { .fd = -1, .events = POLLIN };
	uint64_t since = p->wire->now_ns;

	assert_int_equal(tsock_poll(&f, 1, 20), 0);
	assert_int_equal(tsock_poll(NULL, 0, 20), 0);
	assert_in_range(ms_of(p, since), 40, 50);
}

static void
an_epoll_waits_for_data(void **state)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 77 };
	struct sock_pair *p = *state;
	int epfd;

	sock_open(p);
	epfd = tsock_epoll_create(1);
	assert_int_equal(tsock_epoll_ctl(epfd, EPOLL_CTL_ADD, p->client, &e), 0);
	p->side[SERVER].act = send_some;
	memset(&e, 0, sizeof(e));
	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, -1), 1);
	assert_int_equal(e.events, EPOLLIN);
	assert_int_equal(e.data.u64, 77);
}

static void
an_epoll_waits_as_long_as_it_may(void **state)
{
	struct sock_pair *p = *state;
	uint64_t since = p->wire->now_ns;
	int epfd = tsock_epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event e;

	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, 33), 0);
	assert_in_range(ms_of(p, since), 33, 35);
}

static void
an_epoll_without_time_takes_one_turn(void **state)
{
	struct sock_pair *p = *state;
	int epfd = tsock_epoll_create1(0);
	uint32_t turns = p->side[CLIENT].turns;
	struct epoll_event e;

	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, 0), 0);
	assert_int_equal(p->side[CLIENT].turns, turns + 1);
}

static void
an_epoll_that_is_ready_takes_one_turn(void **state)
{
	struct epoll_event e = { .events = EPOLLOUT };
	struct sock_pair *p = *state;
	uint32_t turns;
	int epfd;

	sock_open(p);
	epfd = tsock_epoll_create1(0);
	tsock_epoll_ctl(epfd, EPOLL_CTL_ADD, p->client, &e);
	turns = p->side[CLIENT].turns;
	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, -1), 1);
	assert_int_equal(p->side[CLIENT].turns, turns + 1);
}

/* ---- turns within turns, and turns that fail */

static int nested_error, hook_error;

static int
hook(void *arg, struct tern_event *events, int max, uint64_t limit_ns)
{
	char data[10];

	(void)arg, (void)events, (void)max, (void)limit_ns;
	if (nested_error == 0) {
		struct pollfd f = { .fd = -1 };

		nested_error = tsock_read(0, data, 10) == -1 ? errno : -1;
		assert_fails(tsock_poll(&f, 1, 10), EDEADLK);
	}
	return hook_error;
}

static void
who_waits_within_a_turn_is_told_so(void **state)
{
	struct tsock_set_options o = TSOCK_SET_INIT;
	struct sock_pair *p = *state;
	struct tsock_set *set;
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	struct pollfd f = { .fd = 0 };
	char data[10];
	int fd;

	o.turn = hook;
	set = tsock_set_new(pair_stack(p->wire, CLIENT), &o);
	tsock_use(set);
	fd = tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_fails(tsock_connect(fd, (struct sockaddr *)&a, sock_address_length(&a)), EINPROGRESS);
	make_blocking(fd);
	nested_error = 0;
	hook_error = -EINTR;
	assert_fails(tsock_read(fd, data, sizeof(data)), EINTR);
	assert_int_equal(nested_error, EDEADLK);
	hook_error = -ECANCELED;
	assert_fails(tsock_read(fd, data, sizeof(data)), ECANCELED);
	assert_fails(tsock_poll(&f, 1, 0), ECANCELED);
	tsock_set_free(set);
	sock_on(p, CLIENT);
}

static void
whose_turns_the_program_takes_never_waits(void **state)
{
	struct tsock_set_options o = TSOCK_SET_INIT;
	struct sock_pair *p = *state;
	struct tsock_set *set;
	struct epoll_event e;
	int fd, epfd;

	o.delivered = true;
	set = tsock_set_new(pair_stack(p->wire, CLIENT), &o);
	tsock_use(set);
	fd = tsock_socket(AF_INET, SOCK_STREAM, 0);
	assert_fails(connect_server(p, fd, PAIR_PORT), EDEADLK);
	assert_int_equal(sock_poll(p, fd), POLLOUT | POLLHUP);
	epfd = tsock_epoll_create1(0);
	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, 0), 0);
	assert_fails(tsock_epoll_wait(epfd, &e, 1, 10), EDEADLK);
	tsock_set_free(set);
	sock_on(p, CLIENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sock_pair_start, sock_pair_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_connect_waits_until_it_is_through), TEST(a_connect_says_that_it_was_refused),
		TEST(a_connect_to_nobody_times_out), TEST(a_connect_waits_as_long_as_it_may),
		TEST(an_accept_waits_for_somebody), TEST(an_accept_waits_as_long_as_it_may),
		TEST(an_accepted_socket_blocks_though_its_listener_does_not),
		TEST(a_read_waits_for_data), TEST(a_read_waits_for_all_of_it_if_asked_to),
		TEST(a_peek_waits_for_all_of_it_and_takes_nothing), TEST(a_scattered_peek_waits_for_no_more_than_it_can_tell),
		TEST(a_read_of_all_ends_with_the_stream),
		TEST(a_read_waits_for_the_low_water_mark), TEST(a_read_waits_as_long_as_it_may),
		TEST(a_read_that_must_not_wait_does_not), TEST(a_reset_ends_a_read),
		TEST(a_write_waits_until_all_is_taken), TEST(a_scattered_write_waits_too),
		TEST(a_write_waits_as_long_as_it_may_and_says_how_much), TEST(a_write_into_a_reset_says_how_much_and_then_why),
		TEST(a_close_lingers_until_all_has_arrived), TEST(a_close_lingers_as_long_as_it_may),
		TEST(a_close_that_does_not_block_does_not_linger),
		TEST(a_poll_waits_for_data), TEST(a_poll_waits_as_long_as_it_may), TEST(a_poll_of_nobody_waits),
		TEST(an_epoll_waits_for_data), TEST(an_epoll_waits_as_long_as_it_may),
		TEST(an_epoll_without_time_takes_one_turn), TEST(an_epoll_that_is_ready_takes_one_turn),
		TEST(who_waits_within_a_turn_is_told_so), TEST(whose_turns_the_program_takes_never_waits),
	};

	return cmocka_run_group_tests_name("sock_blocking", tests, NULL, NULL);
}
