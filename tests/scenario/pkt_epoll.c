/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* packetdrill's epoll: who is watched, and for what, is the scenario's "watch", and what epoll_wait() says is "told". */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

#define EVENT_FORM "wanted {events=WORDS, fd=N}, or ptr, u32, u64 for the fd"

bool
pkt_epoll_create(struct pkt_reader *x, struct pkt_call *c)
{
	char found[24];

	snprintf(found, sizeof(found), "%lld", (long long)c->result);
	if (c->arguments != 1)
		return pkt_wrong(x, c->line, c->name, "wanted epoll_create(SIZE)");
	if (c->result < 0 || c->result >= PKT_FDS || x->fd[c->result].kind != PKT_FD_NONE)
		return pkt_wrong(x, c->line, found, "wanted a descriptor below 64 that is not in use");
	x->fd[c->result] = (struct pkt_fd){ .kind = PKT_FD_EPOLL };
	return true;
}

/* Its descriptor, the first argument; -1 and an error when it is none. */
static int
epoll_of(struct pkt_reader *x, const struct pkt_call *c)
{
	int64_t n;

	if (!pkt_call_number(x, c, 0, &n))
		return -1;
	if (n >= 0 && n < PKT_FDS && x->fd[n].kind == PKT_FD_EPOLL)
		return (int)n;
	pkt_call_wrong(x, c, 0, "wanted a descriptor of epoll_create()");
	return -1;
}

/* {events=EPOLLIN|EPOLLET, fd=4}: data is what stands for the fd */
static bool
read_event(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, struct pkt_ready *b, uint64_t *data)
{
	static const char *const names[] = { "fd", "ptr", "u32", "u64" };
	unsigned int i;
	const struct pkt_token *t;

	if (argument >= c->arguments)
		return pkt_wrong(x, c->line, c->name, EVENT_FORM);
	i = c->argument[argument].from;
	if (c->argument[argument].to - i < 8 || x->token[i].text[0] != '{' || strcmp(x->token[i + 1].text, "events") != 0)
		return pkt_call_wrong(x, c, argument, EVENT_FORM);
	i += 2;
	if (!pkt_ready_read(x, c, &i, b))
		return false;
	t = &x->token[i];
	if (t[0].text[0] == ',' && t[2].text[0] == '=' && t[3].kind == PKT_NUMBER)
		for (unsigned int k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (strcmp(t[1].text, names[k]) == 0) {
				*data = strtoull(t[3].text, NULL, 0);
				return true;
			}
	return pkt_call_wrong(x, c, argument, EVENT_FORM);
}

static bool
watch(struct pkt_reader *x, struct pkt_call *c, struct pkt_fd *fd, int epoll)
{
	const char *subject = pkt_ready_subject(x, c, fd);
	char wanted[PKT_READY_TEXT];
	struct pkt_ready b = { .of_epoll = true };

	if (subject == NULL || !read_event(x, c, 3, &b, &fd->epoll_data))
		return false;
	fd->epoll = epoll;
	pkt_say(x, "watch%s %s%s%s", subject, pkt_ready_words(b.bits, wanted), b.edge ? " edge" : "", b.once ? " once" : "");
	return true;
}

bool
pkt_epoll_ctl(struct pkt_reader *x, struct pkt_call *c)
{
	int epoll = epoll_of(x, c);
	bool add = pkt_call_is(x, c, 1, "EPOLL_CTL_ADD"), delete = pkt_call_is(x, c, 1, "EPOLL_CTL_DEL");
	const char *error = "", *subject;
	struct pkt_fd *fd;
	int64_t n = -1;

	if (epoll < 0)
		return false;
	if (!add && !delete && !pkt_call_is(x, c, 1, "EPOLL_CTL_MOD"))
		return pkt_call_wrong(x, c, 1, "wanted EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL");
	if (!pkt_call_number(x, c, 2, &n))
		return false;
	if (n < 0 || n >= PKT_FDS || x->fd[n].kind == PKT_FD_NONE)
		return pkt_call_wrong(x, c, 2, "no socket above has this descriptor");
	fd = &x->fd[n];
	if (fd->epoll != 0 && fd->epoll != epoll)
		return pkt_call_wrong(x, c, 2, "another epoll watches it: one is read");
	if (add && fd->epoll != 0)
		error = "EEXIST";
	else if (!add && fd->epoll == 0)
		error = "ENOENT";
	if (strcmp(c->error, error) != 0)
		return pkt_wrong(x, c->line, c->error, error[0] == '\0' ? "this epoll_ctl() succeeds" :
			       add ? "it is watched already: this epoll_ctl() fails with EEXIST" : "it is not watched: this epoll_ctl() fails with ENOENT");
	if (error[0] != '\0')
		return true;
	if (!delete)
		return watch(x, c, fd, epoll);
	subject = pkt_ready_subject(x, c, fd);
	if (subject == NULL)
		return false;
	fd->epoll = 0;
	pkt_say(x, "unwatch%s", subject);
	return true;
}

/* Of all that are watched, but for one, nothing is told; NULL: of none. */
static bool
told_nothing(struct pkt_reader *x, const struct pkt_call *c, int epoll, const struct pkt_fd *but)
{
	for (unsigned int i = 0; i < PKT_FDS; i++) {
		const char *subject;

		if (x->fd[i].kind == PKT_FD_NONE || x->fd[i].epoll != epoll || &x->fd[i] == but)
			continue;
		subject = pkt_ready_subject(x, c, &x->fd[i]);
		if (subject == NULL)
			return false;
		pkt_say(x, "told%s none", subject);
	}
	return true;
}

static bool
told_one(struct pkt_reader *x, const struct pkt_call *c, int epoll, int64_t most)
{
	char wanted[PKT_READY_TEXT], found[24];
	const char *subject;
	struct pkt_fd *fd = NULL;
	struct pkt_ready b = { .of_epoll = true };
	uint64_t data;

	if (!read_event(x, c, 1, &b, &data))
		return false;
	for (unsigned int i = 0; i < PKT_FDS && fd == NULL; i++)
		if (x->fd[i].kind != PKT_FD_NONE && x->fd[i].epoll == epoll && x->fd[i].epoll_data == data)
			fd = &x->fd[i];
	snprintf(found, sizeof(found), "%llu", (unsigned long long)data);
	if (fd == NULL)
		return pkt_wrong(x, c->line, found, "nothing that this epoll watches was given with it");
	subject = pkt_ready_subject(x, c, fd);
	if (subject == NULL)
		return false;
	pkt_say(x, "told%s %s", subject, pkt_ready_words(b.bits, wanted));
	/* where there was room for more, nobody else had anything to tell */
	return most == 1 || told_nothing(x, c, epoll, fd);
}

bool
pkt_epoll_wait(struct pkt_reader *x, struct pkt_call *c)
{
	int epoll = epoll_of(x, c);
	int64_t most, timeout_ms;
	char found[24];

	if (epoll < 0 || !pkt_call_number(x, c, 2, &most))
		return false;
	snprintf(found, sizeof(found), "%lld", (long long)c->result);
	if (c->result < 0 || c->result > 1)
		return pkt_wrong(x, c->line, found, "of epoll_wait() are read the results 0 and 1: the language has one event a call");
	if (c->waits)
		return told_nothing(x, c, epoll, NULL) && pkt_call_waits(x, c);
	if (c->result == 1)
		return told_one(x, c, epoll, most);
	if (!c->waited && (!pkt_call_number(x, c, 3, &timeout_ms) ||
	    (timeout_ms != 0 && !pkt_call_wrong(x, c, 3, "an epoll_wait() that waits wants a time range, +0...0.1"))))
		return false;
	return told_nothing(x, c, epoll, NULL);
}
