/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What `loop` and the pool allow without any stack: for each connection the seven
 * frames of connect, request, answer and close, in their order, each allocated,
 * filled, sent, received, looked at and freed, on the same two cores. A frame
 * says which of the seven it is; that is all the state there is.
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
#define POOL_CACHE 512u
#define NODE 0
#define TURNS_A_CLOCK 64u   /* turns between two looks at the clock */

/* Even steps are the client's. The sizes are those of Tern's frames: timestamps on, 64 bytes each way. */
enum step { SYN, SYN_ACK, REQUEST, ANSWER, FIN, FIN_ACK, LAST_ACK, STEPS };
#define FRAME_SYN 74u
#define FRAME_MAX 130u
static const uint16_t frame_size[STEPS] = { FRAME_SYN, FRAME_SYN, FRAME_MAX, FRAME_MAX, 66, 66, 66 };
#define HEADERS 64u   /* looked at: all but the last two bytes of Ethernet, IPv4 and TCP with timestamps */

struct end {
	struct tern_link *link;
	struct rte_mempool *pool;
	uint8_t template[FRAME_MAX];
	struct rte_mbuf *out[2 * BURST];   /* a FIN's answer may bring a SYN along */
	uint16_t owed;
	uint64_t completed;
	uint64_t seen;                     /* keeps the compiler from leaving the look at the headers out */
} __rte_cache_aligned;

static struct measure_options options = {
	.seconds = 2, .warmup_seconds = 0.5, .in_flight = 512, .core = { 0, 1 },
};
static struct end ends[2];
static struct measure_window window;
static _Atomic bool over;
static _Atomic pid_t server_thread;

/*
 * Only what differs from frame to frame: a buffer comes back from the pool as it
 * went in, direct, of one segment, data where it was. The sizes copied are
 * constants, so that no call is made for them.
 */
static void
fill(struct end *e, struct rte_mbuf *m, enum step step)
{
	uint8_t *data = (uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM;

	m->data_len = frame_size[step];
	m->pkt_len = frame_size[step];
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	memcpy(data, e->template, FRAME_SYN);
	if (frame_size[step] == FRAME_MAX)
		memcpy(data + FRAME_SYN, e->template + FRAME_SYN, FRAME_MAX - FRAME_SYN);
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

static enum step
look_at(struct end *e, const struct rte_mbuf *m)
{
	const uint8_t *data = (const uint8_t *)(m + 1) + RTE_PKTMBUF_HEADROOM;
	uint64_t word;

	for (unsigned int i = 0; i + sizeof(word) <= HEADERS; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		e->seen += word;
	}
	return (enum step)data[0];
}

/* Answer a burst. Returns how many connections ended. */
static unsigned int
turn(struct end *e)
{
	struct rte_mbuf *in[BURST];
	enum step reply[2 * BURST];
	unsigned int replies = 0, ended = 0;
	uint16_t n = e->link->receive(e->link, in, BURST);

	if (n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		rte_prefetch0(in[i]);
		rte_prefetch0((const uint8_t *)(in[i] + 1) + RTE_PKTMBUF_HEADROOM);
	}
	for (uint16_t i = 0; i < n; i++) {
		enum step step = look_at(e, in[i]);

		if (step == LAST_ACK)
			continue;
		reply[replies++] = step + 1;
		if (step == FIN_ACK) {
			reply[replies++] = SYN;
			ended++;
		}
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
		fill(e, e->out[0], SYN);
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

	measure_options(&options, argc, argv, "The device's own limit: a connection's frames over loop, with no stack between.");
	start_eal();
	pool = rte_pktmbuf_pool_create("frames", POOL, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, NODE);
	if (pool == NULL)
		measure_die("no memory for %u frames: %s", POOL, rte_strerror(rte_errno));
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
	measure_report(&options, &window, "device_limit_connections_per_second");
	for (unsigned int i = 0; i < 2; i++)
		ports[i]->close(ports[i]);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
