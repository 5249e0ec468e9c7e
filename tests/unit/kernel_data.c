/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Reads and writes of all kinds. */

#include <stddef.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "kernel_program.h"

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

static void
bytes_are_counted_up_to_the_urgent_one(struct program *g)
{
	p_pair(g);
	p_send(g, 1, 10, MSG_OOB);
	p_ioctl(g, 2, SIOCINQ, 0);
	p_recv(g, 2, 3, 0);
	p_ioctl(g, 2, SIOCINQ, 0);
	p_recv(g, 2, 1, MSG_OOB);
	p_ioctl(g, 2, SIOCINQ, 0);
	p_send(g, 1, 5, 0);
	p_ioctl(g, 2, SIOCINQ, 0);
	p_recv(g, 2, 6, 0);
	p_ioctl(g, 2, SIOCINQ, 0);
	p_set(g, 2, SOL_SOCKET, SO_OOBINLINE, 1);
	p_ioctl(g, 2, SIOCINQ, 0);
	p_recv(g, 2, 20, 0);
	p_ioctl(g, 2, SIOCINQ, 0);
}

const struct kernel_case kernel_data[] = {
	CASE(reads_of_all_kinds),
	CASE(nothing_is_read_or_written),
	CASE(vectors_of_all_sizes),
	CASE(memory_that_is_not_there),
	CASE(a_low_water_mark),
	CASE(urgent_data),
	CASE(urgent_data_in_line),
	CASE(bytes_are_counted_up_to_the_urgent_one),
	{ NULL, NULL },
};
