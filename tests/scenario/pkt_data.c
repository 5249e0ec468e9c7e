/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* packetdrill's calls that move data. Their bytes are the runner's: scripts say how many. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

struct flags {
	bool peek, discard, urgent, fastopen, more, record;
};

static bool
take_flag(const char *word, void *context)
{
	struct flags *f = context;

	if (strcmp(word, "MSG_PEEK") == 0)
		return f->peek = true;
	if (strcmp(word, "MSG_TRUNC") == 0)
		return f->discard = true;
	if (strcmp(word, "MSG_OOB") == 0)
		return f->urgent = true;
	if (strcmp(word, "MSG_FASTOPEN") == 0)
		return f->fastopen = true;
	if (strcmp(word, "MSG_MORE") == 0)
		return f->more = true;
	if (strcmp(word, "MSG_EOR") == 0)
		return f->record = true;
	/* every call of the event API is so, and signals there are none */
	return strcmp(word, "MSG_DONTWAIT") == 0 || strcmp(word, "MSG_NOSIGNAL") == 0;
}

#define FLAGS_READ "flags that are read: MSG_DONTWAIT, MSG_NOSIGNAL; MSG_EOR, MSG_MORE, MSG_OOB, each alone, and MSG_FASTOPEN where it is sent; MSG_PEEK and MSG_TRUNC where it is read"

/* [{..., 100}, {..., 200}] anywhere in an argument: the sum of the lengths */
static bool
vector_length(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, int64_t *length)
{
	bool found = false;

	*length = 0;
	for (unsigned int i = c->argument[argument].from; i + 4 < c->argument[argument].to; i++) {
		const struct pkt_token *t = &x->token[i];

		if (t[0].text[0] != '{' || t[1].kind != PKT_DOTS || t[2].text[0] != ',' || t[3].kind != PKT_NUMBER)
			continue;
		*length += strtoll(t[3].text, NULL, 0);
		found = true;
	}
	return found || pkt_call_wrong(x, c, argument, "wanted buffers as [{..., LENGTH}]");
}

/* How much a call wants to move, and its flags. */
static bool
read_amount(struct pkt_reader *x, const struct pkt_call *c, int64_t *length, struct flags *f)
{
	bool vector = strchr(c->name, 'v') != NULL && c->name[strlen(c->name) - 1] == 'v' && strcmp(c->name, "recv") != 0;
	bool message = strstr(c->name, "msg") != NULL;
	bool plain = strcmp(c->name, "read") == 0 || strcmp(c->name, "write") == 0;
	unsigned int flags = message ? 2 : 3;

	*f = (struct flags){ .peek = false };
	if (c->arguments < 3)
		return pkt_wrong(x, c->line, c->name, "too few arguments");
	if (vector || message) {
		if (!vector_length(x, c, 1, length))
			return false;
	} else if (!pkt_call_is(x, c, 1, "...")) {
		return pkt_call_wrong(x, c, 1, "wanted ... for the bytes, which are the runner's");
	} else if (!pkt_call_number(x, c, 2, length)) {
		return false;
	}
	return vector || plain || pkt_call_flags(x, c, flags, take_flag, f, FLAGS_READ);
}

/* what stands behind "=" in the scenario language, for what the call returned */
static bool
say_result(struct pkt_reader *x, const struct pkt_call *c, const struct pkt_fd *fd, const char *verb, int64_t length)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %lld", verb, (long long)length);
	if (fd->flow->gone)
		pkt_say(x, "%s = -EBADF", text);
	else if (c->result == 0 && fd->flow->shut)
		pkt_say(x, "%s = -EBADF..0", text);   /* with both ends closed and all read, the event API has told its last */
	else if (c->result >= 0 && c->result != length)
		pkt_say(x, "%s = %lld", text, (long long)c->result);
	else if (c->result >= 0)
		pkt_say(x, "%s", text);
	else if (strcmp(c->error, "EAGAIN") == 0 || strcmp(c->error, "EWOULDBLOCK") == 0)
		pkt_say(x, "%s = -EAGAIN", text);
	else if (strcmp(c->error, "EPIPE") == 0 || strcmp(c->error, "ENOTCONN") == 0)
		pkt_say(x, "%s = -%s", text, c->error);
	else
		return pkt_wrong(x, c->line, c->error, "errors that are read here: EAGAIN, EPIPE, ENOTCONN, and those of a connection that ended");
	return true;
}

bool
pkt_receive(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_connection(x, c);
	struct flags f;
	int64_t length;

	if (fd == NULL || !read_amount(x, c, &length, &f))
		return false;
	if (f.urgent || f.fastopen || f.more || f.record)
		return pkt_wrong(x, c->line, c->name, FLAGS_READ);
	if (c->waits) {
		/* nothing is there yet; what it returns with is read when it does */
		pkt_say(x, "recv %lld = -EAGAIN", (long long)length);
		return pkt_call_waits(x, c);
	}
	if (pkt_call_ended(x, c, fd))
		return true;
	return say_result(x, c, fd, f.peek ? "peek" : f.discard ? "discard" : "recv", length);
}

/* A write that waits takes what fits, and the rest as there is room: when it returns is what is looked at. */
static bool
write_waits(struct pkt_reader *x, struct pkt_call *c, struct pkt_fd *fd, const struct flags *f, int64_t length)
{
	if (f->urgent || f->more || f->record)
		return pkt_wrong(x, c->line, c->name, "a write that waits is read without MSG_EOR, MSG_MORE and MSG_OOB");
	if (c->waits) {
		if (!c->goes_on)
			pkt_say(x, "write %lld", (long long)length);
		fd->writing = true;
		return pkt_call_waits(x, c);
	}
	fd->writing = false;
	if (pkt_call_ended(x, c, fd))
		return true;
	if (c->result < 0)
		return pkt_wrong(x, c->line, c->error, "a write that waits ends with a number of bytes, or what ended its connection");
	pkt_say(x, "wrote %lld within %.6gms = %lld", (long long)length, x->tolerance * 1e3, (long long)c->result);
	return true;
}

static const char *
send_verb(const struct flags *f)
{
	return f->urgent ? "send-urgent" : f->more ? "send-more" : f->record ? "send-record" : "send";
}

bool
pkt_send(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);
	struct flags f;
	int64_t length;

	if (fd == NULL || !read_amount(x, c, &length, &f))
		return false;
	if (f.peek || f.discard)
		return pkt_wrong(x, c->line, c->name, FLAGS_READ);
	if (fd->kind == PKT_FD_NEW && (f.fastopen || fd->fastopen_connect))
		return pkt_connect_with(x, c, fd, length);
	if (pkt_call_connection(x, c) == NULL)
		return false;
	if (f.urgent + f.more + f.record > 1)
		return pkt_wrong(x, c->line, c->name, FLAGS_READ);
	if (c->waits || fd->writing)
		return write_waits(x, c, fd, &f, length);
	if (strcmp(c->error, "EALREADY") == 0) {
		pkt_say(x, "expect no connected");
		return true;
	}
	if (pkt_call_ended(x, c, fd))
		return true;
	return say_result(x, c, fd, send_verb(&f), length);
}
