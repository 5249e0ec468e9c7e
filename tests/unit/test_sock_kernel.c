/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * The same program of calls against the kernel's sockets over its loopback and against ours over two stacks: what each
 * call returns, its errno, and what poll() says must be the same, line by line. What Linux does is not written here.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel_cases.h"

/* ---- the two that are compared */

static const struct calls kernel = {
	socket, bind, listen, accept4, connect, read, readv, recv, recvmsg, write, writev, send, sendmsg, shutdown, close,
	getsockopt, setsockopt, getsockname, getpeername, fcntl, ioctl, poll, epoll_create1, epoll_ctl, epoll_wait,
};

static const struct calls ours = {
	tsock_socket, tsock_bind, tsock_listen, tsock_accept4, tsock_connect, tsock_read, tsock_readv, tsock_recv,
	tsock_recvmsg, tsock_write, tsock_writev, tsock_send, tsock_sendmsg, tsock_shutdown, tsock_close, tsock_getsockopt,
	tsock_setsockopt, tsock_getsockname, tsock_getpeername, tsock_fcntl, tsock_ioctl, tsock_poll, tsock_epoll_create1,
	tsock_epoll_ctl, tsock_epoll_wait,
};

/* ---- */

static void
run_kernel(const struct kernel_case *c, struct program *g, uint32_t rest_us)
{
	*g = (struct program){ .call = &kernel, .rest_us = rest_us, .port = 0 };
	c->run(g);
	for (int i = 0; i < g->opened; i++)
		close(g->fd[i].fd);
}

static void
run_ours(const struct kernel_case *c, struct program *g)
{
	struct sock_pair *p = sock_pair_new(NULL, NULL);

	*g = (struct program){ .call = &ours, .pair = p };
	c->run(g);
	assert_true(sock_pair_free(p));
}

/* The first line that differs, as text of both; NULL when there is none. */
static const char *
difference(const char *a, const char *b)
{
	static char text[1024];

	for (int line = 1;; line++) {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");

		if (la != lb || memcmp(a, b, la) != 0) {
			snprintf(text, sizeof(text), "line %d: kernel: %.*s; ours: %.*s", line, (int)la, a, (int)lb, b);
			return text;
		}
		if (a[la] == 0)
			return NULL;
		a += la + 1;
		b += lb + 1;
	}
}

/* How much was compared, for who reads the log */
static size_t lines;

static void
compare(void **state)
{
	static struct program theirs, own;
	const struct kernel_case *c = *state;
	const char *differs = NULL;

	run_ours(c, &own);
	assert_true(own.length > 0);
	/* the kernel may be behind with what its loopback carries: then it is given more time */
	for (uint32_t rest_us = 500; rest_us <= 50000; rest_us *= 10) {
		run_kernel(c, &theirs, rest_us);
		differs = difference(theirs.text, own.text);
		if (differs == NULL) {
			for (const char *at = own.text; *at != 0; at++)
				lines += *at == '\n';
			return;
		}
	}
	if (getenv("SOCK_TEXT") != NULL)
		fprintf(stderr, "---- kernel\n%s---- ours\n%s", theirs.text, own.text);
	fail_msg("%s", differs);
}

int
main(void)
{
	const struct kernel_case *all[] = { kernel_states, kernel_ends, kernel_data, kernel_epoll, kernel_options, kernel_hold };
	struct CMUnitTest test[128];
	size_t n = 0;
	int failed;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (const struct kernel_case *c = all[i]; c->name != NULL; c++)
			test[n++] = (struct CMUnitTest){ .name = c->name, .test_func = compare, .initial_state = (void *)(uintptr_t)c };
	failed = _cmocka_run_group_tests("sock_kernel", test, n, NULL, NULL);
	printf("# %zu lines of the kernel's and ours were compared\n", lines);
	return failed;
}
