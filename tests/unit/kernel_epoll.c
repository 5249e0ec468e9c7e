/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Level, edge, one-shot, and what is asked wrongly. */

#include <stddef.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "kernel_program.h"

static void
epoll_of_every_level(struct program *g)
{
	int e;

	p_pair(g);
	e = p_epoll(g, SERVER);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLRDHUP);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 0, EPOLLIN);
	p_epoll_wait(g, e, 8);
	p_write(g, 1, 100);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_read(g, 2, 50);
	p_epoll_wait(g, e, 8);
	p_read(g, 2, 50);
	p_epoll_wait(g, e, 8);
	p_connect(g, p_stream(g, CLIENT));
	p_epoll_wait(g, e, 8);
	p_write(g, 1, 100);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 1);
	p_epoll_wait(g, e, 1);
	p_epoll_wait(g, e, 1);
	p_shutdown(g, 1, SHUT_WR);
	p_epoll_wait(g, e, 8);
	p_close(g, 2);
	p_epoll_wait(g, e, 8);
	p_poll(g, e);
	p_close(g, e);
}

static void
epoll_of_every_edge(struct program *g)
{
	int e;

	p_pair(g);
	e = p_epoll(g, SERVER);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_write(g, 1, 100);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_write(g, 1, 100);
	p_epoll_wait(g, e, 8);
	p_read(g, 2, 50);
	p_epoll_wait(g, e, 8);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, 2, EPOLLIN | EPOLLET);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_shutdown(g, 1, SHUT_WR);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_read(g, 2, 500);
	p_read(g, 2, 500);
	p_epoll_wait(g, e, 8);
	p_shutdown(g, 2, SHUT_WR);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
}

static void
epoll_of_one_shot(struct program *g)
{
	int e;

	p_pair(g);
	e = p_epoll(g, SERVER);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLONESHOT);
	p_write(g, 1, 100);
	p_epoll_wait(g, e, 8);
	p_write(g, 1, 100);
	p_epoll_wait(g, e, 8);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, 2, EPOLLIN | EPOLLONESHOT);
	p_epoll_wait(g, e, 8);
	p_linger(g, 1, 1, 0);
	p_close(g, 1);
	p_epoll_wait(g, e, 8);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, 2, EPOLLONESHOT);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
}

static void
epoll_is_told_of_ends(struct program *g)
{
	int e, client;

	p_pair(g);
	e = p_epoll(g, CLIENT);
	client = p_stream(g, CLIENT);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, client, EPOLLIN | EPOLLOUT | EPOLLET);
	p_epoll_wait(g, e, 8);
	p_connect_nowhere(g, client);
	p_epoll_wait(g, e, 8);
	p_epoll_wait(g, e, 8);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 1, 0);
	p_epoll_wait(g, e, 8);
	p_close(g, 2);
	p_epoll_wait(g, e, 8);
	p_shutdown(g, 1, SHUT_WR);
	p_epoll_wait(g, e, 8);
}

static void
epoll_of_a_connect(struct program *g)
{
	int e, client;

	p_listener(g);
	client = p_stream(g, CLIENT);
	e = p_epoll(g, CLIENT);
	p_connect(g, client);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, client, EPOLLIN | EPOLLOUT);
	p_epoll_wait(g, e, 8);
	p_get(g, client, SOL_SOCKET, SO_ERROR);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, client, EPOLLIN);
	p_epoll_wait(g, e, 8);
	p_accept(g, 0, SOCK_NONBLOCK);
	p_write(g, 3, 77);
	p_epoll_wait(g, e, 8);
}

static void
epoll_that_is_asked_wrongly(struct program *g)
{
	int e, other;

	p_pair(g);
	e = p_epoll(g, SERVER);
	other = p_epoll(g, SERVER);
	p_epoll_ctl(g, e, EPOLL_CTL_MOD, 2, EPOLLIN);
	p_epoll_ctl(g, e, EPOLL_CTL_DEL, 2, 0);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN);
	p_epoll_ctl(g, other, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLEXCLUSIVE);
	p_epoll_ctl(g, other, EPOLL_CTL_MOD, 2, EPOLLIN);
	p_epoll_ctl(g, other, EPOLL_CTL_MOD, 2, EPOLLIN | EPOLLEXCLUSIVE);
	p_epoll_ctl(g, other, EPOLL_CTL_DEL, 2, 0);
	p_epoll_ctl(g, other, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT);
	p_epoll_ctl(g, other, EPOLL_CTL_ADD, 2, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP);
	p_epoll_ctl(g, e, 77, 2, EPOLLIN);
	p_epoll_ctl(g, 2, EPOLL_CTL_ADD, 0, EPOLLIN);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, e, EPOLLIN);
	p_epoll_wait(g, e, 0);
	p_epoll_wait(g, e, -1);
	p_epoll_wait(g, 2, 5);
	p_recv(g, e, 5, 0);
	p_read(g, e, 5);
	p_send(g, e, 5, 0);
	p_write(g, e, 5);
	p_listen(g, e, 5);
	p_shutdown(g, e, SHUT_WR);
	p_get(g, e, SOL_SOCKET, SO_ERROR);
	p_close(g, 2);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 2, EPOLLIN);
	p_epoll_ctl(g, e, EPOLL_CTL_DEL, 2, 0);
	p_close(g, e);
	p_epoll_wait(g, e, 5);
	p_epoll_ctl(g, e, EPOLL_CTL_ADD, 0, EPOLLIN);
}

static void
an_edge_of_a_socket_that_is_shut_down_without_connection(struct program *g)
{
	int id = p_stream(g, CLIENT), epoll = p_epoll(g, CLIENT);

	p_epoll_ctl(g, epoll, EPOLL_CTL_ADD, id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	p_epoll_wait(g, epoll, 4);
	p_epoll_wait(g, epoll, 4);
	p_shutdown(g, id, SHUT_RD);
	p_epoll_wait(g, epoll, 4);
	p_epoll_wait(g, epoll, 4);
}

const struct kernel_case kernel_epoll[] = {
	CASE(epoll_of_every_level),
	CASE(epoll_of_every_edge),
	CASE(epoll_of_one_shot),
	CASE(epoll_is_told_of_ends),
	CASE(epoll_of_a_connect),
	CASE(epoll_that_is_asked_wrongly),
	CASE(an_edge_of_a_socket_that_is_shut_down_without_connection),
	{ NULL, NULL },
};
