/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * packetdrill's poll() and ioctl(), and what epoll has in common with the first: words like POLLIN, in the scenario
 * language's of what a socket is ready for. A call that waits is one that finds nothing until it returns.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

#define POLL_READ "of poll() are read POLLIN, POLLOUT, POLLRDHUP, POLLPRI, POLLERR and POLLHUP, of listeners and connections"

static const struct { const char *word, *name; } words[] = {
	{ "POLLIN", "readable" }, { "POLLOUT", "writable" }, { "POLLRDHUP", "peer-closed" }, { "POLLPRI", "urgent" },
	{ "POLLERR", "error" }, { "POLLHUP", "closed" },
};
#define WORDS_KNOWN (sizeof(words) / sizeof(words[0]))

/* "events = POLLIN|POLLOUT": words from *i to the next , or } */
bool
pkt_ready_read(struct pkt_reader *x, const struct pkt_call *c, unsigned int *i, struct pkt_ready *b)
{
	b->bits = 0;
	b->edge = b->once = false;
	for (; x->token[*i].kind != PKT_END && (x->token[*i].kind != PKT_MARK || strchr(",}", x->token[*i].text[0]) == NULL); (*i)++) {
		const char *word = x->token[*i].text;
		unsigned int k = 0;

		if (strcmp(word, "=") == 0 || strcmp(word, "|") == 0 || strcmp(word, "0") == 0)
			continue;
		if (b->of_epoll && (strcmp(word, "EPOLLET") == 0 || strcmp(word, "EPOLLONESHOT") == 0)) {
			*(word[5] == 'E' ? &b->edge : &b->once) = true;
			continue;
		}
		while (k < WORDS_KNOWN && strcmp(word + (b->of_epoll && word[0] == 'E'), words[k].word) != 0)
			k++;
		if (k == WORDS_KNOWN)
			return pkt_wrong(x, c->line, word, POLL_READ);
		b->bits |= 1u << k;
	}
	return true;
}

const char *
pkt_ready_words(unsigned int bits, char text[PKT_READY_TEXT])
{
	size_t used = 0;

	strcpy(text, "none");
	for (unsigned int k = 0; k < WORDS_KNOWN; k++)
		if (bits & 1u << k)
			used += (size_t)snprintf(text + used, PKT_READY_TEXT - used, "%s%s", used > 0 ? "|" : "", words[k].name);
	return text;
}

const char *
pkt_ready_word_of(const char *name)
{
	for (unsigned int k = 0; k < WORDS_KNOWN; k++)
		if (strcmp(name, words[k].name) == 0)
			return words[k].word;
	return NULL;
}

/* Whom the lines that follow speak of: " listener" or "" behind the verb. NULL and an error: of neither. */
const char *
pkt_ready_subject(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd)
{
	if (fd->kind == PKT_FD_LISTENER)
		return " listener";
	if (fd->kind == PKT_FD_CONNECTION) {
		pkt_speak(x, fd->flow);
		return "";
	}
	pkt_wrong(x, c->line, c->name, "what a socket is ready for is read of one that listens, is connected, or was asked to");
	return NULL;
}

/* {fd=4, events=POLLIN, revents=POLLIN}; the call returns where *ready is not NULL: so many had something to tell */
static bool
poll_one(struct pkt_reader *x, const struct pkt_call *c, unsigned int *i, unsigned int *ready)
{
	struct pkt_ready asked = { .of_epoll = false }, told = { .of_epoll = false };
	const struct pkt_token *t = &x->token[*i];
	char wanted[PKT_READY_TEXT], of[PKT_READY_TEXT];
	const char *subject;
	unsigned long n;

	if (strcmp(t[1].text, "fd") != 0 || t[3].kind != PKT_NUMBER || strcmp(t[5].text, "events") != 0)
		return pkt_call_wrong(x, c, 0, "wanted [{fd=N, events=WORDS, revents=WORDS}]");
	n = strtoul(t[3].text, NULL, 0);
	if (n >= PKT_FDS || x->fd[n].kind == PKT_FD_NONE)
		return pkt_wrong(x, c->line, t[3].text, "no socket above has this descriptor");
	*i += 6;
	if (!pkt_ready_read(x, c, i, &asked))
		return false;
	if (x->token[*i].text[0] == ',') {
		if (strcmp(x->token[*i + 1].text, "revents") != 0)
			return pkt_wrong(x, c->line, x->token[*i + 1].text, "wanted revents=WORDS");
		*i += 2;
		if (!pkt_ready_read(x, c, i, &told))
			return false;
	}
	subject = pkt_ready_subject(x, c, &x->fd[n]);
	if (subject == NULL)
		return false;
	if (ready != NULL)
		*ready += told.bits != 0;
	pkt_say(x, "ready%s %s of %s", subject, pkt_ready_words(ready != NULL ? told.bits : 0, wanted), pkt_ready_words(asked.bits, of));
	return true;
}

bool
pkt_poll(struct pkt_reader *x, struct pkt_call *c)
{
	unsigned int ready = 0;
	int64_t timeout_ms;
	char found[24];

	if (c->arguments != 3)
		return pkt_wrong(x, c->line, c->name, "wanted poll([{fd=N, events=WORDS, revents=WORDS}], COUNT, MILLISECONDS)");
	if (c->result < 0)
		return pkt_wrong(x, c->line, c->error, "poll() is read when it succeeds");
	for (unsigned int i = c->argument[0].from; i < c->argument[0].to; i++)
		if (x->token[i].kind == PKT_MARK && x->token[i].text[0] == '{' && !poll_one(x, c, &i, c->waits ? NULL : &ready))
			return false;
	if (c->waits)
		return pkt_call_waits(x, c);
	snprintf(found, sizeof(found), "%lld", (long long)c->result);
	if (c->result != ready)
		return pkt_wrong(x, c->line, found, "the result of poll() is how many have a revents that is not 0");
	return c->result > 0 || c->waited || (pkt_call_number(x, c, 2, &timeout_ms) &&
	       (timeout_ms == 0 || pkt_call_wrong(x, c, 2, "a poll() that waits wants a time range, +0...0.1")));
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
