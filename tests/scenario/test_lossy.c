/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Two stacks on a bad wire: whatever single frame is lost, doubled or late, in
 * either direction, both streams arrive byte for byte, both sides close in
 * order, and nothing is left behind.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/lossy_link.h"

#define PORT 7
#define LAST_FRAME 30           /* beyond the last frame of the short conversation */
#define SURE_FRAMES 12          /* each side sends at least its data */
#define SHORT_STREAM 16000u
#define LONG_STREAM 1000000u
#define SEND_PIECE 5000u
#define PATIENCE_NS UINT64_C(600000000000)
#define MAX_CASES 1024
#define OPENING_FRAMES 8        /* in which the way of opening shows */
#define FIRST_DATA 1000u        /* with Fast Open */

enum opening { OPEN_USUAL, OPEN_COOKIE, OPEN_FAST };

struct faulty_case {
	char name[160];
	enum opening opening;
	bool v6;
	unsigned int sender;
	enum lossy_fault fault;
	bool (*matches)(const uint8_t *frame, uint32_t length);
	uint32_t nth;
	double chance;
	uint32_t up, down;         /* bytes from the client, from the server */
	uint64_t latency_ns, delay_ns, seed;
};

/* one side's application: sends its stream, half-closes, reads the other's to the end, closes */
struct app {
	tern_conn conn;
	uint32_t to_send, sent, to_read, read;
	bool half_closed, saw_end, closed, wrong;
	uint16_t reason;
};

struct talk {
	struct lossy *wire;
	const struct lossy_rule *rule;
	struct app app[2];
	bool done;
	unsigned int closed;       /* of the connection before */
};

static uint8_t
stream_byte(unsigned int side, uint32_t offset)
{
	return (uint8_t)(((offset ^ (side * 0x5bd1e995u)) * 2654435761u) >> 24);
}

static void
app_send(struct talk *t, unsigned int side)
{
	struct tern_stack *stack = lossy_stack(t->wire, side);
	struct app *a = &t->app[side];
	uint8_t piece[SEND_PIECE];

	while (a->sent < a->to_send) {
		uint32_t n = a->to_send - a->sent < SEND_PIECE ? a->to_send - a->sent : SEND_PIECE;
		ssize_t took;

		for (uint32_t i = 0; i < n; i++)
			piece[i] = stream_byte(side, a->sent + i);
		took = tern_send(stack, a->conn, piece, n);
		if (took <= 0) {
			a->wrong |= took != -EAGAIN;
			return;
		}
		a->sent += (uint32_t)took;
	}
	if (!a->half_closed)
		a->wrong |= tern_shutdown(stack, a->conn) != 0;
	a->half_closed = true;
}

static void
app_read(struct talk *t, unsigned int side)
{
	struct tern_stack *stack = lossy_stack(t->wire, side);
	struct app *a = &t->app[side];
	uint8_t piece[SEND_PIECE];
	ssize_t got;

	while ((got = tern_recv(stack, a->conn, piece, sizeof(piece))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			a->wrong |= piece[i] != stream_byte(!side, a->read + (uint32_t)i);
		a->read += (uint32_t)got;
	}
	if (got == 0)
		a->saw_end = true;
	else
		a->wrong |= got != -EAGAIN;
}

static void
app_event(void *context, unsigned int side, const struct tern_event *e)
{
	struct talk *t = context;
	struct app *a = &t->app[side];

	if (e->mask & TERN_ACCEPTED)
		a->conn = e->id;
	if (e->id != a->conn || a->closed) {
		a->wrong = true;
		return;
	}
	if (e->mask & (TERN_READABLE | TERN_PEER_CLOSED))
		app_read(t, side);
	if (e->mask & (TERN_ACCEPTED | TERN_CONNECTED | TERN_WRITABLE))
		app_send(t, side);
	if (e->mask & TERN_CLOSED) {
		a->closed = true;
		a->reason = e->reason;
		t->done = t->app[0].closed && t->app[1].closed;
	} else if (a->half_closed && a->saw_end) {
		tern_close(lossy_stack(t->wire, side), a->conn);
	}
}

/* A connection before the one that counts: it brings a cookie, and closes. */
static void
get_cookie_event(void *context, unsigned int side, const struct tern_event *e)
{
	struct talk *t = context;

	if (e->mask & (TERN_CONNECTED | TERN_PEER_CLOSED))
		tern_close(lossy_stack(t->wire, side), e->id);
	if (e->mask & TERN_CLOSED)
		t->done = ++t->closed == 2;
}

static void
get_cookie(struct talk *t, const struct tern_connect_options *connect)
{
	tern_conn conn;

	assert_int_equal(tern_connect(lossy_stack(t->wire, LOSSY_CLIENT), connect, &conn), 0);
	assert_true(lossy_run(t->wire, lossy_now(t->wire) + PATIENCE_NS, &t->done, get_cookie_event, t));
	t->done = false;
}

static void
begin(struct talk *t, const struct faulty_case *f)
{
	uint8_t first[FIRST_DATA];
	struct lossy_setup setup = {
		.v6 = f->v6, .latency_ns = f->latency_ns, .seed = f->seed, .tcp = { host_tcp_config(), host_tcp_config() },
	};
	struct tern_listen_options listen = TERN_LISTEN_INIT;
	struct tern_connect_options connect = TERN_CONNECT_INIT;
	tern_listener listener;

	memset(t, 0, sizeof(*t));
	if (f->opening == OPEN_COOKIE)
		setup.tcp[LOSSY_SERVER].syn_cookies = TCP_COOKIES_ALWAYS;
	t->wire = lossy_new(&setup);
	assert_non_null(t->wire);
	t->app[LOSSY_CLIENT].to_send = t->app[LOSSY_SERVER].to_read = f->up;
	t->app[LOSSY_SERVER].to_send = t->app[LOSSY_CLIENT].to_read = f->down;
	listen.port = PORT;
	listen.fastopen = 10;
	assert_int_equal(tern_listen(lossy_stack(t->wire, LOSSY_SERVER), &listen, &listener), 0);
	connect.target.addr = lossy_address(t->wire, LOSSY_SERVER);
	connect.target.port = PORT;
	connect.fastopen = f->opening == OPEN_FAST;
	if (connect.fastopen) {
		get_cookie(t, &connect);
		for (uint32_t i = 0; i < FIRST_DATA; i++)
			first[i] = stream_byte(LOSSY_CLIENT, i);
		connect.data = first;
		connect.data_length = t->app[LOSSY_CLIENT].sent = FIRST_DATA;
	}
	t->rule = lossy_add(t->wire, &(struct lossy_rule){
		.fault = f->fault, .sender = f->sender, .matches = f->matches, .nth = f->nth, .chance = f->chance,
		.delay_ns = f->delay_ns,
	});
	assert_int_equal(tern_connect(lossy_stack(t->wire, LOSSY_CLIENT), &connect, &t->app[LOSSY_CLIENT].conn), 0);
}

static void
both_streams_arrive_and_both_sides_close(void **state)
{
	const struct faulty_case *f = *state;
	struct talk t;

	begin(&t, f);
	assert_true(lossy_run(t.wire, lossy_now(t.wire) + PATIENCE_NS, &t.done, app_event, &t));
	for (unsigned int side = 0; side < 2; side++) {
		const struct app *a = &t.app[side];

		assert_int_equal(a->sent, a->to_send);
		assert_int_equal(a->read, a->to_read);
		assert_true(a->saw_end);
		assert_false(a->wrong);
		assert_true(a->closed);
		assert_int_equal(a->reason, TERN_CLOSE_NORMAL);
	}
	/* the fault did happen, if there was such a frame */
	assert_true(f->nth == 0 ? t.rule->hits > 0 : t.rule->hits == (t.rule->seen >= f->nth));
	assert_true(f->nth > SURE_FRAMES || t.rule->hits > 0);
	/* TIME-WAIT runs out too */
	assert_true(lossy_run(t.wire, lossy_now(t.wire) + PATIENCE_NS, NULL, app_event, &t));
	for (unsigned int side = 0; side < 2; side++) {
		const struct tern_stats *s = stack_stats(lossy_stack(t.wire, side));

		assert_int_equal(s->open_now + s->half_open_now + s->time_wait_now, 0);
		assert_int_equal(s->cookies_accepted, side == LOSSY_SERVER && f->opening == OPEN_COOKIE);
		assert_int_equal(s->fastopen_sent, side == LOSSY_CLIENT && f->opening == OPEN_FAST);
	}
	assert_int_equal(lossy_free(t.wire), 0);
}

static struct faulty_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static unsigned int count;

static void
add(const struct faulty_case *f, const char *what)
{
	static const char *const senders[] = { "client", "server", "both" };
	static const char *const openings[] = { "", ", with a SYN cookie", ", with Fast Open" };
	struct faulty_case *c = &cases[count];

	*c = *f;
	snprintf(c->name, sizeof(c->name), "streams survive that %s, from %s, over IPv%c%s", what, senders[f->sender],
		 f->v6 ? '6' : '4', openings[f->opening]);
	tests[count++] = (struct CMUnitTest){
		.name = c->name, .test_func = both_streams_arrive_and_both_sides_close, .initial_state = c,
	};
}

static void
add_single_faults(bool v6, unsigned int sender, enum opening opening, uint32_t last)
{
	static const struct {
		enum lossy_fault fault;
		uint64_t delay_ns;
		const char *what;
	} faults[] = {
		{ LOSSY_DROP, 0, "is lost" },
		{ LOSSY_DUPLICATE, 0, "comes twice" },
		{ LOSSY_DELAY, 30000000, "comes 30 ms late" },
	};
	char what[64];

	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		for (uint32_t nth = 1; nth <= last; nth++) {
			struct faulty_case f = {
				.v6 = v6, .opening = opening, .sender = sender, .fault = faults[i].fault,
				.matches = lossy_is_tcp, .nth = nth,
				.up = SHORT_STREAM, .down = SHORT_STREAM, .latency_ns = 5000000,
				.delay_ns = faults[i].delay_ns, .seed = 1,
			};

			snprintf(what, sizeof(what), "frame %u %s", nth, faults[i].what);
			add(&f, what);
		}
}

static void
add_random_faults(bool v6)
{
	static const struct {
		enum lossy_fault fault;
		double chance;
		uint32_t up, down;
		const char *what;
	} faults[] = {
		{ LOSSY_DROP, 0.01, LONG_STREAM, 0, "one frame in 100 is lost in a megabyte up" },
		{ LOSSY_DROP, 0.01, 0, LONG_STREAM, "one frame in 100 is lost in a megabyte down" },
		{ LOSSY_DROP, 0.02, LONG_STREAM, LONG_STREAM, "one frame in 50 is lost in a megabyte both ways" },
		{ LOSSY_DROP, 0.05, LONG_STREAM, 0, "one frame in 20 is lost in a megabyte up" },
		{ LOSSY_DROP, 0.05, 0, LONG_STREAM, "one frame in 20 is lost in a megabyte down" },
		{ LOSSY_DUPLICATE, 0.1, LONG_STREAM, LONG_STREAM, "one frame in 10 comes twice in a megabyte both ways" },
		{ LOSSY_DELAY, 0.1, LONG_STREAM, LONG_STREAM, "one frame in 10 comes late in a megabyte both ways" },
	};

	for (unsigned int i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		add(&(struct faulty_case){
			.v6 = v6, .sender = LOSSY_BOTH, .fault = faults[i].fault, .chance = faults[i].chance,
			.matches = lossy_is_tcp, .up = faults[i].up, .down = faults[i].down, .latency_ns = 2000000,
			.delay_ns = 7000000, .seed = 100 + i,
		}, faults[i].what);
}

static void
add_certain_frames(bool v6)
{
	static const struct {
		bool (*matches)(const uint8_t *frame, uint32_t length);
		unsigned int sender;
		const char *what;
	} frames[] = {
		{ lossy_is_syn, LOSSY_CLIENT, "the SYN is lost" },
		{ lossy_is_syn, LOSSY_SERVER, "the SYN-ACK is lost" },
		{ lossy_is_data, LOSSY_CLIENT, "the first data is lost" },
		{ lossy_is_data, LOSSY_SERVER, "the first data is lost" },
		{ lossy_is_fin, LOSSY_CLIENT, "the FIN is lost" },
		{ lossy_is_fin, LOSSY_SERVER, "the FIN is lost" },
		{ NULL, LOSSY_CLIENT, "the first question for a neighbour is lost" },
		{ NULL, LOSSY_SERVER, "the first answer about a neighbour is lost" },
	};

	for (unsigned int i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		add(&(struct faulty_case){
			.v6 = v6, .sender = frames[i].sender, .fault = LOSSY_DROP, .matches = frames[i].matches, .nth = 1,
			.up = SHORT_STREAM, .down = SHORT_STREAM, .latency_ns = 5000000, .seed = 7,
		}, frames[i].what);
}

int
main(void)
{
	for (int v6 = 0; v6 < 2; v6++) {
		for (unsigned int side = LOSSY_CLIENT; side <= LOSSY_SERVER; side++) {
			add_single_faults(v6, side, OPEN_USUAL, LAST_FRAME);
			add_single_faults(v6, side, OPEN_COOKIE, OPENING_FRAMES);
			add_single_faults(v6, side, OPEN_FAST, OPENING_FRAMES);
		}
		add_certain_frames(v6);
		add_random_faults(v6);
	}
	return _cmocka_run_group_tests("lossy", tests, count, NULL, NULL);
}
