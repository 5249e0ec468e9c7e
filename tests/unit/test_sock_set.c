/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Sets, descriptors, names, options, and what is ours rather than Linux's. */

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

#define assert_fails(call, error) do { errno = 0; assert_int_equal((call), -1); assert_int_equal(errno, (error)); } while (0)

static int
stream(void)
{
	return tsock_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static int
get(int fd, int level, int name)
{
	socklen_t length = sizeof(int);
	int value = -1;

	assert_int_equal(tsock_getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static void
set(int fd, int level, int name, int value)
{
	assert_int_equal(tsock_setsockopt(fd, level, name, &value, sizeof(value)), 0);
}

/* ---- sets and descriptors */

static void
without_a_set_there_are_no_sockets(void **state)
{
	struct sock_pair *p = *state;

	tsock_use(NULL);
	assert_null(tsock_current());
	assert_fails(stream(), ENXIO);
	assert_fails(tsock_close(0), ENXIO);
	assert_fails(tsock_poll(NULL, 0, 0), ENXIO);
	assert_fails(tsock_epoll_create1(0), ENXIO);
	sock_on(p, CLIENT);
}

static void
a_set_is_left_and_taken_up_again(void **state)
{
	struct sock_pair *p = *state;

	assert_ptr_equal(tsock_current(), p->side[CLIENT].set);
	assert_ptr_equal(tsock_use(p->side[SERVER].set), p->side[CLIENT].set);
	assert_ptr_equal(tsock_use(p->side[CLIENT].set), p->side[SERVER].set);
}

static void
the_lowest_descriptor_is_taken(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++)
		assert_int_equal(stream(), i);
	tsock_close(70);
	tsock_close(3);
	tsock_close(199);
	assert_int_equal(stream(), 3);
	assert_int_equal(tsock_epoll_create1(0), 70);
	assert_int_equal(stream(), 199);
	assert_int_equal(stream(), 200);
}

static int
start_small(void **state)
{
	struct tsock_set_options o = TSOCK_SET_INIT;

	o.first_descriptor = 1000;
	o.descriptors = 70;
	*state = sock_pair_new(NULL, &o);
	return 0;
}

static void
descriptors_begin_and_end_where_they_shall(void **state)
{
	(void)state;
	for (int i = 0; i < 70; i++)
		assert_int_equal(stream(), 1000 + i);
	assert_fails(stream(), EMFILE);
	assert_fails(tsock_epoll_create1(0), EMFILE);
	assert_fails(tsock_close(999), EBADF);
	assert_fails(tsock_close(1070), EBADF);
	assert_fails(tsock_close(-1), EBADF);
	assert_int_equal(tsock_close(1069), 0);
	assert_fails(tsock_close(1069), EBADF);
	assert_int_equal(tsock_epoll_create1(0), 1069);
}

static void
who_finds_no_descriptor_waits_in_the_queue(void **state)
{
	struct sock_pair *p = *state;

	sock_open(p);
	sock_on(p, SERVER);
	while (stream() >= 0)
		;
	sock_on(p, CLIENT);
	p->client = stream();
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a));
	sock_settle(p);
	sock_on(p, SERVER);
	assert_fails(tsock_accept(p->listener, NULL, NULL), EMFILE);
	tsock_close(p->server);
	assert_int_equal(tsock_accept(p->listener, NULL, NULL), p->server);
}

static void
wrong_options_make_no_set(void **state)
{
	struct tsock_set_options o = TSOCK_SET_INIT;
	struct sock_pair *p = *state;

	o.first_descriptor = -1;
	errno = 0;
	assert_null(tsock_set_new(pair_stack(p->wire, CLIENT), &o));
	assert_int_equal(errno, EINVAL);
	o.first_descriptor = 0;
	o.descriptors = UINT32_MAX;
	assert_null(tsock_set_new(pair_stack(p->wire, CLIENT), &o));
	tsock_set_free(NULL);
}

static void
a_set_that_goes_closes_what_it_has(void **state)
{
	struct sock_pair *p = *state;
	char data[10];

	sock_open(p);
	tsock_set_free(p->side[CLIENT].set);
	p->side[CLIENT].set = NULL;
	assert_null(tsock_current());
	pair_settle(p->wire);
	sock_on(p, SERVER);
	/* what is left of the client's events is nobody's */
	for (uint32_t i = 0; i < p->wire->events; i++)
		if (p->wire->event[i].side == SERVER)
			tsock_deliver(p->side[SERVER].set, &p->wire->event[i].e, 1);
	assert_int_equal(tsock_read(p->server, data, sizeof(data)), 0);
}

/* ---- beside the event API */

static void
a_set_knows_its_own_events(void **state)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;
	struct sock_pair *p = *state;
	struct tern_event e = { .mask = TERN_TIMER };
	tern_listener listener;
	tern_conn id;

	assert_false(tsock_owns(p->side[CLIENT].set, &e));
	e.user = p;
	assert_false(tsock_owns(p->side[CLIENT].set, &e));
	sock_open(p);
	assert_int_not_equal(tsock_conn(p->client), 0);
	e.user = tern_get_user(pair_stack(p->wire, CLIENT), tsock_conn(p->client));
	assert_true(tsock_owns(p->side[CLIENT].set, &e));
	/* a connection of the program's own beside it */
	o.port = 4711;
	o.user = p;
	assert_int_equal(tern_listen(pair_stack(p->wire, SERVER), &o, &listener), 0);
	struct tern_connect_options c = pair_target(p->wire);
	c.target.port = 4711;
	assert_int_equal(tern_connect(pair_stack(p->wire, CLIENT), &c, &id), 0);
	pair_settle(p->wire);
	assert_true(pair_told(p->wire, CLIENT, id, TERN_CONNECTED) == 1);
	assert_false(tsock_owns(p->side[CLIENT].set, pair_last(p->wire, CLIENT, id, TERN_CONNECTED)));
	sock_settle(p);
	assert_int_equal(sock_poll(p, p->client), POLLOUT);
	tern_abort(pair_stack(p->wire, CLIENT), id);
	sock_settle(p);
}

static void
events_of_what_was_closed_are_nobodys(void **state)
{
	struct sock_pair *p = *state;
	char data[10];
	int fd;

	sock_open(p);
	sock_on(p, SERVER);
	assert_int_equal(tsock_write(p->server, "abc", 3), 3);
	pair_settle(p->wire);
	/* told, but not delivered yet, when its descriptor is another's */
	sock_on(p, CLIENT);
	tsock_close(p->client);
	fd = stream();
	assert_int_equal(fd, p->client);
	sock_settle(p);
	assert_int_equal(sock_poll(p, fd), POLLOUT | POLLHUP);
	assert_fails(tsock_read(fd, data, sizeof(data)), ENOTCONN);
}

static void
a_connection_for_a_listener_that_is_gone_is_reset(void **state)
{
	struct sock_pair *p = *state;
	char data[10];
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);

	sock_listen(p, 5);
	sock_on(p, CLIENT);
	p->client = stream();
	tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a));
	pair_settle(p->wire);
	sock_on(p, SERVER);
	tsock_close(p->listener);
	sock_listen(p, 5);
	sock_settle(p);
	sock_on(p, SERVER);
	assert_fails(tsock_accept(p->listener, NULL, NULL), EAGAIN);
	sock_on(p, CLIENT);
	assert_fails(tsock_read(p->client, data, sizeof(data)), ECONNRESET);
}

/* ---- listeners */

static void
nobody_beyond_the_backlog_is_let_in(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	int accepted = 0;

	sock_listen(p, 2);
	sock_on(p, CLIENT);
	for (int i = 0; i < 10; i++)
		tsock_connect(stream(), (struct sockaddr *)&a, sock_address_length(&a));
	sock_settle(p);
	sock_on(p, SERVER);
	while (tsock_accept(p->listener, NULL, NULL) >= 0)
		accepted++;
	assert_int_equal(accepted, 3);
	/* nor turned away: when there is room they come, by retransmission */
	for (int i = 0; i < 10; i++) {
		sock_run(p, 3000);
		sock_on(p, SERVER);
		while (tsock_accept(p->listener, NULL, NULL) >= 0)
			accepted++;
	}
	assert_int_equal(accepted, 10);
}

static void
a_port_has_a_listener_for_each_family(void **state)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(PAIR_PORT) };
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PAIR_PORT) };
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	int six, four, third;

	sock_on(p, SERVER);
	six = tsock_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	four = stream();
	third = tsock_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	assert_int_equal(tsock_bind(six, (struct sockaddr *)&any6, sizeof(any6)), 0);
	assert_int_equal(tsock_listen(six, 5), 0);
	sock_on(p, CLIENT);
	p->client = stream();
	tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a));
	sock_settle(p);
	assert_fails(tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a)), ECONNREFUSED);
	sock_on(p, SERVER);
	assert_int_equal(tsock_bind(four, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(tsock_listen(four, 5), 0);
	assert_fails(tsock_bind(third, (struct sockaddr *)&any6, sizeof(any6)), EADDRINUSE);
	sock_on(p, CLIENT);
	tsock_connect(p->client, (struct sockaddr *)&a, sock_address_length(&a));
	sock_settle(p);
	sock_on(p, SERVER);
	assert_fails(tsock_accept(six, NULL, NULL), EAGAIN);
	assert_true(tsock_accept(four, NULL, NULL) >= 0);
}

static void
connections_are_accepted_in_their_order(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	struct sockaddr_in from, is;
	int client[3];

	sock_listen(p, 5);
	sock_on(p, CLIENT);
	for (int i = 0; i < 3; i++) {
		client[i] = stream();
		tsock_connect(client[i], (struct sockaddr *)&a, sock_address_length(&a));
		sock_settle(p);
	}
	for (int i = 0; i < 3; i++) {
		socklen_t length = sizeof(from);

		sock_on(p, CLIENT);
		assert_int_equal(tsock_getsockname(client[i], (struct sockaddr *)&is, &length), 0);
		sock_on(p, SERVER);
		assert_true(tsock_accept(p->listener, (struct sockaddr *)&from, &length) >= 0);
		assert_int_equal(from.sin_port, is.sin_port);
		assert_int_equal(from.sin_addr.s_addr, is.sin_addr.s_addr);
	}
}

static void
an_ipv6_listener_takes_ipv4_and_tells_it_mapped(void **state)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(PAIR_PORT) }, from;
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	socklen_t length = sizeof(from);
	int fd;

	sock_on(p, SERVER);
	p->listener = tsock_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(tsock_bind(p->listener, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(tsock_listen(p->listener, 5), 0);
	sock_on(p, CLIENT);
	tsock_connect(stream(), (struct sockaddr *)&a, sock_address_length(&a));
	sock_settle(p);
	sock_on(p, SERVER);
	fd = tsock_accept(p->listener, (struct sockaddr *)&from, &length);
	assert_true(fd >= 0);
	assert_int_equal(length, sizeof(from));
	assert_int_equal(from.sin6_family, AF_INET6);
	assert_true(IN6_IS_ADDR_V4MAPPED(&from.sin6_addr));
	assert_int_equal(get(fd, SOL_SOCKET, SO_DOMAIN), AF_INET6);
}

static void
an_ipv6_socket_reaches_ipv4_mapped(void **state)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(PAIR_PORT) };
	struct sock_pair *p = *state;
	int fd;

	sock_listen(p, 5);
	sock_on(p, CLIENT);
	memcpy(&to.sin6_addr, &p->wire->end[SERVER].addr, sizeof(to.sin6_addr));
	fd = tsock_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_fails(tsock_connect(fd, (struct sockaddr *)&to, sizeof(to)), EINPROGRESS);
	sock_settle(p);
	assert_int_equal(sock_poll(p, fd), POLLOUT);
	fd = tsock_socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	assert_fails(tsock_connect(fd, (struct sockaddr *)&to, sizeof(to)), ENETUNREACH);
}

static void
ourselves_are_not_to_be_reached(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, CLIENT, PAIR_PORT);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(5), .sin_addr.s_addr = htonl(0xe0000001) };

	assert_fails(tsock_connect(stream(), (struct sockaddr *)&a, sock_address_length(&a)), ENETUNREACH);
	assert_fails(tsock_connect(stream(), (struct sockaddr *)&in, sizeof(in)), ENETUNREACH);
}

static void
a_bound_port_is_the_connections(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage to = sock_address(p, SERVER, PAIR_PORT), own = sock_address(p, CLIENT, 5555);
	struct sockaddr_in is;
	socklen_t length = sizeof(is);
	int fd;

	sock_listen(p, 5);
	sock_on(p, CLIENT);
	fd = stream();
	assert_int_equal(tsock_bind(fd, (struct sockaddr *)&own, sock_address_length(&own)), 0);
	tsock_connect(fd, (struct sockaddr *)&to, sock_address_length(&to));
	sock_settle(p);
	assert_int_equal(tsock_getsockname(fd, (struct sockaddr *)&is, &length), 0);
	assert_int_equal(ntohs(is.sin_port), 5555);
	assert_int_equal(tsock_connect(fd, (struct sockaddr *)&to, sock_address_length(&to)), 0);
}

static void
a_port_that_was_left_open_is_chosen_when_it_is_asked_for(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage own = sock_address(p, CLIENT, 0);
	struct sockaddr_in first, again;
	socklen_t length = sizeof(first);
	int fd = stream();

	assert_int_equal(tsock_bind(fd, (struct sockaddr *)&own, sock_address_length(&own)), 0);
	assert_int_equal(tsock_getsockname(fd, (struct sockaddr *)&first, &length), 0);
	assert_in_range(ntohs(first.sin_port), 32768, 60999);
	assert_int_equal(tsock_getsockname(fd, (struct sockaddr *)&again, &length), 0);
	assert_int_equal(first.sin_port, again.sin_port);
}

/* ---- options */

static void
options_set_before_hold_for_the_connection(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, SERVER, PAIR_PORT);
	uint64_t value;
	int fd;

	sock_listen(p, 5);
	sock_on(p, CLIENT);
	fd = stream();
	set(fd, IPPROTO_TCP, TCP_NODELAY, 0);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 33);
	set(fd, IPPROTO_IP, IP_TOS, 0xb8);
	set(fd, SOL_SOCKET, SO_RCVBUF, 30000);
	assert_int_equal(get(fd, SOL_SOCKET, SO_RCVBUF), 60000);
	tsock_connect(fd, (struct sockaddr *)&a, sock_address_length(&a));
	sock_settle(p);
	tern_get(pair_stack(p->wire, CLIENT), tsock_conn(fd), TERN_OPT_NODELAY, &value);
	assert_int_equal(value, 0);
	tern_get(pair_stack(p->wire, CLIENT), tsock_conn(fd), TERN_OPT_KEEPIDLE, &value);
	assert_int_equal(value, 33000);
	tern_get(pair_stack(p->wire, CLIENT), tsock_conn(fd), TERN_OPT_DSCP, &value);
	assert_int_equal(value, 46);
	tern_get(pair_stack(p->wire, CLIENT), tsock_conn(fd), TERN_OPT_RCVBUF, &value);
	assert_int_equal(value, 30000);
	assert_int_equal(get(fd, SOL_SOCKET, SO_RCVBUF), 60000);
}

static void
a_window_larger_than_can_be_told_is_as_large_as_can_be(void **state)
{
	struct sock_pair *p = *state;

	sock_open(p);
	set(p->client, SOL_SOCKET, SO_RCVBUF, 1 << 29);
	assert_true(get(p->client, SOL_SOCKET, SO_RCVBUF) > 65535);
}

static void
what_is_not_known_is_refused(void **state)
{
	struct sock_pair *p = *state;
	int value = 1;
	char data[10];

	sock_open(p);
	assert_fails(tsock_setsockopt(p->client, IPPROTO_TCP, TCP_MD5SIG, &value, sizeof(value)), ENOPROTOOPT);
	assert_fails(tsock_send(p->client, "a", 1, MSG_CONFIRM), EOPNOTSUPP);
	assert_fails(tsock_recv(p->client, data, 1, 0x08000000), EOPNOTSUPP);
	assert_fails(tsock_fcntl(p->client, F_DUPFD, 0), EINVAL);
}

static void
tcp_info_tells_of_a_connection(void **state)
{
	struct sock_pair *p = *state;
	struct tcp_info info;
	socklen_t length = sizeof(info);
	char data[1000];

	sock_open(p);
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(info.tcpi_state, TCP_ESTABLISHED);
	assert_true(info.tcpi_options & TCPI_OPT_SACK);
	assert_int_equal(info.tcpi_snd_mss, 1448);
	assert_int_equal(info.tcpi_snd_cwnd, 10);
	assert_int_equal(info.tcpi_unacked, 0);
	tsock_write(p->client, data, sizeof(data));
	sock_run(p, 1);
	length = 8;
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(length, 8);
	sock_on(p, SERVER);
	length = sizeof(info);
	assert_int_equal(tsock_getsockopt(p->listener, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(info.tcpi_state, TCP_LISTEN);
	assert_int_equal(info.tcpi_sacked, 16);
	assert_int_equal(tsock_shutdown(p->server, SHUT_WR), 0);
	sock_settle(p);
	sock_on(p, CLIENT);
	assert_int_equal(tsock_getsockopt(p->client, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
	assert_int_equal(info.tcpi_state, TCP_CLOSE_WAIT);
}

static void
bytes_on_their_way_are_counted(void **state)
{
	struct sock_pair *p = *state;
	int value = -1;

	sock_open(p);
	p->wire->end[SERVER].deaf = true;
	assert_int_equal(tsock_write(p->client, "abcdefgh", 8), 8);
	assert_int_equal(tsock_ioctl(p->client, TIOCOUTQ, &value), 0);
	assert_int_equal(value, 8);
	p->wire->end[SERVER].deaf = false;
	sock_run(p, 1000);
	assert_int_equal(tsock_ioctl(p->client, TIOCOUTQ, &value), 0);
	assert_int_equal(value, 0);
	sock_on(p, SERVER);
	assert_int_equal(tsock_ioctl(p->server, FIONREAD, &value), 0);
	assert_int_equal(value, 8);
}

/* ---- data */

static void
a_full_queue_says_when_there_is_room_again(void **state)
{
	static char much[1 << 20];
	struct epoll_event e = { .events = EPOLLOUT | EPOLLET };
	struct sock_pair *p = *state;
	int epfd;

	sock_open(p);
	epfd = tsock_epoll_create1(0);
	tsock_epoll_ctl(epfd, EPOLL_CTL_ADD, p->client, &e);
	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, 0), 1);
	p->wire->end[SERVER].deaf = true;
	while (tsock_write(p->client, much, sizeof(much)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(sock_poll(p, p->client), 0);
	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, 0), 0);
	p->wire->end[SERVER].deaf = false;
	sock_run(p, 3000);
	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, 0), 1);
	assert_int_equal(e.events, EPOLLOUT);
	assert_int_equal(tsock_epoll_wait(epfd, &e, 1, 0), 0);
}

static void
bytes_are_scattered_as_they_came(void **state)
{
	char a[3], b[5], c[10];
	struct iovec in[] = { { a, 3 }, { NULL, 0 }, { b, 5 }, { c, 10 } };
	struct iovec out[] = { { (char[]){ "abc" }, 3 }, { (char[]){ "defgh" }, 5 }, { (char[]){ "ij" }, 2 } };
	struct msghdr msg = { .msg_iov = in, .msg_iovlen = 4 };
	struct sock_pair *p = *state;

	sock_open(p);
	assert_int_equal(tsock_writev(p->client, out, 3), 10);
	sock_settle(p);
	sock_on(p, SERVER);
	assert_int_equal(tsock_recvmsg(p->server, &msg, MSG_PEEK), 10);
	assert_memory_equal(b, "defgh", 5);
	memset(b, 0, sizeof(b));
	assert_int_equal(tsock_readv(p->server, in, 4), 10);
	assert_memory_equal(a, "abc", 3);
	assert_memory_equal(b, "defgh", 5);
	assert_memory_equal(c, "ij", 2);
}

static void
a_sender_to_a_name_sends_where_it_is_connected_to(void **state)
{
	struct sock_pair *p = *state;
	struct sockaddr_storage a = sock_address(p, SERVER, 9);
	socklen_t length = sizeof(a);
	char data[10];

	sock_open(p);
	assert_int_equal(tsock_sendto(p->client, "abc", 3, 0, (struct sockaddr *)&a, sock_address_length(&a)), 3);
	sock_settle(p);
	sock_on(p, SERVER);
	assert_int_equal(tsock_recvfrom(p->server, data, sizeof(data), 0, (struct sockaddr *)&a, &length), 3);
	assert_int_equal(length, 0);
}

static void
urgent_bytes_are_handed_out_of_band(void **state)
{
	struct sock_pair *p = *state;
	char data[10];

	sock_open(p);
	assert_int_equal(tsock_send(p->client, "abc", 3, 0), 3);
	assert_int_equal(tsock_send(p->client, "!", 1, MSG_OOB), 1);
	assert_int_equal(tsock_send(p->client, "def", 3, 0), 3);
	sock_settle(p);
	sock_on(p, SERVER);
	assert_int_equal(sock_poll(p, p->server), POLLIN | POLLOUT | POLLPRI);
	assert_int_equal(tsock_recv(p->server, data, sizeof(data), MSG_OOB), 1);
	assert_int_equal(data[0], '!');
	assert_int_equal(tsock_recv(p->server, data, sizeof(data), 0), 3);
	assert_memory_equal(data, "abc", 3);
	assert_int_equal(tsock_recv(p->server, data, sizeof(data), 0), 3);
	assert_memory_equal(data, "def", 3);
}

/* As with Linux, where the byte is gone then. */
static void
an_urgent_byte_goes_where_there_is_room(void **state)
{
	struct sock_pair *p = *state;
	char byte = 0;
	struct iovec iov[] = { { NULL, 0 }, { &byte, 1 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	sock_open(p);
	assert_int_equal(tsock_send(p->client, "!", 1, MSG_OOB), 1);
	sock_settle(p);
	sock_on(p, SERVER);
	assert_int_equal(tsock_recvmsg(p->server, &msg, MSG_OOB | MSG_PEEK), 1);
	assert_int_equal(byte, '!');
	assert_int_equal(sock_errno(tsock_recv(p->server, NULL, 1, MSG_OOB)), EFAULT);
	assert_int_equal(sock_errno(tsock_recv(p->server, &byte, 1, MSG_OOB)), EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sock_pair_start, sock_pair_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_set_there_are_no_sockets),
		TEST(a_set_is_left_and_taken_up_again),
		TEST(the_lowest_descriptor_is_taken),
		cmocka_unit_test_setup_teardown(descriptors_begin_and_end_where_they_shall, start_small, sock_pair_end),
		cmocka_unit_test_setup_teardown(who_finds_no_descriptor_waits_in_the_queue, start_small, sock_pair_end),
		TEST(wrong_options_make_no_set),
		TEST(a_set_that_goes_closes_what_it_has),
		TEST(a_set_knows_its_own_events),
		TEST(events_of_what_was_closed_are_nobodys),
		TEST(a_connection_for_a_listener_that_is_gone_is_reset),
		TEST(nobody_beyond_the_backlog_is_let_in),
		TEST(a_port_has_a_listener_for_each_family),
		TEST(connections_are_accepted_in_their_order),
		TEST(an_ipv6_listener_takes_ipv4_and_tells_it_mapped),
		TEST(an_ipv6_socket_reaches_ipv4_mapped),
		TEST(ourselves_are_not_to_be_reached),
		TEST(a_bound_port_is_the_connections),
		TEST(a_port_that_was_left_open_is_chosen_when_it_is_asked_for),
		TEST(options_set_before_hold_for_the_connection),
		TEST(a_window_larger_than_can_be_told_is_as_large_as_can_be),
		TEST(what_is_not_known_is_refused),
		TEST(tcp_info_tells_of_a_connection),
		TEST(bytes_on_their_way_are_counted),
		TEST(a_full_queue_says_when_there_is_room_again),
		TEST(bytes_are_scattered_as_they_came),
		TEST(a_sender_to_a_name_sends_where_it_is_connected_to),
		TEST(urgent_bytes_are_handed_out_of_band),
		TEST(an_urgent_byte_goes_where_there_is_room),
	};

	return cmocka_run_group_tests_name("sock_set", tests, NULL, NULL);
}
