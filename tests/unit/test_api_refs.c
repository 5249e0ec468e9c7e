/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The public API over two stacks: memory sent by reference, and mbufs given and taken. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include <tern/mbuf.h>

#include "core/mbuf.h"
#include "pair.h"

#define COOKIE 0x5eedu

static uint8_t stream[200000];

static int
fill_stream(void **state)
{
	(void)state;
	pair_fill(stream, sizeof(stream));
	return 0;
}

static int
start_as(void **state, bool v6, bool linear)
{
	struct pair_setup setup = pair_setup();

	setup.v6 = v6;
	setup.linear = linear;
	*state = pair_new(&setup);
	return 0;
}

static int start(void **state) { return start_as(state, false, false); }
static int start_linear(void **state) { return start_as(state, false, true); }
static int start_v6(void **state) { return start_as(state, true, false); }

static int
end(void **state)
{
	return pair_free(*state) ? 0 : -1;
}

/* A chain of two mbufs with `length` bytes of the stream. */
static struct rte_mbuf *
chain(struct pair *p, uint32_t length)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(p->pool), *tail = rte_pktmbuf_alloc(p->pool);

	assert_non_null(head);
	assert_non_null(tail);
	mbuf_received(head);
	mbuf_received(tail);
	memcpy(rte_pktmbuf_append(head, (uint16_t)(length / 2)), stream, length / 2);
	memcpy(rte_pktmbuf_append(tail, (uint16_t)(length - length / 2)), stream + length / 2, length - length / 2);
	assert_int_equal(rte_pktmbuf_chain(head, tail), 0);
	return head;
}

static void
a_reference_is_done_when_it_is_acknowledged_and_not_before(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;
	int mine;

	pair_open(p, &client, &server);
	tern_set_user(pair_stack(p, CLIENT), client, &mine);
	p->end[SERVER].deaf = true;
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 100000, COOKIE), 100000);
	pair_run(p, 50);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 0);
	p->end[SERVER].deaf = false;
	for (int i = 0; i < 10; i++) {
		pair_run(p, 500);
		pair_read(p, SERVER, server, &read);
	}
	assert_int_equal(read, 100000);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 1);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_REF_DONE)->cookie, COOKIE);
	assert_ptr_equal(pair_last(p, CLIENT, client, TERN_REF_DONE)->user, &mine);
}

static void
a_reference_retransmitted_is_done_once(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	p->end[CLIENT].loses = 5;
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 40000, COOKIE), 40000);
	for (int i = 0; i < 10; i++) {
		pair_run(p, 1000);
		pair_read(p, SERVER, server, &read);
	}
	assert_int_equal(read, 40000);
	assert_true(pair_stats(p, CLIENT).retransmits_data > 0);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 1);
}

static void
references_are_done_when_their_connection_is_aborted(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 1000, i), 1000);
	tern_abort(pair_stack(p, CLIENT), client);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 5);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 1);
}

static void
references_are_done_when_the_peer_resets(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	p->end[SERVER].deaf = true;
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 100000, COOKIE), 100000);
	pair_settle(p);
	tern_abort(pair_stack(p, SERVER), server);
	pair_settle(p);
	p->end[SERVER].deaf = false;
	pair_settle(p);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CLOSED)->reason, TERN_CLOSE_RESET);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 1);
}

static void
a_reference_that_a_device_still_holds_is_done_when_it_lets_go(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	p->end[SERVER].deaf = true;
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 5000, COOKIE), 5000);
	pair_settle(p);
	tern_abort(pair_stack(p, CLIENT), client);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_CLOSED), 1);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 0);
	p->end[SERVER].deaf = false;
	pair_settle(p);
	tern_abort(pair_stack(p, SERVER), server);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 1);
}

static void
references_are_done_after_close(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 50000, COOKIE), 50000);
	tern_close(pair_stack(p, CLIENT), client);
	for (int i = 0; i < 5; i++) {
		pair_run(p, 100);
		pair_read(p, SERVER, server, &read);
	}
	assert_int_equal(read, 50000);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 1);
}

static void
a_refused_reference_is_never_told(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client, server;

	pair_open(p, &client, &server);
	tern_set(s, client, TERN_OPT_SNDBUF, 10000);
	assert_int_equal(tern_send_ref(s, client, stream, 0, 1), -EINVAL);
	assert_int_equal(tern_send_ref(s, client, stream, 10001, 2), -EMSGSIZE);
	assert_int_equal(tern_send_ref(s, client, stream, 8000, 3), 8000);
	assert_int_equal(tern_send_ref(s, client, stream, 8000, 4), -EAGAIN);
	pair_run(p, 100);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_WRITABLE), 1);
	tern_shutdown(s, client);
	assert_int_equal(tern_send_ref(s, client, stream, 1, 5), -EPIPE);
	tern_discard(pair_stack(p, SERVER), server, 8000);
	tern_close(pair_stack(p, SERVER), server);
	pair_run(p, 100);
	assert_int_equal(pair_told(p, CLIENT, client, TERN_REF_DONE), 1);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_REF_DONE)->cookie, 3);
}

static void
a_send_refused_before_the_handshake_is_writable_after_it(void **state)
{
	struct pair *p = *state;
	struct tern_listen_options o = TERN_LISTEN_INIT;
	tern_conn client = pair_connect(p);

	o.port = PAIR_PORT;
	assert_int_equal(tern_listen(pair_stack(p, SERVER), &o, &p->listener), 0);
	/* the SYN takes its place in the buffer too */
	assert_int_equal(tern_set(pair_stack(p, CLIENT), client, TERN_OPT_SNDBUF, 1000), 0);
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 1000, COOKIE), -EAGAIN);
	pair_settle(p);
	assert_int_equal(pair_last(p, CLIENT, client, TERN_CONNECTED)->mask, TERN_CONNECTED | TERN_WRITABLE);
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 1000, COOKIE), 1000);
}

/* ---- by mbuf */

static void
a_sent_chain_is_the_stacks_and_arrives(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send_mbuf(pair_stack(p, CLIENT), client, chain(p, 3000)), 3000);
	pair_run(p, 100);
	pair_read(p, SERVER, server, &read);
	assert_int_equal(read, 3000);
}

static void
a_refused_chain_stays_the_callers(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client, server;
	struct rte_mbuf *m = chain(p, 3000);

	pair_open(p, &client, &server);
	assert_int_equal(tern_set(s, client, TERN_OPT_SNDBUF, 2000), 0);
	assert_int_equal(tern_send_mbuf(s, client, m), -EMSGSIZE);
	assert_int_equal(tern_set(s, client, TERN_OPT_SNDBUF, 3500), 0);
	assert_int_equal(tern_send(s, client, stream, 1000), 1000);
	assert_int_equal(tern_send_mbuf(s, client, m), -EAGAIN);
	tern_shutdown(s, client);
	assert_int_equal(tern_send_mbuf(s, client, m), -EPIPE);
	assert_int_equal(m->nb_segs, 2);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), stream, 1500);
	rte_pktmbuf_free(m);
}

/* Held twice, sent twice: neither its bytes nor its links may change under the other holder. */
static void
a_shared_chain_may_be_sent_on_two_connections(void **state)
{
	struct pair *p = *state;
	struct tern_stack *s = pair_stack(p, CLIENT);
	tern_conn client[2], server[2];
	struct rte_mbuf *m = chain(p, 3000);

	pair_open(p, &client[0], &server[0]);
	pair_open(p, &client[1], &server[1]);
	rte_pktmbuf_refcnt_update(m, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(tern_send_mbuf(s, client[i], m), 3000);
	for (int i = 0; i < 2; i++) {
		uint32_t read = 0;

		pair_run(p, 100);
		pair_read(p, SERVER, server[i], &read);
		assert_int_equal(read, 3000);
	}
	assert_int_equal(m->nb_segs, 2);
	assert_int_equal(m->pkt_len, 3000);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), stream, 1500);
	assert_memory_equal(rte_pktmbuf_mtod(m->next, void *), stream + 1500, 1500);
	rte_pktmbuf_free(m);
}

static void
a_received_mbuf_is_the_readers_and_may_be_sent_on(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t echoed = 0, read = 0;
	struct rte_mbuf *m;
	ssize_t n;

	pair_open(p, &client, &server);
	assert_int_equal(tern_recv_mbuf(pair_stack(p, SERVER), server, &m), -EAGAIN);
	assert_int_equal(tern_send(pair_stack(p, CLIENT), client, stream, 50000), 50000);
	for (int i = 0; i < 10; i++) {
		pair_run(p, 50);
		while ((n = tern_recv_mbuf(pair_stack(p, SERVER), server, &m)) > 0) {
			assert_int_equal(n, m->pkt_len);
			assert_int_equal(tern_send_mbuf(pair_stack(p, SERVER), server, m), n);
			echoed += (uint32_t)n;
		}
		pair_read(p, CLIENT, client, &read);
	}
	assert_int_equal(echoed, 50000);
	assert_int_equal(read, 50000);
	tern_shutdown(pair_stack(p, CLIENT), client);
	pair_settle(p);
	assert_int_equal(tern_recv_mbuf(pair_stack(p, SERVER), server, &m), 0);
}

static void
a_link_without_chains_gets_none(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;
	uint32_t read = 0;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 50000, COOKIE), 50000);
	for (int i = 0; i < 5; i++) {
		pair_run(p, 100);
		pair_read(p, SERVER, server, &read);
	}
	assert_int_equal(read, 50000);
	assert_int_equal(p->end[CLIENT].chains, 0);
	assert_int_equal(p->end[CLIENT].longest, 1448);
}

static void
a_link_with_chains_gets_references(void **state)
{
	struct pair *p = *state;
	tern_conn client, server;

	pair_open(p, &client, &server);
	assert_int_equal(tern_send_ref(pair_stack(p, CLIENT), client, stream, 50000, COOKIE), 50000);
	pair_settle(p);
	assert_true(p->end[CLIENT].chains > 10);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)
#define CASE_ON(name, start) { #name " (" #start ")", name, start, end, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE_ON(a_reference_is_done_when_it_is_acknowledged_and_not_before, start),
		CASE_ON(a_reference_is_done_when_it_is_acknowledged_and_not_before, start_linear),
		CASE_ON(a_reference_is_done_when_it_is_acknowledged_and_not_before, start_v6),
		CASE(a_reference_retransmitted_is_done_once),
		CASE(references_are_done_when_their_connection_is_aborted),
		CASE(references_are_done_when_the_peer_resets),
		CASE(a_reference_that_a_device_still_holds_is_done_when_it_lets_go),
		CASE(references_are_done_after_close),
		CASE(a_refused_reference_is_never_told),
		CASE(a_send_refused_before_the_handshake_is_writable_after_it),
		CASE(a_sent_chain_is_the_stacks_and_arrives),
		CASE(a_refused_chain_stays_the_callers),
		CASE(a_shared_chain_may_be_sent_on_two_connections),
		CASE(a_received_mbuf_is_the_readers_and_may_be_sent_on),
		CASE_ON(a_link_without_chains_gets_none, start_linear),
		CASE(a_link_with_chains_gets_references),
	};

	return cmocka_run_group_tests(tests, fill_stream, NULL);
}
