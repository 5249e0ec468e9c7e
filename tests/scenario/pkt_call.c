/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* packetdrill's system calls: how they are written, and which function says each in the scenario language. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

static const struct {
	const char *name;
	pkt_call_function *run;
} calls[] = {
	{ "socket", pkt_socket }, { "bind", pkt_bind }, { "listen", pkt_listen }, { "accept", pkt_accept }, { "accept4", pkt_accept },
	{ "connect", pkt_connect }, { "read", pkt_receive }, { "readv", pkt_receive }, { "recv", pkt_receive },
	{ "recvfrom", pkt_receive }, { "recvmsg", pkt_receive }, { "write", pkt_send }, { "writev", pkt_send }, { "send", pkt_send },
	{ "sendto", pkt_send }, { "sendmsg", pkt_send }, { "shutdown", pkt_shutdown }, { "close", pkt_close }, { "fcntl", pkt_fcntl },
	{ "setsockopt", pkt_setsockopt }, { "getsockopt", pkt_getsockopt }, { "ioctl", pkt_ioctl }, { "poll", pkt_poll },
	{ "epoll_create", pkt_epoll_create }, { "epoll_ctl", pkt_epoll_ctl }, { "epoll_wait", pkt_epoll_wait },
};

static bool
no_such_call(struct pkt_reader *x, unsigned int line, const char *name)
{
	char wanted[400] = "calls that are read:";

	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		strcat(wanted, " ");
		strcat(wanted, calls[i].name);
	}
	return pkt_wrong(x, line, name, wanted);
}

static bool
read_arguments(struct pkt_reader *x, struct pkt_call *c)
{
	unsigned int depth = 0;

	if (!pkt_take_mark(x, '('))
		return false;
	if (pkt_is_mark(x, ')')) {
		x->at++;
		return true;
	}
	c->argument[0].from = x->at;
	for (;; x->at++) {
		const struct pkt_token *t = pkt_now(x);
		char mark = t->kind == PKT_MARK ? t->text[0] : '\0';

		if (t->kind == PKT_END)
			return pkt_wrong(x, c->line, c->name, "a call whose arguments do not end");
		if (depth == 0 && (mark == ',' || mark == ')')) {
			c->argument[c->arguments++].to = x->at;
			if (mark == ')') {
				x->at++;
				return true;
			}
			if (c->arguments == PKT_ARGUMENTS)
				return pkt_wrong(x, c->line, c->name, "a call with too many arguments");
			c->argument[c->arguments].from = x->at + 1;
		}
		if (mark == '(' || mark == '[' || mark == '{')
			depth++;
		else if (depth > 0 && (mark == ')' || mark == ']' || mark == '}'))
			depth--;
	}
}

/* "= -1 EAGAIN (Resource temporarily unavailable)" */
static bool
read_result(struct pkt_reader *x, struct pkt_call *c)
{
	if (!pkt_take_mark(x, '=') || !pkt_take_number(x, "wanted a call's result, a number", &c->result))
		return false;
	if (pkt_now(x)->kind == PKT_WORD) {
		if (c->result != -1)
			return pkt_wrong(x, pkt_now(x)->line, NULL, "an error's name wants the result -1 before it, and an event a time");
		snprintf(c->error, sizeof(c->error), "%s", pkt_now(x)->text);
		x->at++;
	}
	if (!pkt_is_mark(x, '('))
		return true;
	while (!pkt_is_mark(x, ')')) {
		if (pkt_now(x)->kind == PKT_END)
			return pkt_wrong(x, c->line, c->name, "a note ( that does not end");
		x->at++;
	}
	x->at++;
	return true;
}

bool
pkt_call_read(struct pkt_reader *x, struct pkt_call *c)
{
	*c = (struct pkt_call){ .line = pkt_now(x)->line };
	if (pkt_now(x)->kind == PKT_DOTS) {
		x->at++;
		if (pkt_now(x)->kind != PKT_NUMBER)
			return pkt_wrong(x, c->line, NULL, "wanted the time at which the call returns");
		c->waits = true;
		c->until = strtod(pkt_now(x)->text, NULL);
		x->at++;
	}
	if (pkt_now(x)->kind != PKT_WORD)
		return pkt_wrong(x, c->line, NULL, "wanted the name of a system call");
	c->name = pkt_now(x)->text;
	x->at++;
	return read_arguments(x, c) && read_result(x, c);
}

bool
pkt_call_run(struct pkt_reader *x, struct pkt_call *c)
{
	x->line = c->line;
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(c->name, calls[i].name) == 0)
			return calls[i].run(x, c);
	return no_such_call(x, c->line, c->name);
}

bool
pkt_call_wrong(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, const char *wanted)
{
	char found[120] = "";

	if (argument >= c->arguments)
		return pkt_wrong(x, c->line, c->name, wanted);
	for (unsigned int i = c->argument[argument].from; i < c->argument[argument].to; i++)
		if (strlen(found) + strlen(x->token[i].text) + 1 < sizeof(found))
			strcat(found, x->token[i].text);
	return pkt_wrong(x, c->line, found, wanted);
}

/* 5, [5] */
bool
pkt_call_number(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, int64_t *value)
{
	unsigned int at, to;

	if (argument >= c->arguments)
		return pkt_wrong(x, c->line, c->name, "too few arguments");
	at = c->argument[argument].from;
	to = c->argument[argument].to;
	if (to - at == 3 && x->token[at].text[0] == '[') {
		at++;
		to--;
	}
	if (to - at != 1 || x->token[at].kind != PKT_NUMBER || strlen(x->token[at].text) > 15)
		return pkt_call_wrong(x, c, argument, "wanted a number here");
	*value = strtoll(x->token[at].text, NULL, strncmp(x->token[at].text, "0x", 2) == 0 ? 16 : 10);
	return true;
}

bool
pkt_call_is(const struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, const char *text)
{
	const struct pkt_token *t;

	if (argument >= c->arguments || c->argument[argument].to - c->argument[argument].from != 1)
		return false;
	t = &x->token[c->argument[argument].from];
	return t->kind != PKT_STRING && strcmp(t->text, text) == 0;
}

struct pkt_fd *
pkt_call_fd(struct pkt_reader *x, const struct pkt_call *c)
{
	int64_t n = -1;

	if (!pkt_call_number(x, c, 0, &n))
		return NULL;
	if (n < 0 || n >= PKT_FDS || x->fd[n].kind == PKT_FD_NONE || x->fd[n].kind == PKT_FD_EPOLL) {
		pkt_call_wrong(x, c, 0, "no socket above has this descriptor");
		return NULL;
	}
	return &x->fd[n];
}

struct pkt_fd *
pkt_call_connection(struct pkt_reader *x, const struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);

	if (fd == NULL)
		return NULL;
	if (fd->kind != PKT_FD_CONNECTION) {
		pkt_call_wrong(x, c, 0, "this call wants a descriptor that is connected, or was asked to");
		return NULL;
	}
	pkt_speak(x, fd->flow);
	return fd;
}

bool
pkt_call_flags(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument,
	       bool (*take)(const char *word, void *context), void *context, const char *wanted)
{
	if (argument >= c->arguments)
		return pkt_wrong(x, c->line, c->name, "too few arguments");
	for (unsigned int i = c->argument[argument].from; i < c->argument[argument].to; i++) {
		const struct pkt_token *t = &x->token[i];

		if (t->kind == PKT_MARK && t->text[0] == '|')
			continue;
		if (t->kind == PKT_NUMBER && strtol(t->text, NULL, 0) == 0)
			continue;
		if (t->kind != PKT_WORD || !take(t->text, context))
			return pkt_wrong(x, c->line, t->text, wanted);
	}
	return true;
}

bool
pkt_call_waits(struct pkt_reader *x, const struct pkt_call *c)
{
	if (!c->goes_on)
		x->pending = *c;
	return true;
}

bool
pkt_call_ended(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd)
{
	static const struct { const char *error, *reasons; } ends[] = {
		{ "ECONNRESET", "reset" }, { "ECONNREFUSED", "refused|network" },
		{ "ETIMEDOUT", "timeout|connect_timeout|user_timeout|keepalive" },
		{ "EHOSTUNREACH", "network|unreachable|user_timeout" }, { "ENETUNREACH", "network|unreachable|user_timeout" },
		{ "ENOPROTOOPT", "network" }, { "EACCES", "network" }, { "EPROTO", "network" }, { "EMSGSIZE", "network" },
	};

	for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strcmp(c->error, ends[i].error) != 0 || fd->flow->gone)
			continue;
		fd->flow->gone = true;
		pkt_say(x, "expect closed %s", ends[i].reasons);
		return true;
	}
	return false;
}
