/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Options, control, names and addresses. */

#include <stddef.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include "kernel_program.h"

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
	{ SOL_SOCKET, SO_ZEROCOPY, { 1, 0, 2, -1 } },
	{ SOL_SOCKET, 12345, { 1 } },
	{ SOL_SOCKET, SO_MAX_PACING_RATE, { 100000, -1, 2000, 7000, -1, 1000 } },
	{ IPPROTO_TCP, TCP_NODELAY, { 1, 0, 5 } },
	{ IPPROTO_TCP, TCP_KEEPIDLE, { 1, 32767, 0, 32768, -1 } },
	{ IPPROTO_TCP, TCP_KEEPINTVL, { 1, 32767, 0, 32768, -1 } },
	{ IPPROTO_TCP, TCP_KEEPCNT, { 1, 127, 0, 128, -1 } },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, { 1, 100000, 0, -1 } },
	{ IPPROTO_TCP, TCP_CORK, { 1, 0, 5, -1 } },
	{ IPPROTO_TCP, TCP_SYNCNT, { 1, 127, 128, 0, -1, 6 } },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, { 1, 5000, -1 } },
	{ IPPROTO_TCP, TCP_INQ, { 1, 0, 2, -1 } },
	{ IPPROTO_TCP, TCP_QUICKACK, { 1, 0, 1 } },
	{ IPPROTO_TCP, 12345, { 1 } },
	{ IPPROTO_IP, IP_TOS, { 0x10, 0x28, 0xb8, 0 } },
	{ IPPROTO_IP, IP_TTL, { 1, 255, 0, 256, -1, -2 } },
	{ IPPROTO_IP, IP_MTU, { 1 } },
	{ IPPROTO_IP, IP_MTU_DISCOVER, { IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO, 6, -1, IP_PMTUDISC_WANT } },
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
		bool differs = numbers[i].level == IPPROTO_TCP &&
			       (numbers[i].name == TCP_NODELAY || numbers[i].name == TCP_QUICKACK);

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
		if (numbers[i].level == IPPROTO_TCP && (numbers[i].name == TCP_NODELAY || numbers[i].name == TCP_QUICKACK))
			p_set(g, 1, IPPROTO_TCP, numbers[i].name, 1);
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

const struct kernel_case kernel_options[] = {
	CASE(what_is_no_socket),
	CASE(control_calls),
	CASE(options_of_a_fresh_socket),
	CASE(options_of_a_connection),
	CASE(options_are_inherited),
	CASE(options_of_odd_lengths),
	CASE(addresses_of_all_kinds),
	CASE(ports_that_are_taken),
	{ NULL, NULL },
};
