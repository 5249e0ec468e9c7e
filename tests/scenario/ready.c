/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What a socket is ready for, as programs ask with poll() and epoll. Events tell what has changed; here it is how things
 * are, and, where a socket is watched by its edges, whether an event has come since it was told last.
 */

#include <stdio.h>
#include <string.h>

#include "run.h"
#include "verb.h"

#define ALWAYS (READY_ERROR | READY_CLOSED)   /* asked for or not */
#define WORDS_READ "words: none, or of readable, writable, peer-closed, urgent, error, closed, joined by |"

static const struct { const char *name; uint32_t bit; } names[] = {
	{ "readable", READY_READABLE }, { "writable", READY_WRITABLE }, { "peer-closed", READY_PEER_CLOSED },
	{ "urgent", READY_URGENT }, { "error", READY_ERROR }, { "closed", READY_CLOSED },
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static bool
read_words(struct run *r, const char *text, uint32_t *mask)
{
	*mask = 0;
	if (strcmp(text, "none") == 0)
		return true;
	for (;;) {
		size_t n = strcspn(text, "|");
		unsigned int i = 0;

		while (i < NAMES && (strlen(names[i].name) != n || strncmp(names[i].name, text, n) != 0))
			i++;
		if (i == NAMES)
			return run_fail(r, "no such readiness: %s; %s", text, WORDS_READ);
		*mask |= names[i].bit;
		if (text[n] == '\0')
			return true;
		text += n + 1;
	}
}

void
ready_print(uint32_t mask, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none");
	for (unsigned int i = 0; i < NAMES; i++)
		if (mask & names[i].bit)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? "|" : "", names[i].name);
}

static uint32_t
ready_at_end(const struct run_socket *s)
{
	uint32_t mask = READY_READABLE | READY_WRITABLE | READY_PEER_CLOSED | READY_CLOSED;

	/* until a call has told of it, which is when "closed" is expected */
	if (s->events & EVENT_CLOSED && !verb_reason_is(s->reason, "normal|aborted"))
		mask |= READY_ERROR;
	return mask;
}

uint32_t
run_ready(struct run *r, struct run_socket *s)
{
	uint32_t mask = 0;

	if (s->closed || r->ops->ready(r->host, s->id, &mask) != 0)
		return ready_at_end(s);
	if (s->blocked)
		mask &= ~(uint32_t)READY_WRITABLE;
	if (s->shut_write)
		mask |= READY_WRITABLE;   /* a send would fail at once */
	if (s->shut_read)
		mask |= READY_READABLE | READY_PEER_CLOSED;
	if (s->shut_write && mask & READY_PEER_CLOSED)
		mask |= READY_CLOSED;
	if (s->soft_error)
		mask |= READY_ERROR;
	return mask;
}

/* Whether there is a connection that nobody has accepted. */
static uint32_t
listener_ready(const struct run *r)
{
	for (unsigned int i = 0; i < r->sockets; i++)
		if (r->socket[i].events & EVENT_ACCEPTED && !r->socket[i].closed)
			return READY_READABLE;
	return 0;
}

/* Whom a line speaks of: the flow's socket, or with "listener" the one that listens. */
struct subject {
	bool listens;
	struct watch *watch;
	uint32_t ready;
	unsigned int words;        /* that it took */
};

static bool
read_subject(struct run *r, const struct words *w, struct subject *s)
{
	*s = (struct subject){ .listens = w->count > 1 && strcmp(w->word[1], "listener") == 0 };
	s->words = s->listens ? 2 : 1;
	if (s->listens) {
		for (unsigned int i = 0; i < r->listeners; i++)
			if (r->listener[i].open) {
				s->watch = &r->listener[i].watch;
				s->ready = listener_ready(r);
				return true;
			}
		return run_fail(r, "nothing listens");
	}
	if (r->now_flow->socket == NULL)
		return verb_no_socket(r);
	s->watch = &r->now_flow->socket->watch;
	s->ready = run_ready(r, r->now_flow->socket);
	return true;
}

static bool
compare(struct run *r, uint32_t got, uint32_t want)
{
	char found[96], wanted[96];

	if (got == want)
		return true;
	ready_print(got, found, sizeof(found));
	ready_print(want, wanted, sizeof(wanted));
	return run_fail(r, "ready for %s, expected %s", found, wanted);
}

/* ready [listener] WORDS [of WORDS] */
bool
verb_ready(struct run *r, const struct words *w)
{
	uint32_t want, of = UINT32_MAX;
	struct subject s;

	if (!read_subject(r, w, &s))
		return false;
	if (w->count != s.words + 1u && (w->count != s.words + 3u || strcmp(w->word[s.words + 1], "of") != 0))
		return run_fail(r, "ready wants WORDS [of WORDS]");
	if (!read_words(r, w->word[s.words], &want) || (w->count > s.words + 1u && !read_words(r, w->word[s.words + 2], &of)))
		return false;
	return compare(r, s.ready & (of | ALWAYS), want);
}

/* watch [listener] WORDS [edge] [once]; unwatch [listener] */
bool
verb_watch(struct run *r, const struct words *w)
{
	struct subject s;
	uint32_t wanted;

	if (!read_subject(r, w, &s))
		return false;
	*s.watch = (struct watch){ .armed = false };
	if (w->word[0][0] == 'u')
		return true;
	if (w->count <= s.words || !read_words(r, w->word[s.words], &wanted))
		return run_fail(r, "watch wants WORDS [edge] [once]");
	*s.watch = (struct watch){ .wanted = wanted | ALWAYS, .armed = true };
	for (unsigned int i = s.words + 1; i < w->count; i++) {
		if (strcmp(w->word[i], "edge") == 0)
			s.watch->edge = true;
		else if (strcmp(w->word[i], "once") == 0)
			s.watch->once = true;
		else
			return run_fail(r, "watch has no %s", w->word[i]);
	}
	s.watch->listed = (s.ready & s.watch->wanted) != 0;
	return true;
}

/* told [listener] WORDS: what an epoll says of it now */
bool
verb_told(struct run *r, const struct words *w)
{
	uint32_t want, mask = 0;
	struct subject s;

	if (!read_subject(r, w, &s))
		return false;
	if (w->count != s.words + 1u || !read_words(r, w->word[s.words], &want))
		return run_fail(r, "told wants WORDS");
	if (s.watch->armed && (s.watch->listed || !s.watch->edge))
		mask = s.ready & s.watch->wanted;
	s.watch->listed = false;
	if (mask != 0 && s.watch->once)
		s.watch->armed = false;
	return compare(r, mask, want);
}

void
ready_event(struct run *r, struct run_socket *s, uint32_t events)
{
	uint32_t mask = 0;

	if (events & EVENT_READABLE)
		mask |= READY_READABLE;
	if (events & EVENT_WRITABLE)
		mask |= READY_WRITABLE;
	if (events & EVENT_URGENT)
		mask |= READY_URGENT;
	if (events & EVENT_ERROR)
		mask |= READY_ERROR;
	if (events & (EVENT_CONNECTED | EVENT_PEER_CLOSED | EVENT_CLOSED))
		mask = UINT32_MAX;   /* whoever waits for anything looks */
	if (mask & s->watch.wanted)
		s->watch.listed = true;
	for (unsigned int i = 0; events & EVENT_ACCEPTED && i < r->listeners; i++)
		r->listener[i].watch.listed = true;
}

void
ready_shutdown(struct run_socket *s)
{
	s->watch.listed = true;
}
