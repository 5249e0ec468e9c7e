/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What `loop` and the pool allow without any stack: the frames that Tern sends for
 * a connection, a request or bulk data, in their order, each allocated, filled,
 * sent, received, looked at and freed, on the same two cores. A frame says which
 * step it is; that is all the state there is.
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
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "measure.h"
#include "port/loop.h"

#define BURST 32u
#define POOL 16383u
#define POOL_BULK 4095u     /* of large frames */
#define POOL_CACHE 512u
#define NODE 0
#define TURNS_A_CLOCK 64u   /* turns between two looks at the clock */

/* Tern's frames with timestamps: a SYN, an ACK, 64 bytes of payload; and full ones. */
#define FRAME_SYN 74u
#define FRAME_ACK 66u
#define FRAME_DATA 130u
#define FRAME_1500 1514u
#define FRAME_9000 9014u
#define FRAME_MAX FRAME_9000
#define HEADERS 64u         /* looked at: all but the last two bytes of Ethernet, IPv4 and TCP with timestamps */
#define STEPS 7u
#define TRAIN 8u            /* full segments for one ACK, as --ack-every has it */

/* Even steps are the client's. Each is answered with the next one, up to the last. */
static const struct shape {
	const char *name;
	uint16_t frame[STEPS];
	uint8_t steps;
	uint8_t end;        /* a client that gets this one begins anew */
	uint8_t train;      /* so many of step 0 in a row, and the last of them alone is answered */
} shapes[] = {
	/* SYN, SYN-ACK, request, answer, FIN, FIN, ACK */
	{ "4+3", { FRAME_SYN, FRAME_SYN, FRAME_DATA, FRAME_DATA, FRAME_ACK, FRAME_ACK, FRAME_ACK }, 7, 5, 1 },
	/* SYN, SYN-ACK, request, answer with FIN, FIN, ACK */
	{ "3+3", { FRAME_SYN, FRAME_SYN, FRAME_DATA, FRAME_DATA, FRAME_ACK, FRAME_ACK }, 6, 5, 1 },
	/* SYN, SYN-ACK, FIN, FIN, ACK */
	{ "3+2", { FRAME_SYN, FRAME_SYN, FRAME_ACK, FRAME_ACK, FRAME_ACK }, 5, 3, 1 },
	/* request, answer */
	{ "1+1", { FRAME_DATA, FRAME_DATA }, 2, 1, 1 },
	/* full segments, an ACK for eight */
	{ "bulk-1500", { FRAME_1500, FRAME_ACK }, 2, 1, TRAIN },
	{ "bulk-9000", { FRAME_9000, FRAME_ACK }, 2, 1, TRAIN },
};

struct end {
	struct tern_link *link;
	struct rte_mempool *pool;
	uint8_t template[FRAME_MAX];
	struct rte_mbuf *out[TRAIN * BURST];   /* an ACK may bring a train along; a FIN's answer a SYN */
	uint16_t owed;
	uint64_t completed;
	uint32_t seen_of_train;
	uint64_t seen;                     /* keeps the compiler from leaving the look at the headers out */
} __rte_cache_aligned;

static struct measure_options options = {
	.seconds = 2, .warmup_seconds = 0.5, .in_flight = 512, .core = { 0, 1 }, .shape = "4+3",
};
static const struct shape *shape;
static struct end ends[2];
static struct measure_window window;
static _Atomic bool over;
static _Atomic pid_t server_thread;

/*
 * Only what differs from frame to frame: a buffer comes back from the pool as it
 * went in, direct, of one segment, data where it was. The sizes copied of small
 * frames are constants, so that no call is made for them.
 */
static void
fill(struct end *e, struct rte_mbuf *m, unsigned int step)
{
	uint8_t *data = (uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM;
	uint16_t size = shape->frame[step];

	m->data_len = size;
	m->pkt_len = size;
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	memcpy(data, e->template, FRAME_SYN);
	if (size == FRAME_DATA)
		memcpy(data + FRAME_SYN, e->template + FRAME_SYN, FRAME_DATA - FRAME_SYN);
	else if (size > FRAME_DATA)
		memcpy(data + FRAME_SYN, e->template + FRAME_SYN, size - FRAME_SYN);
	data[0] = (uint8_t)step;
}

static void
flush(struct end *e)
{
	uint16_t sent = 0;

	while (sent < e->owed)
		sent = (uint16_t)(sent + e->link->transmit(e->link, e->out + sent, (uint16_t)(e->owed - sent)));
	e->owed = 0;
}

static unsigned int
look_at(struct end *e, const struct rte_mbuf *m)
{
	const uint8_t *data = (const uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM;
	uint64_t word;

	for (unsigned int i = 0; i + sizeof(word) <= HEADERS; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		e->seen += word;
	}
	return data[0];
}

/* What a frame of that step is answered with, at `reply`. Returns how many. */
static unsigned int
answer(struct end *e, unsigned int step, uint8_t *reply)
{
	unsigned int n = 0;

	if (step == 0 && shape->train > 1 && ++e->seen_of_train < shape->train)
		return 0;
	e->seen_of_train = 0;
	if (step + 1u < shape->steps)
		reply[n++] = (uint8_t)(step + 1);
	if (step == shape->end)
		for (unsigned int i = 0; i < shape->train; i++)
			reply[n++] = 0;
	return n;
}

/* Answer a burst. Returns how many connections, requests or full frames ended. */
static unsigned int
turn(struct end *e)
{
	struct rte_mbuf *in[BURST];
	uint8_t reply[TRAIN * BURST];
	unsigned int replies = 0, ended = 0;
	uint16_t n = e->link->receive(e->link, in, BURST);

	if (n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		rte_prefetch0(in[i]);
		rte_prefetch0((const uint8_t *)(in[i] + 1) + RTE_PKTMBUF_HEADROOM);
	}
	for (uint16_t i = 0; i < n; i++) {
		unsigned int step = look_at(e, in[i]);

		replies += answer(e, step, reply + replies);
		ended += step == shape->end ? shape->train : 0;
	}
	/* all are direct, of one segment and one reference: what the pool gave, it may have back in one go */
	rte_mempool_put_bulk(e->pool, (void **)in, n);
	if (replies > 0 && rte_mempool_get_bulk(e->pool, (void **)e->out, replies) != 0)
		measure_die("the pool is empty: frames were lost");
	for (unsigned int i = 0; i < replies; i++)
		fill(e, e->out[i], reply[i]);
	e->owed = (uint16_t)replies;
	flush(e);
	return ended;
}

static void
turn_until(struct end *e, uint64_t until_ns)
{
	while (measure_now_ns() < until_ns)
		for (unsigned int i = 0; i < TURNS_A_CLOCK; i++)
			e->completed += turn(e);
}

static int
serve(void *end)
{
	atomic_store(&server_thread, gettid());
	while (!atomic_load_explicit(&over, memory_order_relaxed))
		for (unsigned int i = 0; i < TURNS_A_CLOCK; i++)
			turn(end);
	return 0;
}

static int
load(void *end)
{
	struct end *e = end;
	pid_t threads[2];

	for (unsigned int i = 0; i < options.in_flight; i++) {
		if (rte_mempool_get_bulk(e->pool, (void **)e->out, 1) != 0)
			measure_die("the pool is empty at the start");
		fill(e, e->out[0], 0);
		e->owed = 1;
		flush(e);
	}
	turn_until(e, measure_now_ns() + (uint64_t)(options.warmup_seconds * 1e9));
	threads[0] = gettid();
	threads[1] = atomic_load(&server_thread);
	measure_begin(&window, e->completed, 0, threads);
	turn_until(e, window.begin_ns + (uint64_t)(options.seconds * 1e9));
	measure_end(&window, e->completed, 0, threads);
	atomic_store(&over, true);
	return 0;
}

static bool
hugepages_are_free(void)
{
	FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "re");
	unsigned int pages = 0;

	if (f != NULL) {
		if (fscanf(f, "%u", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return pages >= 64;
}

static const struct shape *
shape_of(const char *name)
{
	for (unsigned int i = 0; i < RTE_DIM(shapes); i++)
		if (strcmp(name, shapes[i].name) == 0)
			return &shapes[i];
	measure_die("--shape: found '%s', want 4+3, 3+3, 3+2, 1+1, bulk-1500 or bulk-9000", name);
}

/* The main thread floats; the two ends are pinned as Tern pins its stacks. */
static void
start_eal(void)
{
	bool pages = hugepages_are_free();
	char line[256], *words[16], *rest = NULL;
	int count = 0;

	snprintf(line, sizeof(line), "device_limit %s --no-pci --no-telemetry --log-level=error --lcores 0@(%u,%u),1@%u,2@%u",
		 pages ? "--in-memory" : "--no-huge -m 128", options.core[0], options.core[1], options.core[0],
		 options.core[1]);
	for (char *word = strtok_r(line, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	if (!pages)
		fputs("device_limit: no hugepages free: measured on normal pages\n", stderr);
	if (rte_eal_init(count, words) < 0)
		measure_die("EAL did not start: %s", rte_strerror(rte_errno));
}

int
main(int argc, char **argv)
{
	struct complaint why;
	struct port_config configs[2];
	struct port *ports[2];
	struct rte_mempool *pool;
	unsigned int frames;
	bool large;

	measure_options(&options, argc, argv,
			"The device's own limit: what Tern sends over loop, with no stack between. Shapes are packets each way:\n"
			"4+3, 3+3 and 3+2 a connection, 1+1 a request, bulk-1500 and bulk-9000 full frames with an ACK for eight.");
	shape = shape_of(options.shape);
	large = shape->frame[0] > RTE_MBUF_DEFAULT_DATAROOM;
	frames = large ? POOL_BULK : POOL;
	if (options.in_flight < shape->train)
		measure_die("--connections: found %u, want at least %u frames for this shape", options.in_flight, shape->train);
	options.in_flight -= options.in_flight % shape->train;
	start_eal();
	pool = rte_pktmbuf_pool_create("frames", frames, POOL_CACHE, 0,
				       large ? RTE_PKTMBUF_HEADROOM + FRAME_MAX : RTE_MBUF_DEFAULT_BUF_SIZE, NODE);
	if (pool == NULL)
		measure_die("no memory for %u frames: %s", frames, rte_strerror(rte_errno));
	for (unsigned int i = 0; i < 2; i++)
		configs[i] = (struct port_config){ .cores = 1, .mtu = 1500, .pool = pool, .node = NODE };
	if (loop_open(ports, configs, &why) != 0)
		measure_die("%s", why.text);
	for (unsigned int i = 0; i < 2; i++) {
		ends[i] = (struct end){ .link = ports[i]->link[0], .pool = pool };
		memset(ends[i].template, 0x5a, sizeof(ends[i].template));
	}
	if (rte_eal_remote_launch(serve, &ends[1], 2) != 0 || rte_eal_remote_launch(load, &ends[0], 1) != 0)
		measure_die("the cores did not start");
	/* asleep: rte_eal_mp_wait_lcore() polls, and would take a quarter of each core */
	while (!atomic_load(&over))
		usleep(1000);
	rte_eal_mp_wait_lcore();
	measure_report(&options, &window, "device_limit_per_second");
	for (unsigned int i = 0; i < 2; i++)
		ports[i]->close(ports[i]);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
