/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * How far ahead the burst's stages ask for memory. Two cores hand the same frames to and fro over `loop`; each parses a
 * burst, looks its flows up in a real flow table, writes to their blocks and turns the frames round, with the functions
 * of the stack's own stages. What they ask for ahead is set from outside, window by window, all settings in turns: the
 * stack's (PARSE_AHEAD frames, one line of each, four of a block) are those that this showed to be no slower than others.
 */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "measure.h"
#include "port/loop.h"
#include "tcp/tcp.h"
#include "wire/usual.h"

#define BURST 32u
#define POOL 4095u
#define NODE 0
#define FRAME 66u             /* an ACK with timestamps: two bytes of it lie in its second line */
#define ROUNDS 7u
#define PORTS 16384u          /* of one address */

static const uint32_t flows_of[] = { 512, 65536, 1048576 };

/* Of each frame: how many before its turn, and how many of its lines besides the mbuf's; lines of each block */
static const struct setting {
	uint32_t ahead, lines, block;
} settings[] = {
	{ 0, 0, 4 }, { 2, 1, 4 }, { 4, 1, 4 }, { 8, 1, 4 }, { 16, 1, 4 }, { 2, 2, 4 }, { 4, 2, 4 }, { 8, 2, 4 },
	{ 12, 2, 4 }, { 16, 2, 4 }, { 32, 2, 4 }, { 8, 2, 0 }, { 8, 2, 1 }, { 8, 2, 2 },
};

struct end {
	struct tern_link *link;
	struct flow_table table;
	struct tcp_conn *block;
	uint64_t random;
	_Atomic uint64_t frames;
} __rte_cache_aligned;

struct packet {
	struct rte_mbuf *m;
	struct flow_key key;
	uint64_t hash;
	const flow_ref *slot;
	struct tcp_segment seg;
};

static struct measure_options options = { .seconds = 0.1, .warmup_seconds = 0.02, .in_flight = 512, .core = { 0, 1 } };
static const uint8_t secret[32] = { 1, 2, 3 };
static const uint64_t mac = 0x0605040302;  /* as usual_mac() gives it */
static struct end ends[2];
static _Atomic uint32_t chosen;            /* of settings[] */
static _Atomic uint32_t flows;
static _Atomic bool over;

static void
fill(struct end *e, struct rte_mbuf *m)
{
	uint32_t flow = (uint32_t)(mix64(&e->random) % atomic_load_explicit(&flows, memory_order_relaxed));
	struct headers_template template = headers_template(true, 0, 64);
	uint8_t *p = (uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM, src[16] = { 0 }, dst[16] = { 0 };
	struct headers h = { .src = src, .dst = dst, .flags = TCP_ACK, .seq = flow, .dport = 80, .window = 500 };

	put_be32(src + 12, 0x0a000001 + flow / PORTS);
	put_be32(dst + 12, 0x0a800001);
	h.sport = (uint16_t)(1024 + flow % PORTS);
	memcpy(p, &mac, sizeof(mac));
	put_be16(p + 12, ETHERTYPE_IPV4);
	headers_put(p + ETHER_HEADER, &h, &template, true, HEADERS_TIMESTAMP, 0);
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->data_len = FRAME;
	m->pkt_len = FRAME;
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
}

static void
learn(struct end *e, uint32_t most)
{
	if (flow_table_init(&e->table, most, NODE) != 0 || (e->block = mem_map(most * sizeof(*e->block), NODE)) == NULL)
		measure_die("no memory for %u flows", most);
	flow_table_set_records(&e->table, FLOW_OPEN, e->block, sizeof(*e->block));
	for (uint32_t flow = 0; flow < most; flow++) {
		struct flow_key *key = &e->block[flow].key;
		uint64_t high = (uint64_t)htobe32(0x0a000001 + flow / PORTS) << 32 | htobe32(0xffff);

		flow_key_set(key, 0, high, flow_key_ends(1, 80, (uint16_t)(1024 + flow % PORTS)));
		flow_insert(&e->table, flow_hash(secret, key), flow_ref_make(FLOW_OPEN, flow));
	}
}

/* ---- the stages */

static inline void
ask_for_frame(const struct rte_mbuf *m, uint32_t lines)
{
	rte_prefetch0(m);
	for (uint32_t i = 0; i < lines; i++)
		rte_prefetch0((const uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM + i * RTE_CACHE_LINE_SIZE);
}

static void
parse(const struct end *e, struct packet *p, struct rte_mbuf **in, uint16_t n, const struct setting *s)
{
	for (uint32_t i = 0; i < RTE_MIN((uint32_t)n, s->ahead); i++)
		ask_for_frame(in[i], s->lines);
	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = in[i];
		const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
		struct l3 o;
		uint64_t last;

		if (s->ahead > 0 && i + s->ahead < n)
			ask_for_frame(in[i + s->ahead], s->lines);
		if (!usual_ipv4(&o, data, m->data_len, m->pkt_len, mac) ||
		    tcp_parse(&p[i].seg, data + o.l4_offset, m->data_len - o.l4_offset, o.l4_length) < 0)
			measure_die("a frame is not as it was sent");
		last = flow_key_ends(1, p[i].seg.dport, p[i].seg.sport);
		p[i].m = m;
		flow_key_set(&p[i].key, o.src[0], o.src[1], last);
		p[i].hash = flow_hash_words(secret, o.src[0], o.src[1], last);
		flow_prefetch(&e->table, p[i].hash);
	}
}

static void
match(const struct end *e, struct packet *p, uint16_t n, const struct setting *s)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *block;

		p[i].slot = flow_slot(&e->table, p[i].hash);
		block = (const uint8_t *)&e->block[flow_ref_index(*p[i].slot)];
		for (uint32_t line = 0; line < s->block; line++)
			rte_prefetch0(block + line * RTE_CACHE_LINE_SIZE);
	}
}

/* A line after the other, as an ACK does it */
static void
handle(struct end *e, struct packet *p, uint16_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		flow_ref ref = flow_find_at(&e->table, p[i].slot, p[i].hash, &p[i].key);
		struct tcp_conn *c = &e->block[flow_ref_index(ref)];

		if (p[i].seg.seq != flow_ref_index(ref))
			measure_die("a flow was not found");
		c->rcv_nxt += p[i].seg.payload + c->recovery;
		c->ts_recent = p[i].seg.opt.tsval;
		c->timer = c->rto_ms + p[i].seg.window;
		c->srtt_us += c->timer;
		fill(e, p[i].m);
	}
}

static void
turn(struct end *e, const struct setting *s)
{
	struct rte_mbuf *frames[BURST];
	struct packet packet[BURST];
	uint16_t n = e->link->receive(e->link, frames, BURST), sent = 0;

	if (n == 0)
		return;
	parse(e, packet, frames, n, s);
	match(e, packet, n, s);
	handle(e, packet, n);
	while (sent < n)
		sent = (uint16_t)(sent + e->link->transmit(e->link, frames + sent, (uint16_t)(n - sent)));
	atomic_store_explicit(&e->frames, atomic_load_explicit(&e->frames, memory_order_relaxed) + n, memory_order_relaxed);
}

static int
serve(void *end)
{
	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		struct setting s = settings[atomic_load_explicit(&chosen, memory_order_relaxed)];

		for (unsigned int i = 0; i < 64; i++)
			turn(end, &s);
	}
	return 0;
}

/* ---- windows */

static double
nanoseconds_a_frame(void)
{
	uint64_t frames, begin_ns;

	usleep((unsigned int)(options.warmup_seconds * 1e6));
	frames = atomic_load(&ends[0].frames);
	begin_ns = measure_now_ns();
	usleep((unsigned int)(options.seconds * 1e6));
	frames = atomic_load(&ends[0].frames) - frames;
	return (double)(measure_now_ns() - begin_ns) / (double)RTE_MAX(frames, 1u);
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(uint32_t count)
{
	double ns[RTE_DIM(settings)][ROUNDS];

	atomic_store(&flows, count);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < RTE_DIM(settings); i++) {
			atomic_store(&chosen, i);
			ns[i][round] = nanoseconds_a_frame();
		}
	}
	printf("%u flows\n", count);
	for (uint32_t i = 0; i < RTE_DIM(settings); i++) {
		qsort(ns[i], ROUNDS, sizeof(ns[i][0]), ascending);
		printf("  %2u frames ahead, %u lines of each; %u lines of a block: %6.1f ns a frame (best %.1f)\n", settings[i].ahead,
		       settings[i].lines, settings[i].block, ns[i][ROUNDS / 2], ns[i][0]);
	}
}

static void
start_eal(void)
{
	char lcores[64], *words[] = { (char[]){ "prefetch" }, (char[]){ "--in-memory" }, (char[]){ "--no-pci" },
				      (char[]){ "--no-telemetry" }, (char[]){ "--log-level=error" }, (char[]){ "--lcores" }, lcores };

	snprintf(lcores, sizeof(lcores), "0@(%u,%u),1@%u,2@%u", options.core[0], options.core[1], options.core[0], options.core[1]);
	if (rte_eal_init((int)RTE_DIM(words), words) < 0)
		measure_die("EAL did not start: %s (it wants hugepages: ./run setup)", rte_strerror(rte_errno));
}

int
main(int argc, char **argv)
{
	struct port_config configs[2];
	struct rte_mempool *pool;
	struct complaint why;
	struct port *ports[2];

	measure_options(&options, argc, argv, "How far ahead frames, buckets and blocks are asked for: nanoseconds a frame and core.");
	start_eal();
	pool = rte_pktmbuf_pool_create("frames", POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, NODE);
	if (pool == NULL)
		measure_die("no memory for %u frames: %s", POOL, rte_strerror(rte_errno));
	for (unsigned int i = 0; i < 2; i++)
		configs[i] = (struct port_config){ .cores = 1, .mtu = 1500, .pool = pool, .node = NODE };
	if (loop_open(ports, configs, &why) != 0)
		measure_die("%s", why.text);
	atomic_store(&flows, flows_of[0]);
	for (unsigned int i = 0; i < 2; i++) {
		ends[i].link = ports[i]->link[0];
		ends[i].random = i;
		learn(&ends[i], flows_of[RTE_DIM(flows_of) - 1]);
	}
	for (unsigned int i = 0; i < options.in_flight; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		if (m == NULL)
			measure_die("the pool is empty at the start");
		fill(&ends[0], m);
		ends[0].link->transmit(ends[0].link, &m, 1);
	}
	if (rte_eal_remote_launch(serve, &ends[1], 2) != 0 || rte_eal_remote_launch(serve, &ends[0], 1) != 0)
		measure_die("the cores did not start");
	for (unsigned int i = 0; i < RTE_DIM(flows_of); i++)
		measure(flows_of[i]);
	atomic_store(&over, true);
	rte_eal_mp_wait_lcore();
	return EXIT_SUCCESS;
}
