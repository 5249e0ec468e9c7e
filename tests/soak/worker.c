/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker.h"

/* real time of a case, beyond which it is taken for one without end; sanitizers are slow */
#define LIMIT_S 120u

struct order {
	struct soak_case c;
	char capture[WORKER_FILE]; /* empty: none */
};

static bool
read_all(int fd, void *to, size_t length)
{
	for (char *at = to; length > 0;) {
		ssize_t n = read(fd, at, length);

		if (n <= 0)
			return false;
		at += n;
		length -= (size_t)n;
	}
	return true;
}

static bool
write_all(int fd, const void *from, size_t length)
{
	for (const char *at = from; length > 0;) {
		ssize_t n = send(fd, at, length, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		length -= (size_t)n;
	}
	return true;
}

_Noreturn static void
work(int fd)
{
	static struct order order;
	static struct soak_result result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* others' ends of sockets, which would never be closed */
	close_range(3, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, ~0u, 0);
	while (read_all(fd, &order, sizeof(order))) {
		alarm(LIMIT_S);
		soak_run(&order.c, &result, order.capture[0] != '\0' ? order.capture : NULL);
		alarm(0);
		if (!write_all(fd, &result, sizeof(result)))
			break;
	}
	_exit(0);
}

static void
start(struct worker *w)
{
	int fds[2];

	if (w->pid != 0)
		return;
	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0 || (w->pid = fork()) < 0) {
		perror("soak");
		exit(1);
	}
	if (w->pid == 0)
		work(fds[1]);
	close(fds[1]);
	w->fd = fds[0];
}

void
worker_begin(struct worker *w, const struct soak_case *c, const char *capture)
{
	static struct order order;

	w->c = order.c = *c;
	snprintf(order.capture, sizeof(order.capture), "%s", capture != NULL ? capture : "");
	for (unsigned int tries = 0; tries < 2; tries++) {
		start(w);
		if (write_all(w->fd, &order, sizeof(order)))
			break;
		worker_stop(w);
	}
	w->busy = true;
}

void
worker_end(struct worker *w, struct soak_result *result)
{
	int status = 0;

	w->busy = false;
	if (w->pid != 0 && read_all(w->fd, result, sizeof(*result)))
		return;
	memset(result, 0, sizeof(*result));
	if (w->pid != 0) {
		close(w->fd);
		waitpid(w->pid, &status, 0);
		w->pid = 0;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(result->broken, sizeof(result->broken), "no end in sight: %u s of real time", LIMIT_S);
	else if (WIFSIGNALED(status))
		snprintf(result->broken, sizeof(result->broken), "the program died: %s", strsignal(WTERMSIG(status)));
	else
		snprintf(result->broken, sizeof(result->broken), "the program died: exit status %d", WEXITSTATUS(status));
}

void
worker_stop(struct worker *w)
{
	if (w->pid == 0)
		return;
	close(w->fd);
	waitpid(w->pid, NULL, 0);
	w->pid = 0;
}
