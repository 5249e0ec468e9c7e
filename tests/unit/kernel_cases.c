/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Programs of calls: every situation that a socket can be in, and what calls say there. */

#include <stddef.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "kernel_program.h"

/* Everything that may be asked of one socket. */
static void
ask_all(struct program *g, int id)
{
	p_poll(g, id);
	p_get(g, id, SOL_SOCKET, SO_ERROR);
	p_get(g, id, SOL_SOCKET, SO_ACCEPTCONN);
	p_names(g, id);
	p_recv(g, id, 100, MSG_DONTWAIT);
	p_poll(g, id);
	p_send(g, id, 100, MSG_DONTWAIT | MSG_NOSIGNAL);
	p_poll(g, id);
	p_ioctl(g, id, SIOCINQ, -7);
	p_ioctl(g, id, SIOCATMARK, -7);
	p_accept(g, id, 0);
}

/* ---- states */

static void
a_fresh_socket(struct program *g)
{
	ask_all(g, p_stream(g, CLIENT));
}

static void
a_bound_socket(struct program *g)
{
	int id = p_stream(g, SERVER);

	p_bind(g, id);
	p_bind(g, id);
	ask_all(g, id);
	p_shutdown(g, id, SHUT_RDWR);
	ask_all(g, id);
}

static void
a_fresh_socket_shut_down(struct program *g)
{
	int id = p_stream(g, CLIENT);

	for (int how = -1; how < 4; how++)
		p_shutdown(g, id, how);
	ask_all(g, id);
	id = p_stream(g, CLIENT);
	p_shutdown(g, id, SHUT_WR);
	ask_all(g, id);
	id = p_stream(g, CLIENT);
	p_shutdown(g, id, SHUT_RD);
	ask_all(g, id);
}

static void
a_listener(struct program *g)
{
	int id = p_listener(g);

	ask_all(g, id);
	p_listen(g, id, 3);
	p_connect(g, id);
	p_bind(g, id);
	p_shutdown(g, id, SHUT_WR);
	ask_all(g, id);
	p_shutdown(g, id, SHUT_RD);
	ask_all(g, id);
	p_listen(g, id, 3);
	p_poll(g, id);
}

static void
a_listener_with_somebody_waiting(struct program *g)
{
	int id = p_listener(g), client = p_stream(g, CLIENT);

	p_connect(g, client);
	p_poll(g, id);
	p_poll(g, client);
	p_accept(g, id, 0);
	p_poll(g, id);
	p_accept(g, id, 0);
	p_accept(g, id, 0x1234);
}

static void
an_unbound_listener(struct program *g)
{
	int id = p_stream(g, SERVER);

	p_listen(g, id, 5);
	p_names(g, id);
	p_poll(g, id);
	p_connect(g, id);
}

static void
a_connection(struct program *g)
{
	p_pair(g);
	ask_all(g, 1);
	ask_all(g, 2);
	p_connect(g, 1);
	p_connect(g, 2);
	p_listen(g, 1, 5);
	p_listen(g, 2, 5);
	p_bind(g, 2);
}

static void
a_connection_that_nobody_has_asked_about(struct program *g)
{
	int listener = p_listener(g), client = p_stream(g, CLIENT);

	p_connect(g, client);
	p_poll(g, client);
	p_get(g, client, SOL_SOCKET, SO_ERROR);
	p_send(g, client, 10, MSG_NOSIGNAL);
	p_connect(g, client);
	p_connect(g, client);
	p_accept(g, listener, SOCK_NONBLOCK);
	p_read(g, 2, 100);
}

static void
a_refused_connection(struct program *g)
{
	int client;

	p_listener(g);
	client = p_stream(g, CLIENT);
	p_connect_nowhere(g, client);
	p_poll(g, client);
	p_get(g, client, SOL_SOCKET, SO_ERROR);
	p_poll(g, client);
	p_get(g, client, SOL_SOCKET, SO_ERROR);
	p_recv(g, client, 10, 0);
	p_send(g, client, 10, MSG_NOSIGNAL);
	p_names(g, client);
	p_connect_nowhere(g, client);
	p_connect(g, client);
	p_connect(g, client);
	p_connect(g, client);
	p_poll(g, client);
}

static void
a_refused_connection_told_by_connect(struct program *g)
{
	int client;

	p_listener(g);
	client = p_stream(g, CLIENT);
	p_connect_nowhere(g, client);
	p_connect(g, client);
	p_connect(g, client);
	p_connect(g, client);
	p_poll(g, client);
}

static void
a_refused_connection_told_by_read(struct program *g)
{
	int client;

	p_listener(g);
	client = p_stream(g, CLIENT);
	p_connect_nowhere(g, client);
	p_read(g, client, 10);
	p_read(g, client, 10);
	p_poll(g, client);
	p_shutdown(g, client, SHUT_WR);
	ask_all(g, client);
}

static void
a_refused_connection_told_by_write(struct program *g)
{
	int client;

	p_listener(g);
	client = p_stream(g, CLIENT);
	p_connect_nowhere(g, client);
	p_write(g, client, 10);
	p_write(g, client, 10);
	p_poll(g, client);
}

static void
a_disconnected_socket(struct program *g)
{
	p_pair(g);
	p_disconnect(g, 1);
	p_poll(g, 1);
	p_poll(g, 2);
	p_read(g, 2, 10);
	p_disconnect(g, 1);
	p_get(g, 1, SOL_SOCKET, SO_ERROR);
	p_poll(g, 1);
	p_connect(g, 1);
	p_connect(g, 1);
	p_disconnect(g, 0);
	p_poll(g, 0);
	p_accept(g, 0, 0);
}

/* ---- the peer's end */

static void
the_peer_has_closed(struct program *g)
{
	p_pair(g);
	p_close(g, 2);
	ask_all(g, 1);
	ask_all(g, 1);
	ask_all(g, 1);
	p_close(g, 1);
}

static void
the_peer_has_closed_behind_data(struct program *g)
{
	p_pair(g);
	p_send(g, 2, 1000, 0);
	p_close(g, 2);
	p_poll(g, 1);
	p_ioctl(g, 1, SIOCINQ, 0);
	p_read(g, 1, 400);
	p_poll(g, 1);
	p_read(g, 1, 600);
	p_poll(g, 1);
	p_read(g, 1, 600);
	p_read(g, 1, 600);
	p_shutdown(g, 1, SHUT_WR);
	p_poll(g, 1);
	ask_all(g, 1);
}

static void
the_peer_has_shut_down(struct program *g)
{
	p_pair(g);
	p_shutdown(g, 2, SHUT_WR);
	ask_all(g, 1);
	ask_all(g, 2);
	p_shutdown(g, 2, SHUT_WR);
	p_poll(g, 2);
	p_read(g, 2, 1000);
	p_shutdown(g, 1, SHUT_RDWR);
	ask_all(g, 1);
	ask_all(g, 2);
	p_shutdown(g, 1, SHUT_WR);
	p_shutdown(g, 2, SHUT_RDWR);
}

static void
we_have_shut_down_sending(struct program *g)
{
	p_pair(g);
	p_shutdown(g, 1, SHUT_WR);
	p_write(g, 1, 10);
	p_write(g, 1, 0);
	p_poll(g, 1);
	p_write(g, 2, 10);
	p_poll(g, 1);
	p_read(g, 1, 100);
	p_poll(g, 1);
	p_names(g, 1);
	p_connect(g, 1);
}

static void
we_have_shut_down_receiving(struct program *g)
{
	p_pair(g);
	p_shutdown(g, 1, SHUT_RD);
	p_poll(g, 1);
	p_read(g, 1, 10);
	p_write(g, 1, 10);
	p_write(g, 2, 20);
	p_poll(g, 1);
	p_read(g, 1, 10);
	p_read(g, 1, 10);
	p_read(g, 1, 10);
	p_poll(g, 1);
	p_poll(g, 2);
}

static void
we_have_shut_down_both(struct program *g)
{
	p_pair(g);
	p_shutdown(g, 1, SHUT_RDWR);
	ask_all(g, 1);
	ask_all(g, 2);
}

static void
the_peer_has_reset(struct program *g)
{
	p_pair(g);
	p_linger(g, 2, 1, 0);
	p_close(g, 2);
	p_poll(g, 1);
	p_read(g, 1, 10);
	p_poll(g, 1);
	p_read(g, 1, 10);
	p_write(g, 1, 10);
	p_names(g, 1);
	p_connect(g, 1);
	p_shutdown(g, 1, SHUT_WR);
	p_listen(g, 1, 3);
}

static void
a_reset_told_by_write(struct program *g)
{
	p_pair(g);
	p_linger(g, 2, 1, 0);
	p_close(g, 2);
	p_send(g, 1, 10, MSG_NOSIGNAL);
	p_send(g, 1, 10, MSG_NOSIGNAL);
	p_poll(g, 1);
	p_read(g, 1, 10);
}

static void
a_reset_told_by_so_error(struct program *g)
{
	p_pair(g);
	p_linger(g, 2, 1, 0);
	p_close(g, 2);
	p_get(g, 1, SOL_SOCKET, SO_ERROR);
	p_get(g, 1, SOL_SOCKET, SO_ERROR);
	p_poll(g, 1);
	p_read(g, 1, 10);
	p_write(g, 1, 10);
	p_write(g, 1, 0);
}

static void
a_close_with_unread_data_resets(struct program *g)
{
	p_pair(g);
	p_write(g, 1, 100);
	p_close(g, 2);
	p_poll(g, 1);
	p_read(g, 1, 10);
	p_read(g, 1, 10);
}

static void
a_write_to_who_has_closed(struct program *g)
{
	p_pair(g);
	p_close(g, 2);
	p_write(g, 1, 10);
	p_poll(g, 1);
	p_write(g, 1, 10);
	p_write(g, 1, 10);
	p_read(g, 1, 10);
	p_poll(g, 1);
}

static void
both_have_closed(struct program *g)
{
	p_pair(g);
	p_shutdown(g, 1, SHUT_WR);
	p_shutdown(g, 2, SHUT_WR);
	ask_all(g, 1);
	ask_all(g, 2);
	p_connect(g, 1);
	p_get(g, 1, SOL_SOCKET, SO_ERROR);
}

static void
a_listener_closes_with_somebody_waiting(struct program *g)
{
	int listener = p_listener(g), client = p_stream(g, CLIENT);

	p_connect(g, client);
	p_connect(g, client);
	p_close(g, listener);
	p_poll(g, client);
	p_read(g, client, 10);
	p_read(g, client, 10);
}

static void
a_connection_ends_before_it_is_accepted(struct program *g)
{
	int listener = p_listener(g), client = p_stream(g, CLIENT), server;

	p_connect(g, client);
	p_connect(g, client);
	p_write(g, client, 10);
	p_close(g, client);
	p_poll(g, listener);
	server = p_accept(g, listener, SOCK_NONBLOCK);
	p_poll(g, server);
	p_read(g, server, 100);
	p_read(g, server, 100);
	p_write(g, server, 100);
}

/* ---- data */

static void
reads_of_all_kinds(struct program *g)
{
	p_pair(g);
	p_write(g, 1, 1000);
	p_recv(g, 2, 10, MSG_PEEK);
	p_recv(g, 2, 2000, MSG_PEEK);
	p_recv(g, 2, 10, MSG_TRUNC);
	p_recv(g, 2, 10, MSG_PEEK | MSG_TRUNC);
	p_ioctl(g, 2, SIOCINQ, 0);
	p_recv(g, 2, 10, MSG_DONTWAIT);
	p_recv(g, 2, 10, MSG_NOSIGNAL);
	p_readv(g, 2, 3, 7);
	p_recvmsg(g, 2, 4, 8, 0);
	p_recvmsg(g, 2, 4, 8, MSG_PEEK);
	p_recvmsg(g, 2, 2, 50, MSG_TRUNC);
	p_recvmsg(g, 2, 0, 0, 0);
	p_recv(g, 2, 20000, MSG_WAITALL | MSG_DONTWAIT);
	p_recv(g, 2, 20000, 0);
	p_recv(g, 2, 20000, MSG_PEEK);
	p_poll(g, 2);
}

static void
nothing_is_read_or_written(struct program *g)
{
	p_pair(g);
	p_read(g, 1, 0);
	p_recv(g, 1, 0, 0);
	p_recv(g, 1, 0, MSG_PEEK);
	p_readv(g, 1, 0, 0);
	p_recvmsg(g, 1, 0, 0, 0);
	p_write(g, 1, 0);
	p_send(g, 1, 0, 0);
	p_writev(g, 1, 0, 0);
	p_write(g, 2, 5);
	p_recv(g, 1, 0, 0);
	p_recv(g, 1, 0, MSG_PEEK);
	p_recvmsg(g, 1, 3, 0, 0);
	p_read(g, 1, 9);
}

static void
vectors_of_all_sizes(struct program *g)
{
	p_pair(g);
	p_writev(g, 1, 3, 100);
	p_writev(g, 1, -1, 100);
	p_writev(g, 1, 1025, 1);
	p_writev(g, 1, 1024, 1);
	p_readv(g, 2, -1, 1);
	p_readv(g, 2, 1025, 1);
	p_readv(g, 2, 1024, 1);
	p_recvmsg(g, 2, 1025, 1, 0);
	p_recvmsg(g, 2, 1024, 1, 0);
	p_readv(g, 2, 3, 5);
}

static void
memory_that_is_not_there(struct program *g)
{
	struct iovec iov[2] = { { NULL, 5 }, { NULL, 0 } }, far[2] = { { NULL, (size_t)-1 }, { NULL, 5 } };
	int client, server;

	p_pair(g);
	client = g->fd[1].fd;
	server = g->fd[2].fd;
	p_write(g, 1, 10);
	p_write(g, 2, 10);
	if (g->pair != NULL)
		sock_on(g->pair, SERVER);
	p_say(g, "recv", g->call->recv(server, NULL, 5, 0));
	p_say(g, "is", sock_errno(g->call->recv(server, NULL, 5, 0)));
	p_say(g, "is", sock_errno(g->call->readv(server, iov, 2)));
	p_say(g, "is", sock_errno(g->call->readv(server, far, 2)));
	if (g->pair != NULL)
		sock_on(g->pair, CLIENT);
	p_say(g, "is", sock_errno(g->call->send(client, NULL, 5, 0)));
	p_say(g, "is", sock_errno(g->call->writev(client, iov, 2)));
	p_say(g, "is", sock_errno(g->call->writev(client, NULL, 2)));
	p_say(g, "is", sock_errno(g->call->recvmsg(client, NULL, 0)));
	p_say(g, "is", sock_errno(g->call->sendmsg(client, NULL, 0)));
	p_read(g, 2, 100);
	p_read(g, 1, 100);
	p_say(g, "is", sock_errno(g->call->recv(client, NULL, 0, 0)));
}

static void
a_low_water_mark(struct program *g)
{
	p_pair(g);
	p_set(g, 2, SOL_SOCKET, SO_RCVLOWAT, 100);
	p_write(g, 1, 60);
	p_poll(g, 2);
	p_read(g, 2, 10);
	p_poll(g, 2);
	p_write(g, 1, 60);
	p_poll(g, 2);
	p_read(g, 2, 20);
	p_poll(g, 2);
	p_set(g, 2, SOL_SOCKET, SO_RCVLOWAT, 50);
	p_poll(g, 2);
	p_shutdown(g, 1, SHUT_WR);
	p_poll(g, 2);
	p_get(g, 2, SOL_SOCKET, SO_RCVLOWAT);
	p_set(g, 2, SOL_SOCKET, SO_RCVLOWAT, 0);
	p_get(g, 2, SOL_SOCKET, SO_RCVLOWAT);
}

static void
urgent_data(struct program *g)
{
	p_pair(g);
	p_recv(g, 2, 1, MSG_OOB);
	p_send(g, 1, 5, 0);
	p_send(g, 1, 3, MSG_OOB);
	p_poll(g, 2);
	p_ioctl(g, 2, SIOCATMARK, 0);
	p_read(g, 2, 100);
	p_ioctl(g, 2, SIOCATMARK, 0);
	p_poll(g, 2);
	p_recv(g, 2, 1, MSG_OOB);
	p_recv(g, 2, 1, MSG_OOB);
	p_poll(g, 2);
	p_send(g, 1, 4, 0);
	p_poll(g, 2);
	p_read(g, 2, 100);
	p_ioctl(g, 2, SIOCATMARK, 0);
	p_poll(g, 2);
	p_recv(g, 0, 1, MSG_OOB);
}

static void
urgent_data_in_line(struct program *g)
{
	p_pair(g);
	p_set(g, 2, SOL_SOCKET, SO_OOBINLINE, 1);
	p_get(g, 2, SOL_SOCKET, SO_OOBINLINE);
	p_send(g, 1, 5, 0);
	p_send(g, 1, 3, MSG_OOB);
	p_send(g, 1, 5, 0);
	p_read(g, 2, 100);
	p_recv(g, 2, 1, MSG_OOB);
	p_ioctl(g, 2, SIOCATMARK, 0);
	p_read(g, 2, 100);
	p_ioctl(g, 2, SIOCATMARK, 0);
}

/* ---- epoll */

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

/* ---- options and control */

static void
what_is_no_socket(struct program *g)
{
	p_socket(g, CLIENT, AF_INET, SOCK_STREAM, IPPROTO_UDP);
	p_socket(g, CLIENT, AF_INET, SOCK_STREAM, IPPROTO_TCP);
	p_socket(g, CLIENT, AF_INET, SOCK_SEQPACKET, 0);
	p_socket(g, CLIENT, 12345, SOCK_STREAM, 0);
	p_socket(g, CLIENT, AF_INET, SOCK_STREAM | 0x100000, 0);
	p_socket(g, CLIENT, AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p_names(g, 1);
	p_fcntl(g, 1, F_GETFD, 0);
	p_recv(g, -1, 5, 0);
	p_listen(g, -1, 5);
	p_close(g, 1);
	p_listen(g, 1, 5);
	p_poll(g, 1);
	p_names(g, 1);
	p_write(g, 1, 5);
	p_get(g, 1, SOL_SOCKET, SO_ERROR);
	p_fcntl(g, 1, F_GETFL, 0);
	p_ioctl(g, 1, FIONBIO, 1);
}

static void
control_calls(struct program *g)
{
	p_pair(g);
	p_fcntl(g, 1, F_GETFL, 0);
	p_fcntl(g, 1, F_SETFL, 0);
	p_fcntl(g, 1, F_GETFL, 0);
	p_ioctl(g, 1, FIONBIO, 1);
	p_fcntl(g, 1, F_GETFL, 0);
	p_fcntl(g, 1, F_SETFD, FD_CLOEXEC);
	p_fcntl(g, 1, F_GETFD, 0);
	p_fcntl(g, 1, 12345, 0);
	p_ioctl(g, 1, 0x12345, 0);
	p_ioctl(g, 0, SIOCINQ, 0);
	p_ioctl(g, 0, SIOCOUTQ, 0);
	p_ioctl(g, 1, SIOCOUTQ, 7);
	p_write(g, 1, 33);
	p_ioctl(g, 2, FIONREAD, 0);
	p_ioctl(g, 1, SIOCOUTQNSD, 7);
}

static const struct { int level, name, values[6]; } numbers[] = {
	{ SOL_SOCKET, SO_REUSEADDR, { 1, 0, 7, -1 } },
	{ SOL_SOCKET, SO_REUSEPORT, { 1, 0, 7 } },
	{ SOL_SOCKET, SO_KEEPALIVE, { 1, 0, 9 } },
	{ SOL_SOCKET, SO_OOBINLINE, { 1, 0, 9 } },
	{ SOL_SOCKET, SO_RCVLOWAT, { 1, 5, 0, 1 } },
	{ SOL_SOCKET, SO_SNDLOWAT, { 1 } },
	{ SOL_SOCKET, SO_TYPE, { 1 } },
	{ SOL_SOCKET, SO_DOMAIN, { 1 } },
	{ SOL_SOCKET, SO_PROTOCOL, { 1 } },
	{ SOL_SOCKET, SO_ACCEPTCONN, { 1 } },
	{ SOL_SOCKET, SO_ERROR, { 1 } },
	{ SOL_SOCKET, SO_RCVBUF, { 20000, 40000, 1 } },
	{ SOL_SOCKET, SO_SNDBUF, { 20000, 40000, 1 } },
	{ SOL_SOCKET, 12345, { 1 } },
	{ SOL_SOCKET, SO_MAX_PACING_RATE, { 100000, -1, 2000, 7000, -1, 1000 } },
	{ IPPROTO_TCP, TCP_NODELAY, { 1, 0, 5 } },
	{ IPPROTO_TCP, TCP_KEEPIDLE, { 1, 32767, 0, 32768, -1 } },
	{ IPPROTO_TCP, TCP_KEEPINTVL, { 1, 32767, 0, 32768, -1 } },
	{ IPPROTO_TCP, TCP_KEEPCNT, { 1, 127, 0, 128, -1 } },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, { 1, 100000, 0, -1 } },
	{ IPPROTO_TCP, 12345, { 1 } },
	{ IPPROTO_IP, IP_TOS, { 0x10, 0x28, 0xb8, 0 } },
	{ IPPROTO_IP, IP_TTL, { 1, 255, 0, 256, -1, -2 } },
	{ IPPROTO_IP, IP_MTU, { 1 } },
	{ IPPROTO_IP, 12345, { 1 } },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, { 1 } },
	{ 12345, 1, { 1 } },
};

static void
numbers_of(struct program *g, int id, size_t i)
{
	p_get(g, id, numbers[i].level, numbers[i].name);
	for (unsigned int v = 0; v < 6; v++) {
		p_set(g, id, numbers[i].level, numbers[i].name, numbers[i].values[v]);
		p_get(g, id, numbers[i].level, numbers[i].name);
	}
}

static void
options_of_a_fresh_socket(struct program *g)
{
	int id = p_stream(g, CLIENT);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		bool differs = numbers[i].name == TCP_NODELAY && numbers[i].level == IPPROTO_TCP;

		/* what both begin with is each one's own: see tern/socket.h */
		if (differs || numbers[i].name == SO_RCVBUF || numbers[i].name == SO_SNDBUF)
			p_set(g, id, numbers[i].level, numbers[i].name, numbers[i].values[0]);
		numbers_of(g, id, i);
	}
}

static void
options_of_a_connection(struct program *g)
{
	p_pair(g);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		bool own = numbers[i].level == SOL_SOCKET && (numbers[i].name == SO_RCVBUF || numbers[i].name == SO_SNDBUF);

		if (own || (numbers[i].level == IPPROTO_IP && numbers[i].name == IP_MTU))
			continue;  /* loopback has a larger one, and another scale */
		if (numbers[i].level == IPPROTO_TCP && numbers[i].name == TCP_NODELAY)
			p_set(g, 1, IPPROTO_TCP, TCP_NODELAY, 1);
		numbers_of(g, 1, i);
	}
}

static void
options_are_inherited(struct program *g)
{
	int listener = p_stream(g, SERVER), client = p_stream(g, CLIENT), server;

	p_set(g, listener, SOL_SOCKET, SO_KEEPALIVE, 1);
	p_set(g, listener, SOL_SOCKET, SO_REUSEADDR, 1);
	p_set(g, listener, IPPROTO_TCP, TCP_KEEPIDLE, 77);
	p_set(g, listener, IPPROTO_TCP, TCP_NODELAY, 1);
	p_linger(g, listener, 1, 5);
	p_bind(g, listener);
	p_listen(g, listener, 5);
	p_set(g, listener, IPPROTO_TCP, TCP_KEEPCNT, 5);
	p_connect(g, client);
	server = p_accept(g, listener, 0);
	p_fcntl(g, server, F_GETFL, 0);
	p_get(g, server, SOL_SOCKET, SO_KEEPALIVE);
	p_get(g, server, SOL_SOCKET, SO_REUSEADDR);
	p_get(g, server, SOL_SOCKET, SO_LINGER);
	p_get(g, server, IPPROTO_TCP, TCP_KEEPIDLE);
	p_get(g, server, IPPROTO_TCP, TCP_KEEPCNT);
	p_get(g, server, IPPROTO_TCP, TCP_NODELAY);
	p_linger(g, server, 0, 0);
	p_get(g, listener, SOL_SOCKET, SO_LINGER);
	p_get(g, server, SOL_SOCKET, SO_LINGER);
}

static void
options_of_odd_lengths(struct program *g)
{
	struct timeval time = { 1, 500000 }, wrong = { 1, 1000000 };
	int id = p_stream(g, CLIENT);

	p_set_raw(g, id, SOL_SOCKET, SO_KEEPALIVE, "a", 1);
	p_set_raw(g, id, IPPROTO_TCP, TCP_NODELAY, "a", 0);
	p_set_raw(g, id, IPPROTO_IP, IP_TOS, "a", 1);
	p_get(g, id, IPPROTO_IP, IP_TOS);
	p_set_raw(g, id, IPPROTO_IP, IP_TOS, "a", 0);
	p_set_raw(g, id, SOL_SOCKET, SO_KEEPALIVE, NULL, 4);
	p_set_raw(g, id, SOL_SOCKET, SO_LINGER, "abcd", 4);
	p_set_raw(g, id, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	p_set_raw(g, id, SOL_SOCKET, SO_RCVTIMEO, &wrong, sizeof(wrong));
	p_set_raw(g, id, SOL_SOCKET, SO_RCVTIMEO, &time, 4);
	p_get(g, id, SOL_SOCKET, SO_RCVTIMEO);
	p_get(g, id, SOL_SOCKET, SO_SNDTIMEO);
	p_set_raw(g, id, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
	p_get(g, id, IPPROTO_TCP, TCP_CONGESTION);
	p_set_raw(g, id, IPPROTO_TCP, TCP_CONGESTION, "nonsense", 8);
	p_set_raw(g, id, IPPROTO_TCP, TCP_CONGESTION, "reno", 5);
	p_get(g, id, IPPROTO_TCP, TCP_CONGESTION);
	p_set_raw(g, id, IPPROTO_TCP, TCP_INFO, "abcd", 4);
	p_set(g, id, IPPROTO_TCP, TCP_MAXSEG, 1000);
	p_get(g, id, IPPROTO_TCP, TCP_MAXSEG);
	p_set(g, id, IPPROTO_TCP, TCP_MAXSEG, 10);
	p_set(g, id, IPPROTO_TCP, TCP_MAXSEG, 40000);
	p_set(g, id, IPPROTO_TCP, TCP_MAXSEG, 0);
	p_get(g, id, IPPROTO_TCP, TCP_MAXSEG);
}

static void
addresses_of_all_kinds(struct program *g)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	int v4 = p_stream(g, CLIENT), v6 = p_socket(g, CLIENT, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int fd4 = g->fd[v4].fd, fd6 = g->fd[v6].fd;

	p_say(g, "is", sock_errno(g->call->bind(fd4, (struct sockaddr *)&in6, sizeof(in6))));
	p_say(g, "is", sock_errno(g->call->bind(fd6, (struct sockaddr *)&in, sizeof(in))));
	p_say(g, "is", sock_errno(g->call->bind(fd4, (struct sockaddr *)&in, sizeof(in) - 1)));
	p_say(g, "is", sock_errno(g->call->bind(fd6, (struct sockaddr *)&in6, 23)));
	p_say(g, "is", sock_errno(g->call->connect(fd4, (struct sockaddr *)&in6, sizeof(in6))));
	p_say(g, "is", sock_errno(g->call->connect(fd4, (struct sockaddr *)&in, 1)));
	p_say(g, "is", sock_errno(g->call->connect(fd4, (struct sockaddr *)&in, 7)));
	p_say(g, "is", sock_errno(g->call->connect(fd6, (struct sockaddr *)&in, sizeof(in))));
	in.sin_addr.s_addr = 0x01020304;
	p_say(g, "is", sock_errno(g->call->bind(fd4, (struct sockaddr *)&in, sizeof(in))));
	in.sin_addr.s_addr = 0;
	in.sin_family = AF_UNSPEC;
	p_say(g, "is", sock_errno(g->call->bind(fd4, (struct sockaddr *)&in, sizeof(in))));
	p_names(g, v4);
	p_set(g, v6, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	p_get(g, v6, IPPROTO_IPV6, IPV6_V6ONLY);
	p_say(g, "is", sock_errno(g->call->bind(fd6, (struct sockaddr *)&in6, sizeof(in6))));
	p_set(g, v6, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	p_set(g, v6, IPPROTO_IPV6, IPV6_TCLASS, 0xb8);
	p_get(g, v6, IPPROTO_IPV6, IPV6_TCLASS);
	p_set(g, v6, IPPROTO_IPV6, IPV6_TCLASS, 256);
	p_set(g, v6, IPPROTO_IPV6, IPV6_TCLASS, -1);
	p_get(g, v6, IPPROTO_IPV6, IPV6_TCLASS);
	p_set(g, v6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7);
	p_get(g, v6, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	p_set(g, v6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256);
	p_set(g, v6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1);
	p_get(g, v6, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	p_names(g, v6);
}

static void
ports_that_are_taken(struct program *g)
{
	struct sockaddr_in in;
	socklen_t length = sizeof(in);
	int one = p_listener(g), two = p_stream(g, SERVER), fd = g->fd[two].fd;

	g->call->getsockname(g->fd[one].fd, (struct sockaddr *)&in, &length);
	p_say(g, "is", sock_errno(g->call->bind(fd, (struct sockaddr *)&in, sizeof(in))));
	p_set(g, two, SOL_SOCKET, SO_REUSEADDR, 1);
	p_say(g, "is", sock_errno(g->call->bind(fd, (struct sockaddr *)&in, sizeof(in))));
	in.sin_addr.s_addr = 0;
	p_say(g, "is", sock_errno(g->call->bind(fd, (struct sockaddr *)&in, sizeof(in))));
	p_close(g, one);
	p_say(g, "is", sock_errno(g->call->bind(fd, (struct sockaddr *)&in, sizeof(in))));
	p_listen(g, two, 5);
	one = p_stream(g, SERVER);
	p_set(g, one, SOL_SOCKET, SO_REUSEADDR, 1);
	p_say(g, "is", sock_errno(g->call->bind(g->fd[one].fd, (struct sockaddr *)&in, sizeof(in))));
	p_close(g, two);
	p_say(g, "is", sock_errno(g->call->bind(g->fd[one].fd, (struct sockaddr *)&in, sizeof(in))));
	two = p_stream(g, SERVER);
	p_set(g, two, SOL_SOCKET, SO_REUSEADDR, 1);
	p_say(g, "is", sock_errno(g->call->bind(g->fd[two].fd, (struct sockaddr *)&in, sizeof(in))));
	p_listen(g, one, 5);
	p_listen(g, two, 5);
}

#define CASE(name) { #name, name }
const struct kernel_case kernel_cases[] = {
	CASE(a_fresh_socket), CASE(a_bound_socket), CASE(a_fresh_socket_shut_down), CASE(a_listener),
	CASE(a_listener_with_somebody_waiting), CASE(an_unbound_listener), CASE(a_connection),
	CASE(a_connection_that_nobody_has_asked_about), CASE(a_refused_connection),
	CASE(a_refused_connection_told_by_connect), CASE(a_refused_connection_told_by_read),
	CASE(a_refused_connection_told_by_write), CASE(a_disconnected_socket),
	CASE(the_peer_has_closed), CASE(the_peer_has_closed_behind_data), CASE(the_peer_has_shut_down),
	CASE(we_have_shut_down_sending), CASE(we_have_shut_down_receiving), CASE(we_have_shut_down_both),
	CASE(the_peer_has_reset), CASE(a_reset_told_by_write), CASE(a_reset_told_by_so_error),
	CASE(a_close_with_unread_data_resets), CASE(a_write_to_who_has_closed), CASE(both_have_closed),
	CASE(a_listener_closes_with_somebody_waiting), CASE(a_connection_ends_before_it_is_accepted),
	CASE(reads_of_all_kinds), CASE(nothing_is_read_or_written), CASE(vectors_of_all_sizes),
	CASE(memory_that_is_not_there), CASE(a_low_water_mark), CASE(urgent_data), CASE(urgent_data_in_line),
	CASE(epoll_of_every_level), CASE(epoll_of_every_edge), CASE(epoll_of_one_shot), CASE(epoll_is_told_of_ends),
	CASE(epoll_of_a_connect), CASE(epoll_that_is_asked_wrongly),
	CASE(what_is_no_socket), CASE(control_calls), CASE(options_of_a_fresh_socket), CASE(options_of_a_connection),
	CASE(options_are_inherited), CASE(options_of_odd_lengths), CASE(addresses_of_all_kinds), CASE(ports_that_are_taken),
	{ NULL, NULL },
};
