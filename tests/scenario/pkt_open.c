/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* packetdrill's calls that open and close: sockets become the listeners and flows of the scenario language. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

#define PORT 8080   /* the tool's, on both sides */

static bool
wants(struct pkt_reader *x, const struct pkt_call *c, unsigned int arguments, const char *form)
{
	return c->arguments == arguments || pkt_wrong(x, c->line, c->name, form);
}

static bool
must_succeed(struct pkt_reader *x, const struct pkt_call *c)
{
	return c->result >= 0 || pkt_wrong(x, c->line, c->error, "this call is read when it succeeds");
}

static bool
take_socket_type(const char *word, void *context)
{
	bool *nonblocking = context;

	if (strcmp(word, "SOCK_NONBLOCK") == 0)
		return *nonblocking = true;
	return strcmp(word, "SOCK_STREAM") == 0 || strcmp(word, "SOCK_CLOEXEC") == 0;
}

static bool
new_fd(struct pkt_reader *x, const struct pkt_call *c, enum pkt_fd_kind kind, struct pkt_flow *f)
{
	char found[24];

	snprintf(found, sizeof(found), "%lld", (long long)c->result);
	if (c->result < 0 || c->result >= PKT_FDS || x->fd[c->result].kind != PKT_FD_NONE)
		return pkt_wrong(x, c->line, found, "wanted a descriptor below 64 that is not in use");
	x->fd[c->result] = (struct pkt_fd){ .kind = kind, .flow = f };
	return true;
}

bool
pkt_socket(struct pkt_reader *x, struct pkt_call *c)
{
	bool nonblocking = false;

	if (!wants(x, c, 3, "wanted socket(..., SOCK_STREAM, IPPROTO_TCP)") || !must_succeed(x, c) ||
	    !pkt_call_flags(x, c, 1, take_socket_type, &nonblocking, "sockets that are read: SOCK_STREAM, with SOCK_NONBLOCK"))
		return false;
	if (!pkt_call_is(x, c, 2, "IPPROTO_TCP") && !pkt_call_is(x, c, 2, "0"))
		return pkt_call_wrong(x, c, 2, "wanted IPPROTO_TCP");
	if (!new_fd(x, c, PKT_FD_NEW, NULL))
		return false;
	x->fd[c->result].nonblocking = nonblocking;
	return true;
}

bool
pkt_bind(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);

	if (fd == NULL || !wants(x, c, 3, "wanted bind(FD, ..., ...)") || !must_succeed(x, c))
		return false;
	if (!pkt_call_is(x, c, 1, "..."))
		return pkt_call_wrong(x, c, 1, "wanted ... for the address, which is the runner's");
	return fd->bound = true;
}

bool
pkt_listen(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);
	char fastopen[32] = "";
	int64_t backlog;

	if (fd == NULL || !wants(x, c, 2, "wanted listen(FD, BACKLOG)") || !pkt_call_number(x, c, 1, &backlog) || !must_succeed(x, c))
		return false;
	if (fd->kind == PKT_FD_CONNECTION || !fd->bound)
		return pkt_call_wrong(x, c, 0, "wanted a descriptor that bind() has given an address");
	if (fd->fastopen > 0)
		snprintf(fastopen, sizeof(fastopen), " fastopen %u", fd->fastopen);
	fd->kind = PKT_FD_LISTENER;
	x->listening = true;
	x->listener = (int)(fd - x->fd);
	/* Linux takes one more than the backlog says */
	pkt_say(x, "listen port %d backlog %lld%s", PORT, (long long)backlog + 1, fastopen);
	return true;
}

/* what was set before there was a connection */
static void
say_options(struct pkt_reader *x, const struct pkt_fd *from, struct pkt_fd *to)
{
	for (unsigned int i = 0; i < from->options; i++)
		pkt_say(x, "set %s", from->option[i]);
	if (x->counts)
		pkt_say(x, "set account 1");
	to->aborts = from->aborts;
}

/* the oldest that nobody has accepted */
static struct pkt_flow *
to_accept(struct pkt_reader *x)
{
	for (unsigned int i = 0; i < x->flows; i++)
		if (!x->flow[i].active && !x->flow[i].accepted)
			return &x->flow[i];
	return NULL;
}

bool
pkt_accept(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);
	struct pkt_flow *f;

	if (fd == NULL)
		return false;
	if (fd->kind != PKT_FD_LISTENER)
		return pkt_call_wrong(x, c, 0, "wanted a descriptor that listens");
	f = to_accept(x);
	if (c->waits) {
		if (f != NULL) {
			pkt_speak(x, f);
			pkt_say(x, "expect no accepted");
		}
		return pkt_call_waits(x, c);
	}
	if (c->result < 0) {
		if (strcmp(c->error, "EAGAIN") != 0 && strcmp(c->error, "EWOULDBLOCK") != 0)
			return pkt_wrong(x, c->line, c->error, "accept() fails with EAGAIN, or is not read");
		if (f != NULL) {
			pkt_speak(x, f);
			pkt_say(x, "expect no accepted");
		}
		return true;
	}
	if (f == NULL)
		return pkt_wrong(x, c->line, c->name, "no connection above could be accepted");
	if (!new_fd(x, c, PKT_FD_CONNECTION, f))
		return false;
	f->accepted = f->told_connected = true;
	pkt_speak(x, f);
	pkt_say(x, "accept");
	say_options(x, fd, &x->fd[c->result]);
	return true;
}

static bool
begin_connection(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd, const char *how)
{
	struct pkt_flow *f;

	if (fd->kind != PKT_FD_NEW)
		return pkt_call_wrong(x, c, 0, "wanted a descriptor of a new socket");
	f = pkt_flow_new(x, true);
	if (f == NULL)
		return false;
	fd->kind = PKT_FD_CONNECTION;
	fd->flow = f;
	pkt_speak(x, f);
	pkt_say(x, "connect port %d%s", PORT, how);
	say_options(x, fd, fd);
	return true;
}

/* connect() of a socket that was asked to connect before, or the end of one that waited */
static bool
connect_again(struct pkt_reader *x, struct pkt_call *c, struct pkt_fd *fd)
{
	struct pkt_flow *f = fd->flow;

	pkt_speak(x, f);
	if (pkt_call_ended(x, c, fd))
		return true;
	if (strcmp(c->error, "EALREADY") == 0) {
		pkt_say(x, "expect no connected");
		return true;
	}
	if (c->result < 0 && strcmp(c->error, "EISCONN") != 0)
		return pkt_wrong(x, c->line, c->error, "errors of connect() that are read: EINPROGRESS, EALREADY, EISCONN and those that end it");
	pkt_say(x, f->told_connected ? "state ESTABLISHED" : "expect connected");
	f->told_connected = true;
	return true;
}

bool
pkt_connect(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);

	if (fd == NULL || !wants(x, c, 3, "wanted connect(FD, ..., ...)"))
		return false;
	if (!pkt_call_is(x, c, 1, "..."))
		return pkt_call_wrong(x, c, 1, "wanted ... for the address, which is the runner's");
	if (c->waits && c->goes_on) {
		pkt_speak(x, fd->flow);
		pkt_say(x, "expect no connected");
		return true;
	}
	if (fd->kind == PKT_FD_CONNECTION)
		return connect_again(x, c, fd);
	/* with a cookie at hand the SYN waits for the first data */
	if (fd->fastopen_connect && !c->waits && c->result == 0)
		return true;
	if (!begin_connection(x, c, fd, fd->fastopen_connect ? " fastopen 1" : ""))
		return false;
	if (c->waits)
		return pkt_call_waits(x, c);
	return strcmp(c->error, "EINPROGRESS") == 0 ||
	       pkt_wrong(x, c->line, c->name, "a connect() that waits wants a time range, +0...0.1; one that does not returns EINPROGRESS");
}

bool
pkt_connect_with(struct pkt_reader *x, struct pkt_call *c, struct pkt_fd *fd, int64_t data)
{
	char how[48] = " fastopen 1";

	/* EINPROGRESS: no cookie was there, so that the SYN asks for one, and the data was not taken */
	if (c->result > 0)
		snprintf(how, sizeof(how), " fastopen 1 data %lld", (long long)c->result);
	if (!begin_connection(x, c, fd, how))
		return false;
	if (c->waits)
		return pkt_wrong(x, c->line, c->name, "sendto() with MSG_FASTOPEN is read when it does not wait");
	return (c->result >= 0 && c->result <= data) || strcmp(c->error, "EINPROGRESS") == 0 ||
	       pkt_wrong(x, c->line, c->name, "sendto() with MSG_FASTOPEN takes data, or returns EINPROGRESS");
}

/* Nobody is watched by it any more. */
static bool
close_epoll(struct pkt_reader *x, int epoll)
{
	for (unsigned int i = 0; i < PKT_FDS; i++)
		if (x->fd[i].epoll == epoll)
			x->fd[i].epoll = 0;
	x->fd[epoll].kind = PKT_FD_NONE;
	return true;
}

bool
pkt_close(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd;
	int64_t n = -1;

	if (!pkt_call_number(x, c, 0, &n))
		return false;
	if (n >= 0 && n < PKT_FDS && x->fd[n].kind == PKT_FD_EPOLL)
		return must_succeed(x, c) && close_epoll(x, (int)n);
	fd = pkt_call_fd(x, c);
	if (fd == NULL || !must_succeed(x, c))
		return false;
	if (c->waits)
		return pkt_wrong(x, c->line, c->name, "a close() that waits is not read");
	if (fd->kind == PKT_FD_LISTENER) {
		pkt_say(x, "unlisten %d", PORT);
		x->listening = false;
	} else if (fd->kind == PKT_FD_CONNECTION) {
		pkt_speak(x, fd->flow);
		pkt_say(x, "%s%s", fd->aborts ? "abort" : "close",
			fd->flow->gone ? " = -EBADF" : fd->flow->shut ? " = -EBADF..0" : "");
	}
	fd->kind = PKT_FD_NONE;
	fd->epoll = 0;
	return true;
}

bool
pkt_shutdown(struct pkt_reader *x, struct pkt_call *c)
{
	static const struct { const char *name, *how; } ends[] = { { "SHUT_WR", "" }, { "SHUT_RD", " read" }, { "SHUT_RDWR", " both" } };
	struct pkt_fd *fd = pkt_call_connection(x, c);

	if (fd == NULL)
		return false;
	for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (!pkt_call_is(x, c, 1, ends[i].name))
			continue;
		fd->flow->shut |= c->result == 0 && i != 1;
		pkt_say(x, "shutdown%s%s%s", ends[i].how, c->result == 0 ? "" : " = -", c->error);
		return true;
	}
	return pkt_call_wrong(x, c, 1, "wanted SHUT_RD, SHUT_WR or SHUT_RDWR");
}

static bool
take_mode(const char *word, void *context)
{
	bool *nonblocking = context;

	if (strcmp(word, "O_NONBLOCK") == 0)
		return *nonblocking = true;
	return strcmp(word, "O_RDWR") == 0;
}

bool
pkt_fcntl(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);
	bool nonblocking = false;
	char expected[16];

	if (fd == NULL)
		return false;
	if (pkt_call_is(x, c, 1, "F_GETFL")) {
		snprintf(expected, sizeof(expected), "%d", fd->nonblocking ? 04002 : 2);
		return c->result == strtoll(expected, NULL, 10) ||
		       pkt_wrong(x, c->line, c->name, fd->nonblocking ? "F_GETFL of this descriptor is O_RDWR|O_NONBLOCK, 0x802"
									 : "F_GETFL of this descriptor is O_RDWR, 2");
	}
	if (!pkt_call_is(x, c, 1, "F_SETFL"))
		return pkt_call_wrong(x, c, 1, "of fcntl() F_GETFL and F_SETFL are read");
	if (!must_succeed(x, c) || !pkt_call_flags(x, c, 2, take_mode, &nonblocking, "flags that are read: O_RDWR, O_NONBLOCK"))
		return false;
	fd->nonblocking = nonblocking;
	return true;
}
