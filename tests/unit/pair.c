/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mempool.h>

#include "core/hash.h"
#include "core/mbuf.h"
#include "pair.h"
#include "sim/cutter.h"

#define START_NS UINT64_C(5000000000)
#define TICK_NS UINT64_C(1000000)
#define TURNS 200000u          /* at one time: more means that a stack does not come to rest */
#define PIECE 8192u

/* ---- the wire */

static bool
carries_payload(const struct rte_mbuf *m, uint32_t *payload)
{
	const uint8_t *f = rte_pktmbuf_mtod(m, const uint8_t *);
	bool v4 = f[12] == 0x08 && f[13] == 0;
	uint32_t l4 = v4 ? 34 : 54, total = v4 ? 14u + f[16] * 256u + f[17] : 54u + f[18] * 256u + f[19];

	*payload = 0;
	if (f[12] == 0x08 && f[13] == 0x06)
		return false;
	if ((v4 ? f[23] : f[20]) != 6)
		return false;
	*payload = total - l4 - (f[l4 + 12] >> 4) * 4u;
	return *payload > 0;
}

/* What a device makes of a frame that it is to cut; all or nothing, as the wire has room. */
static bool
cut(struct pair_end *from, struct pair_end *to, struct rte_mbuf *m)
{
	uint32_t n;

	if (PAIR_FRAMES - to->frames < CUTTER_MOST)
		return false;
	n = cutter_cut(m, &to->frame[to->frames], CUTTER_MOST);
	mbuf_free(m);
	from->cuts++;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t payload;

		carries_payload(to->frame[to->frames + i], &payload);
		from->longest = RTE_MAX(from->longest, payload);
	}
	if (from->marks > 0) {
		cutter_mark(to->frame[to->frames]);
		from->marks--;
	}
	if (from->loses_of_cut > 0) {
		assert_true(from->loses_of_cut <= n);
		mbuf_free(to->frame[to->frames + from->loses_of_cut - 1]);
		memmove(&to->frame[to->frames + from->loses_of_cut - 1], &to->frame[to->frames + from->loses_of_cut],
			(n - from->loses_of_cut) * sizeof(to->frame[0]));
		from->loses_of_cut = 0;
		n--;
	}
	to->frames += n;
	return true;
}

static uint16_t
wire_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct pair_end *from = (struct pair_end *)(void *)link;
	struct pair_end *to = &from->pair->end[from == &from->pair->end[CLIENT] ? SERVER : CLIENT];
	uint16_t taken = (uint16_t)RTE_MIN(RTE_MIN((uint32_t)n, from->takes), PAIR_FRAMES - to->frames);

	for (uint16_t i = 0; i < taken; i++) {
		struct rte_mbuf *m = frames[i];
		bool v4 = from->addr.b[10] != 0;
		uint32_t payload;
		uint64_t lro;

		if (from->pair->tso && (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG)) {
			if (!cut(from, to, m))
				return i;
			continue;
		}
		from->reductions_told += carries_payload(m, &payload) && cutter_says_reduced(m);
		from->chains += m->nb_segs > 1;
		if (carries_payload(m, &payload) && from->loses > 0) {
			from->loses--;
			mbuf_free(m);
			continue;
		}
		from->longest = RTE_MAX(from->longest, payload);
		/* as a device that has looked at the sums, or not */
		if (from->pair->tso)
			cutter_checksums(m);
		lro = m->ol_flags & RTE_MBUF_F_TX_TCP_SEG ? RTE_MBUF_F_RX_LRO : 0;
		m->ol_flags = !from->pair->offload || from->pair->tso ? 0 : lro |
			      RTE_MBUF_F_RX_L4_CKSUM_GOOD | (v4 ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : 0);
		to->frame[to->frames++] = m;
	}
	return taken;
}

static uint16_t
wire_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct pair_end *e = (struct pair_end *)(void *)link;
	uint16_t got = (uint16_t)RTE_MIN((uint32_t)n, e->deaf ? 0 : e->frames);

	memcpy(frames, e->frame, got * sizeof(frames[0]));
	memmove(e->frame, e->frame + got, (e->frames - got) * sizeof(frames[0]));
	e->frames -= got;
	return got;
}

/* ---- making it */

static struct tern_addr
address(bool v6, unsigned int host)
{
	struct tern_addr a = { .b = { [10] = 0xff, [11] = 0xff, [12] = 198, [13] = 18 } };

	if (v6)
		a = (struct tern_addr){ .b = { 0x20, 0x01, 0, 0x02 } };
	a.b[15] = (uint8_t)host;
	return a;
}

static void
set_addresses(struct ip_config *ip, const struct tern_addr *own, const struct pair_setup *setup, unsigned int side)
{
	uint8_t prefix = setup->v6 ? 64 : 120;

	ip->local[ip->locals++] = (struct ip_local){
		.first = *own, .count = 1, .number = 1, .vlan = VLAN_NONE, .prefix = prefix,
	};
	if (side == CLIENT && setup->pool_sources > 0)
		ip->local[ip->locals++] = (struct ip_local){
			.first = address(setup->v6, 100), .count = setup->pool_sources, .number = 2, .vlan = VLAN_NONE,
			.prefix = prefix, .pool = true,
		};
	ip->route[ip->routes] = (struct ip_route){ .prefix = prefix, .vlan = VLAN_NONE };
	memcpy(ip->route[ip->routes++].net.b, own->b, prefix / 8);
}

static void
start_end(struct pair *p, unsigned int side, const struct pair_setup *setup)
{
	struct pair_end *e = &p->end[side];
	struct ip_config *ip = calloc(1, sizeof(*ip));
	struct secret secret;
	struct stack_config config = {
		.link = &e->link, .pool = p->pool, .ip = ip, .tcp = &setup->tcp[side], .secret = &secret,
		.node = SOCKET_ID_ANY, .burst = setup->burst,
	};

	assert_non_null(ip);
	secret_from_seed(&secret, 1 + side);
	ip->mac = (struct mac_addr){ { 2, 0, 0x5e, 0, 0x53, (uint8_t)(1 + side) } };
	ip->mtu = 1500;
	ip->tx_ip_checksum = ip->tx_l4_checksum = ip->rx_checksum = setup->offload || setup->tso;
	e->pair = p;
	e->takes = FOREVER;
	e->addr = address(setup->v6, 1 + side);
	e->link.transmit = wire_transmit;
	e->link.receive = wire_receive;
	e->link.capabilities.multi_segment = !setup->linear;
	e->link.capabilities.by_reference = !setup->tso;
	e->link.capabilities.tso_mbufs = setup->tso || setup->large ? CUTTER_MOST : 0;
	set_addresses(ip, &e->addr, setup, side);
	e->stack = stack_new(&config, p->now_ns);
	free(ip);
	assert_non_null(e->stack);
}

struct pair_setup
pair_setup(void)
{
	return (struct pair_setup){ .tcp = { host_tcp_config(), host_tcp_config() } };
}

struct pair *
pair_new(const struct pair_setup *setup)
{
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->pool = host_pool();
	if (setup->pool_mbufs > 0)
		p->pool = rte_pktmbuf_pool_create("pair", setup->pool_mbufs, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(p->pool);
	p->used_before = rte_mempool_in_use_count(p->pool);
	p->now_ns = START_NS;
	p->batch = 64;
	p->offload = setup->offload;
	p->tso = setup->tso;
	start_end(p, CLIENT, setup);
	start_end(p, SERVER, setup);
	/* so that no test's first packets wait for a neighbour */
	assert_int_equal(tern_ready(p->end[CLIENT].stack, &p->end[SERVER].addr), -EAGAIN);
	pair_settle(p);
	assert_int_equal(tern_ready(p->end[CLIENT].stack, &p->end[SERVER].addr), 0);
	return p;
}

static void
unpoison(struct rte_mempool *pool, void *arg, struct rte_mempool_memhdr *memory, unsigned int index)
{
	(void)pool, (void)arg, (void)index;
	ASAN_UNPOISON_MEMORY_REGION(memory->addr, memory->len);
}

bool
pair_free(struct pair *p)
{
	bool clean;

	for (unsigned int side = 0; side < 2; side++) {
		mbuf_free_bulk(p->end[side].frame, p->end[side].frames);
		p->end[side].frames = 0;
	}
	stack_free(p->end[CLIENT].stack);
	stack_free(p->end[SERVER].stack);
	clean = rte_mempool_in_use_count(p->pool) == p->used_before;
	if (p->pool != host_pool()) {
		rte_mempool_mem_iter(p->pool, unpoison, NULL);
		rte_mempool_free(p->pool);
	}
	free(p);
	return clean;
}

/* ---- time */

static bool
turn(struct pair *p, unsigned int side)
{
	struct pair_end *e = &p->end[side];
	struct tern_event events[64];
	bool worked;
	int n = stack_poll(e->stack, p->now_ns, events, e->silent ? 0 : p->batch, &worked);

	assert_in_range(n, 0, p->batch);
	for (int i = 0; i < n; i++) {
		assert_true(p->events < PAIR_EVENTS);
		p->event[p->events++] = (struct pair_event){ side, events[i] };
	}
	return worked || n > 0;
}

void
pair_settle(struct pair *p)
{
	uint32_t turns = 0, quiet = 0;

	/* a device that takes nothing keeps its stack owing for ever: some turns without work are rest too */
	while (quiet < 4) {
		bool worked = turn(p, CLIENT);

		worked |= turn(p, SERVER);
		quiet = worked ? 0 : quiet + 1;
		assert_true(turns++ < TURNS);
	}
}

void
pair_run(struct pair *p, uint32_t ms)
{
	uint64_t until = p->now_ns + ms * TICK_NS;

	pair_settle(p);
	while (p->now_ns < until) {
		uint64_t next = RTE_MIN(stack_next_ns(p->end[CLIENT].stack), stack_next_ns(p->end[SERVER].stack));

		p->now_ns = RTE_MIN(RTE_MAX(next, p->now_ns + TICK_NS), until);
		pair_settle(p);
	}
}

void
pair_flood(struct pair *p, unsigned int side, uint32_t frames)
{
	struct pair_end *e = &p->end[side];

	for (; e->frames < frames; e->frames++) {
		struct rte_mbuf *m = mbuf_alloc(p->pool);

		assert_non_null(m);
		assert_non_null(rte_pktmbuf_append(m, 60));
		memset(rte_pktmbuf_mtod(m, void *), 0, 60);
		e->frame[e->frames] = m;
	}
}

/* ---- what tests say often */

struct tern_stack *
pair_stack(const struct pair *p, unsigned int side)
{
	return p->end[side].stack;
}

struct tern_connect_options
pair_target(const struct pair *p)
{
	struct tern_connect_options o = TERN_CONNECT_INIT;

	o.target = (struct tern_endpoint){ p->end[SERVER].addr, PAIR_PORT };
	return o;
}

tern_conn
pair_connect(struct pair *p)
{
	struct tern_connect_options o = pair_target(p);
	tern_conn id;

	assert_int_equal(tern_connect(pair_stack(p, CLIENT), &o, &id), 0);
	return id;
}

void
pair_open(struct pair *p, tern_conn *client, tern_conn *server)
{
	struct tern_listen_options o = TERN_LISTEN_INIT;
	tern_conn id;

	o.port = PAIR_PORT;
	if (p->listener == 0)
		assert_int_equal(tern_listen(pair_stack(p, SERVER), &o, &p->listener), 0);
	id = pair_connect(p);
	pair_settle(p);
	assert_int_equal(pair_told(p, CLIENT, id, TERN_CONNECTED), 1);
	*client = id;
	*server = pair_last(p, SERVER, 0, TERN_ACCEPTED)->id;
}

uint32_t
pair_told(const struct pair *p, unsigned int side, tern_conn id, uint32_t mask)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < p->events; i++)
		count += p->event[i].side == side && (id == 0 || p->event[i].e.id == id) && (p->event[i].e.mask & mask);
	return count;
}

const struct tern_event *
pair_last(const struct pair *p, unsigned int side, tern_conn id, uint32_t mask)
{
	for (uint32_t i = p->events; i-- > 0;)
		if (p->event[i].side == side && (id == 0 || p->event[i].e.id == id) && (p->event[i].e.mask & mask))
			return &p->event[i].e;
	fail_msg("no event %#x on side %u", mask, side);
	return NULL;
}

void
pair_forget(struct pair *p)
{
	p->events = 0;
}

uint8_t
pair_byte(uint32_t offset)
{
	return (uint8_t)((offset * 2654435761u) >> 24);
}

void
pair_fill(uint8_t *stream, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		stream[i] = pair_byte(i);
}

void
pair_read(struct pair *p, unsigned int side, tern_conn conn, uint32_t *offset)
{
	uint8_t bytes[PIECE];
	ssize_t n;

	while ((n = tern_recv(pair_stack(p, side), conn, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(bytes[i], pair_byte((*offset)++));
	assert_true(n == 0 || n == -EAGAIN);
}

void
pair_transfer(struct pair *p, unsigned int from, tern_conn conn, tern_conn reader, uint32_t length)
{
	uint32_t sent = 0, read = 0, rounds = 0;
	uint8_t bytes[PIECE];

	while (sent < length || (reader != 0 && read < length)) {
		uint32_t n = RTE_MIN(length - sent, PIECE);
		ssize_t took;

		for (uint32_t i = 0; i < n; i++)
			bytes[i] = pair_byte(sent + i);
		took = n == 0 ? 0 : tern_send(pair_stack(p, from), conn, bytes, n);
		assert_true(took >= 0 || took == -EAGAIN);
		sent += took > 0 ? (uint32_t)took : 0;
		if (took != (ssize_t)n || n == 0)
			pair_run(p, 10);
		if (reader != 0)
			pair_read(p, !from, reader, &read);
		assert_true(rounds++ < 20000);
	}
}

uint64_t
pair_option(struct pair *p, unsigned int side, tern_conn conn, enum tern_option_id option)
{
	uint64_t value;

	assert_int_equal(tern_get(pair_stack(p, side), conn, option, &value), 0);
	return value;
}

struct tern_info
pair_info(struct pair *p, unsigned int side, tern_conn conn)
{
	struct tern_info info = TERN_INFO_INIT;

	assert_int_equal(tern_info(pair_stack(p, side), conn, &info), 0);
	return info;
}

struct tern_stats
pair_stats(const struct pair *p, unsigned int side)
{
	struct tern_stats stats = { .size = sizeof(stats) };

	tern_stats(pair_stack(p, side), &stats);
	return stats;
}
