/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frames.h"

#define OPT(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

/* A header with these flags and options, padded to words with EOL. */
static uint32_t
header_with(uint8_t *p, uint8_t flags, const uint8_t *options, size_t length)
{
	uint32_t header = (uint32_t)(TCP_HEADER + (length + 3) / 4 * 4);

	memset(p, 0, header);
	p[12] = (uint8_t)(header / 4 << 4);
	p[13] = flags;
	memcpy(p + TCP_HEADER, options, length);
	return header;
}

static int
parse_options(struct tcp_segment *s, uint8_t flags, const uint8_t *options, size_t length)
{
	uint8_t bytes[60];
	uint32_t header = header_with(bytes, flags, options, length);
	uint8_t *p = exact_copy(bytes, header);
	int result = tcp_parse(s, p, header, header);

	free(p);
	return result;
}

static void
every_field_is_read(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(tcp_parse(&s, tcp4_frame + 34, 37, 37), 0);
	assert_int_equal(s.sport, 40000);
	assert_int_equal(s.dport, 80);
	assert_int_equal(s.seq, 0xfffffff0);
	assert_int_equal(s.ack, 0x01020304);
	assert_int_equal(s.flags, TCP_ACK | TCP_PSH);
	assert_int_equal(s.window, 0xfaf0);
	assert_int_equal(s.urgent, 0);
	assert_int_equal(s.header, 32);
	assert_int_equal(s.payload, 5);
	assert_int_equal(s.opt.present, TCP_OPT_TIMESTAMP);
	assert_int_equal(s.opt.tsval, 0x11223344);
	assert_int_equal(s.opt.tsecr, 0x55667788);
	assert_int_equal(s.opt.sacks, 0);
}

static void
the_urgent_pointer_and_all_flags_are_read(void **state)
{
	uint8_t p[TCP_HEADER] = { [12] = 5 << 4, [13] = 0xff, [18] = 0x12, [19] = 0x34 };
	struct tcp_segment s;

	(void)state;
	assert_int_equal(tcp_parse(&s, p, sizeof(p), sizeof(p)), 0);
	assert_int_equal(s.flags, TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG | TCP_ECE | TCP_CWR);
	assert_int_equal(s.urgent, 0x1234);
	assert_int_equal(s.payload, 0);
	assert_int_equal(s.opt.present, 0);
}

static void
every_prefix_of_a_header_is_refused(void **state)
{
	struct tcp_segment s;

	(void)state;
	for (uint32_t n = 0; n < 32; n++) {
		uint8_t *p = exact_copy(tcp4_frame + 34, n);

		assert_int_equal(tcp_parse(&s, p, n, n), -TERN_DROP_TCP_HEADER);
		/* all of it came, but the rest of the header lies in the next mbuf */
		assert_int_equal(tcp_parse(&s, p, n, 37), -TERN_DROP_SHORT);
		free(p);
	}
}

static void
payload_may_lie_in_the_next_mbuf(void **state)
{
	uint8_t *p = exact_copy(tcp4_frame + 34, 32);
	struct tcp_segment s;

	(void)state;
	assert_int_equal(tcp_parse(&s, p, 32, 1032), 0);
	assert_int_equal(s.payload, 1000);
	free(p);
}

static void
a_data_offset_below_five_words_is_refused(void **state)
{
	uint8_t p[TCP_HEADER] = { 0 };
	struct tcp_segment s;

	(void)state;
	for (unsigned int words = 0; words < 5; words++) {
		p[12] = (uint8_t)(words << 4);
		assert_int_equal(tcp_parse(&s, p, sizeof(p), sizeof(p)), -TERN_DROP_TCP_HEADER);
	}
}

static void
a_data_offset_beyond_the_segment_is_refused(void **state)
{
	uint8_t p[TCP_HEADER] = { [12] = 6 << 4 };
	struct tcp_segment s;

	(void)state;
	assert_int_equal(tcp_parse(&s, p, sizeof(p), sizeof(p)), -TERN_DROP_TCP_HEADER);
}

static void
a_syn_of_linux_is_read(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7)), 0);
	assert_int_equal(s.opt.present, TCP_OPT_MSS | TCP_OPT_WSCALE | TCP_OPT_SACK_OK | TCP_OPT_TIMESTAMP);
	assert_int_equal(s.opt.mss, 1460);
	assert_int_equal(s.opt.wscale, 7);
	assert_int_equal(s.opt.tsval, 1);
	assert_int_equal(s.opt.tsecr, 2);
	assert_int_equal(s.header, 40);
}

static void
the_options_of_such_a_syn_mean_the_same_in_any_order(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(1, 3, 3, 15, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 2, 4, 0x05, 0xb4)), 0);
	assert_int_equal(s.opt.present, TCP_OPT_MSS | TCP_OPT_WSCALE | TCP_OPT_SACK_OK | TCP_OPT_TIMESTAMP);
	assert_int_equal(s.opt.mss, 1460);
	assert_int_equal(s.opt.wscale, 14);
	assert_int_equal(s.opt.tsval, 1);
	assert_int_equal(s.opt.tsecr, 2);
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 15)), 0);
	assert_int_equal(s.opt.wscale, 14);
	assert_int_equal(parse_options(&s, TCP_ACK, OPT(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7)), 0);
	assert_int_equal(s.opt.present, TCP_OPT_TIMESTAMP);
}

static void
options_of_a_syn_are_ignored_elsewhere(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(parse_options(&s, TCP_ACK, OPT(2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7)), 0);
	assert_int_equal(s.opt.present, 0);
}

static void
a_window_scale_above_14_counts_as_14(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(3, 3, 14)), 0);
	assert_int_equal(s.opt.wscale, 14);
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(3, 3, 15)), 0);
	assert_int_equal(s.opt.wscale, 14);
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(3, 3, 255)), 0);
	assert_int_equal(s.opt.wscale, 14);
}

/* MUST-64 */
static void
options_may_begin_at_any_byte(void **state)
{
	uint8_t options[40];
	struct tcp_segment s;

	(void)state;
	for (size_t nops = 0; nops <= 30; nops++) {
		memset(options, 1, sizeof(options));
		memcpy(options + nops, (const uint8_t[]){ 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 }, 10);
		assert_int_equal(parse_options(&s, TCP_ACK, options, nops + 10), 0);
		assert_int_equal(s.opt.present, TCP_OPT_TIMESTAMP);
		assert_int_equal(s.opt.tsval, 0x01020304);
		assert_int_equal(s.opt.tsecr, 0x05060708);
	}
}

static void
the_end_of_the_list_ends_it(void **state)
{
	struct tcp_segment s;

	(void)state;
	/* what follows would be impossible */
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(2, 4, 2, 0, 0, 3, 0, 0)), 0);
	assert_int_equal(s.opt.present, TCP_OPT_MSS);
}

/* MUST-6 */
static void
unknown_options_are_skipped_by_their_length(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(253, 6, 2, 4, 9, 9, 30, 2, 2, 4, 2, 0)), 0);
	assert_int_equal(s.opt.present, TCP_OPT_MSS);
	assert_int_equal(s.opt.mss, 512);
}

/* MUST-7 */
static void
impossible_lengths_are_refused(void **state)
{
	struct tcp_segment s;

	(void)state;
	for (unsigned int kind = 2; kind < 256; kind++) {
		uint8_t k = (uint8_t)kind;

		assert_int_equal(parse_options(&s, TCP_SYN, OPT(k, 0, 1, 1)), -TERN_DROP_TCP_OPTION);
		assert_int_equal(parse_options(&s, TCP_SYN, OPT(k, 1, 1, 1)), -TERN_DROP_TCP_OPTION);
		assert_int_equal(parse_options(&s, TCP_SYN, OPT(k, 5, 1, 1)), -TERN_DROP_TCP_OPTION);
		assert_int_equal(parse_options(&s, TCP_SYN, OPT(k, 255, 1, 1)), -TERN_DROP_TCP_OPTION);
		assert_int_equal(parse_options(&s, TCP_SYN, OPT(1, 1, 1, k)), -TERN_DROP_TCP_OPTION);
	}
}

static void
known_options_of_another_length_count_as_unknown(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(parse_options(&s, TCP_SYN, OPT(2, 3, 9, 3, 4, 9, 9, 4, 3, 9, 8, 9, 1, 2, 3, 4, 5, 6, 7)), 0);
	assert_int_equal(s.opt.present, 0);
	assert_int_equal(parse_options(&s, TCP_ACK, OPT(5, 2, 5, 9, 1, 2, 3, 4, 5, 6, 7)), 0);
	assert_int_equal(s.opt.present, 0);
	assert_int_equal(s.opt.sacks, 0);
}

static void
every_prefix_of_a_full_set_of_options_is_safe(void **state)
{
	static const uint8_t options[] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 3, 3, 7,
					   5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4 };
	struct tcp_segment s;

	(void)state;
	for (size_t n = 0; n <= sizeof(options); n++) {
		/* what is cut off is replaced by the end of the list, so a cut option claims bytes that are there or not */
		int result = parse_options(&s, TCP_SYN, options, n);

		assert_true(result == 0 || result == -TERN_DROP_TCP_OPTION);
		assert_in_range(s.opt.sacks, 0, 2);
	}
	assert_int_equal(parse_options(&s, TCP_SYN, options, sizeof(options)), 0);
	assert_int_equal(s.opt.sacks, 2);
}

static void
one_to_four_sack_blocks_are_read(void **state)
{
	uint8_t options[34];
	struct tcp_segment s;

	(void)state;
	for (uint8_t blocks = 1; blocks <= 4; blocks++) {
		memset(options, 0, sizeof(options));
		options[0] = 5;
		options[1] = (uint8_t)(2 + blocks * 8);
		for (uint8_t i = 0; i < 2 * blocks; i++)
			options[2 + i * 4] = (uint8_t)(0x80 + i);
		assert_int_equal(parse_options(&s, TCP_ACK, options, options[1]), 0);
		assert_int_equal(s.opt.present, TCP_OPT_SACK);
		assert_int_equal(s.opt.sacks, blocks);
		for (uint8_t i = 0; i < blocks; i++) {
			assert_int_equal(s.opt.sack[i].left, (0x80u + 2u * i) << 24);
			assert_int_equal(s.opt.sack[i].right, (0x81u + 2u * i) << 24);
		}
	}
}

static void
repeated_sack_options_leave_the_last(void **state)
{
	struct tcp_segment s;

	(void)state;
	assert_int_equal(parse_options(&s, TCP_ACK, OPT(5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4)), 0);
	assert_int_equal(s.opt.sacks, 1);
	assert_int_equal(s.opt.sack[0].left, 3);
}

/* RFC 7413, 4.1.1 */
static void
a_fast_open_cookie_has_four_to_sixteen_bytes_or_none(void **state)
{
	struct tcp_segment s;

	(void)state;
	for (uint8_t n = 0; n <= 20; n++) {
		uint8_t options[2 + 20] = { 34, (uint8_t)(2 + n), 1, 2, 3, 4 };
		bool fits = n == 0 || (n >= 4 && n <= 16 && n % 2 == 0);

		assert_int_equal(parse_options(&s, TCP_SYN, options, 2u + n), 0);
		assert_int_equal(s.opt.present, fits ? TCP_OPT_FASTOPEN : 0);
		if (!fits)
			continue;
		assert_int_equal(s.opt.fastopen.length, n);
		assert_memory_equal(s.opt.fastopen.bytes, options + 2, n);
		assert_int_equal(parse_options(&s, TCP_ACK, options, 2u + n), 0);
		assert_int_equal(s.opt.present, 0);
	}
}

static void
the_longest_cookie_fits_behind_all_options_of_a_syn(void **state)
{
	struct tcp_segment s = { .flags = TCP_SYN, .opt = {
		.present = TCP_OPT_MSS | TCP_OPT_WSCALE | TCP_OPT_SACK_OK | TCP_OPT_TIMESTAMP | TCP_OPT_FASTOPEN,
		.mss = 1460, .wscale = 7, .fastopen = { .length = 16, .bytes = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
									       15, 16 } } } };
	struct tcp_segment back;
	uint8_t p[60];

	(void)state;
	assert_int_equal(tcp_emit(p, &s), 60);
	assert_int_equal(tcp_parse(&back, p, 60, 60), 0);
	assert_int_equal(back.opt.present, s.opt.present);
	assert_int_equal(back.opt.fastopen.length, 16);
	assert_memory_equal(back.opt.fastopen.bytes, s.opt.fastopen.bytes, 16);
}

static void
a_segment_with_timestamps_is_emitted_byte_for_byte(void **state)
{
	struct tcp_segment s = { .seq = 0xfffffff0, .ack = 0x01020304, .sport = 40000, .dport = 80, .window = 0xfaf0,
				 .flags = TCP_ACK | TCP_PSH, .header = 99,
				 .opt = { .present = TCP_OPT_TIMESTAMP, .tsval = 0x11223344, .tsecr = 0x55667788 } };
	uint8_t *p = malloc(32);
	uint16_t checksum;

	(void)state;
	memset(p, 0xaa, 32);
	assert_int_equal(tcp_emit(p, &s), 32);
	assert_int_equal(p[16] | p[17], 0);
	memcpy(&checksum, tcp4_frame + 34 + 16, 2);
	tcp_set_checksum(p, checksum);
	assert_memory_equal(p, tcp4_frame + 34, 32);
	free(p);
}

static void
a_syn_is_emitted_in_the_order_of_linux(void **state)
{
	static const uint8_t wanted[] = { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7 };
	struct tcp_segment s = { .flags = TCP_SYN, .opt = {
		.present = TCP_OPT_MSS | TCP_OPT_WSCALE | TCP_OPT_SACK_OK | TCP_OPT_TIMESTAMP,
		.mss = 1460, .wscale = 7, .tsval = 1, .tsecr = 2 } };
	uint8_t p[60];

	(void)state;
	assert_int_equal(tcp_emit(p, &s), 40);
	assert_int_equal(p[12], 10 << 4);
	assert_memory_equal(p + 20, wanted, sizeof(wanted));
}

static void
every_combination_of_syn_options_comes_back(void **state)
{
	(void)state;
	for (uint8_t present = 0; present < 16; present++) {
		struct tcp_segment s = { .flags = TCP_SYN, .opt = { .present = present, .mss = 536, .wscale = 9,
								    .tsval = 0xdeadbeef, .tsecr = 0 } };
		struct tcp_segment back;
		uint8_t p[60];
		uint32_t header;

		memset(p, 0xaa, sizeof(p));
		header = tcp_emit(p, &s);
		assert_int_equal(tcp_parse(&back, p, header, header), 0);
		assert_int_equal(back.opt.present, present);
		if (present & TCP_OPT_MSS)
			assert_int_equal(back.opt.mss, 536);
		if (present & TCP_OPT_WSCALE)
			assert_int_equal(back.opt.wscale, 9);
		if (present & TCP_OPT_TIMESTAMP)
			assert_int_equal(back.opt.tsval, 0xdeadbeef);
	}
}

static void
sack_blocks_are_emitted_as_far_as_they_fit(void **state)
{
	struct tcp_segment s = { .flags = TCP_ACK, .opt = { .present = TCP_OPT_SACK, .sacks = 4,
		.sack = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 0xffffffff } } } };
	struct tcp_segment back;
	uint8_t *p = malloc(60);
	uint32_t header = tcp_emit(p, &s);

	(void)state;
	assert_int_equal(header, 20 + 4 + 32);
	assert_int_equal(tcp_parse(&back, p, header, header), 0);
	assert_int_equal(back.opt.sacks, 4);
	assert_int_equal(back.opt.sack[3].right, 0xffffffff);
	s.opt.present |= TCP_OPT_TIMESTAMP;
	header = tcp_emit(p, &s);
	assert_int_equal(header, 20 + 12 + 4 + 24);
	assert_int_equal(tcp_parse(&back, p, header, header), 0);
	assert_int_equal(back.opt.present, TCP_OPT_SACK | TCP_OPT_TIMESTAMP);
	assert_int_equal(back.opt.sacks, 3);
	assert_int_equal(back.opt.sack[0].left, 1);
	free(p);
}

static void
no_sack_blocks_make_no_option(void **state)
{
	struct tcp_segment s = { .flags = TCP_ACK, .opt = { .present = TCP_OPT_SACK, .sacks = 0 } };
	uint8_t p[60];

	(void)state;
	assert_int_equal(tcp_emit(p, &s), TCP_HEADER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(the_urgent_pointer_and_all_flags_are_read),
		cmocka_unit_test(every_prefix_of_a_header_is_refused),
		cmocka_unit_test(payload_may_lie_in_the_next_mbuf),
		cmocka_unit_test(a_data_offset_below_five_words_is_refused),
		cmocka_unit_test(a_data_offset_beyond_the_segment_is_refused),
		cmocka_unit_test(a_syn_of_linux_is_read),
		cmocka_unit_test(the_options_of_such_a_syn_mean_the_same_in_any_order),
		cmocka_unit_test(options_of_a_syn_are_ignored_elsewhere),
		cmocka_unit_test(a_window_scale_above_14_counts_as_14),
		cmocka_unit_test(options_may_begin_at_any_byte),
		cmocka_unit_test(the_end_of_the_list_ends_it),
		cmocka_unit_test(unknown_options_are_skipped_by_their_length),
		cmocka_unit_test(impossible_lengths_are_refused),
		cmocka_unit_test(known_options_of_another_length_count_as_unknown),
		cmocka_unit_test(every_prefix_of_a_full_set_of_options_is_safe),
		cmocka_unit_test(one_to_four_sack_blocks_are_read),
		cmocka_unit_test(repeated_sack_options_leave_the_last),
		cmocka_unit_test(a_segment_with_timestamps_is_emitted_byte_for_byte),
		cmocka_unit_test(a_fast_open_cookie_has_four_to_sixteen_bytes_or_none),
		cmocka_unit_test(the_longest_cookie_fits_behind_all_options_of_a_syn),
		cmocka_unit_test(a_syn_is_emitted_in_the_order_of_linux),
		cmocka_unit_test(every_combination_of_syn_options_comes_back),
		cmocka_unit_test(sack_blocks_are_emitted_as_far_as_they_fit),
		cmocka_unit_test(no_sack_blocks_make_no_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
