/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* How connections end, and what is said then. */

#include <stddef.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "kernel_program.h"

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

static void
a_connection_is_reset_before_it_is_accepted(struct program *g)
{
	int listener = p_listener(g), client = p_stream(g, CLIENT), server;

	p_connect(g, client);
	p_connect(g, client);
	p_linger(g, client, 1, 0);
	p_close(g, client);
	p_poll(g, listener);
	server = p_accept(g, listener, SOCK_NONBLOCK);
	p_poll(g, listener);
	p_poll(g, server);
	p_read(g, server, 100);
	p_read(g, server, 100);
	p_write(g, server, 100);
	p_get(g, server, SOL_SOCKET, SO_ERROR);
	p_shutdown(g, server, SHUT_WR);
	p_close(g, server);
}

static void
a_second_listen_changes_the_backlog(struct program *g)
{
	int listener = p_stream(g, SERVER), client[4];

	p_bind(g, listener);
	p_listen(g, listener, 0);
	for (unsigned int i = 0; i < 4; i++) {
		client[i] = p_stream(g, CLIENT);
		p_connect(g, client[i]);
		p_listen(g, listener, 8);
	}
	for (unsigned int i = 0; i < 4; i++)
		p_connect(g, client[i]);
	for (unsigned int i = 0; i < 5; i++)
		p_accept(g, listener, 0);
}

const struct kernel_case kernel_ends[] = {
	CASE(the_peer_has_closed),
	CASE(the_peer_has_closed_behind_data),
	CASE(the_peer_has_shut_down),
	CASE(we_have_shut_down_sending),
	CASE(we_have_shut_down_receiving),
	CASE(we_have_shut_down_both),
	CASE(the_peer_has_reset),
	CASE(a_reset_told_by_write),
	CASE(a_reset_told_by_so_error),
	CASE(a_close_with_unread_data_resets),
	CASE(a_write_to_who_has_closed),
	CASE(both_have_closed),
	CASE(a_listener_closes_with_somebody_waiting),
	CASE(a_connection_ends_before_it_is_accepted),
	CASE(a_connection_is_reset_before_it_is_accepted),
	CASE(a_second_listen_changes_the_backlog),
	{ NULL, NULL },
};
