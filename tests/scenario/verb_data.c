/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The verbs that move data. Bytes are those of the flow's two streams: what is read is compared. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "verb.h"

/* What send, recv and their like begin with: room for their N bytes, which the caller frees; NULL if the line failed. */
static uint8_t *
take_room(struct run *r, const struct words *w, int64_t *length, int64_t *low, int64_t *high)
{
	unsigned int count;
	uint8_t *data;

	if (r->now_flow->socket == NULL) {
		verb_no_socket(r);
		return NULL;
	}
	if (w->count < 2 || !run_number(r, w->word[1], length) || !verb_expected(r, w, &count, *length, low, high)) {
		run_fail(r, "%s wants a length", w->word[0]);
		return NULL;
	}
	data = malloc((size_t)*length + 1);
	if (data == NULL)
		run_fail(r, "no memory for %lld bytes", (long long)*length);
	return data;
}

/* what the socket and the verb say of this send */
static unsigned int
flags_of(struct run_socket *s, const char *verb)
{
	unsigned int flags = s->more ? SEND_NO_MORE : 0;

	s->more = strcmp(verb, "send-more") == 0;
	if (s->more)
		flags = SEND_MORE;
	return strcmp(verb, "send-record") == 0 ? flags | SEND_RECORD : flags;
}

/* A send that takes what fits now. */
static ssize_t
send_some(struct run *r, struct run_socket *s, const char *verb, const uint8_t *data, size_t length)
{
	ssize_t got;

	if (strcmp(verb, "send-ref") == 0)
		got = r->ops->send_ref(r->host, s->id, data, length);
	else if (strcmp(verb, "send-urgent") == 0)
		got = r->ops->send_urgent(r->host, s->id, data, length);
	else
		got = r->ops->send(r->host, s->id, data, length, flags_of(s, verb));
	if (got > 0)
		s->sent += (uint32_t)got;
	s->blocked |= got < (ssize_t)length;
	return got;
}

bool
verb_send(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	int64_t low, high, length;
	uint8_t *data = take_room(r, w, &length, &low, &high);
	ssize_t got;

	if (data == NULL)
		return false;
	for (uint32_t i = 0; i < length; i++)
		data[i] = flow_byte(false, s->sent + i);
	got = send_some(r, s, w->word[0], data, (size_t)length);
	if (strcmp(w->word[0], "send-ref") == 0)
		return run_hold(r, data) && verb_result(r, got, low, high) && run_settle(r);
	free(data);
	return verb_result(r, got, low, high) && run_settle(r);
}

/* recv N, peek N, discard N: all of the N bytes unless "=" says otherwise; content is always compared */
bool
verb_recv(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	int64_t low, high, length;
	uint8_t *data = take_room(r, w, &length, &low, &high);
	ssize_t got;

	if (data == NULL)
		return false;
	if (strcmp(w->word[0], "discard") == 0) {
		got = r->ops->discard(r->host, s->id, (size_t)length);
	} else {
		got = (strcmp(w->word[0], "peek") == 0 ? r->ops->peek : r->ops->recv)(r->host, s->id, data, (size_t)length);
		for (ssize_t i = 0; i < got; i++)
			if (data[i] != flow_byte(true, s->received + (uint32_t)i)) {
				free(data);
				return run_fail(r, "byte %u of the stream is wrong", s->received + (uint32_t)i);
			}
	}
	free(data);
	if (got == -EAGAIN && s->shut_read)
		got = 0;
	if (got > 0 && strcmp(w->word[0], "peek") != 0)
		s->received += (uint32_t)got;
	return verb_result(r, got, low, high) && run_settle(r);
}

/* urgent N: so many bytes are still to be read until the end of what is urgent */
bool
verb_urgent(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	int64_t low, high, ahead = 0;
	unsigned int count;

	if (s == NULL)
		return verb_no_socket(r);
	if (w->count < 2 || !run_number(r, w->word[1], &ahead) || !verb_expected(r, w, &count, ahead, &low, &high))
		return run_fail(r, "urgent wants a number of bytes");
	return verb_result(r, r->ops->urgent(r->host, s->id), low, high);
}

/* ---- sends that wait: as a program's blocking write() takes turns until all was taken */

/* True if anything was taken. */
static bool
write_on(struct run *r, struct run_socket *s)
{
	struct run_write *write = &s->write;
	int64_t before = write->done;
	uint8_t data[16384];
	ssize_t got = 0;

	while (write->done < write->length) {
		size_t length = (size_t)(write->length - write->done);

		length = length < sizeof(data) ? length : sizeof(data);
		for (uint32_t i = 0; i < length; i++)
			data[i] = flow_byte(false, s->sent + i);
		got = send_some(r, s, "write", data, length);
		if (got < 0)
			break;
		write->done += got;
		if ((size_t)got < length)
			break;
	}
	if (write->done == write->length || s->closed || (got < 0 && got != -EAGAIN)) {
		write->goes_on = false;
		write->ended_ns = r->now_ns;
		write->error = (int)got;
	}
	return write->done > before;
}

bool
verb_writes_go_on(struct run *r)
{
	bool taken = false;

	for (unsigned int i = 0; i < r->sockets; i++) {
		struct run_socket *s = &r->socket[i];

		if (s->write.goes_on && (!s->blocked || s->closed))
			taken |= write_on(r, s);
	}
	return taken;
}

/* write N: what does not fit yet is sent as there is room, without a line */
bool
verb_write(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	int64_t length;

	if (s == NULL)
		return verb_no_socket(r);
	if (w->count != 2 || !run_number(r, w->word[1], &length))
		return run_fail(r, "write wants a length");
	if (s->write.goes_on)
		return run_fail(r, "a write of this socket waits already");
	s->write = (struct run_write){ .goes_on = true, .length = length };
	write_on(r, s);
	return run_settle(r);
}

/* wrote N [within T] [= VALUE]: the write has returned, by now and no longer than T ago */
bool
verb_wrote(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	uint64_t within_ns = RUN_TIME_TOLERANCE_NS;
	int64_t low, high, length;
	unsigned int count;

	if (s == NULL)
		return verb_no_socket(r);
	if (w->count < 2 || !run_number(r, w->word[1], &length) || !verb_expected(r, w, &count, length, &low, &high))
		return run_fail(r, "wrote wants a length");
	if (count == 4 && (strcmp(w->word[2], "within") != 0 || !run_time(r, w->word[3], &within_ns)))
		return run_fail(r, "wrote N [within T]");
	if (s->write.length != length)
		return run_fail(r, "the last write was of %lld bytes", (long long)s->write.length);
	if (s->write.goes_on)
		return run_fail(r, "the write still waits: %lld bytes of it were taken", (long long)s->write.done);
	if (!r->ops->virtual_time)
		within_ns += r->tolerance_ns;
	if (s->write.ended_ns + within_ns < r->now_ns)
		return run_fail(r, "the write returned %.3f ms earlier", (double)(r->now_ns - s->write.ended_ns) / 1e6);
	return verb_result(r, s->write.done > 0 ? s->write.done : s->write.error, low, high);
}
