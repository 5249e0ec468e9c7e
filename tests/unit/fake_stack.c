/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_stack.h"

struct tern_stack stack;
struct run run;
struct settings settings;
struct core core;
struct tern_endpoint target;

static uint64_t
answer_time(uint64_t now_ns)
{
	uint64_t at = now_ns + stack.answer_ns;

	return at >= stack.stall_from_ns && at < stack.stall_to_ns ? stack.stall_to_ns : at;
}

int
tern_connect(struct tern_stack *s, const struct tern_connect_options *options, tern_conn *out)
{
	uint32_t i = 0;

	s->connects++;
	if (s->connect_error != 0)
		return s->connect_error;
	while (s->conn[i].state != CONN_FREE)
		i++;
	assert_true(i < CONNS);
	if (s->connects <= 64)
		s->connect_ns[s->connects - 1] = s->now_ns;
	s->conn[i] = (struct conn){ .user = options->user, .due_ns = s->now_ns + s->setup_ns, .state = CONN_CONNECTING,
				    .asked = (uint32_t)options->data_length };
	if (s->response != NULL && options->data_length < sizeof(s->request))
		memcpy(s->request, options->data, options->data_length);
	if (options->data_length > 0)
		s->conn[i].shift = *(const uint8_t *)options->data;
	if (++s->open > s->most_open)
		s->most_open = s->open;
	*out = i + 1;
	return 0;
}

int
tern_send_syn(struct tern_stack *s, const struct tern_endpoint *endpoint, bool silent)
{
	assert_int_equal(endpoint->port, 80);
	assert_int_equal(silent, settings.silent);
	if (s->syns++ % 2 == 1)
		return -EAGAIN;     /* which is no failure: it comes later */
	return 0;
}

static void
be_asked(struct tern_stack *s, struct conn *c)
{
	if (c->asked >= settings.request_size && !s->silent)
		c->due_ns = answer_time(s->now_ns);
}

ssize_t
tern_send(struct tern_stack *s, tern_conn conn, const void *data, size_t length)
{
	struct conn *c = &s->conn[conn - 1];

	assert_int_equal(c->state, CONN_OPEN);
	if (s->takes != 0 && c->asked >= s->takes)
		return -EAGAIN;
	if (c->asked == 0) {
		c->shift = *(const uint8_t *)data;
		if (s->asks++ == 0)
			s->first_ask_ns = s->now_ns;
		if (s->asks <= 64)
			s->asked[s->asks - 1] = (uint16_t)conn;
	}
	c->asked += (uint32_t)length;
	be_asked(s, c);
	return (ssize_t)length;
}

static ssize_t
take(struct tern_stack *s, tern_conn conn, size_t length, uint8_t *data)
{
	struct conn *c = &s->conn[conn - 1];
	uint32_t n = length < c->readable ? (uint32_t)length : c->readable;

	if (n == 0)
		return c->end ? 0 : -EAGAIN;
	for (uint32_t i = 0; i < n && data != NULL; i++)
		data[i] = s->response != NULL ? (uint8_t)s->response[s->offset_got[conn - 1] + i] :
			  (uint8_t)((c->shift + s->offset_got[conn - 1] + i) % PATTERN_PERIOD + (s->garble ? 1 : 0));
	s->offset_got[conn - 1] += n;
	c->readable -= n;
	return n;
}

ssize_t
tern_recv(struct tern_stack *s, tern_conn conn, void *data, size_t length)
{
	return take(s, conn, length, data);
}

ssize_t
tern_discard(struct tern_stack *s, tern_conn conn, size_t length)
{
	return take(s, conn, length, NULL);
}

ssize_t
tern_peek(struct tern_stack *s, tern_conn conn, void *data, size_t length)
{
	(void)data;
	(void)length;
	return s->conn[conn - 1].end ? 0 : -EAGAIN;
}

static int
end(struct tern_stack *s, tern_conn conn, uint16_t reason)
{
	struct conn *c = &s->conn[conn - 1];

	assert_int_equal(c->state, CONN_OPEN);
	c->state = CONN_CLOSED;
	c->reason = reason;
	c->due_ns = s->now_ns + TURN_NS;
	if (++s->closing > s->most_closing)
		s->most_closing = s->closing;
	return 0;
}

int
tern_close(struct tern_stack *s, tern_conn conn)
{
	s->closes_seen++;
	return end(s, conn, TERN_CLOSE_NORMAL);
}

int
tern_abort(struct tern_stack *s, tern_conn conn)
{
	s->aborts_seen++;
	return end(s, conn, TERN_CLOSE_ABORTED);
}

static uint32_t
answered(struct tern_stack *s, struct conn *c, uint32_t i)
{
	c->due_ns = 0;
	c->asked = 0;
	s->offset_got[i] = 0;
	if (s->resets) {
		c->state = CONN_CLOSED;
		c->reason = TERN_CLOSE_RESET;
		return 0;
	}
	c->readable = s->response != NULL ? (uint32_t)strlen(s->response) : s->answer_size;
	c->end = s->ends_short || s->closes;
	return TERN_READABLE | (c->end ? TERN_PEER_CLOSED : 0);
}

/* What is due of one connection, as one event. */
static uint32_t
happen(struct tern_stack *s, uint32_t i)
{
	struct conn *c = &s->conn[i];
	uint32_t mask = 0;

	if (c->due_ns == 0 || c->due_ns > s->now_ns)
		return 0;
	if (c->state == CONN_CONNECTING && s->refuse) {
		c->state = CONN_CLOSED;
		c->reason = TERN_CLOSE_REFUSED;
	} else if (c->state == CONN_CONNECTING) {
		c->state = CONN_OPEN;
		c->due_ns = 0;
		mask = TERN_CONNECTED;
		if (settings.mode == MODE_CC)
			c->end = s->closes;
		else if (c->asked > 0)
			be_asked(s, c);
	} else if (c->state == CONN_OPEN) {
		mask = answered(s, c, i);
	}
	if (c->state == CONN_CLOSED) {
		s->closing -= s->closing > 0;
		c->state = CONN_FREE;
		s->open--;
		mask |= TERN_CLOSED;
	}
	return mask;
}

int
tern_poll(struct tern_stack *s, struct tern_event *events, int max)
{
	int n = 0;

	s->now_ns += TURN_NS;
	if (s->now_ns >= s->end_ns + 100 * MS)
		return -ECANCELED;
	if (s->second_rate_ns != 0 && s->now_ns >= s->second_rate_ns)
		atomic_store(&s->run->rate, s->second_rate);
	if (s->now_ns >= s->end_ns)
		atomic_store(&s->run->phase, PHASE_DRAIN);
	else if (atomic_load(&s->run->ready) > 0 && atomic_load(&s->run->phase) == PHASE_PREPARE)
		atomic_store(&s->run->phase, PHASE_WARMUP);
	for (uint32_t i = 0; i < CONNS && n < max; i++) {
		uint32_t mask = s->conn[i].state == CONN_FREE ? 0 : happen(s, i);

		if (mask != 0)
			events[n++] = (struct tern_event){ .id = i + 1, .user = s->conn[i].user, .mask = mask,
							   .reason = s->conn[i].reason };
	}
	return n;
}

int
tern_wait(struct tern_stack *s, struct tern_event *events, int max, uint64_t limit_ns)
{
	(void)limit_ns;
	return tern_poll(s, events, max);
}

void
tern_prefetch(const struct tern_stack *s, tern_conn conn)
{
	(void)s;
	(void)conn;
}

uint64_t
tern_gap_end(const struct tern_stack *s)
{
	return s->stall_is_gap && s->now_ns >= s->stall_to_ns ? s->stall_to_ns : 0;
}

uint64_t
tern_clock(const struct tern_stack *s)
{
	return s->now_ns;
}

uint64_t
tern_now(const struct tern_stack *s)
{
	return s->now_ns;
}

int
tern_ready(struct tern_stack *s, const struct tern_addr *addr)
{
	(void)s;
	(void)addr;
	return 0;
}

int
tern_set(struct tern_stack *s, tern_conn conn, enum tern_option_id option, uint64_t value)
{
	(void)conn;
	s->option[option] = value;
	return 0;
}

int
tern_info(struct tern_stack *s, tern_conn conn, struct tern_info *info)
{
	(void)s;
	(void)conn;
	(void)info;
	return -EBADF;
}

unsigned int
tern_stack_index(const struct tern_stack *s)
{
	(void)s;
	return 0;
}

unsigned int
tern_stack_core(const struct tern_stack *s)
{
	(void)s;
	return 0;
}

unsigned int
tern_stack_count(const struct tern *t)
{
	(void)t;
	return 1;
}

struct tern_stack *
tern_stack_at(struct tern *t, unsigned int i)
{
	(void)t;
	(void)i;
	return &stack;
}

enum tern_side
tern_stack_side(const struct tern_stack *s)
{
	(void)s;
	return TERN_SIDE_ONLY;
}

/* ---- */

int
set_up(void **state)
{
	(void)state;
	memset(&stack, 0, sizeof(stack));
	memset(&core, 0, sizeof(core));
	target.port = 80;
	stack = (struct tern_stack){ .run = &run, .end_ns = 20 * MS, .setup_ns = 10 * US, .answer_ns = 10 * US,
				     .answer_size = 64 };
	settings = (struct settings){
		.command = COMMAND_LOAD, .mode = MODE_CRR, .targets = { &target, 1 }, .connections = 8,
		.connections_given = true, .timeout_ns = 2 * MS, .connect_timeout_ns = 2 * MS, .request_size = 64,
		.answer_size = 64, .no_probe = 1,
	};
	run = (struct run){ .settings = &settings, .cores = &core, .core_count = 1, .clients = 1, .told = ATOMIC_FLAG_INIT };
	for (size_t i = 0; i < sizeof(run.pattern); i++)
		run.pattern[i] = (uint8_t)(i % PATTERN_PERIOD);
	core.stack = &stack;
	core.client = true;
	return meter_init(&core.meter);
}

int
tear_down(void **state)
{
	(void)state;
	meter_free(&core.meter);
	return 0;
}

const struct counts *
go(void)
{
	const struct counts *c = &core.meter.counts;

	atomic_store(&run.rate, settings.rate);
	assert_int_equal(client_core(&stack, &run), 0);
	/* whatever happened: nothing is lost from the books, and nothing stays open */
	assert_int_equal(c->started, c->established + c->connect_failed);
	assert_int_equal(c->begun, c->completed + c->failed);
	assert_int_equal(c->open + c->opening + c->busy, 0);
	assert_int_equal(stack.open, 0);
	assert_int_equal(core.meter.done, 1);
	return c;
}
