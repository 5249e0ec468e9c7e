/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What is sent when, and told how: TCP_CORK, MSG_MORE, MSG_EOR, MSG_FASTOPEN, TCP_INQ, times, many at once. */

#include <stddef.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "kernel_program.h"

#define SOON_MS 30     /* nothing is let go by then */
#define LATE_MS 500    /* what is held for a retransmission timeout is let go by then */

/* Client, server: 1, 2. Short segments wait for nothing but what a program says. */
static void
open_pair(struct program *g)
{
	p_pair(g);
	p_set(g, 1, IPPROTO_TCP, TCP_NODELAY, 1);
	p_set(g, 2, IPPROTO_TCP, TCP_NODELAY, 1);
}

static void
arrived(struct program *g, int id)
{
	p_ioctl(g, id, SIOCINQ, -1);
}

static void
a_cork_holds_back(struct program *g)
{
	open_pair(g);
	p_set(g, 1, IPPROTO_TCP, TCP_CORK, 1);
	p_write(g, 1, 100);
	arrived(g, 2);
	p_write(g, 1, 50);
	p_wait(g, SOON_MS);
	arrived(g, 2);
	p_set(g, 1, IPPROTO_TCP, TCP_CORK, 0);
	arrived(g, 2);
	p_write(g, 1, 7);
	arrived(g, 2);
}

static void
a_cork_does_not_hold_for_ever(struct program *g)
{
	open_pair(g);
	p_set(g, 1, IPPROTO_TCP, TCP_CORK, 1);
	p_write(g, 1, 100);
	arrived(g, 2);
	p_wait(g, LATE_MS);
	arrived(g, 2);
	p_get(g, 1, IPPROTO_TCP, TCP_CORK);
}

static void
nodelay_pushes_what_is_corked_and_leaves_the_cork(struct program *g)
{
	open_pair(g);
	p_set(g, 1, IPPROTO_TCP, TCP_CORK, 1);
	p_write(g, 1, 100);
	arrived(g, 2);
	p_set(g, 1, IPPROTO_TCP, TCP_NODELAY, 1);
	arrived(g, 2);
	p_get(g, 1, IPPROTO_TCP, TCP_CORK);
	p_write(g, 1, 20);
	p_wait(g, SOON_MS);
	arrived(g, 2);
	p_set(g, 1, IPPROTO_TCP, TCP_CORK, 0);
	arrived(g, 2);
}

static void
a_corked_end_goes_with_the_fin(struct program *g)
{
	open_pair(g);
	p_set(g, 1, IPPROTO_TCP, TCP_CORK, 1);
	p_write(g, 1, 100);
	arrived(g, 2);
	p_shutdown(g, 1, SHUT_WR);
	p_read(g, 2, 1000);
	p_read(g, 2, 1000);
}

static void
more_is_held_until_the_next_write(struct program *g)
{
	open_pair(g);
	p_send(g, 1, 100, MSG_MORE);
	arrived(g, 2);
	p_send(g, 1, 60, MSG_MORE | MSG_DONTWAIT);
	p_wait(g, SOON_MS);
	arrived(g, 2);
	p_get(g, 1, IPPROTO_TCP, TCP_CORK);
	p_write(g, 1, 5);
	arrived(g, 2);
	p_write(g, 1, 5);
	arrived(g, 2);
}

static void
more_is_not_held_for_ever(struct program *g)
{
	open_pair(g);
	p_send(g, 1, 100, MSG_MORE);
	arrived(g, 2);
	p_wait(g, LATE_MS);
	arrived(g, 2);
}

static void
more_is_pushed_by_nodelay_and_by_the_end(struct program *g)
{
	open_pair(g);
	p_send(g, 1, 100, MSG_MORE);
	p_set(g, 1, IPPROTO_TCP, TCP_NODELAY, 1);
	arrived(g, 2);
	p_send(g, 1, 11, MSG_MORE);
	arrived(g, 2);
	p_close(g, 1);
	p_read(g, 2, 1000);
	p_read(g, 2, 1000);
}

static void
records_are_a_stream_all_the_same(struct program *g)
{
	open_pair(g);
	p_send(g, 1, 100, MSG_EOR);
	p_send(g, 1, 30, MSG_EOR | MSG_MORE);
	p_write(g, 1, 20);
	arrived(g, 2);
	p_recv(g, 2, 120, 0);
	p_recv(g, 2, 120, 0);
	p_send(g, 1, 0, MSG_EOR);
	arrived(g, 2);
}

static void
a_write_that_connects(struct program *g)
{
	int listener = p_listener(g), client = p_stream(g, CLIENT), other = p_stream(g, CLIENT), server;

	p_fastopen(g, client, 100, 0);
	server = p_accept(g, listener, SOCK_NONBLOCK);
	arrived(g, server);
	p_fastopen(g, client, 100, 0);
	p_write(g, client, 10);
	arrived(g, server);
	p_poll(g, client);
	p_fcntl(g, other, F_SETFL, 0);
	p_fastopen(g, other, 50, 0);
	server = p_accept(g, listener, SOCK_NONBLOCK);
	arrived(g, server);
	p_fastopen(g, other, 50, 0);
	p_send(g, p_stream(g, CLIENT), 10, MSG_FASTOPEN);
}

static void
recvmsg_tells_how_much_is_left(struct program *g)
{
	open_pair(g);
	p_write(g, 1, 100);
	p_recvmsg_inq(g, 2, 30, 64);
	p_set(g, 2, IPPROTO_TCP, TCP_INQ, 1);
	p_get(g, 2, IPPROTO_TCP, TCP_INQ);
	p_recvmsg_inq(g, 2, 30, 64);
	p_recvmsg_inq(g, 2, 10, 0);
	p_recvmsg_inq(g, 2, 10, 8);
	p_recvmsg_inq(g, 2, 20, 64);
	p_recvmsg_inq(g, 2, 20, 64);
	p_write(g, 1, 8);
	p_shutdown(g, 1, SHUT_WR);
	p_recvmsg_inq(g, 2, 4, 64);
	p_recvmsg_inq(g, 2, 4, 64);
	p_recvmsg_inq(g, 2, 4, 64);
	p_set(g, 2, IPPROTO_TCP, TCP_INQ, 2);
	p_set(g, 2, IPPROTO_TCP, TCP_INQ, -1);
}

static void
room_is_not_told_while_too_much_waits_unsent(struct program *g)
{
	long n;

	open_pair(g);
	p_set(g, 1, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 10000);
	p_poll(g, 1);
	/* the peer does not read: what is beyond its window waits */
	for (unsigned int i = 0; i < 100; i++) {
		n = p_write_quietly(g, 1, 100000);
		if (n < 0)
			break;
	}
	p_say(g, "refused", n < 0);
	p_poll(g, 1);
	p_set(g, 1, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0);
	p_poll(g, 1);
	p_say(g, "taken", p_write_quietly(g, 1, 1000));
}

static void
calls_wait_as_long_as_they_may(struct program *g)
{
	const int listener = 0;

	open_pair(g);
	p_fcntl(g, 1, F_SETFL, 0);
	p_set_time(g, 1, SO_RCVTIMEO, 20);
	p_recv(g, 1, 100, 0);
	p_write(g, 2, 10);
	p_recv(g, 1, 100, 0);
	p_recv(g, 1, 100, MSG_WAITALL);
	p_write(g, 2, 10);
	p_recv(g, 1, 100, MSG_WAITALL);
	p_fcntl(g, listener, F_SETFL, 0);
	p_set_time(g, listener, SO_RCVTIMEO, 20);
	p_accept(g, listener, 0);
	p_set_time(g, 1, SO_SNDTIMEO, 20);
	p_get(g, 1, SOL_SOCKET, SO_SNDTIMEO);
	for (unsigned int i = 0; i < 100; i++)
		if (p_write_quietly(g, 1, 200000) < 0)
			break;
	p_write(g, 1, 200000);
	p_set_time(g, 1, SO_SNDTIMEO, 0);
	p_get(g, 1, SOL_SOCKET, SO_SNDTIMEO);
}

static void
many_are_polled(struct program *g)
{
	int listener = p_listener(g), client[8], server[8];

	for (unsigned int i = 0; i < 8; i++) {
		client[i] = p_stream(g, CLIENT);
		p_connect(g, client[i]);
		server[i] = p_accept(g, listener, SOCK_NONBLOCK);
	}
	p_poll_many(g, server, 8, POLLIN);
	p_write(g, client[3], 10);
	p_write(g, client[6], 10);
	p_poll_many(g, server, 8, POLLIN);
	p_poll_many(g, server, 8, POLLIN | POLLOUT);
	p_close(g, client[0]);
	p_shutdown(g, client[7], SHUT_WR);
	p_read(g, server[3], 10);
	server[5] = -1;
	p_poll_many(g, server, 8, POLLIN | POLLRDHUP);
	p_poll_many(g, server, 0, 0);
}

static void
an_edge_comes_again_with_new_data_alone(struct program *g)
{
	int e;

	open_pair(g);
	e = p_epoll(g, SERVER);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLET);
	p_write(g, 1, 100);
	p_epoll_wait(g, e, 8);
	p_read(g, 2, 40);
	p_epoll_wait(g, e, 8);
	p_write(g, 1, 1);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_read(g, 2, 100);
	p_write(g, 1, 1);
	p_epoll_wait(g, e, 8);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, 2, EPOLLIN | EPOLLET);
	p_epoll_wait(g, e, 8);
	p_read(g, 2, 100);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, 2, EPOLLIN | EPOLLET);
	p_epoll_wait(g, e, 8);
}

static void
one_alone_is_woken(struct program *g)
{
	int e, f;

	open_pair(g);
	e = p_epoll(g, SERVER);
	f = p_epoll(g, SERVER);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLEXCLUSIVE);
	p_epoll_ctl(g, f, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLEXCLUSIVE | EPOLLET);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, 2, EPOLLIN);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 0, EPOLLIN | EPOLLRDHUP | EPOLLEXCLUSIVE);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 0, EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE);
	p_epoll_wait(g, e, 8);
	p_write(g, 1, 10);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_epoll_ctl(g, e, EPOLL_CTL_DEL, 2, 0);
	p_epoll_wait(g, e, 8);
}

static void
copies_are_told_of(struct program *g)
{
	int e;

	open_pair(g);
	e = p_epoll(g, CLIENT);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 1, EPOLLET);
	p_epoll_wait(g, e, 8);
	p_send(g, 1, 10, MSG_ZEROCOPY);
	p_poll(g, 1);
	p_set(g, 1, SOL_SOCKET, SO_ZEROCOPY, 1);
	p_recvmsg_errors(g, 1, 128);
	p_send(g, 1, 0, MSG_ZEROCOPY);
	p_recvmsg_errors(g, 1, 128);
	p_send(g, 1, 10, MSG_ZEROCOPY);
	arrived(g, 2);
	p_recv(g, 2, 100, 0);
	p_poll(g, 1);
	p_epoll_wait(g, e, 8);
	p_recvmsg_errors(g, 1, 128);
	p_poll(g, 1);
	p_recvmsg_errors(g, 1, 128);
	p_send(g, 1, 10, MSG_ZEROCOPY);
	p_recv(g, 2, 100, 0);
	p_send(g, 1, 20, MSG_ZEROCOPY);
	p_recv(g, 2, 100, 0);
	p_recvmsg_errors(g, 1, 128);
	p_send(g, 1, 20, MSG_ZEROCOPY);
	p_recv(g, 2, 100, 0);
	p_recvmsg_errors(g, 1, 0);
	p_poll(g, 1);
}

const struct kernel_case kernel_hold[] = {
	CASE(a_cork_holds_back),
	CASE(a_cork_does_not_hold_for_ever),
	CASE(nodelay_pushes_what_is_corked_and_leaves_the_cork),
	CASE(a_corked_end_goes_with_the_fin),
	CASE(more_is_held_until_the_next_write),
	CASE(more_is_not_held_for_ever),
	CASE(more_is_pushed_by_nodelay_and_by_the_end),
	CASE(records_are_a_stream_all_the_same),
	CASE(a_write_that_connects),
	CASE(recvmsg_tells_how_much_is_left),
	CASE(copies_are_told_of),
	CASE(room_is_not_told_while_too_much_waits_unsent),
	CASE(calls_wait_as_long_as_they_may),
	CASE(many_are_polled),
	CASE(an_edge_comes_again_with_new_data_alone),
	CASE(one_alone_is_woken),
	{ NULL, NULL },
};
