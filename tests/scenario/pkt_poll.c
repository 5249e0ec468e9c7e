/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * packetdrill's poll() and ioctl(). The event API tells what has changed and poll() how things are: what there is to
 * read is asked with a peek, the peer's end and a finished connect() are events that stay true once they were told.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

#define POLL_READ "of poll() are read: POLLIN, POLLRDHUP, and POLLOUT where a connect() ends, of connections, without waiting"

struct bits {
	bool in, out, hangup;
};

/* "events = POLLIN|POLLOUT": words from *i to the next , or } */
static bool
read_bits(struct pkt_reader *x, const struct pkt_call *c, unsigned int *i, struct bits *b)
{
	*b = (struct bits){ .in = false };
	for (; x->token[*i].kind != PKT_MARK || strchr(",}", x->token[*i].text[0]) == NULL; (*i)++) {
		const char *word = x->token[*i].text;

		if (strcmp(word, "POLLIN") == 0)
			b->in = true;
		else if (strcmp(word, "POLLOUT") == 0)
			b->out = true;
		else if (strcmp(word, "POLLRDHUP") == 0)
			b->hangup = true;
		else if (strcmp(word, "=") != 0 && strcmp(word, "|") != 0 && strcmp(word, "0") != 0)
			return pkt_wrong(x, c->line, word, POLL_READ);
	}
	return true;
}

static bool
say_poll(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd, const struct bits *asked, const struct bits *told)
{
	struct pkt_flow *f = fd->flow;

	pkt_speak(x, f);
	if (asked->out) {
		if (!f->active || f->told_connected || asked->in)
			return pkt_wrong(x, c->line, "POLLOUT", POLL_READ);
		f->told_connected = told->out;
		pkt_say(x, told->out ? "expect connected" : "expect no connected");
	}
	if (asked->in)
		pkt_say(x, told->in ? "peek 1 = 0..1" : "peek 1 = -EAGAIN");
	if (asked->hangup && !f->told_peer_closed) {
		f->told_peer_closed = told->hangup;
		pkt_say(x, told->hangup ? "expect peer-closed" : "expect no peer-closed");
	}
	return true;
}

/* {fd=4, events=POLLIN, revents=POLLIN} */
static bool
poll_one(struct pkt_reader *x, const struct pkt_call *c, unsigned int *i)
{
	struct pkt_fd *fd = NULL;
	struct bits asked, told = { .in = false };
	const struct pkt_token *t = &x->token[*i];
	unsigned long n;

	if (strcmp(t[1].text, "fd") != 0 || t[3].kind != PKT_NUMBER || strcmp(t[5].text, "events") != 0)
		return pkt_call_wrong(x, c, 0, "wanted [{fd=N, events=WORDS, revents=WORDS}]");
	n = strtoul(t[3].text, NULL, 0);
	if (n < PKT_FDS && x->fd[n].kind == PKT_FD_CONNECTION)
		fd = &x->fd[n];
	if (fd == NULL)
		return pkt_wrong(x, c->line, t[3].text, POLL_READ);
	*i += 6;
	if (!read_bits(x, c, i, &asked))
		return false;
	if (x->token[*i].text[0] == ',') {
		if (strcmp(x->token[*i + 1].text, "revents") != 0)
			return pkt_wrong(x, c->line, x->token[*i + 1].text, "wanted revents=WORDS");
		*i += 2;
		if (!read_bits(x, c, i, &told))
			return false;
	}
	return say_poll(x, c, fd, &asked, &told);
}

bool
pkt_poll(struct pkt_reader *x, struct pkt_call *c)
{
	if (c->arguments != 3 || c->waits || c->result < 0)
		return pkt_wrong(x, c->line, c->name, POLL_READ);
	for (unsigned int i = c->argument[0].from; i < c->argument[0].to; i++)
		if (x->token[i].kind == PKT_MARK && x->token[i].text[0] == '{' && !poll_one(x, c, &i))
			return false;
	return true;
}

bool
pkt_ioctl(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_connection(x, c);
	int64_t v;

	if (fd == NULL || !pkt_call_number(x, c, 2, &v))
		return false;
	if (c->result != 0)
		return pkt_wrong(x, c->line, c->error, "ioctl() is read when it succeeds");
	if (pkt_call_is(x, c, 1, "SIOCINQ")) {
		pkt_say(x, "info unread %lld", (long long)v);
		return true;
	}
	if (!pkt_call_is(x, c, 1, "SIOCOUTQ") || v != 0)
		return pkt_call_wrong(x, c, 1, "of ioctl() SIOCINQ is read, and SIOCOUTQ where it is [0]");
	pkt_say(x, "info unacked 0");
	pkt_say(x, "info unsent 0");
	return true;
}
