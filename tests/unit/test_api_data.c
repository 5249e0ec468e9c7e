/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The public API over two stacks: bytes by copy, low-water marks, options. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"
#include "stack/internal.h"

static uint8_t stream[200000];

static int
fill_stream(void **state)
{
	(void)state;
	pair_fill(stream, sizeof(stream));
	return 0;
}

static int
start_as(void **state, bool v6, bool linear, bool offload)
{
	struct pair_setup setup = pair_setup();

	setup.v6 = v6;
	setup.linear = linear;
	setup.offload = offload;
	*state = pair_new(&setup);
	return 0;
}

static int start(void **state) { return start_as(state, false, false, false); }
static int start_linear(void **state) { return start_as(state, false, true, false); }
static int start_offload(void **state) { return start_as(state, false, false, true); }
static int start_v6(void **state) { return start_as(state, true, false, false); }
static int start_v6_offload(void **state) { return start_as(state, true, true, true); }

static int
start_minshall(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[CLIENT].nodelay = false;
	setup.tcp[CLIENT].nagle_minshall = true;
	*state = pair_new(&setup);
	return 0;
}

static int
end(void **state)
{
	return pair_free(*state) ? 0 : -1;
}

static void
a_short_send_is_told_when_there_is_room(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), client, TERN_OPT_SNDBUF, 10000), 0);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 15000), 10000);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 1), -EAGAIN);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_WRITABLE), 0);
	pair_settle(p);
	assert_true(pair_told(p, CLIENT, client, TERN_WRITABLE) >= 1);
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, 10000);
}

static void
a_full_send_is_not_told(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 15000), 15000);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_WRITABLE), 0);
}

/* tern_connect() builds no packet: what is set before the next turn holds for the first SYN too (MUST-48, MUST-49). */
static void
options_set_behind_connect_hold_for_its_syn(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client, server;
	const uint8_t *ip;

	pair_open(p, &client, &server);
	p->end[SERVER].deaf = true;
	client = pair_connect(p);
	assert_int_equal(tern_set(s, client, TERN_OPT_DSCP, 46), 0);
	assert_int_equal(tern_set(s, client, TERN_OPT_TTL, 7), 0);
	assert_int_equal(tern_set(s, client, TERN_OPT_RCVBUF, 20000), 0);
	assert_int_equal(tern_set(s, client, TERN_OPT_ACCOUNT, 1), 0);
	assert_int_equal(tern_set(s, client, TERN_OPT_USER_TIMEOUT, 1500), 0);
	pair_settle(p);
	assert_int_equal(p->end[SERVER].frames, 1);
	ip = rte_pktmbuf_mtod_offset(p->end[SERVER].frame[0], const uint8_t *, 14);
	assert_int_equal(ip[1], 46 << 2);
	assert_int_equal(ip[8], 7);
	assert_int_equal(ip[20 + 13], 0x02);  /* SYN */
	assert_int_equal(ip[20 + 14] << 8 | ip[20 + 15], 20000);
	assert_int_equal(pair_info(p, CLIENT, client).segs_out, 1);
	pair_run(p, 1400);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 0);
	pair_run(p, 200);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 1);
	p->end[SERVER].deaf = false;
	pair_settle(p);
}

static void
writable_waits_for_its_low_water_mark(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(pair_stack(p, SERVER), server, TERN_OPT_RCVBUF, 4096);
	tern_set(pair_stack(p, CLIENT), client, TERN_OPT_SNDBUF, 100000);
	tern_set(pair_stack(p, CLIENT), client, TERN_OPT_SNDLOWAT, 90000);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, sizeof(stream)), 100000);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_WRITABLE), 0);
	assert_true(pair_info(p, CLIENT, client).unsent > 20000);
	for (uint32_t read = 0; read < 95000; pair_run(p, 10))
		pair_read(p, SERVER, server, &read);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_WRITABLE), 1);
}

static void
a_low_water_mark_above_the_buffer_is_the_buffer(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(pair_stack(p, CLIENT), client, TERN_OPT_SNDBUF, 1000);
	tern_set(pair_stack(p, CLIENT), client, TERN_OPT_SNDLOWAT, 5000);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 2000), 1000);
	pair_run(p, 100);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_WRITABLE), 1);
}

static void
peek_leaves_and_discard_takes(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s;
	tern_conn client, server;
	uint8_t bytes[64];

	pair_open(p, &client, &server);
	s = pair_stack(p, SERVER);
	assert_int_equal(tern_peek(s, server, bytes, sizeof(bytes)), -EAGAIN);
	assert_int_equal(tern_discard(s, server, 1), -EAGAIN);
	tern_send(pair_stack(p, CLIENT), client, stream, 20);
	pair_settle(p);
	assert_int_equal(tern_peek(s, server, bytes, sizeof(bytes)), 20);
	assert_int_equal(tern_peek(s, server, bytes, 5), 5);
	assert_int_equal(tern_discard(s, server, 8), 8);
	assert_int_equal(tern_recv(s, server, bytes, sizeof(bytes)), 12);
	assert_memory_equal(bytes, stream + 8, 12);
	assert_int_equal(tern_recv(s, server, bytes, sizeof(bytes)), -EAGAIN);
}

static void
readable_waits_for_its_low_water_mark(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(pair_stack(p, SERVER), server, TERN_OPT_RCVLOWAT, 100);
	tern_send(pair_stack(p, CLIENT), client, stream, 99);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_READABLE), 0);
	tern_send(pair_stack(p, CLIENT), client, stream, 1);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_READABLE), 1);
}

static void
the_end_is_readable_below_the_low_water_mark(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(pair_stack(p, SERVER), server, TERN_OPT_RCVLOWAT, 100);
	tern_send(pair_stack(p, CLIENT), client, stream, 10);
	tern_shutdown(pair_stack(p, CLIENT), client);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_READABLE), 1);
}

static void
lowering_the_mark_below_what_waits_is_readable(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(pair_stack(p, SERVER), server, TERN_OPT_RCVLOWAT, 100);
	tern_send(pair_stack(p, CLIENT), client, stream, 50);
	pair_settle(p);
	tern_set(pair_stack(p, SERVER), server, TERN_OPT_RCVLOWAT, 20);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_READABLE), 1);
}

static void
a_reader_that_waits_for_more_than_fits_is_told_when_the_window_closes(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(pair_stack(p, SERVER), server, TERN_OPT_RCVBUF, 8192);
	tern_set(pair_stack(p, SERVER), server, TERN_OPT_RCVLOWAT, 1 << 20);
	tern_send(pair_stack(p, CLIENT), client, stream, 200000);
	pair_run(p, 1000);
	assert_true(pair_told(p, SERVER, server, TERN_READABLE) >= 1);
}

static void
the_end_of_the_stream_is_zero_again_and_again(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	char byte;

	pair_open(p, &client, &server);
	tern_shutdown(pair_stack(p, CLIENT), client);
	pair_settle(p);
	assert_int_equal(pair_told(p, SERVER, server, TERN_PEER_CLOSED | TERN_READABLE), 1);
	assert_int_equal(tern_recv(pair_stack(p, SERVER), server, &byte, 1), 0);
	assert_int_equal(tern_recv(pair_stack(p, SERVER), server, &byte, 1), 0);
	assert_int_equal(tern_peek(pair_stack(p, SERVER), server, &byte, 1), 0);
}

static void
close_sends_all_that_was_queued(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, sizeof(stream)), sizeof(stream));
	tern_close(pair_stack(p, CLIENT), client);
	for (int i = 0; i < 100; i++) {
		pair_run(p, 10);
		pair_read(p, SERVER, server, &read);
	}
	assert_int_equal(read, sizeof(stream));
	assert_int_equal(pair_told(p, SERVER, server, TERN_PEER_CLOSED), 1);
}

static void
sent_is_told_when_all_is_acknowledged(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), client, TERN_OPT_NOTIFY_SENT, 1), 0);
	p->end[SERVER].deaf = true;
	tern_send(pair_stack(p, CLIENT), client, stream, 5000);
	pair_run(p, 100);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_SENT), 0);
	p->end[SERVER].deaf = false;
	pair_run(p, 1000);
	assert_true(pair_told(p, CLIENT, client, TERN_SENT) >= 1);
	assert_int_equal(pair_info(p, CLIENT, client).unacked, 0);
}

/* What arrives is what was sent, however the link and its sums are. */
static void
a_bulk_transfer_arrives_byte_for_byte(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	pair_transfer(p, CLIENT, client, server, 1000000);
	pair_transfer(p, SERVER, server, client, 300000);
	assert_int_equal(pair_stats(p, CLIENT).drops[TERN_DROP_TCP_CHECKSUM], 0);
	assert_int_equal(pair_stats(p, SERVER).retransmits_data, 0);
}

static void
a_lossy_transfer_arrives_byte_for_byte(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	for (int i = 0; i < 20; i++) {
		p->end[CLIENT].loses = (uint32_t)i % 4;
		pair_transfer(p, CLIENT, client, 0, 8000);
		pair_run(p, 3000);
		assert_int_equal(tern_discard(pair_stack(p, SERVER), server, 8000), 8000);
	}
	assert_true(pair_stats(p, CLIENT).retransmits_data > 0);
}

static void
small_sends_lost_together_come_back_together(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	/* one segment of a dozen small records, lost, and enough behind it for three duplicate ACKs */
	p->end[CLIENT].loses = 1;
	for (uint32_t i = 0; i < 12; i++)
		assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream + i * 96, 96), 96);
	pair_settle(p);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream + 1152 + i * 10, 10), 10);
		pair_settle(p);
	}
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, 1152 + 40);
	assert_int_equal(pair_stats(p, CLIENT).fast_retransmits, 1);
	assert_int_equal(pair_stats(p, CLIENT).rto_fired, 0);
	assert_in_range(pair_stats(p, CLIENT).retransmits_data, 1, 2);
}

/* ---- options */

static void
what_is_set_is_what_is_got(void **state)
{
	static const struct {
		enum tern_option_id id;
		uint64_t value;
	} cases[] = {
		{ TERN_OPT_NODELAY, 0 }, { TERN_OPT_NODELAY, 1 }, { TERN_OPT_USER_TIMEOUT, 12345 }, { TERN_OPT_SNDBUF, 4321 },
		{ TERN_OPT_RCVBUF, 54321 }, { TERN_OPT_SNDLOWAT, 17 }, { TERN_OPT_RCVLOWAT, 19 }, { TERN_OPT_NOTIFY_SENT, 1 },
		{ TERN_OPT_DSCP, 46 }, { TERN_OPT_TTL, 9 }, { TERN_OPT_R1, 5 }, { TERN_OPT_KEEPALIVE, 1 },
		{ TERN_OPT_KEEPIDLE, 12345 }, { TERN_OPT_KEEPINTVL, 678 }, { TERN_OPT_KEEPCNT, 4 }, { TERN_OPT_LINGER, 5000 },
		{ TERN_OPT_TELL_ERRORS, 0 }, { TERN_OPT_ACCOUNT, 1 }, { TERN_OPT_ACCOUNT, 0 }, { TERN_OPT_MSS, 1448 },
		{ TERN_OPT_CONGESTION, TERN_CONGESTION_NEWRENO }, { TERN_OPT_CONGESTION, TERN_CONGESTION_NONE },
		{ TERN_OPT_CONGESTION, TERN_CONGESTION_CUBIC }, { TERN_OPT_PACING, 1 }, { TERN_OPT_MAX_PACING_RATE, 123456 },
		{ TERN_OPT_MAX_PACING_RATE, 0 }, { TERN_OPT_PACING, 0 },
	};
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(tern_set(pair_stack(p, CLIENT), client, cases[i].id, cases[i].value), 0);
		assert_int_equal(pair_option(p, CLIENT, client, cases[i].id), cases[i].value);
	}
	assert_int_equal(pair_option(p, CLIENT, client, TERN_OPT_MSS), 1448);
}

static void
values_out_of_range_are_invalid(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client, server;

	pair_open(p, &client, &server);
	assert_int_equal(tern_set(s, client, TERN_OPT_NODELAY, 2), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_SNDBUF, 0), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_RCVBUF, UINT64_C(1) << 40), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_USER_TIMEOUT, UINT64_C(1) << 32), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_MSS, 47), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_DSCP, 64), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_TTL, 0), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_CONGESTION, TERN_CONGESTION_NONE + 1), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_PACING, 2), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_MAX_PACING_RATE, 999), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_R1, 256), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_KEEPALIVE, 2), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_KEEPIDLE, 0), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_KEEPINTVL, 32767001), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_KEEPCNT, 128), -EINVAL);
	assert_int_equal(tern_set(s, client, TERN_OPT_LINGER, UINT64_C(1) << 31), -EINVAL);
	assert_int_equal(tern_set(s, client, (enum tern_option_id)99, 1), -ENOPROTOOPT);
}

static void
nagle_keeps_a_small_segment_back_until_the_first_is_acknowledged(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(pair_stack(p, CLIENT), client, TERN_OPT_NODELAY, 0);
	p->end[SERVER].deaf = true;
	tern_send(pair_stack(p, CLIENT), client, stream, 10);
	pair_settle(p);
	tern_send(pair_stack(p, CLIENT), client, stream, 10);
	pair_settle(p);
	assert_int_equal(pair_info(p, CLIENT, client).unsent, 10);
	tern_set(pair_stack(p, CLIENT), client, TERN_OPT_NODELAY, 1);
	pair_settle(p);
	assert_int_equal(pair_info(p, CLIENT, client).unsent, 0);
}

static void
a_user_timeout_set_before_the_handshake_outlives_it(void **state)
{
	struct pair *p = *state;
	struct tern_listen_options o = TERN_LISTEN_INIT;
	tern_conn client;

	o.port = PAIR_PORT;
	assert_int_equal(tern_listen(pair_stack(p, SERVER), &o, &p->listener), 0);
	client = pair_connect(p);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), client, TERN_OPT_USER_TIMEOUT, 3000), 0);
	pair_settle(p);
	assert_int_equal(pair_option(p, CLIENT, client, TERN_OPT_USER_TIMEOUT), 3000);
	p->end[SERVER].deaf = true;
	tern_send(pair_stack(p, CLIENT), client, stream, 10);
	pair_run(p, 2500);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 0);
	pair_run(p, 1000);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CLOSED)->reason, TERN_CLOSE_USER_TIMEOUT);
}

/* Two gigabytes later the number of a short segment looks like one that is still to come. */
static void
a_short_segment_of_long_ago_holds_nothing_back(void **state)
{
	const uint32_t mss = 1448;
	struct pair *p = *state;
	tern_conn client, server;
	struct tcp_extra *x;
	struct tcp_conn *c;
	uint32_t read = 0;
	struct tcp *tcp;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 10), 10);
	pair_run(p, 100);
	tcp = &pair_stack(p, CLIENT)->tcp;
	c = tcp_conn_get(tcp, client);
	assert_true(c->extra != 0);
	x = tcp_extra_at(tcp, c->extra);
	assert_true(x->sent_small && x->small_end == c->snd_una);
	x->small_end += INT32_MAX;
	p->end[CLIENT].deaf = true;
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream + 10, mss + 100), mss + 100);
	pair_settle(p);
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, 10 + mss + 100);
	p->end[CLIENT].deaf = false;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)
#define CASE_ON(name, start) { #name " (" #start ")", name, start, end, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_short_send_is_told_when_there_is_room),
		CASE(a_full_send_is_not_told),
		CASE(options_set_behind_connect_hold_for_its_syn),
		CASE(writable_waits_for_its_low_water_mark),
		CASE(a_low_water_mark_above_the_buffer_is_the_buffer),
		CASE(peek_leaves_and_discard_takes),
		CASE(readable_waits_for_its_low_water_mark),
		CASE(the_end_is_readable_below_the_low_water_mark),
		CASE(lowering_the_mark_below_what_waits_is_readable),
		CASE(a_reader_that_waits_for_more_than_fits_is_told_when_the_window_closes),
		CASE(the_end_of_the_stream_is_zero_again_and_again),
		CASE(close_sends_all_that_was_queued),
		CASE(sent_is_told_when_all_is_acknowledged),
		CASE_ON(a_bulk_transfer_arrives_byte_for_byte, start),
		CASE_ON(a_bulk_transfer_arrives_byte_for_byte, start_linear),
		CASE_ON(a_bulk_transfer_arrives_byte_for_byte, start_offload),
		CASE_ON(a_bulk_transfer_arrives_byte_for_byte, start_v6),
		CASE_ON(a_bulk_transfer_arrives_byte_for_byte, start_v6_offload),
		CASE(a_lossy_transfer_arrives_byte_for_byte),
		CASE(small_sends_lost_together_come_back_together),
		CASE(what_is_set_is_what_is_got),
		CASE(values_out_of_range_are_invalid),
		CASE(nagle_keeps_a_small_segment_back_until_the_first_is_acknowledged),
		CASE_ON(a_short_segment_of_long_ago_holds_nothing_back, start_minshall),
		CASE(a_user_timeout_set_before_the_handshake_outlives_it),
	};

	return cmocka_run_group_tests(tests, fill_stream, NULL);
}
