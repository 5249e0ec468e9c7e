/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Every state that a socket begins with, and what calls say there. */

#include <stddef.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "kernel_program.h"

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

/* The port of its listener was never its own. */
static void
an_accepted_socket_that_is_disconnected_has_no_port(struct program *g)
{
	p_pair(g);
	p_disconnect(g, 2);
	p_names(g, 2);
	p_listen(g, 2, 3);
	p_names(g, 2);
	p_get(g, 2, SOL_SOCKET, SO_ACCEPTCONN);
}

static void
nothing_is_written_and_nothing_urgent_is_read_anywhere(struct program *g)
{
	int listener = p_listener(g), fresh = p_stream(g, CLIENT);

	for (int id = listener; id <= fresh; id++) {
		p_writev(g, id, 0, 0);
		p_writev(g, id, 2, 0);
		p_write(g, id, 0);
		p_recv(g, id, 1, MSG_OOB);
		p_recv(g, id, 0, MSG_OOB);
	}
}

const struct kernel_case kernel_states[] = {
	CASE(a_fresh_socket),
	CASE(a_bound_socket),
	CASE(a_fresh_socket_shut_down),
	CASE(a_listener),
	CASE(a_listener_with_somebody_waiting),
	CASE(an_unbound_listener),
	CASE(a_connection),
	CASE(a_connection_that_nobody_has_asked_about),
	CASE(a_refused_connection),
	CASE(a_refused_connection_told_by_connect),
	CASE(a_refused_connection_told_by_read),
	CASE(a_refused_connection_told_by_write),
	CASE(a_disconnected_socket),
	CASE(an_accepted_socket_that_is_disconnected_has_no_port),
	CASE(nothing_is_written_and_nothing_urgent_is_read_anywhere),
	{ NULL, NULL },
};
