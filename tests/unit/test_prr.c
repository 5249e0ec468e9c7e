/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* How much proportional rate reduction lets go for an ACK (RFC 9937, 6), in segments of 1000 bytes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tcp/tcp.h"

#define MSS 1000u

/* A flight, of which some segments are lost, until all that is sent again is acknowledged. @return what was sent meanwhile */
static uint32_t
recover(uint32_t flight, uint32_t ssthresh, uint32_t lost, uint32_t *pipe)
{
	struct tcp_prr p = { .recover_fs = flight * MSS, .ssthresh = ssthresh * MSS, .mss = MSS };

	p.pipe = (flight - lost) * MSS;
	for (uint32_t i = 0; i < flight - lost; i++) {
		struct tcp_ack_news news = { .delivered = MSS, .lost = i == 0 ? lost * MSS : 0 };

		p.pipe -= MSS;
		p.delivered += MSS;
		for (uint32_t may = tcp_prr_sndcnt(&p, &news); may >= MSS; may -= MSS) {
			p.out += MSS;
			p.pipe += MSS;
		}
	}
	*pipe = p.pipe;
	return p.out;
}

static void
a_small_loss_shrinks_the_flight_in_proportion(void **state)
{
	uint32_t pipe;

	(void)state;
	/* 19 of 20 are delivered: for each two of them one goes, until no more is in flight than shall be */
	assert_in_range(recover(20, 10, 1, &pipe), 9 * MSS, 11 * MSS);
	assert_in_range(pipe, 9 * MSS, 10 * MSS);
	/* CUBIC's seven tenths */
	assert_in_range(recover(100, 70, 1, &pipe), 68 * MSS, 71 * MSS);
	assert_in_range(pipe, 68 * MSS, 70 * MSS);
}

static void
a_heavy_loss_sends_no_more_than_is_delivered(void **state)
{
	uint32_t pipe;

	(void)state;
	assert_int_equal(recover(20, 10, 15, &pipe), 5 * MSS);
	assert_int_equal(pipe, 5 * MSS);
}

static void
the_first_segment_goes_whatever_the_sum_says(void **state)
{
	struct tcp_prr p = { .delivered = MSS, .recover_fs = 100 * MSS, .ssthresh = 50 * MSS, .pipe = 90 * MSS, .mss = MSS };
	struct tcp_ack_news news = { .delivered = MSS, .lost = MSS };

	(void)state;
	assert_int_equal(tcp_prr_sndcnt(&p, &news), MSS);
	p.out = MSS;
	assert_int_equal(tcp_prr_sndcnt(&p, &news), 0);
}

static void
progress_without_new_losses_adds_a_segment(void **state)
{
	struct tcp_prr p = { .delivered = 3 * MSS, .out = 2 * MSS, .recover_fs = 20 * MSS, .ssthresh = 10 * MSS, .pipe = 4 * MSS,
			     .mss = MSS };
	struct tcp_ack_news news = { .delivered = MSS, .acked = MSS };

	(void)state;
	assert_int_equal(tcp_prr_sndcnt(&p, &news), 2 * MSS);
	news.lost = MSS;
	assert_int_equal(tcp_prr_sndcnt(&p, &news), MSS);
	/* and never beyond ssthresh */
	news.lost = 0;
	p.pipe = 10 * MSS;
	assert_int_equal(tcp_prr_sndcnt(&p, &news), 0);
}

static void
what_a_timer_finds_lost_is_not_kept_waiting(void **state)
{
	struct tcp_prr p = { .delivered = 3 * MSS, .out = 3 * MSS, .recover_fs = 20 * MSS, .ssthresh = 10 * MSS, .pipe = 2 * MSS,
			     .mss = MSS };
	struct tcp_ack_news news = { .lost = 2 * MSS };

	(void)state;
	assert_int_equal(tcp_prr_sndcnt(&p, &news), MSS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_loss_shrinks_the_flight_in_proportion),
		cmocka_unit_test(a_heavy_loss_sends_no_more_than_is_delivered),
		cmocka_unit_test(the_first_segment_goes_whatever_the_sum_says),
		cmocka_unit_test(progress_without_new_losses_adds_a_segment),
		cmocka_unit_test(what_a_timer_finds_lost_is_not_kept_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
