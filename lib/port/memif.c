/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_jhash.h>
#include <rte_malloc.h>

#include "port/ethdev.h"
#include "port/memif.h"
#include "port/vdev.h"

#define LABEL (sizeof("memif:@") + MEMIF_PATH)
#define CLIENT_WAITS_S 10u       /* for a server to appear, at the start */
#define BUFFER_LEAST 2048u       /* the driver's default */
#define FRAME_OVERHEAD 22u       /* Ethernet's header, a VLAN tag, a checksum that some deliver */
#define EMPTY_LOOK 1024u         /* empty receives until the link is looked at */
#define RETRIES_A_SECOND 10u

/* ---- who is the server */

static socklen_t
address_of(const struct memif_word *w, struct sockaddr_un *to)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path + w->abstract, w->path, strnlen(w->path, sizeof(to->sun_path) - 1));
	return w->abstract ? (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(w->path)) : sizeof(*to);
}

/*
 * 0: somebody listens there; else the errno of knocking. It waits for the
 * server's hello: the driver's own server aborts when it cannot send that, as it
 * could not to one that has gone already.
 */
static int
knock(const struct memif_word *w)
{
	const struct timeval patience = { .tv_sec = 2 };
	struct sockaddr_un to;
	char hello[256];
	socklen_t length = address_of(w, &to);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	error = connect(fd, (struct sockaddr *)&to, length) == 0 ? 0 : errno;
	if (error == 0 && recv(fd, hello, sizeof(hello), 0) <= 0)
		error = EPROTO;
	close(fd);
	return error;
}

/* A server that was killed leaves its socket behind, at which nobody can listen again. */
static int
clear_place(const struct memif_word *w, const char *label, int knocked, struct complaint *why)
{
	struct stat found;

	if (w->abstract || lstat(w->path, &found) != 0)
		return 0;
	if (!S_ISSOCK(found.st_mode))
		return complain(why, "%s: the file is there and is no socket; name another path", label);
	if (knocked == ECONNREFUSED && unlink(w->path) != 0)
		return complain(why, "%s: a socket at which nobody listens, and it cannot be removed: %s", label,
				strerror(errno));
	return 0;
}

/* One's own word; else whoever comes first is the server, and stays it when the other one comes again. */
static int
choose_role(struct memif_word *w, const char *label, struct complaint *why)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	int error = knock(w);

	if (w->role == MEMIF_EITHER)
		w->role = error == 0 || w->zero_copy ? MEMIF_CLIENT : MEMIF_SERVER;
	if (w->role == MEMIF_SERVER)
		return error == 0 ? complain(why, "%s: a server listens there already; leave out \"server\" to connect to it",
					     label) : clear_place(w, label, error, why);
	for (unsigned int i = 0; i < 100 * CLIENT_WAITS_S && error != 0; i++) {
		if (error != ENOENT && error != ECONNREFUSED)
			break;
		nanosleep(&nap, NULL);
		error = knock(w);
	}
	return error == 0 ? 0 : complain(why, "%s: no server listens there (%s); start the other end first%s", label,
					 strerror(error), w->zero_copy ? ": zero-copy makes this one the client" : "");
}

/* ---- a client, that comes back when its server does */

struct memif;

struct memif_queue {
	struct tern_link link;
	struct tern_link *below;
	struct memif *memif;
	uint32_t empty;              /* receives in a row */
	_Atomic bool away;           /* this core has seen that the link is down, and leaves the device alone */
} __rte_cache_aligned;

struct memif {
	struct port port;
	struct port *below;
	uint16_t id;
	_Atomic bool down;
	uint64_t retry_tsc;
	struct memif_queue queue[PORT_MAX_CORES];
};

static bool
device_is_up(uint16_t id)
{
	struct rte_eth_link link = { 0 };

	return rte_eth_link_get_nowait(id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

/*
 * The driver's client does not connect again by itself. To be started again it
 * has to be stopped, and no core may be inside it then: each says that it is
 * away, and the first one does the work. The handshake goes on in a thread of
 * DPDK's.
 */
static void
come_back(struct memif *m)
{
	uint64_t now_tsc = rte_rdtsc();

	if (now_tsc < m->retry_tsc)
		return;
	for (uint32_t i = 1; i < m->port.cores; i++)
		if (!atomic_load_explicit(&m->queue[i].away, memory_order_acquire))
			return;
	m->retry_tsc = now_tsc + rte_get_tsc_hz() / RETRIES_A_SECOND;
	if (device_is_up(m->id)) {
		for (uint32_t i = 0; i < m->port.cores; i++)
			atomic_store_explicit(&m->queue[i].away, false, memory_order_relaxed);
		atomic_store_explicit(&m->down, false, memory_order_release);
		return;
	}
	rte_eth_dev_stop(m->id);
	rte_eth_dev_start(m->id);
}

static uint16_t
receive_nothing(struct memif_queue *q)
{
	struct memif *m = q->memif;

	if (atomic_load_explicit(&m->down, memory_order_acquire)) {
		atomic_store_explicit(&q->away, true, memory_order_release);
		if (q == &m->queue[0])
			come_back(m);
	} else if (++q->empty % EMPTY_LOOK == 0 && !device_is_up(m->id)) {
		atomic_store_explicit(&m->down, true, memory_order_release);
	}
	return 0;
}

static uint16_t
memif_receive(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct memif_queue *q = (struct memif_queue *)link;
	uint16_t got;

	if (unlikely(atomic_load_explicit(&q->memif->down, memory_order_relaxed)))
		return receive_nothing(q);
	got = q->below->receive(q->below, frames, n);
	return likely(got != 0) ? got : receive_nothing(q);
}

static uint16_t
memif_transmit(struct tern_link *link, struct rte_mbuf **frames, uint16_t n)
{
	struct memif_queue *q = (struct memif_queue *)link;

	if (unlikely(atomic_load_explicit(&q->memif->down, memory_order_relaxed)))
		return 0;
	return q->below->transmit(q->below, frames, n);
}

static bool
memif_is_up(struct tern_link *link)
{
	struct memif_queue *q = (struct memif_queue *)link;

	return !atomic_load_explicit(&q->memif->down, memory_order_relaxed) && q->below->is_up(q->below);
}

static void
memif_read_drops(struct port *port, uint64_t *drops)
{
	struct memif *m = (struct memif *)port;

	/* without a link the driver has no queues to count */
	if (!atomic_load_explicit(&m->down, memory_order_relaxed))
		m->below->read_drops(m->below, drops);
}

static void
memif_close(struct port *port)
{
	struct memif *m = (struct memif *)port;

	m->below->close(m->below);
	rte_free(m);
}

static struct port *
client_over(struct port *below, uint16_t id, struct complaint *why)
{
	struct memif *m = rte_zmalloc_socket("memif", sizeof(*m), RTE_CACHE_LINE_SIZE, below->node);

	if (m == NULL) {
		complain(why, "%s: out of memory", below->name);
		below->close(below);
		return NULL;
	}
	m->port = *below;
	m->below = below;
	m->id = id;
	m->port.close = memif_close;
	m->port.read_drops = memif_read_drops;
	for (uint32_t i = 0; i < below->cores; i++) {
		struct memif_queue *q = &m->queue[i];

		q->memif = m;
		q->below = below->link[i];
		q->link.capabilities = q->below->capabilities;
		q->link.receive = memif_receive;
		q->link.transmit = memif_transmit;
		q->link.is_up = memif_is_up;
		m->port.link[i] = &q->link;
	}
	return &m->port;
}

/* ---- either */

/* The driver's are random. These stay the same when an end starts anew, so that the other one's neighbours stay right. */
static struct mac_addr
mac_of(const struct memif_word *w)
{
	uint32_t hash = rte_jhash(w->path, (uint32_t)strlen(w->path), w->id);

	return (struct mac_addr){ { 0x02, 'm', (uint8_t)(hash >> 16), (uint8_t)(hash >> 8), (uint8_t)hash,
				    w->role == MEMIF_SERVER ? 1 : 2 } };
}

static int
make(const struct memif_word *w, unsigned int instance, const struct port_config *config, uint16_t *id,
     struct complaint *why)
{
	uint32_t buffer = RTE_MAX((uint32_t)RTE_ALIGN(config->mtu + FRAME_OVERHEAD, 64u), BUFFER_LEAST);
	struct mac_addr mac = mac_of(w);
	char name[32], words[MEMIF_PATH + 256];
	size_t used;

	snprintf(name, sizeof(name), "net_memif%u", instance);
	used = (size_t)snprintf(words, sizeof(words), "socket=%s,socket-abstract=%s,role=%s,id=%u,bsize=%u,zero-copy=%s,"
				"mac=%02x:%02x:%02x:%02x:%02x:%02x", w->path, w->abstract ? "yes" : "no",
				w->role == MEMIF_SERVER ? "server" : "client", w->id, buffer, w->zero_copy ? "yes" : "no",
				mac.b[0], mac.b[1], mac.b[2], mac.b[3], mac.b[4], mac.b[5]);
	if (w->log2_ring != 0)
		used += (size_t)snprintf(words + used, sizeof(words) - used, ",rsize=%u", w->log2_ring);
	if (w->secret[0] != '\0')
		snprintf(words + used, sizeof(words) - used, ",secret=%s", w->secret);
	return vdev_make(name, words, id, why);
}

struct port *
memif_open(const char *argument, unsigned int instance, const struct port_config *config, struct complaint *why)
{
	char label[LABEL];
	struct ethdev_traits traits = { .label = label, .close_device = true, .any_mtu = true, .hears_all = true };
	struct memif_word word;
	struct port *port;
	bool either;
	uint16_t id;

	if (memif_parse(argument, &word, why) != 0)
		return NULL;
	either = word.role == MEMIF_EITHER;
	snprintf(label, sizeof(label), "memif:%s%s", word.abstract ? "@" : "", word.path);
	if (word.zero_copy && !rte_eal_has_hugepages()) {
		complain(why, "%s: zero-copy shares the packets' own memory, which takes hugepages; leave it out, or reserve "
			 "some", label);
		return NULL;
	}
	if (choose_role(&word, label, why) != 0)
		return NULL;
	if (make(&word, instance, config, &id, why) != 0) {
		/* two that start at once both find nobody: the second is the client */
		if (!either || word.role == MEMIF_CLIENT || knock(&word) != 0)
			return NULL;
		word.role = MEMIF_CLIENT;
		if (make(&word, instance, config, &id, why) != 0)
			return NULL;
	}
	/* what goes by reference is memory of the user's, and the other end sees none but the packets' */
	traits.single_segment = word.zero_copy;
	port = ethdev_open(id, &traits, config, why);
	if (port == NULL)
		return NULL;
	snprintf(port->note, sizeof(port->note), "%s of the memif%s", word.role == MEMIF_SERVER ? "server" : "client",
		 word.zero_copy ? ", zero-copy" : "");
	return word.role == MEMIF_CLIENT ? client_over(port, id, why) : port;
}
