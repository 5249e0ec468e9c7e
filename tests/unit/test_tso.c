/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Two stacks whose devices cut large frames into segments. Every frame that is to be cut goes through tests/sim/cutter.c,
 * which ends the program where a driver could not work with it; receivers verify all checksums.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "core/mbuf.h"
#include "pair.h"

#define MSS 1448u              /* of IPv4, with timestamps */
#define MSS_V6 1428u

static uint8_t stream[600000];

static int
fill_stream(void **state)
{
	(void)state;
	pair_fill(stream, sizeof(stream));
	return 0;
}

static int
start_with(void **state, const struct pair_setup *more)
{
	struct pair_setup setup = *more;

	setup.tso = true;
	*state = pair_new(&setup);
	return 0;
}

static int
start(void **state)
{
	struct pair_setup setup = pair_setup();

	return start_with(state, &setup);
}

/* Nobody cuts: what comes is one frame, as from a device that puts segments together. */
static int
start_large(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.offload = setup.large = true;
	*state = pair_new(&setup);
	return 0;
}

static int
start_v6(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.v6 = true;
	return start_with(state, &setup);
}

static int
start_nagle(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[CLIENT].nodelay = false;
	return start_with(state, &setup);
}

static int
start_ecn(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.tcp[CLIENT].ecn = TCP_ECN_ON;
	return start_with(state, &setup);
}

static int
end(void **state)
{
	return pair_free(*state) ? 0 : -1;
}

static void
send_all(struct pair *p, tern_conn c, uint32_t length)
{
	assert_int_equal(tern_send(pair_stack(p, CLIENT), c, stream, length), length);
}

static void
bytes_arrive_in_fewer_frames(struct pair *p, uint32_t mss)
{
	uint64_t segments;
	tern_conn c, s;

	pair_open(p, &c, &s);
	segments = pair_stats(p, CLIENT).tcp_tx_segments;
	pair_transfer(p, CLIENT, c, s, sizeof(stream));
	segments = pair_stats(p, CLIENT).tcp_tx_segments - segments;
	assert_int_equal(p->end[CLIENT].longest, mss);
	assert_true(p->end[CLIENT].cuts > 0);
	/* with acknowledgments of what the other side said, and last ones of a piece */
	assert_true(segments >= sizeof(stream) / mss);
	assert_true(p->end[CLIENT].cuts * 4 < segments);
	assert_int_equal(pair_stats(p, CLIENT).retransmits_data, 0);
	assert_int_equal(pair_stats(p, SERVER).drops[TERN_DROP_TCP_CHECKSUM], 0);
}

static void
bulk_data_goes_in_frames_of_many_segments(void **state)
{
	bytes_arrive_in_fewer_frames(*state, MSS);
}

static void
over_ipv6_as_well(void **state)
{
	bytes_arrive_in_fewer_frames(*state, MSS_V6);
}

static void
what_is_sent_is_counted_as_the_wire_sees_it(void **state)
{
	struct pair *p = *state;
	struct tern_stats before, sent, got;
	tern_conn c, s;

	pair_open(p, &c, &s);
	pair_settle(p);
	before = pair_stats(p, CLIENT);
	got = pair_stats(p, SERVER);
	send_all(p, c, 9 * MSS);
	pair_settle(p);
	sent = pair_stats(p, CLIENT);
	assert_int_equal(p->end[CLIENT].cuts, 1);
	assert_int_equal(sent.tx_packets - before.tx_packets, 9);
	assert_int_equal(sent.tcp_tx_segments - before.tcp_tx_segments, 9);
	assert_int_equal(sent.tx_bytes - before.tx_bytes, pair_stats(p, SERVER).rx_bytes - got.rx_bytes);
	assert_int_equal(pair_stats(p, SERVER).rx_packets - got.rx_packets, 9);
}

static void
one_lost_segment_is_sent_again_alone(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	p->end[CLIENT].loses_of_cut = 3;
	send_all(p, c, 10 * MSS);
	pair_run(p, 2000);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 10 * MSS);
	assert_int_equal(pair_stats(p, CLIENT).retransmits_data, 1);
}

static void
a_short_end_and_the_fin_ride_along(void **state)
{
	struct pair *p = *state;
	uint64_t frames;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	send_all(p, c, 4 * MSS + 100);
	assert_int_equal(tern_close(pair_stack(p, CLIENT), c), 0);
	frames = pair_stats(p, CLIENT).tx_packets;
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 4 * MSS + 100);
	assert_int_equal(pair_told(p, SERVER, s, TERN_PEER_CLOSED), 1);
	assert_int_equal(p->end[CLIENT].cuts, 1);
	assert_int_equal(pair_stats(p, CLIENT).tx_packets - frames, 5);
}

static void
nagle_holds_the_short_end_back(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	p->end[CLIENT].deaf = true;
	send_all(p, c, 4 * MSS + 100);
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 4 * MSS);
	p->end[CLIENT].deaf = false;
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 4 * MSS + 100);
}

static void
a_frame_stays_within_the_congestion_window(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	p->end[CLIENT].deaf = true;
	send_all(p, c, 50 * MSS);
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 10 * MSS);
}

static void
small_sends_are_cut_where_segments_end(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	for (uint32_t sent = 0; sent < 8000; sent += 80)
		assert_int_equal(tern_send(pair_stack(p, CLIENT), c, stream + sent, 80), 80);
	p->end[CLIENT].loses_of_cut = 2;
	pair_run(p, 2000);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 8000);
	assert_int_equal(pair_stats(p, CLIENT).retransmits_data, 1);
}

static void
memory_by_reference_is_cut_too(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), c, stream, 60000, 1), 60000);
	for (uint32_t i = 0; i < 50 && read < 60000; i++) {
		pair_run(p, 10);
		pair_read(p, SERVER, s, &read);
	}
	assert_int_equal(read, 60000);
	assert_true(p->end[CLIENT].cuts > 0);
	/* the last references go with the frames, which are the wire's no more */
	pair_settle(p);
}

/* RFC 3168, 6.1.2: it stands on the first new data after the reduction, on one segment; cutter.c refuses it otherwise. */
static void
reduced_is_said_by_one_segment(void **state)
{
	struct pair *p = *state;
	tern_conn c, s;

	pair_open(p, &c, &s);
	p->end[CLIENT].marks = 1;
	pair_transfer(p, CLIENT, c, s, 400000);
	assert_int_equal(pair_stats(p, CLIENT).ecn_reductions, 1);
	assert_true(p->end[CLIENT].cuts > 0);
	assert_true(p->end[CLIENT].reductions_told == 1);
}

static void
urgent_data_goes_in_segments_of_its_own(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	assert_int_equal(tern_send_urgent(pair_stack(p, CLIENT), c, stream, 4 * MSS), 4 * MSS);
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 4 * MSS);
	assert_int_equal(p->end[CLIENT].cuts, 0);
}

static void
a_large_frame_is_acknowledged_as_its_segments_would_be(void **state)
{
	struct pair *p = *state;
	uint64_t acks, packets, bytes;
	tern_conn c, s;

	pair_open(p, &c, &s);
	pair_transfer(p, CLIENT, c, s, 200000);
	pair_run(p, 100);
	packets = pair_stats(p, SERVER).rx_packets;
	bytes = pair_stats(p, SERVER).rx_bytes;
	acks = pair_stats(p, SERVER).tcp_tx_segments;
	p->end[CLIENT].longest = 0;
	send_all(p, c, 32 * MSS);
	pair_settle(p);
	assert_int_equal(p->end[CLIENT].longest, 32 * MSS);
	assert_int_equal(pair_stats(p, SERVER).rx_packets - packets, 32);
	assert_int_equal(pair_stats(p, SERVER).rx_bytes - bytes, 32 * (MSS + 66));
	/* one for eight full segments, by default */
	assert_int_equal(pair_stats(p, SERVER).tcp_tx_segments - acks, 4);
}

static int
start_uncut(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.offload = true;
	*state = pair_new(&setup);
	return 0;
}

static int
start_bursts(void **state)
{
	struct pair_setup setup = pair_setup();

	setup.offload = true;
	setup.burst = 64;
	*state = pair_new(&setup);
	return 0;
}

/* Those of a burst go through TCP as one (lib/stack/merge.c), and nobody is to see it. */
static void
segments_that_are_merged_are_acknowledged_as_before(void **state)
{
	struct pair *p = *state;
	uint64_t acks, packets;
	tern_conn c, s;

	pair_open(p, &c, &s);
	pair_transfer(p, CLIENT, c, s, 200000);
	pair_run(p, 100);
	packets = pair_stats(p, SERVER).rx_packets;
	acks = pair_stats(p, SERVER).tcp_tx_segments;
	send_all(p, c, 32 * MSS);
	pair_settle(p);
	assert_int_equal(pair_stats(p, SERVER).rx_packets - packets, 32);
	assert_int_equal(pair_stats(p, SERVER).tcp_tx_segments - acks, 4);
}

/* A segment's length has 16 bits, a burst may hold more. */
static void
no_more_is_merged_than_a_segment_can_be(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	pair_transfer(p, CLIENT, c, s, 400000);
	pair_run(p, 100);
	assert_true(pair_info(p, CLIENT, c).cwnd >= 60 * MSS);
	/* until the bursts are as large again as they were before so much came */
	for (unsigned int i = 0; i < 64; i++) {
		assert_int_equal(tern_send(pair_stack(p, CLIENT), c, &stream[i], 1), 1);
		pair_settle(p);
	}
	p->end[SERVER].deaf = true;
	assert_int_equal(tern_send(pair_stack(p, CLIENT), c, &stream[64], 60 * MSS), 60 * MSS);
	pair_settle(p);
	p->end[SERVER].deaf = false;
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 64 + 60 * MSS);
	assert_int_equal(pair_stats(p, CLIENT).retransmits_data, 0);
}

static void
segments_out_of_order_are_not_merged(void **state)
{
	struct pair *p = *state;
	tern_conn c, s;

	pair_open(p, &c, &s);
	pair_transfer(p, CLIENT, c, s, 200000);
	pair_run(p, 100);
	p->end[CLIENT].loses = 1;
	send_all(p, c, 10 * MSS);
	pair_settle(p);
	assert_int_equal(pair_stats(p, SERVER).duplicate_acks_tx, 9);
}

/* At 1,000,000 bytes a second two segments go at once: a frame of more would be a burst. */
static void
a_frame_of_a_paced_connection_is_no_burst(void **state)
{
	struct pair *p = *state;
	tern_conn c, s;

	pair_open(p, &c, &s);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), c, TERN_OPT_MAX_PACING_RATE, 1000000), 0);
	send_all(p, c, 8 * MSS);
	pair_settle(p);
	assert_true(p->end[CLIENT].cuts > 0);
	assert_in_range(pair_info(p, CLIENT, c).unsent, 2 * MSS, 6 * MSS);
	pair_run(p, 20);
	assert_int_equal(pair_info(p, CLIENT, c).unsent, 0);
}

/* TERN_OPT_CORK: a short end waits, also where it would ride along in a frame of full segments. */
static void
a_cork_holds_the_short_end_back(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), c, TERN_OPT_CORK, 1), 0);
	send_all(p, c, 4 * MSS + 100);
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 4 * MSS);
	assert_int_equal(p->end[CLIENT].cuts, 1);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), c, TERN_OPT_CORK, 0), 0);
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 4 * MSS + 100);
}

/* TERN_OPT_EOR: no segment has bytes of both sides, so that the frame ends there, too. */
static void
a_frame_ends_where_a_record_does(void **state)
{
	struct pair *p = *state;
	uint64_t segments;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	segments = pair_stats(p, CLIENT).tcp_tx_segments;
	send_all(p, c, 2 * MSS + 100);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), c, TERN_OPT_EOR, 1), 0);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), c, &stream[2 * MSS + 100], 3 * MSS), 3 * MSS);
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 5 * MSS + 100);
	/* two full ones and a short one, and three */
	assert_int_equal(pair_stats(p, CLIENT).tcp_tx_segments - segments, 6);
	assert_int_equal(p->end[CLIENT].cuts, 2);
}

/* Where it stands at a full segment's end the frame has no short one. */
static void
a_frame_ends_at_a_record_of_full_segments(void **state)
{
	struct pair *p = *state;
	uint32_t read = 0;
	tern_conn c, s;

	pair_open(p, &c, &s);
	send_all(p, c, 2 * MSS);
	assert_int_equal(tern_set(pair_stack(p, CLIENT), c, TERN_OPT_EOR, 1), 0);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), c, &stream[2 * MSS], 3 * MSS), 3 * MSS);
	pair_settle(p);
	pair_read(p, SERVER, s, &read);
	assert_int_equal(read, 5 * MSS);
	assert_int_equal(p->end[CLIENT].cuts, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bulk_data_goes_in_frames_of_many_segments),
		cmocka_unit_test_setup_teardown(over_ipv6_as_well, start_v6, end),
		CASE(what_is_sent_is_counted_as_the_wire_sees_it),
		CASE(one_lost_segment_is_sent_again_alone),
		CASE(a_short_end_and_the_fin_ride_along),
		cmocka_unit_test_setup_teardown(nagle_holds_the_short_end_back, start_nagle, end),
		CASE(a_frame_stays_within_the_congestion_window),
		CASE(a_frame_of_a_paced_connection_is_no_burst),
		CASE(small_sends_are_cut_where_segments_end),
		CASE(memory_by_reference_is_cut_too),
		cmocka_unit_test_setup_teardown(reduced_is_said_by_one_segment, start_ecn, end),
		cmocka_unit_test_setup_teardown(a_large_frame_is_acknowledged_as_its_segments_would_be, start_large, end),
		cmocka_unit_test_setup_teardown(segments_that_are_merged_are_acknowledged_as_before, start_uncut, end),
		cmocka_unit_test_setup_teardown(no_more_is_merged_than_a_segment_can_be, start_bursts, end),
		cmocka_unit_test_setup_teardown(segments_out_of_order_are_not_merged, start_uncut, end),
		CASE(urgent_data_goes_in_segments_of_its_own),
		CASE(a_cork_holds_the_short_end_back),
		CASE(a_frame_ends_where_a_record_does),
		CASE(a_frame_ends_at_a_record_of_full_segments),
	};

	return cmocka_run_group_tests(tests, fill_stream, NULL);
}
