/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The user's side of the language: sockets, their events, and what the host tells about itself. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt_write.h"
#include "run.h"
#include "verb.h"

#define ACTIVE_PEER_PORT 80
#define ACTIVE_PORT 33000

static struct run_socket *
socket_new(struct run *r, backend_socket id, struct flow *f)
{
	struct run_socket *s;

	if (r->sockets == RUN_SOCKETS) {
		run_fail(r, "more than %u sockets", RUN_SOCKETS);
		return NULL;
	}
	s = &r->socket[r->sockets++];
	*s = (struct run_socket){ .id = id, .flow = f };
	if (f != NULL)
		f->socket = s;
	return s;
}

static struct flow *
flow_of_endpoints(struct run *r, const struct backend_event *e)
{
	if (!e->has_endpoints)
		return r->now_flow;
	for (unsigned int i = r->flows; i-- > 0;) {
		struct flow *f = &r->flow[i];

		if (f->rport == e->remote.port && f->lport == e->local.port &&
		    memcmp(&f->remote, &e->remote.addr, sizeof(f->remote)) == 0)
			return f;
	}
	return NULL;
}

/* Data for who has shut down both ways: nobody will read it, and who sends it is to know. */
static void
refuse_data(struct run *r, struct run_socket *s)
{
	uint8_t byte;

	if (s->shut_read && s->shut_write && r->ops->shutdown_read == NULL && r->ops->peek(r->host, s->id, &byte, 1) > 0)
		r->ops->abort(r->host, s->id);
}

void
verb_event(struct run *r, const struct backend_event *e)
{
	struct run_socket *s = NULL;

	for (unsigned int i = 0; i < r->sockets; i++)
		if (r->socket[i].id == e->socket)
			s = &r->socket[i];
	if (s == NULL)
		s = socket_new(r, e->socket, flow_of_endpoints(r, e));
	if (s == NULL)
		return;
	run_log(r, "event%s%s%s%s%s%s%s%s%s%s %s",
		e->mask & EVENT_ACCEPTED ? " accepted" : "", e->mask & EVENT_CONNECTED ? " connected" : "",
		e->mask & EVENT_READABLE ? " readable" : "", e->mask & EVENT_WRITABLE ? " writable" : "",
		e->mask & EVENT_PEER_CLOSED ? " peer-closed" : "", e->mask & EVENT_SENT ? " sent" : "",
		e->mask & EVENT_ERROR ? " error" : "", e->mask & EVENT_URGENT ? " urgent" : "",
		e->mask & EVENT_OVERDUE ? " overdue" : "", e->mask & EVENT_CLOSED ? " closed" : "", e->reason != NULL ? e->reason : "");
	if (s->closed)
		run_fail(r, "an event after \"closed\", which is the last one");
	s->events |= e->mask;
	if (e->mask & EVENT_WRITABLE)
		s->blocked = false;
	s->soft_error |= (e->mask & EVENT_ERROR) != 0;
	if (e->mask & EVENT_CLOSED) {
		s->closed = true;
		s->reason = e->reason;
		s->error = e->error;
	}
	if (e->mask & EVENT_READABLE)
		refuse_data(r, s);
	ready_event(r, s, e->mask);
}

bool
verb_expected(struct run *r, const struct words *w, unsigned int *count, int64_t fallback, int64_t *low, int64_t *high)
{
	*count = w->count;
	*low = *high = fallback;
	if (w->count < 3 || strcmp(w->word[w->count - 2], "=") != 0)
		return true;
	*count = w->count - 2;
	return run_range(r, w->word[w->count - 1], low, high);
}

bool
verb_result(struct run *r, int64_t got, int64_t low, int64_t high)
{
	char text[32];

	if (got >= low && got <= high)
		return true;
	snprintf(text, sizeof(text), "%s", run_errno(low));
	return run_fail(r, "returned %s, expected %s", run_errno(got), text);
}

bool
verb_no_socket(struct run *r)
{
	return run_fail(r, "flow %s has no socket", r->now_flow->name);
}

/* listen [port N] [backlog N] [fastopen N] [at ADDR] */
static bool
verb_listen(struct run *r, const struct words *w)
{
	struct tern_endpoint at = { .port = r->now_flow->lport };
	int64_t low, high, v, backlog = 0, fastopen = 0;
	backend_socket id = 0;
	unsigned int count;
	int got;

	if (!verb_expected(r, w, &count, 0, &low, &high))
		return false;
	for (unsigned int i = 1; i + 1 < count; i += 2) {
		if (strcmp(w->word[i], "at") == 0) {
			if (!run_address(r, w->word[i + 1], &at.addr))
				return run_fail(r, "no address %s", w->word[i + 1]);
			continue;
		}
		if (!run_number(r, w->word[i + 1], &v))
			return false;
		if (strcmp(w->word[i], "port") == 0)
			at.port = (uint16_t)v;
		else if (strcmp(w->word[i], "fastopen") == 0)
			fastopen = v;
		else
			backlog = v;
	}
	got = r->ops->listen(r->host, &at, (uint32_t)backlog, (uint32_t)fastopen, &id);
	if (got == 0) {
		if (r->listeners == RUN_LISTENERS)
			return run_fail(r, "more than %u listeners", RUN_LISTENERS);
		r->listener[r->listeners].id = id;
		r->listener[r->listeners].at = at;
		r->listener[r->listeners++].open = true;
	}
	return verb_result(r, got, low, high) && run_settle(r);
}

static bool
verb_unlisten(struct run *r, const struct words *w)
{
	int64_t low, high, port = r->now_flow->lport;
	unsigned int count;
	int got = -9;

	if (!verb_expected(r, w, &count, 0, &low, &high))
		return false;
	if (count == 3 && !run_number(r, w->word[2], &port))
		return false;
	for (unsigned int i = 0; i < r->listeners; i++)
		if (r->listener[i].at.port == port) {
			got = r->ops->unlisten(r->host, r->listener[i].id);
			r->listener[i].open = false;
		}
	return verb_result(r, got, low, high) && run_settle(r);
}

/* connect [port N] [from any-port | N] [to ADDR] [data N] [at ADDR] [timeout T] [fastopen 0|1] */
static bool
verb_connect(struct run *r, const struct words *w)
{
	struct flow *f = r->now_flow;
	struct tern_endpoint to = { .addr = f->remote, .port = ACTIVE_PEER_PORT };
	struct tern_endpoint from = { .port = (uint16_t)(ACTIVE_PORT + (f - r->flow)) };
	uint64_t timeout_ns = 0;
	uint8_t data[4096];
	int64_t low, high, v, length = 0, fastopen = 0;
	backend_socket id = 0;
	struct run_socket *s;
	unsigned int count;
	int got;

	if (!verb_expected(r, w, &count, 0, &low, &high))
		return false;
	for (unsigned int i = 1; i + 1 < count; i += 2) {
		const char *key = w->word[i], *value = w->word[i + 1];

		if (strcmp(key, "to") == 0 || strcmp(key, "at") == 0) {
			if (!run_address(r, value, key[0] == 't' ? &to.addr : &from.addr))
				return run_fail(r, "no address %s", value);
			continue;
		}
		if (strcmp(key, "timeout") == 0) {
			if (!run_time(r, value, &timeout_ns))
				return false;
			continue;
		}
		if (strcmp(value, "any-port") == 0) {
			from.port = 0;
			continue;
		}
		if (!run_number(r, value, &v))
			return false;
		if (strcmp(key, "port") == 0)
			to.port = (uint16_t)v;
		else if (strcmp(key, "from") == 0)
			from.port = (uint16_t)v;
		else if (strcmp(key, "data") == 0)
			length = v;
		else if (strcmp(key, "fastopen") == 0)
			fastopen = v;
		else
			return run_fail(r, "connect has no %s", key);
	}
	if (length > (int64_t)sizeof(data))
		return run_fail(r, "more first data than this test has room for");
	for (uint32_t i = 0; i < length; i++)
		data[i] = flow_byte(false, i);
	f->remote = to.addr;
	f->rport = to.port;
	f->lport = from.port;
	got = r->ops->connect(r->host, &to, &from, timeout_ns, data, (size_t)length, fastopen != 0, &id);
	if (got == 0) {
		s = socket_new(r, id, f);
		if (s == NULL)
			return false;
		s->sent = (uint32_t)length;
	}
	return verb_result(r, got, low, high) && run_settle(r);
}

/* "write", "read", "both" */
static int
shut_down(struct run *r, struct run_socket *s, const char *how)
{
	bool read = strcmp(how, "write") != 0, write = strcmp(how, "read") != 0;
	int got = 0;

	if (read && r->ops->shutdown_read != NULL)
		got = r->ops->shutdown_read(r->host, s->id);
	else if (read && s->closed)
		got = -9;   /* EBADF */
	if (got == 0 && write)
		got = r->ops->shutdown(r->host, s->id);
	if (got != 0)
		return got;
	s->shut_read |= read;
	s->shut_write |= write;
	ready_shutdown(s);
	return 0;
}

/* shutdown [read|write|both], close, abort */
static bool
verb_end(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	int64_t low, high;
	unsigned int count;
	int got;

	if (s == NULL)
		return verb_no_socket(r);
	if (!verb_expected(r, w, &count, 0, &low, &high))
		return false;
	if (strcmp(w->word[0], "shutdown") == 0)
		got = shut_down(r, s, count > 1 ? w->word[1] : "write");
	else if (strcmp(w->word[0], "close") == 0)
		got = r->ops->close_socket(r->host, s->id);
	else
		got = r->ops->abort(r->host, s->id);
	return verb_result(r, got, low, high) && run_settle(r);
}

/* set nodelay 0, get mss 1448 */
static bool
verb_option(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	bool set = strcmp(w->word[0], "set") == 0;
	int64_t low, high, want_low = 0, want_high = 0;
	uint64_t value = 0;
	unsigned int count;
	int got;

	if (s == NULL)
		return verb_no_socket(r);
	if (w->count < 3 || !verb_expected(r, w, &count, 0, &low, &high) || !run_range(r, w->word[2], &want_low, &want_high))
		return run_fail(r, "%s wants an option and a value", w->word[0]);
	if (set)
		got = r->ops->set(r->host, s->id, w->word[1], (uint64_t)want_low);
	else
		got = r->ops->get(r->host, s->id, w->word[1], &value);
	if (!verb_result(r, got, low, high))
		return false;
	if (!set && strcmp(w->word[1], "error") == 0)
		s->soft_error = false;
	if (!set && got == 0 && ((int64_t)value < want_low || (int64_t)value > want_high))
		return run_fail(r, "%s is %llu", w->word[1], (unsigned long long)value);
	return run_settle(r);
}

static bool
verb_state(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	const char *name = "";
	int64_t low, high;
	unsigned int count;
	int got;

	if (s == NULL)
		return verb_no_socket(r);
	if (w->count < 2 || !verb_expected(r, w, &count, 0, &low, &high))
		return run_fail(r, "state wants a name");
	got = r->ops->state(r->host, s->id, &name);
	if (!verb_result(r, got, low, high))
		return false;
	return got != 0 || strcmp(name, w->word[1]) == 0 || run_fail(r, "state is %s", name);
}

static bool
verb_info(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	int64_t low, high, value = 0;

	if (s == NULL)
		return verb_no_socket(r);
	if (w->count != 3 || !run_range(r, w->word[2], &low, &high))
		return run_fail(r, "info wants a figure and its value");
	if (r->ops->info(r->host, s->id, w->word[1], &value) != 0)
		return run_fail(r, "info has no %s, or the socket is gone", w->word[1]);
	return (value >= low && value <= high) || run_fail(r, "%s is %lld", w->word[1], (long long)value);
}

/* counter time_wait_reused 1, drops tcp_checksum 1 */
static bool
verb_counter(struct run *r, const struct words *w)
{
	bool drops = strcmp(w->word[0], "drops") == 0;
	int64_t low, high;
	uint64_t value = 0;
	char name[64];

	if (w->count != 3 || !run_range(r, w->word[2], &low, &high))
		return run_fail(r, "%s wants a name and a value", w->word[0]);
	snprintf(name, sizeof(name), "%s%s", drops ? "drops." : "", w->word[1]);
	if (r->ops->counter(r->host, name, &value) != 0) {
		/* a stack counts what it likes; Tern's names are known to be right when Tern is asked */
		if (r->ops != &backend_tern)
			return true;
		return run_fail(r, "no counter %s", name);
	}
	return ((int64_t)value >= low && (int64_t)value <= high) ||
	       run_fail(r, "%s is %llu", name, (unsigned long long)value);
}

static uint32_t
event_bit(const char *name)
{
	static const struct { const char *name; uint32_t bit; } names[] = {
		{ "accepted", EVENT_ACCEPTED }, { "connected", EVENT_CONNECTED }, { "readable", EVENT_READABLE },
		{ "writable", EVENT_WRITABLE }, { "peer-closed", EVENT_PEER_CLOSED }, { "sent", EVENT_SENT },
		{ "closed", EVENT_CLOSED }, { "urgent", EVENT_URGENT }, { "error", EVENT_ERROR }, { "overdue", EVENT_OVERDUE },
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].bit;
	return 0;
}

static bool
expect_nothing(struct run *r, const struct words *w)
{
	uint64_t ns = 0;

	if (w->count == 4 && !run_time(r, w->word[3], &ns))
		return false;
	if (r->queued == 0 && !run_until(r, r->now_ns + ns, NULL))
		return false;
	return r->queued == 0 || run_fail(r, "something was sent");
}

/* A stack may tell several reasons, "a|b", when it does not know which, or none. */
static bool
one_reason_is(const char *told, const char *reason, size_t n)
{
	for (; told != NULL; told = strchr(told, '|') != NULL ? strchr(told, '|') + 1 : "") {
		if (*told == '\0')
			return false;
		if (strncmp(told, reason, n) == 0 && (told[n] == '|' || told[n] == '\0'))
			return true;
	}
	return true;
}

/* and so may a line, when any of them will do */
bool
verb_reason_is(const char *told, const char *reason)
{
	for (;;) {
		size_t n = strcspn(reason, "|");

		if (one_reason_is(told, reason, n))
			return true;
		if (reason[n] == '\0')
			return false;
		reason += n + 1;
	}
}

/* expect [no] EVENT [REASON], expect nothing [for T] */
static bool
verb_expect(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;
	bool no = w->count > 1 && strcmp(w->word[1], "no") == 0;
	const char *name = w->count > 1u + no ? w->word[1 + no] : "";
	uint32_t bit = event_bit(name);

	if (strcmp(name, "nothing") == 0)
		return expect_nothing(r, w);
	if (bit == 0)
		return run_fail(r, "no event %s", name);
	if (no)
		return s == NULL || !(s->events & bit) || run_fail(r, "%s was told", name);
	if (s == NULL || !(s->events & bit))
		return run_fail(r, "%s was not told", name);
	s->events &= ~bit;
	if (bit == EVENT_CLOSED && w->count > 2 && !verb_reason_is(s->reason, w->word[2]))
		return run_fail(r, "closed for the reason %s", s->reason);
	if (bit == EVENT_CLOSED && w->count > 3) {
		int64_t low, high;

		return run_range(r, w->word[3], &low, &high) && verb_result(r, s->error, low, high);
	}
	return true;
}

static bool
verb_accept(struct run *r, const struct words *w)
{
	struct run_socket *s = r->now_flow->socket;

	(void)w;
	if (s == NULL || !(s->events & EVENT_ACCEPTED))
		return run_fail(r, "no connection to accept");
	s->events &= ~(uint32_t)EVENT_ACCEPTED;
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct run *r, const struct words *w);
} verbs[] = {
	{ "listen", verb_listen }, { "unlisten", verb_unlisten }, { "connect", verb_connect },
	{ "accept", verb_accept }, { "send", verb_send }, { "send-ref", verb_send }, { "send-urgent", verb_send }, { "urgent", verb_urgent },
	{ "send-more", verb_send }, { "send-record", verb_send }, { "write", verb_write }, { "wrote", verb_wrote }, { "recv", verb_recv },
	{ "ready", verb_ready }, { "watch", verb_watch }, { "unwatch", verb_watch }, { "told", verb_told },
	{ "peek", verb_recv }, { "discard", verb_recv }, { "shutdown", verb_end }, { "close", verb_end },
	{ "abort", verb_end }, { "set", verb_option }, { "get", verb_option }, { "state", verb_state },
	{ "info", verb_info }, { "counter", verb_counter }, { "drops", verb_counter }, { "expect", verb_expect },
};

bool
verb_known(const char *word)
{
	for (unsigned int i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i].name) == 0)
			return true;
	return false;
}

/* A call stands in a script before what it makes the host send, and before it may be another socket's. */
static bool
run_noted(struct run *r, const struct words *w, bool (*run)(struct run *r, const struct words *w))
{
	if (strcmp(w->word[0], "expect") != 0 || w->count < 2 || strcmp(w->word[1], "nothing") != 0)
		pkt_write_verb(r, w);
	return run(r, w);
}

bool
verb_run(struct run *r, const struct words *w)
{
	for (unsigned int i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(w->word[0], verbs[i].name) == 0)
			return run_noted(r, w, verbs[i].run);
	return run_fail(r, "no such verb: %s", w->word[0]);
}
