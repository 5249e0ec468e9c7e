/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "port/memif_memory.h"
#include "port/memif_relay.h"
#include "port/memif_socket.h"

#define CHANNELS 8u              /* one becomes the link; others ask and go */
#define RETRIES_A_SECOND 10u
#define LOOK_MS 1                /* whether the driver has done what it was told */
#define NAMES 64u                /* tried for the driver's socket */

/* The first two bytes of the messages that have the driver map the memory, at a server and at a client. */
enum { MEMIF_CONNECT = 6, MEMIF_CONNECTED = 7 };

struct channel {
	int driver, peer;            /* sockets; -1: none */
	bool complete;               /* the driver has heard the last that it is to hear */
	struct memif_map map;        /* what its client has told of the memory */
};

struct memif_relay {
	struct memif_word word;
	struct memif_word driver;    /* where the driver is met */
	uint16_t id;
	bool thread_runs;
	bool again;                  /* the driver's client has ended, and is to be started anew */
	int listener, wake;
	uint64_t retry_tsc;
	pthread_t thread;
	struct memif_gate *gate;
	struct memif_memory memory;  /* with zero-copy */
	struct memif_rings *rings;   /* without */
	struct channel channel[CHANNELS];
};

/* ---- one call */

/*
 * The driver hears of the end when no core is inside, and has closed its socket
 * when it is done with it: only then may it be spoken to again. What it still has
 * to say, as why it refuses, is passed on.
 */
static void
channel_init(struct channel *c)
{
	*c = (struct channel){ .driver = -1, .peer = -1 };
	memif_map_init(&c->map);
}

static void
end_channel(struct memif_relay *r, struct channel *c)
{
	struct pollfd from = { .fd = c->driver, .events = POLLIN };
	uint16_t type;

	if (c->complete)
		memif_gate_shut(r->gate);
	shutdown(c->driver, SHUT_WR);
	while (memif_pass(c->driver, c->peer, &type, NULL) != MEMIF_PASSED_END)
		poll(&from, 1, -1);
	memif_memory_put_back(&r->memory);
	close(c->driver);
	if (c->peer >= 0)
		close(c->peer);
	memif_map_close(&c->map);
	channel_init(c);
	r->again = r->word.role == MEMIF_CLIENT;
	r->retry_tsc = rte_rdtsc() + rte_get_tsc_hz() / RETRIES_A_SECOND;
}

static void
serve_channel(struct memif_relay *r, struct channel *c, bool driver_speaks, bool peer_speaks)
{
	const bool server = r->word.role == MEMIF_SERVER;
	const uint16_t last = server ? MEMIF_CONNECT : MEMIF_CONNECTED;
	uint16_t type = 0;

	if (driver_speaks && memif_pass(c->driver, c->peer, &type, server ? NULL : &c->map) >= MEMIF_PASSED_LOST)
		end_channel(r, c);
	else if (peer_speaks && (c->complete ||
				 memif_pass(c->peer, c->driver, &type, server ? &c->map : NULL) >= MEMIF_PASSED_LOST))
		end_channel(r, c);   /* whatever comes behind the last message is the end */
	else if (peer_speaks)
		c->complete = type == last;
}

/* ---- who meets whom */

static struct channel *
free_channel(struct memif_relay *r)
{
	/* a client has one */
	for (unsigned int i = 0; i < (r->word.role == MEMIF_SERVER ? CHANNELS : 1); i++)
		if (r->channel[i].driver < 0)
			return &r->channel[i];
	return NULL;
}

/* False: nobody is calling. */
static bool
take_caller(struct memif_relay *r)
{
	struct channel *c = free_channel(r);
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	if (r->word.role == MEMIF_CLIENT && memif_is_own_process(fd)) {
		c->driver = fd;
		return true;
	}
	if (r->word.role == MEMIF_SERVER)
		c->driver = memif_connect_to(&r->driver, 0);
	if (c->driver >= 0)
		c->peer = fd;
	else
		close(fd);
	return true;
}

/* EAL's memory cannot grow while the driver has its files, so first all that the cores need is there. */
static bool
must_wait(const struct memif_relay *r)
{
	return r->word.zero_copy && !memif_gate_is_tried(r->gate);
}

/*
 * A client without its server: the driver waits for the server's hello, and the
 * relay tries again and again. The driver's client does not come back by itself.
 */
static void
look_for_server(struct memif_relay *r)
{
	struct channel *c = &r->channel[0];

	if (rte_rdtsc() < r->retry_tsc || must_wait(r))
		return;
	r->retry_tsc = rte_rdtsc() + rte_get_tsc_hz() / RETRIES_A_SECOND;
	if (r->again) {
		rte_eth_dev_stop(r->id);
		r->again = rte_eth_dev_start(r->id) != 0;
	} else if (c->driver >= 0 && c->peer < 0) {
		c->peer = memif_connect_to(&r->word, SOCK_NONBLOCK);   /* a server's full backlog is not waited for */
		if (c->peer >= 0 && r->word.zero_copy)
			memif_memory_keep(&r->memory);
	}
}

/* ---- the thread */

static bool
device_is_up(const struct memif_relay *r)
{
	struct rte_eth_link link = { 0 };

	if (rte_eth_link_get_nowait(r->id, &link) != 0 || link.link_status != RTE_ETH_LINK_UP)
		return false;
	atomic_thread_fence(memory_order_acquire);   /* the driver has mapped the memory before it said so */
	return true;
}

/* False: frames go through the driver, which is slower; with zero-copy, or when the other end's rings are not as many. */
static bool
begin_rings(struct memif_relay *r, struct channel *c)
{
	if (r->rings == NULL || !memif_map_open(&c->map, memif_gate_port(r->gate)->cores))
		return false;
	memif_rings_begin(r->rings, &c->map, r->word.role == MEMIF_SERVER);
	return true;
}

/* Opens the gate when the driver is through; returns for how long nothing is to be done, ms. */
static int
look_at_gate(struct memif_relay *r)
{
	struct channel *complete = NULL;

	for (unsigned int i = 0; i < CHANNELS; i++)
		if (r->channel[i].complete)
			complete = &r->channel[i];
	if (complete != NULL && !memif_gate_is_open(r->gate) && device_is_up(r)) {
		memif_memory_put_back(&r->memory);
		memif_gate_use(r->gate, begin_rings(r, complete));
		memif_gate_open(r->gate);
	}
	if (complete != NULL && !memif_gate_is_open(r->gate))
		return LOOK_MS;
	if (must_wait(r))
		return LOOK_MS;
	if (r->word.role == MEMIF_CLIENT && r->channel[0].peer < 0)
		return 1000 / RETRIES_A_SECOND;
	return -1;
}

static void *
relay_main(void *arg)
{
	struct memif_relay *r = arg;
	struct pollfd on[2 + 2 * CHANNELS];

	for (;;) {
		on[0] = (struct pollfd){ .fd = r->wake, .events = POLLIN };
		on[1] = (struct pollfd){ .fd = free_channel(r) != NULL ? r->listener : -1, .events = POLLIN };
		for (unsigned int i = 0; i < CHANNELS; i++) {
			on[2 + 2 * i] = (struct pollfd){ .fd = r->channel[i].driver, .events = POLLIN };
			on[3 + 2 * i] = (struct pollfd){ .fd = r->channel[i].peer, .events = POLLIN };
		}
		if (poll(on, RTE_DIM(on), look_at_gate(r)) < 0)
			continue;
		if (on[0].revents != 0)
			break;
		for (unsigned int i = 0; i < CHANNELS; i++)
			serve_channel(r, &r->channel[i], on[2 + 2 * i].revents != 0, on[3 + 2 * i].revents != 0);
		if (on[1].revents != 0)
			take_caller(r);
		if (r->word.role == MEMIF_CLIENT)
			look_for_server(r);
	}
	/* the driver's client may be waiting to be taken: it, too, is to be done before the device closes */
	while (r->word.role == MEMIF_CLIENT && !r->again && r->channel[0].driver < 0 && take_caller(r))
		;
	for (unsigned int i = 0; i < CHANNELS; i++)
		if (r->channel[i].driver >= 0)
			end_channel(r, &r->channel[i]);
	return NULL;
}

/* Signals are the main thread's. */
static int
start_thread(struct memif_relay *r)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = rte_ctrl_thread_create(&r->thread, "tern-memif", NULL, relay_main, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void
end_with_gate(void *owner)
{
	memif_relay_free(owner);
}

int
memif_relay_start(struct memif_relay *r, uint16_t id, struct memif_gate *gate, const struct port_config *config,
		  struct complaint *why)
{
	const struct port *port = memif_gate_port(gate);
	int error;

	r->id = id;
	r->gate = gate;
	if (!r->word.zero_copy) {
		r->rings = memif_rings_new(port->cores, config->pool, port->node, !config->software_checksums);
		if (r->rings == NULL)
			return complain(why, "memif:%s: out of memory", r->word.path);
		memif_gate_add(gate, r->rings);
	}
	error = start_thread(r);
	if (error != 0)
		return complain(why, "memif:%s: no thread for its control channel: %s", r->word.path, strerror(abs(error)));
	r->thread_runs = true;
	memif_gate_at_close(gate, end_with_gate, r);
	return 0;
}

void
memif_relay_free(struct memif_relay *r)
{
	if (r->thread_runs) {
		eventfd_write(r->wake, 1);
		pthread_join(r->thread, NULL);
	}
	if (r->listener >= 0) {
		close(r->listener);
		if (r->word.role == MEMIF_SERVER && !r->word.abstract)
			unlink(r->word.path);
	}
	if (r->wake >= 0)
		close(r->wake);
	memif_rings_free(r->rings);
	free(r);
}

/* ---- the sockets */

/* The driver's own socket lies beside the other end's: whoever may make the one may make the other. */
static int
listen_as_server(struct memif_relay *r, bool *taken, struct complaint *why)
{
	static const char suffix[] = ".driver";
	struct stat found;
	int error;

	if (strlen(r->word.path) + sizeof(suffix) > sizeof(r->driver.path))
		return complain(why, "memif:%s: %zu letters; a server's socket takes at most %zu, \"%s\" is put behind it for a "
				"second one", r->word.path, strlen(r->word.path), sizeof(r->driver.path) - sizeof(suffix), suffix);
	error = memif_listen(&r->word, CHANNELS, &r->listener);
	if (error != 0) {
		*taken = error == EADDRINUSE;
		return complain(why, "memif:%s: cannot listen there: %s", r->word.path, strerror(error));
	}
	strcat(r->driver.path, suffix);
	/* a server that was killed has left it behind */
	if (!r->word.abstract && lstat(r->driver.path, &found) == 0 && S_ISSOCK(found.st_mode))
		unlink(r->driver.path);
	return 0;
}

static int
listen_as_client(struct memif_relay *r, unsigned int instance, struct complaint *why)
{
	int error = EADDRINUSE;

	r->driver.abstract = true;
	for (unsigned int i = 0; i < NAMES && error == EADDRINUSE; i++) {
		snprintf(r->driver.path, sizeof(r->driver.path), "tern-memif-%d-%u-%u", (int)getpid(), instance, i);
		error = memif_listen(&r->driver, CHANNELS, &r->listener);
	}
	return error == 0 ? 0 : complain(why, "memif:%s: no socket for the driver: %s", r->word.path, strerror(error));
}

struct memif_relay *
memif_relay_new(const struct memif_word *word, unsigned int instance, bool *taken, struct complaint *why)
{
	struct memif_relay *r = calloc(1, sizeof(*r));
	int result;

	*taken = false;
	if (r == NULL) {
		complain(why, "memif:%s: out of memory", word->path);
		return NULL;
	}
	r->word = r->driver = *word;
	r->listener = -1;
	for (unsigned int i = 0; i < CHANNELS; i++)
		channel_init(&r->channel[i]);
	r->wake = eventfd(0, EFD_CLOEXEC);
	if (r->wake < 0)
		result = complain(why, "memif:%s: no eventfd: %s", word->path, strerror(errno));
	else
		result = word->role == MEMIF_SERVER ? listen_as_server(r, taken, why) : listen_as_client(r, instance, why);
	if (result == 0)
		return r;
	memif_relay_free(r);
	return NULL;
}

const struct memif_word *
memif_relay_driver(const struct memif_relay *r)
{
	return &r->driver;
}
