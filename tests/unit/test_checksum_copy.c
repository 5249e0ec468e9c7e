/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What is summed while it is copied is what checksum_add() says of it; a frame is right when parser and definition say so. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"
#include "frames.h"
#include "wire/checksum_copy.h"
#include "wire/usual.h"

#define ROUNDS 200000u
#define LONGEST 700u
#define ROOM 256u

static uint64_t random_state = 1;

static uint64_t
next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return random_state >> 32;
}

typedef uint64_t copy_function(uint8_t *to, const uint8_t *from, uint32_t length);

/* Blocks that end with the last line's end: what is read or written beyond it a sanitizer sees. */
static void
copies_and_sums(copy_function *copy, uint32_t length, uint8_t ones)
{
	size_t lines = ((length + CHECKSUM_LINE - 1) & ~(CHECKSUM_LINE - 1)) + (length == 0);
	uint8_t *from = malloc(lines), *to = malloc(lines);

	for (size_t i = 0; i < lines; i++)
		from[i] = (uint8_t)next_random() | ones;
	assert_int_equal(checksum_fold(copy(to, from, length)), checksum_fold(checksum_add(0, from, length)));
	assert_memory_equal(to, from, length);
	free(from);
	free(to);
}

static void
every_length_is_copied_and_summed(void **state)
{
	(void)state;
	for (uint32_t length = 0; length <= LONGEST; length++)
		copies_and_sums(checksum_copy, length, 0);
	copies_and_sums(checksum_copy, 65535, 0xff);
}

static void
without_avx2_it_is_the_same(void **state)
{
	(void)state;
	for (uint32_t length = 0; length <= LONGEST; length++)
		copies_and_sums(checksum_copy_words, length, 0);
	copies_and_sums(checksum_copy_words, 65535, 0xff);
}

static bool
is_right(const uint8_t *frame, uint32_t length)
{
	uint8_t lines[ROOM] = { 0 }, copy[ROOM];

	memcpy(lines, frame, length);
	return checksum_frame_is_right(copy, length, checksum_copy(copy, lines, length));
}

/* By the general parser, and the checksums as plainly as they can be asked for */
static bool
should_be_right(const uint8_t *frame, uint32_t length)
{
	struct frame f;

	return parse_whole(&f, frame, length) == 0 && f.vlan == VLAN_NONE && f.protocol == IP_PROTO_TCP &&
	       f.ethertype != ETHERTYPE_ARP && f.l3_offset == ETHER_HEADER &&
	       f.l4_offset == (f.v4 ? USUAL_IPV4 : USUAL_IPV6) && f.l4_offset + f.l4_length == length &&
	       checksum_fold(checksum_add(checksum_pseudo(f.v4, &f.src, &f.dst, IP_PROTO_TCP, f.l4_length),
					  frame + f.l4_offset, f.l4_length)) == 0;
}

static void
right_frames_are_right(void **state)
{
	(void)state;
	assert_true(is_right(tcp4_frame, sizeof(tcp4_frame)));
	assert_true(is_right(tcp6_frame, sizeof(tcp6_frame)));
}

/* Each bit of each byte behind Ethernet's addresses: no frame of one wrong bit has right checksums. */
static void
no_bit_may_be_wrong(void **state)
{
	static const struct {
		const uint8_t *bytes;
		uint32_t length;
	} frame[] = { { tcp4_frame, sizeof(tcp4_frame) }, { tcp6_frame, sizeof(tcp6_frame) } };
	uint8_t wrong[ROOM] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		for (uint32_t bit = 12 * 8; bit < frame[i].length * 8; bit++) {
			bool quiet = i == 1 && bit / 8 > 14 && bit / 8 < 22;  /* class, flow label, hop limit: in no sum */

			memcpy(wrong, frame[i].bytes, frame[i].length);
			wrong[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (is_right(wrong, frame[i].length) && !(quiet || (i == 1 && bit / 8 == 14)))
				fail_msg("frame %u, byte %u, bit %u", i, bit / 8, bit % 8);
		}
}

/* Frames of any payload and some wrong bytes, short, long and padded */
static void
it_says_what_the_parser_and_the_definition_say(void **state)
{
	uint32_t right = 0;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		bool v4 = next_random() & 1;
		const uint8_t *model = v4 ? tcp4_frame : tcp6_frame;
		uint32_t length = v4 ? sizeof(tcp4_frame) : sizeof(tcp6_frame), changes = next_random() % 3;
		uint8_t frame[ROOM] = { 0 };

		memcpy(frame, model, length);
		for (uint32_t i = 0; i < changes; i++)
			frame[12 + next_random() % (length - 12)] = (uint8_t)next_random();
		/* mended again: a sum over other bytes is right as well, whatever its value */
		if (next_random() % 2 == 0) {
			struct frame f;

			if (parse_whole(&f, frame, length) == 0 && f.protocol == IP_PROTO_TCP && f.l4_length >= TCP_HEADER) {
				tcp_set_checksum(frame + f.l4_offset, 0);
				tcp_set_checksum(frame + f.l4_offset,
						 checksum_fold(checksum_add(checksum_pseudo(f.v4, &f.src, &f.dst,
											    IP_PROTO_TCP, f.l4_length),
									    frame + f.l4_offset, f.l4_length)));
			}
		}
		length = next_random() % 8 == 0 ? (uint32_t)(next_random() % (length + 8)) : length;
		if (is_right(frame, length)) {
			assert_true(should_be_right(frame, length));
			right++;
		} else if (should_be_right(frame, length)) {
			fail_msg("round %u: a frame of %u bytes is right", round, length);
		}
	}
	assert_true(right > ROUNDS / 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_is_copied_and_summed),
		cmocka_unit_test(without_avx2_it_is_the_same),
		cmocka_unit_test(right_frames_are_right),
		cmocka_unit_test(no_bit_may_be_wrong),
		cmocka_unit_test(it_says_what_the_parser_and_the_definition_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
