/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ip/mbuf_checksum.h"
#include "ip_fixture.h"

/* the frame that was sent is right in every checksum and goes from us to the peer */
static void
assert_reply(struct fixture *x, bool v4, const uint8_t *payload, size_t length)
{
	struct rte_mbuf *m = x->tx.frame[0];
	uint8_t *back = malloc(length);
	struct frame f;

	assert_int_equal(x->tx.count, 1);
	assert_int_equal(frame_parse(&f, rte_pktmbuf_mtod(m, uint8_t *), m->data_len, m->pkt_len, false), 0);
	assert_memory_equal(&f.src_mac, &us_mac, 6);
	assert_memory_equal(&f.dst_mac, &peer_mac, 6);
	assert_int_equal(f.ttl, 64);
	assert_int_equal(f.l4_length, ICMP_HEADER + length);
	assert_int_equal(m->pkt_len, f.l4_offset + f.l4_length);
	assert_true(ip_l4_checksum_ok(m, &f));
	assert_int_equal(*rte_pktmbuf_mtod_offset(m, uint8_t *, f.l4_offset), v4 ? ICMP_ECHO_REPLY : ICMPV6_ECHO_REPLY);
	assert_int_equal(m->l2_len, 14);
	assert_int_equal(m->l3_len, v4 ? 20 : 40);
	assert_int_equal(m->ol_flags, 0);
	assert_memory_equal(rte_pktmbuf_read(m, f.l4_offset + ICMP_HEADER, (uint32_t)length, back), payload, length);
	free(back);
}

/* an echo request with this much payload, its checksum worked out over the whole */
static size_t
big_echo(uint8_t *frame, bool v4, size_t length)
{
	const uint8_t *from = v4 ? echo4_frame : echo6_frame;
	size_t l4 = v4 ? 34 : 54, message = ICMP_HEADER + length;
	struct tern_addr src = addr(v4 ? "198.18.0.2" : "2001:2::2"), dst = addr(v4 ? "198.18.0.1" : "2001:2::1");
	uint64_t sum = v4 ? 0 : checksum_pseudo(false, &src, &dst, IP_PROTO_ICMPV6, (uint32_t)message);
	uint16_t checksum;

	memcpy(frame, from, l4 + ICMP_HEADER);
	for (size_t i = 0; i < length; i++)
		frame[l4 + ICMP_HEADER + i] = (uint8_t)(i * 7 + length);
	ip_emit(frame + 14, v4, &src, &dst, v4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6, (uint32_t)message, 0, 64, 1, false);
	memset(frame + l4 + 2, 0, 2);
	checksum = checksum_fold(checksum_add(sum, frame + l4, (uint32_t)message));
	memcpy(frame + l4 + 2, &checksum, 2);
	return l4 + message;
}

static void
the_header_is_read_and_every_prefix_refused(void **state)
{
	struct icmp i;

	(void)state;
	for (uint32_t n = 0; n < ICMP_HEADER; n++) {
		uint8_t *p = exact_copy(echo4_frame + 34, n);

		assert_int_equal(icmp_parse(&i, p, n), -TERN_DROP_ICMP_BAD);
		free(p);
	}
	assert_int_equal(icmp_parse(&i, echo4_frame + 34, ICMP_HEADER), 0);
	assert_int_equal(i.type, ICMP_ECHO);
	assert_int_equal(i.code, 0);
	assert_int_equal(i.rest, 0x01020007);
}

static void
an_echo_over_ipv4_is_answered(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input(x, echo4_frame, sizeof(echo4_frame)), 0);
	ip_output(&x->ip, x->now);
	assert_reply(x, true, (const uint8_t *)"abcdefg", 7);
}

static void
an_echo_over_ipv6_is_answered(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(input(x, echo6_frame, sizeof(echo6_frame)), 0);
	ip_output(&x->ip, x->now);
	assert_reply(x, false, (const uint8_t *)"abcdefg", 7);
}

static void
an_echo_is_turned_around_in_its_own_mbuf(void **state)
{
	struct fixture *x = *state;
	struct rte_mbuf *m = mbuf_of(x, echo4_frame, sizeof(echo4_frame));

	m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	input_mbuf(x, m);
	ip_output(&x->ip, x->now);
	assert_ptr_equal(x->tx.frame[0], m);
}

static void
a_shared_echo_is_copied(void **state)
{
	struct fixture *x = *state;
	struct rte_mbuf *m = mbuf_of(x, echo6_frame, sizeof(echo6_frame));

	rte_mbuf_refcnt_update(m, 1);
	input_mbuf(x, m);
	ip_output(&x->ip, x->now);
	assert_ptr_not_equal(x->tx.frame[0], m);
	assert_memory_equal(rte_pktmbuf_mtod(m, uint8_t *), echo6_frame, sizeof(echo6_frame));
	assert_reply(x, false, (const uint8_t *)"abcdefg", 7);
	mbuf_free(m);
}

static void
an_echo_in_a_chain_is_answered_wherever_it_is_cut(void **state)
{
	struct fixture *x = *state;
	uint8_t frame[600];

	for (unsigned int v4 = 0; v4 < 2; v4++) {
		size_t length = big_echo(frame, v4, 500), header = length - 500;

		for (size_t at = header; at < header + 9; at++) {
			assert_int_equal(input_mbuf(x, chain_of_two(x, frame, length, at)), 0);
			ip_output(&x->ip, x->now);
			assert_reply(x, v4, frame + header, 500);
			fixture_clear_tx(x);
		}
	}
}

static void
an_echo_of_any_size_is_answered(void **state)
{
	struct fixture *x = *state;
	uint8_t frame[1514];

	for (size_t payload = 0; payload <= 1472; payload += 23) {
		size_t length = big_echo(frame, true, payload);

		assert_int_equal(input(x, frame, length), 0);
		ip_output(&x->ip, x->now);
		assert_reply(x, true, frame + 42, payload);
		fixture_clear_tx(x);
	}
}

/* RFC 1624 and its corner: a checksum of 0 or of all ones */
static void
the_checksum_is_mended_right_for_every_value(void **state)
{
	struct fixture *x = *state;
	uint8_t frame[64];

	for (uint32_t id = 0; id <= UINT16_MAX; id++) {
		size_t length = big_echo(frame, id & 1, 2);
		size_t l4 = length - 10;
		uint16_t checksum, step = htobe16((uint16_t)id), old;

		memcpy(&checksum, frame + l4 + 2, 2);
		memcpy(&old, frame + l4 + 4, 2);
		checksum = checksum_fold((uint64_t)(uint16_t)~checksum + (uint16_t)~old + step);
		memcpy(frame + l4 + 4, &step, 2);
		memcpy(frame + l4 + 2, &checksum, 2);
		assert_int_equal(input(x, frame, length), 0);
		ip_output(&x->ip, x->now);
		assert_reply(x, id & 1, frame + l4 + 8, 2);
		fixture_clear_tx(x);
	}
}

static void
padding_and_ip_options_do_not_come_back(void **state)
{
	struct fixture *x = *state;
	uint8_t frame[80] = { 0 };
	uint16_t checksum;

	memcpy(frame, echo4_frame, 34);
	memset(frame + 34, 1, 4);  /* four NOPs */
	memcpy(frame + 38, echo4_frame + 34, sizeof(echo4_frame) - 34);
	frame[14] = 0x46;
	frame[17] += 4;
	memset(frame + 24, 0, 2);
	checksum = checksum_fold(checksum_add(0, frame + 14, 24));
	memcpy(frame + 24, &checksum, 2);
	assert_int_equal(input(x, frame, sizeof(frame)), 0);
	ip_output(&x->ip, x->now);
	assert_reply(x, true, (const uint8_t *)"abcdefg", 7);
}

static void
a_bad_checksum_is_refused(void **state)
{
	struct fixture *x = *state;
	uint8_t frame[sizeof(echo6_frame)];

	memcpy(frame, echo4_frame, sizeof(echo4_frame));
	frame[sizeof(echo4_frame) - 1] ^= 1;
	assert_int_equal(input(x, frame, sizeof(echo4_frame)), -TERN_DROP_ICMP_BAD);
	memcpy(frame, echo6_frame, sizeof(echo6_frame));
	frame[sizeof(echo6_frame) - 1] ^= 1;
	assert_int_equal(input(x, frame, sizeof(echo6_frame)), -TERN_DROP_ICMP_BAD);
	assert_false(ip_owes(&x->ip));
}

static void
a_message_shorter_than_its_header_is_refused(void **state)
{
	struct fixture *x = *state;
	struct tern_addr src = addr("2001:2::2"), dst = addr("2001:2::1");
	uint8_t frame[14 + 40 + 7];

	memcpy(frame, echo6_frame, sizeof(frame));
	ip_emit(frame + 14, false, &src, &dst, IP_PROTO_ICMPV6, 7, 0, 64, 0, false);
	assert_int_equal(input(x, frame, sizeof(frame)), -TERN_DROP_ICMP_BAD);
}

static void
an_echo_for_an_address_that_is_not_ours_is_refused(void **state)
{
	struct fixture *x = *state;
	struct tern_addr src = addr("198.18.0.2"), broadcast = addr("198.18.0.255");
	uint8_t frame[sizeof(echo4_frame)];

	memcpy(frame, echo4_frame, sizeof(frame));
	ip_emit(frame + 14, true, &src, &broadcast, IP_PROTO_ICMP, sizeof(frame) - 34, 0, 64, 0, false);
	assert_int_equal(input(x, frame, sizeof(frame)), -TERN_DROP_IP_NOT_LOCAL);
	assert_false(ip_owes(&x->ip));
}

static void
our_link_local_address_answers_echo(void **state)
{
	struct fixture *x = *state;
	struct tern_addr src = addr("fe80::77"), dst = addr("fe80::ff:fe00:a");
	uint8_t frame[sizeof(echo6_frame)];
	uint16_t checksum;
	struct frame f;

	memcpy(frame, echo6_frame, sizeof(frame));
	ip_emit(frame + 14, false, &src, &dst, IP_PROTO_ICMPV6, 15, 0, 64, 0, false);
	memset(frame + 56, 0, 2);
	checksum = checksum_fold(checksum_add(checksum_pseudo(false, &src, &dst, IP_PROTO_ICMPV6, 15), frame + 54, 15));
	memcpy(frame + 56, &checksum, 2);
	assert_int_equal(input(x, frame, sizeof(frame)), 0);
	ip_output(&x->ip, x->now);
	assert_reply(x, false, (const uint8_t *)"abcdefg", 7);
	assert_int_equal(parse_whole(&f, sent(x, 0), x->tx.frame[0]->pkt_len), 0);
	assert_memory_equal(&f.src, &dst, sizeof(dst));
	assert_memory_equal(&f.dst, &src, sizeof(src));
}

static void
messages_that_ask_for_nothing_are_ignored(void **state)
{
	struct fixture *x = *state;
	uint8_t frame[sizeof(echo4_frame)];

	memcpy(frame, echo4_frame, sizeof(frame));
	frame[34] = ICMP_ECHO_REPLY;
	frame[36] += 8;
	assert_int_equal(input(x, frame, sizeof(frame)), -TERN_DROP_ICMP_IGNORED);
}

static void
icmp_of_the_other_family_is_refused(void **state)
{
	struct fixture *x = *state;
	struct tern_addr src = addr("198.18.0.2"), dst = addr("198.18.0.1");
	uint8_t frame[sizeof(echo4_frame)];

	memcpy(frame, echo4_frame, sizeof(frame));
	ip_emit(frame + 14, true, &src, &dst, IP_PROTO_ICMPV6, sizeof(frame) - 34, 0, 64, 0, false);
	assert_int_equal(input(x, frame, sizeof(frame)), -TERN_DROP_IP_PROTOCOL);
}

static void
the_header_checksum_is_left_to_a_device_that_can(void **state)
{
	struct fixture *x = *state;

	x->config.tx_ip_checksum = true;
	fixture_restart(x);
	input(x, echo4_frame, sizeof(echo4_frame));
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.frame[0]->ol_flags, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	assert_int_equal(sent(x, 0)[24] | sent(x, 0)[25], 0);
	assert_int_equal(x->tx.frame[0]->l3_len, 20);
}

static void
without_an_mbuf_for_a_copy_the_answer_is_counted_as_lost(void **state)
{
	struct fixture *x = *state;
	struct rte_mbuf *m = mbuf_of(x, echo4_frame, sizeof(echo4_frame)), *rest[POOL_SIZE - 1];

	rte_mbuf_refcnt_update(m, 1);
	input_mbuf(x, m);
	assert_int_equal(rte_pktmbuf_alloc_bulk(x->pool, rest, POOL_SIZE - 1), 0);
	ip_output(&x->ip, x->now);
	assert_int_equal(x->tx.count, 0);
	assert_int_equal(x->drops[TERN_DROP_TX_NO_MBUF], 1);
	rte_pktmbuf_free_bulk(rest, POOL_SIZE - 1);
	mbuf_free(m);
}

static void
a_chain_is_summed_as_if_it_were_in_one_piece(void **state)
{
	struct fixture *x = *state;
	uint8_t bytes[120];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 1);
	for (size_t first = 1; first < 40; first++) {
		struct rte_mbuf *m = chain_of_two(x, bytes, 80, first);

		rte_pktmbuf_chain(m, mbuf_of(x, bytes + 80, 40));
		for (uint32_t offset = 0; offset < 100; offset += 3) {
			uint32_t length = 120 - offset - offset % 5;

			assert_int_equal(checksum_fold(checksum_mbuf(m, offset, length)),
					 checksum_fold(checksum_add(0, bytes + offset, length)));
		}
		mbuf_free(m);
	}
}

static void
a_tcp_segment_in_a_chain_is_verified(void **state)
{
	struct fixture *x = *state;

	for (size_t at = 34; at < sizeof(tcp4_frame); at++) {
		struct rte_mbuf *m = chain_of_two(x, tcp4_frame, sizeof(tcp4_frame), at);
		struct frame f;

		assert_int_equal(frame_parse(&f, rte_pktmbuf_mtod(m, uint8_t *), m->data_len, m->pkt_len, false), 0);
		assert_true(ip_l4_checksum_ok(m, &f));
		*rte_pktmbuf_mtod(m->next, uint8_t *) ^= 4;
		assert_false(ip_l4_checksum_ok(m, &f));
		mbuf_free(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_header_is_read_and_every_prefix_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_echo_over_ipv4_is_answered, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_echo_over_ipv6_is_answered, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_echo_is_turned_around_in_its_own_mbuf, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_shared_echo_is_copied, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_echo_in_a_chain_is_answered_wherever_it_is_cut, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_echo_of_any_size_is_answered, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_checksum_is_mended_right_for_every_value, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(padding_and_ip_options_do_not_come_back, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_bad_checksum_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_message_shorter_than_its_header_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(an_echo_for_an_address_that_is_not_ours_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(our_link_local_address_answers_echo, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(messages_that_ask_for_nothing_are_ignored, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(icmp_of_the_other_family_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(the_header_checksum_is_left_to_a_device_that_can, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(without_an_mbuf_for_a_copy_the_answer_is_counted_as_lost, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_chain_is_summed_as_if_it_were_in_one_piece, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_tcp_segment_in_a_chain_is_verified, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, eal_for_tests, NULL);
}
