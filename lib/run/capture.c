/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>
#include <rte_malloc.h>

#include "core/mbuf.h"
#include "port/pcapng.h"
#include "run/capture.h"
#include "run/capture_ring.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/frame.h"

#define RING_BYTES (UINT64_C(16) << 20)   /* of each core; touched as it is used */
#define CHUNK 64u                         /* frames that are copied before they are handed on */
#define HOLD_NS UINT64_C(1000000000)      /* so long frames wait at most for those of a core that is behind */
#define NAP_NS 1000000
#define TCP_CHECKSUM_AT 16u
#define IPV4_CHECKSUM_AT 10u

/* Around one core's link. */
struct capture_link {
	struct tern_link link;
	struct tern_link *below;
	const struct run_core *core;
	struct capture *capture;
	struct capture_ring ring;
	uint32_t interface;
};

struct capture {
	char *path;
	struct pcapng *file;         /* NULL once it is closed */
	uint64_t since_1970_ns;      /* add it to the stacks' time */
	uint32_t most_bytes;         /* of a frame */
	uint64_t limit;              /* bytes of the file; 0: none */
	bool timeless;               /* the stacks' clock is not this machine's, so frames cannot be waited for */
	const struct clock *clock;
	unsigned int interfaces, links;
	struct capture_link *around[2 * PORT_MAX_CORES];
	pthread_t thread;
	bool has_thread;
	_Atomic bool stop;
	/* the thread's, then capture_end()'s */
	bool full;
	uint64_t frames, beyond;
	int error;
};

/* ---- on the stack's core */

static void
record_of(const struct capture_link *l, const struct rte_mbuf *m, enum pcapng_direction direction,
	  struct capture_record *record)
{
	const struct capture *c = l->capture;
	uint64_t flags = m->ol_flags;

	record->time_ns = l->core->entered_ns + c->since_1970_ns;
	record->length = m->pkt_len;
	record->captured = RTE_MIN(m->pkt_len, c->most_bytes);
	record->direction = (uint8_t)direction;
	if (direction == PCAPNG_OUT) {
		record->fill_ip = flags & RTE_MBUF_F_TX_IP_CKSUM;
		record->fill_l4 = (flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM;
	} else {
		/* handed over by its sender, who has computed none either */
		record->fill_ip = l->link.capabilities.by_reference && flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		record->fill_l4 = l->link.capabilities.by_reference && flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	}
}

static void
count(_Atomic uint64_t *counter, uint64_t n)
{
	/* one writer: no need of a locked addition */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static uint16_t
capture_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct capture_link *l = (struct capture_link *)link;
	uint64_t head = atomic_load_explicit(&l->ring.head, memory_order_relaxed);
	uint16_t got = l->below->receive(l->below, frames, n);
	struct capture_record record = { 0 };
	uint64_t missed = 0;

	if (got == 0)
		return 0;
	for (uint16_t i = 0; i < got; i++) {
		mbuf_received(frames[i]);
		record_of(l, frames[i], PCAPNG_IN, &record);
		missed += !capture_ring_put(&l->ring, &head, &record, frames[i]);
	}
	capture_ring_tell(&l->ring, head);
	count(&l->ring.passed, got);
	count(&l->ring.missed, missed);
	return got;
}

/* Copied before, for a frame that was handed on is gone; told only as far as they were taken. */
static uint16_t
transmit_chunk(struct capture_link *l, struct rte_mbuf **frames, uint16_t n)
{
	uint64_t head = atomic_load_explicit(&l->ring.head, memory_order_relaxed), missed = 0, ends[CHUNK];
	struct capture_record record = { 0 };
	uint64_t missing = 0;            /* a bit a frame */
	uint16_t taken;

	for (uint16_t i = 0; i < n; i++) {
		record_of(l, frames[i], PCAPNG_OUT, &record);
		if (!capture_ring_put(&l->ring, &head, &record, frames[i]))
			missing |= UINT64_C(1) << i;
		ends[i] = head;
	}
	taken = l->below->transmit(l->below, frames, n);
	if (taken == 0)
		return 0;
	missed = (uint64_t)__builtin_popcountll(taken == CHUNK ? missing : missing & ((UINT64_C(1) << taken) - 1));
	capture_ring_tell(&l->ring, ends[taken - 1]);
	count(&l->ring.passed, taken);
	count(&l->ring.missed, missed);
	return taken;
}

static uint16_t
capture_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct capture_link *l = (struct capture_link *)link;
	uint16_t sent = 0;

	while (sent < n) {
		uint16_t offered = RTE_MIN((uint16_t)(n - sent), (uint16_t)CHUNK);
		uint16_t taken = transmit_chunk(l, frames + sent, offered);

		sent = (uint16_t)(sent + taken);
		if (taken != offered)
			break;
	}
	return sent;
}

static bool
capture_is_up(struct tern_link *link)
{
	struct capture_link *l = (struct capture_link *)link;

	return l->below->is_up(l->below);
}

/* ---- the writer */

/* As the device, or nobody, would have done it. A frame that was cut short keeps what it has behind IP. */
static void
fill_checksums(uint8_t *bytes, const struct capture_record *record)
{
	struct frame f;
	uint16_t sum = 0;

	if (frame_parse(&f, bytes, record->captured, record->length, true) != 0 || f.ethertype == ETHERTYPE_ARP)
		return;
	if (record->fill_ip && f.v4) {
		memcpy(bytes + f.l3_offset + IPV4_CHECKSUM_AT, &sum, sizeof(sum));
		sum = checksum_fold(checksum_add(0, bytes + f.l3_offset, (uint32_t)(f.l4_offset - f.l3_offset)));
		memcpy(bytes + f.l3_offset + IPV4_CHECKSUM_AT, &sum, sizeof(sum));
	}
	if (!record->fill_l4 || f.protocol != IP_PROTO_TCP || f.l4_offset + f.l4_length > record->captured)
		return;
	sum = 0;
	memcpy(bytes + f.l4_offset + TCP_CHECKSUM_AT, &sum, sizeof(sum));
	sum = checksum_fold(checksum_pseudo(f.v4, &f.src, &f.dst, IP_PROTO_TCP, f.l4_length) +
			    checksum_add(0, bytes + f.l4_offset, f.l4_length));
	memcpy(bytes + f.l4_offset + TCP_CHECKSUM_AT, &sum, sizeof(sum));
}

static void
write_record(struct capture *c, const struct capture_link *l, struct capture_record *record)
{
	uint8_t *bytes = (uint8_t *)(record + 1);

	/* once a frame is missing so are all after it, or the file would tell of a loss that was none */
	c->full |= c->limit != 0 && pcapng_size(c->file) + record->captured + 64 > c->limit;
	if (c->full || c->error != 0) {
		c->beyond++;
		return;
	}
	if (record->fill_ip || record->fill_l4)
		fill_checksums(bytes, record);
	pcapng_frame(c->file, l->interface, record->time_ns, (enum pcapng_direction)record->direction, bytes,
		     record->captured, record->length);
	c->frames++;
}

/* What has been told by now and is no younger than until_ns, in order of time. @return how many */
static uint64_t
write_until(struct capture *c, uint64_t until_ns)
{
	uint64_t head[2 * PORT_MAX_CORES], n = 0;

	for (unsigned int i = 0; i < c->links; i++)
		head[i] = atomic_load_explicit(&c->around[i]->ring.head, memory_order_acquire);
	for (;; n++) {
		struct capture_record *oldest = NULL;
		unsigned int from = 0;

		for (unsigned int i = 0; i < c->links; i++) {
			struct capture_record *next = capture_ring_next(&c->around[i]->ring, head[i]);

			if (next != NULL && next->time_ns <= until_ns && (oldest == NULL || next->time_ns < oldest->time_ns)) {
				oldest = next;
				from = i;
			}
		}
		if (oldest == NULL)
			break;
		write_record(c, c->around[from], oldest);
		capture_ring_done(&c->around[from]->ring, oldest);
	}
	if (n > 0 && c->error == 0)
		c->error = pcapng_flush(c->file);
	return n;
}

/*
 * What is yet to come from a core is no older than the turn that it is in, so
 * that frames up to the oldest turn can be written in order of time. One that
 * takes no turns any more is not waited for.
 */
static uint64_t
complete_until_ns(const struct capture *c)
{
	uint64_t now_ns = clock_ns(c->clock), until_ns = UINT64_MAX;

	if (c->timeless)
		return UINT64_MAX;
	for (unsigned int i = 0; i < c->links; i++)
		until_ns = RTE_MIN(until_ns, __atomic_load_n(&c->around[i]->core->entered_ns, __ATOMIC_ACQUIRE));
	return RTE_MAX(until_ns, now_ns - HOLD_NS) + c->since_1970_ns;
}

static void *
write_on(void *arg)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	struct capture *c = arg;

	while (!atomic_load(&c->stop)) {
		if (write_until(c, complete_until_ns(c)) == 0)
			nanosleep(&nap, NULL);
	}
	return NULL;
}

/* Signals are the main thread's, as on the cores. */
static int
start_thread(struct capture *c)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&c->thread, NULL, write_on, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	c->has_thread = error == 0;
	return error;
}

/* ---- from open to end */

static struct capture_link *
around(struct capture *c, const struct run_core *core, struct tern_link *below, uint32_t interface)
{
	struct capture_link *l = rte_zmalloc_socket("capture", sizeof(*l), RTE_CACHE_LINE_SIZE, core->node);

	if (l == NULL || capture_ring_make(&l->ring, RING_BYTES, core->node) != 0) {
		rte_free(l);
		return NULL;
	}
	l->below = below;
	l->core = core;
	l->capture = c;
	l->interface = interface;
	l->link.capabilities = below->capabilities;
	l->link.receive = capture_receive;
	l->link.transmit = capture_transmit;
	l->link.is_up = below->is_up != NULL ? capture_is_up : NULL;
	return l;
}

static int
add_side(struct capture *c, const struct side *side, struct complaint *why)
{
	const struct port *port = side->port;
	char name[128];

	snprintf(name, sizeof(name), "%s%s", side->name, port->name);
	pcapng_interface(c->file, name, port->driver, &port->mac, c->most_bytes);
	for (unsigned int i = 0; i < side->count; i++) {
		c->around[c->links] = around(c, side->core[i], port->link[i], c->interfaces);
		if (c->around[c->links++] == NULL)
			return complain(why, "--capture: no memory for the frames of CPU %u", side->core[i]->cpu);
	}
	c->interfaces++;
	return 0;
}

int
capture_open(struct tern *t, struct complaint *why)
{
	const struct options *o = &t->options;
	struct complaint cause;
	struct capture *c;
	char comment[128];
	int error;

	if (o->capture == NULL)
		return 0;
	c = t->capture = calloc(1, sizeof(*c));
	if (c == NULL || (c->path = strdup(o->capture)) == NULL)
		return complain(why, "--capture: out of memory");
	c->clock = &t->clock;
	c->since_1970_ns = t->clock.since_1970_ns;
	c->timeless = t->clock.set_ns != NULL;
	c->most_bytes = (uint32_t)o->capture_size;
	c->limit = o->capture_limit;
	snprintf(comment, sizeof(comment), PCAPNG_CLOCK, c->since_1970_ns);
	c->file = pcapng_create(c->path, comment, &cause);
	if (c->file == NULL)
		return complain(why, "--capture %s", cause.text);
	for (unsigned int i = 0; i < t->sides; i++)
		if (add_side(c, &t->side[i], why) != 0)
			return -1;
	c->error = pcapng_flush(c->file);
	if (c->error != 0)
		return complain(why, "--capture %s: cannot be written: %s", c->path, strerror(-c->error));
	error = start_thread(c);
	return error == 0 ? 0 : complain(why, "--capture: no thread to write it: %s", strerror(error));
}

struct tern_link *
capture_link(struct run_core *core, struct tern_link *link)
{
	const struct capture *c = core->process != NULL ? core->process->capture : NULL;

	for (unsigned int i = 0; c != NULL && i < c->links; i++)
		if (c->around[i]->core == core)
			return &c->around[i]->link;
	return link;
}

static void
write_counts(struct capture *c)
{
	uint64_t now_ns = clock_ns(c->clock) + c->since_1970_ns;

	for (uint32_t interface = 0; interface < c->interfaces; interface++) {
		uint64_t passed = 0, missed = 0;

		for (unsigned int i = 0; i < c->links; i++) {
			if (c->around[i]->interface != interface)
				continue;
			passed += c->around[i]->ring.passed;
			missed += c->around[i]->ring.missed;
		}
		pcapng_counts(c->file, interface, now_ns, passed, missed);
	}
}

void
capture_end(struct capture *c)
{
	int error;

	if (c->file == NULL)
		return;
	if (c->has_thread) {
		atomic_store(&c->stop, true);
		pthread_join(c->thread, NULL);
	}
	write_until(c, UINT64_MAX);
	write_counts(c);
	error = pcapng_close(c->file);
	c->error = c->error != 0 ? c->error : error;
	c->file = NULL;
}

void
capture_free(struct capture *c)
{
	if (c == NULL)
		return;
	capture_end(c);
	for (unsigned int i = 0; i < c->links; i++) {
		if (c->around[i] == NULL)
			continue;
		capture_ring_free(&c->around[i]->ring);
		rte_free(c->around[i]);
	}
	free(c->path);
	free(c);
}

int
tern_capture_end(struct tern *t, struct tern_capture *out)
{
	struct tern_capture told = { .size = out->size };
	struct capture *c = t->capture;

	if (c == NULL)
		return -ENOENT;
	capture_end(c);
	told.file = c->path;
	told.frames = c->frames;
	told.beyond = c->beyond;
	for (unsigned int i = 0; i < c->links; i++)
		told.missed += c->around[i]->ring.missed;
	memcpy(out, &told, RTE_MIN(out->size, sizeof(told)));
	return c->error;
}
