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

#include "../../app/tern/run.h"

/*
 * The load of one core against a library that is played here: virtual time, a
 * turn a microsecond, and a peer that does as a test says.
 */

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define TURN_NS US
#define CONNS 512u

enum conn_state { CONN_FREE, CONN_CONNECTING, CONN_OPEN, CONN_CLOSED };

struct conn {
	void *user;
	uint64_t due_ns;           /* of what comes next; 0: nothing */
	uint32_t asked, readable;
	uint8_t state;
	bool end, told;            /* the peer's FIN is there; and was told of */
	uint16_t reason;
	uint8_t shift;             /* first byte of the request */
};

struct tern_stack {
	uint64_t now_ns, end_ns;
	struct run *run;
	struct conn conn[CONNS];
	/* the peer */
	uint64_t setup_ns, answer_ns;
	uint64_t stall_from_ns, stall_to_ns;   /* answers nothing in between */
	uint32_t answer_size;
	uint64_t second_rate_ns, second_rate;  /* from then on another rate; 0: never */
	uint32_t takes;            /* stream: bytes that tern_send() takes of each connection; 0: all */
	const char *response;      /* HTTP: the answer, instead of the pattern */
	char request[256];         /* HTTP: the last one that was whole in tern_connect() */
	bool refuse, silent, garble, ends_short, resets, closes;
	int connect_error;
	/* what was seen */
	uint32_t syns, connects, open, most_open, closes_seen, aborts_seen;
	uint64_t connect_ns[64];
	uint32_t offset_got[CONNS];
};

static struct tern_stack stack;
static struct run run;
static struct settings settings;
static struct core core;
static struct tern_endpoint target;

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
	if (c->asked == 0)
		c->shift = *(const uint8_t *)data;
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

static uint64_t option_set[TERN_OPT_ACCOUNT + 1];

int
tern_set(struct tern_stack *s, tern_conn conn, enum tern_option_id option, uint64_t value)
{
	(void)s;
	(void)conn;
	option_set[option] = value;
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

static int
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

static int
tear_down(void **state)
{
	(void)state;
	meter_free(&core.meter);
	return 0;
}

static const struct counts *
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

static void
a_closed_loop_keeps_its_connections_open_and_never_more(void **state)
{
	const struct counts *c;

	(void)state;
	c = go();
	assert_int_equal(stack.most_open, 8);
	/* 10 us to connect, 10 us for the answer, a turn or two to close: 8 at a time over 20 ms */
	assert_in_range(c->completed, 8 * 20000 / 26, 8 * 20000 / 20);
	assert_int_equal(c->failed, 0);
	assert_int_equal(core.meter.latency[LATENCY_SETUP]->max, 10 * US);
	assert_int_equal(core.meter.latency[LATENCY_HEADLINE]->max, 20 * US);
	assert_int_equal(core.meter.latency[LATENCY_SENT]->total, 0);
}

static void
keepalive_is_asked_for_with_its_times(void **state)
{
	(void)state;
	memset(option_set, 0, sizeof(option_set));
	settings.keepalive_ns = 1500 * US;
	settings.keepalive_interval_ns = 3 * MS;
	settings.keepalive_count = 4;
	go();
	assert_int_equal(option_set[TERN_OPT_KEEPALIVE], 1);
	assert_int_equal(option_set[TERN_OPT_KEEPIDLE], 2);  /* in whole ms, never early */
	assert_int_equal(option_set[TERN_OPT_KEEPINTVL], 3);
	assert_int_equal(option_set[TERN_OPT_KEEPCNT], 4);
}

static void
an_open_loop_spaces_its_arrivals_evenly(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	c = go();
	for (uint32_t i = 1; i < 64; i++)
		assert_in_range(stack.connect_ns[i] - stack.connect_ns[i - 1], 100 * US - TURN_NS, 100 * US + TURN_NS);
	assert_in_range(c->offered, 185, 200);
	assert_int_equal(c->completed, c->offered);
}

static void
a_rate_that_changes_is_followed(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	stack.second_rate = 50000;
	stack.second_rate_ns = 10 * MS;
	c = go();
	/* 10 ms of either, less up to 3 ms between them */
	assert_in_range(c->offered, 90 + 350, 100 + 500);
	assert_int_equal(c->completed, c->offered);
}

static void
a_rate_of_nothing_is_a_rest(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	stack.second_rate_ns = 10 * MS;
	c = go();
	assert_in_range(c->offered, 85, 100);
	assert_int_equal(c->behind, 0);
}

static void
poisson_arrivals_are_not_even_and_repeat_with_their_seed(void **state)
{
	uint64_t before[64];
	bool even = true;

	settings.rate = 10000;
	settings.connections = 64;
	settings.poisson = 1;
	settings.arrival_seed = 5;
	/* of the mean of 200 gaps, 4 standard deviations are 57 of them */
	assert_in_range(go()->offered, 140, 260);
	memcpy(before, stack.connect_ns, sizeof(before));
	for (uint32_t i = 1; i < 64; i++)
		even = even && before[i] - before[i - 1] > 50 * US && before[i] - before[i - 1] < 150 * US;
	assert_false(even);
	tear_down(state);
	set_up(state);
	settings.rate = 10000;
	settings.connections = 64;
	settings.poisson = 1;
	settings.arrival_seed = 5;
	go();
	assert_memory_equal(before, stack.connect_ns, sizeof(before));
}

static void
a_server_that_stalls_cannot_hide_it(void **state)
{
	const struct tern_histogram *headline = core.meter.latency[LATENCY_HEADLINE], *sent = core.meter.latency[LATENCY_SENT];
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	settings.connections = 4;
	settings.timeout_ns = 5 * MS;
	stack.stall_from_ns = 10 * MS;
	stack.stall_to_ns = 12 * MS;
	c = go();
	assert_int_equal(counts_not_started(c), 0);
	assert_int_equal(c->failed, 0);
	/* four were caught; sixteen more waited for a connection, and their latency says so */
	assert_true(sent->counts[0] == 0);
	assert_in_range(tern_histogram_percentile(sent, 97), 19 * US, 25 * US);
	assert_in_range(tern_histogram_percentile(headline, 97), 1000 * US, 2000 * US);
	/* which is not the generator's fault */
	assert_true(core.meter.latency[LATENCY_LATENESS]->max <= 30 * US);
}

static void
an_arrival_that_finds_no_connection_in_time_is_counted_as_not_started(void **state)
{
	const struct counts *c;

	(void)state;
	settings.rate = 10000;
	settings.connections = 1;
	settings.timeout_ns = 1 * MS;
	stack.answer_ns = 900 * US;
	c = go();
	assert_true(c->not_started[NOT_limit] > 100);
	assert_int_equal(c->offered, c->begun + counts_not_started(c));
}

static void
no_free_port_is_counted_and_does_not_spin(void **state)
{
	const struct counts *c;

	(void)state;
	stack.connect_error = -EADDRNOTAVAIL;
	c = go();
	assert_in_range(c->not_started[NOT_no_port], 15, 21);
	assert_int_equal(c->started, 0);
}

static void
a_refused_connection_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.refuse = true;
	c = go();
	assert_true(c->connect_failed > 0);
	assert_int_equal(c->fail[FAIL_connect_refused], c->failed);
}

static void
silence_is_a_timeout(void **state)
{
	const struct counts *c;

	(void)state;
	stack.silent = true;
	c = go();
	assert_in_range(c->fail[FAIL_answer_timeout], 8 * 7, 8 * 10);
	assert_int_equal(c->completed, 0);
}

static void
an_answer_too_long_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.answer_size = 65;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_answer_long], c->failed);
}

static void
an_answer_too_short_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.answer_size = 63;
	stack.ends_short = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_answer_short], c->failed);
}

static void
a_reset_before_the_answer_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	stack.resets = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_reset], c->failed);
}

static void
verify_passes_an_echo_in_every_mode(void **state)
{
	const struct counts *c;

	(void)state;
	settings.verify = 1;
	settings.mode = MODE_RR;
	c = go();
	assert_true(c->completed > 1000);
	assert_int_equal(c->failed, 0);
}

static void
verify_finds_a_changed_byte(void **state)
{
	const struct counts *c;

	(void)state;
	settings.verify = 1;
	stack.garble = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_int_equal(c->fail[FAIL_answer_differs], c->failed);
}

static void
without_verify_only_the_length_is_looked_at(void **state)
{
	const struct counts *c;

	(void)state;
	stack.garble = true;
	c = go();
	assert_int_equal(c->failed, 0);
}

static void
the_client_closes_with_fin_or_rst(void **state)
{
	const struct counts *c;

	(void)state;
	settings.close_rst = 1;
	c = go();
	assert_int_equal(stack.aborts_seen, c->completed);
	assert_int_equal(stack.closes_seen, 0);
}

static void
when_the_server_closes_the_client_follows(void **state)
{
	const struct counts *c;

	(void)state;
	settings.closer_server = 1;
	stack.closes = true;
	c = go();
	assert_int_equal(stack.closes_seen, c->completed);
	assert_int_equal(stack.aborts_seen, 0);
	assert_int_equal(c->close_timeouts, 0);
}

static void
a_server_that_should_close_and_does_not_is_reset(void **state)
{
	const struct counts *c;

	(void)state;
	settings.closer_server = 1;
	c = go();
	assert_true(c->close_timeouts > 0);
	assert_int_equal(c->close_timeouts, c->completed);
	assert_int_equal(c->failed, 0);
}

static void
connect_and_close_sends_nothing(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_CC;
	c = go();
	assert_int_equal(c->completed, c->established);
	assert_int_equal(stack.closes_seen, c->completed);
}

static void
requests_keep_their_connections(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	c = go();
	assert_int_equal(c->started, 8);
	assert_in_range(c->completed, 8 * 20000 / 12, 8 * 20000 / 10);
}

static void
after_so_many_requests_a_connection_is_opened_anew(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.requests = 10;
	c = go();
	assert_in_range(c->started, c->completed / 10, c->completed / 10 + 8);
}

static void
requests_of_an_open_loop_come_at_their_rate(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.rate = 100000;
	c = go();
	assert_in_range(c->completed, 1950, 2000);
	assert_int_equal(c->started, 8);
	assert_true(core.meter.latency[LATENCY_HEADLINE]->max <= 12 * US);
}

static void
a_connection_pauses_between_requests(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_RR;
	settings.think_ns = 90 * US;
	c = go();
	assert_in_range(c->completed, 8 * 190, 8 * 200);
}

/* ---- stream and hold */

static void
stream(uint64_t direction)
{
	settings.mode = MODE_STREAM;
	settings.direction = direction;
	settings.request_size = UINT64_MAX;
	stack.takes = 1 << 20;
}

static void
a_stream_lasts_until_the_end_of_the_run(void **state)
{
	const struct counts *c;

	(void)state;
	stream(DIRECTION_UP);
	c = go();
	assert_int_equal(c->started, 8);
	assert_int_equal(c->completed, 8);
	assert_int_equal(stack.closes_seen, 8);
	assert_int_equal(core.meter.latency[LATENCY_HEADLINE]->total, 0);
}

static void
a_stream_that_still_comes_is_ended_by_a_reset(void **state)
{
	(void)state;
	stream(DIRECTION_DOWN);
	assert_int_equal(go()->completed, 8);
	assert_int_equal(stack.aborts_seen, 8);
}

static void
held_connections_are_opened_at_their_rate_and_kept(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_HOLD;
	settings.open_rate = 1000;
	c = go();
	assert_int_equal(c->started, 8);
	assert_int_equal(c->lost, 0);
	assert_int_equal(c->begun, 0);
	for (uint32_t i = 1; i < 8; i++)
		assert_in_range(stack.connect_ns[i] - stack.connect_ns[i - 1], MS - TURN_NS, MS + TURN_NS);
}

static void
held_connections_ask_once_every_so_often(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_HOLD;
	settings.every_ns = 2 * MS;
	c = go();
	assert_in_range(c->completed, 8 * 8, 8 * 10);
	assert_in_range(core.meter.latency[LATENCY_HEADLINE]->max, 10 * US, 12 * US);
}

static void
a_held_connection_that_is_lost_is_counted_and_not_replaced(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_HOLD;
	settings.every_ns = 2 * MS;
	stack.resets = true;
	c = go();
	assert_int_equal(c->started, 8);
	assert_int_equal(c->lost, 8);
	assert_int_equal(c->fail[FAIL_reset], 8);
}

static void
a_flood_sends_syns_at_its_rate_and_opens_nothing(void **state)
{
	const struct counts *c;

	(void)state;
	settings.mode = MODE_FLOOD;
	settings.rate = 100000;
	settings.silent = 1;
	c = go();
	assert_int_equal(c->started, 0);
	assert_in_range(c->completed, 1850, 2000);
	assert_int_equal(c->offered, c->completed);
}

/* ---- HTTP */

static void
speak_http(const char *response)
{
	settings.http_path = "/index";
	settings.request_size = 1;     /* of the peer played here: the first byte is answered */
	stack.response = response;
}

static void
an_http_request_names_path_host_and_the_users_fields(void **state)
{
	static const char *const fields[] = { "Accept: a, b", "user-agent: me" };

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
	target.port = 8080;
	settings.headers = fields;
	settings.header_count = 2;
	go();
	assert_string_equal(stack.request, "GET /index HTTP/1.1\r\nHost: [::]:8080\r\nAccept: a, b\r\nuser-agent: me\r\n"
			    "Connection: close\r\n\r\n");
}

static void
responses_are_counted_by_status(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc");
	c = go();
	assert_true(c->completed > 1000);
	assert_int_equal(c->failed, 0);
	assert_int_equal(c->status[404 - STATUS_FIRST], c->completed);
	assert_int_equal(counts_non_2xx(c), c->completed);
}

static void
a_response_without_a_length_ends_with_the_connection(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.0 200 OK\r\n\r\nabc");
	stack.closes = true;
	c = go();
	assert_true(c->completed > 1000);
	assert_int_equal(c->failed, 0);
	assert_int_equal(c->status[200 - STATUS_FIRST], c->completed);
}

static void
what_is_no_response_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("SSH-2.0\r\n");
	c = go();
	assert_int_equal(c->completed, 0);
	assert_true(c->failed > 0);
	assert_int_equal(c->fail[FAIL_bad_response], c->failed);
}

static void
a_body_cut_short_is_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab");
	stack.ends_short = true;
	c = go();
	assert_int_equal(c->completed, 0);
	assert_true(c->failed > 0);
	assert_int_equal(c->fail[FAIL_answer_short], c->failed);
}

static void
bytes_behind_a_response_are_a_failure(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd");
	c = go();
	assert_int_equal(c->completed, 0);
	assert_true(c->failed > 0);
	assert_int_equal(c->fail[FAIL_answer_long], c->failed);
}

static void
a_kept_connection_carries_the_next_request(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
	settings.mode = MODE_RR;
	c = go();
	assert_int_equal(c->started, 8);
	assert_true(c->completed > 1000);
}

static void
a_connection_that_the_server_will_not_keep_is_opened_anew(void **state)
{
	const struct counts *c;

	(void)state;
	speak_http("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc");
	settings.mode = MODE_RR;
	c = go();
	assert_true(c->completed > 1000);
	assert_in_range(c->started, c->completed, c->completed + 8);
	assert_int_equal(c->failed, 0);
}

static void
a_count_ends_the_load(void **state)
{
	const struct counts *c;

	(void)state;
	settings.count = 100;
	c = go();
	assert_int_equal(c->completed, 100);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_closed_loop_keeps_its_connections_open_and_never_more),
		CASE(keepalive_is_asked_for_with_its_times),
		CASE(an_open_loop_spaces_its_arrivals_evenly),
		CASE(a_rate_that_changes_is_followed),
		CASE(a_rate_of_nothing_is_a_rest),
		CASE(poisson_arrivals_are_not_even_and_repeat_with_their_seed),
		CASE(a_server_that_stalls_cannot_hide_it),
		CASE(an_arrival_that_finds_no_connection_in_time_is_counted_as_not_started),
		CASE(no_free_port_is_counted_and_does_not_spin),
		CASE(a_refused_connection_is_a_failure),
		CASE(silence_is_a_timeout),
		CASE(an_answer_too_long_is_a_failure),
		CASE(an_answer_too_short_is_a_failure),
		CASE(a_reset_before_the_answer_is_a_failure),
		CASE(verify_passes_an_echo_in_every_mode),
		CASE(verify_finds_a_changed_byte),
		CASE(without_verify_only_the_length_is_looked_at),
		CASE(the_client_closes_with_fin_or_rst),
		CASE(when_the_server_closes_the_client_follows),
		CASE(a_server_that_should_close_and_does_not_is_reset),
		CASE(connect_and_close_sends_nothing),
		CASE(requests_keep_their_connections),
		CASE(after_so_many_requests_a_connection_is_opened_anew),
		CASE(requests_of_an_open_loop_come_at_their_rate),
		CASE(a_connection_pauses_between_requests),
		CASE(a_count_ends_the_load),
		CASE(a_stream_lasts_until_the_end_of_the_run),
		CASE(a_stream_that_still_comes_is_ended_by_a_reset),
		CASE(held_connections_are_opened_at_their_rate_and_kept),
		CASE(held_connections_ask_once_every_so_often),
		CASE(a_held_connection_that_is_lost_is_counted_and_not_replaced),
		CASE(a_flood_sends_syns_at_its_rate_and_opens_nothing),
		CASE(an_http_request_names_path_host_and_the_users_fields),
		CASE(responses_are_counted_by_status),
		CASE(a_response_without_a_length_ends_with_the_connection),
		CASE(what_is_no_response_is_a_failure),
		CASE(a_body_cut_short_is_a_failure),
		CASE(bytes_behind_a_response_are_a_failure),
		CASE(a_kept_connection_carries_the_next_request),
		CASE(a_connection_that_the_server_will_not_keep_is_opened_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
