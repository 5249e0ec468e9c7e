/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_jhash.h>

#include "port/ethdev.h"
#include "port/memif.h"
#include "port/memif_gate.h"
#include "port/memif_relay.h"
#include "port/memif_socket.h"
#include "port/vdev.h"

#define LABEL (sizeof("memif:@") + MEMIF_PATH)
#define CLIENT_WAITS_S 10u       /* for a server to appear, at the start */
#define BUFFER_LEAST 2048u       /* the driver's default */
#define FRAME_OVERHEAD 22u       /* Ethernet's header, a VLAN tag, a checksum that some deliver */

/* ---- who is the server */

/*
 * 0: somebody listens there; else the errno of knocking. It waits for the
 * server's hello: a server that is the driver and nothing more aborts when it
 * cannot send that, as it could not to one that has gone already.
 */
static int
knock(const struct memif_word *w)
{
	const struct timeval patience = { .tv_sec = 5 };
	char hello[256];
	int fd = memif_connect_to(w, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (recv(fd, hello, sizeof(hello), 0) <= 0)
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

/* ---- the device */

/* The driver's are random. These stay the same when an end starts anew, so that the other one's neighbours stay right. */
static struct mac_addr
mac_of(const struct memif_word *w)
{
	uint32_t hash = rte_jhash(w->path, (uint32_t)strlen(w->path), w->id);

	return (struct mac_addr){ { 0x02, 'm', (uint8_t)(hash >> 16), (uint8_t)(hash >> 8), (uint8_t)hash,
				    w->role == MEMIF_SERVER ? 1 : 2 } };
}

static int
make(const struct memif_word *w, const struct memif_word *driver, unsigned int instance,
     const struct port_config *config, uint16_t *id, struct complaint *why)
{
	uint32_t buffer = RTE_MAX((uint32_t)RTE_ALIGN(config->mtu + FRAME_OVERHEAD, 64u), BUFFER_LEAST);
	struct mac_addr mac = mac_of(w);
	char name[32], words[MEMIF_PATH + 256];
	size_t used;

	snprintf(name, sizeof(name), "net_memif%u", instance);
	used = (size_t)snprintf(words, sizeof(words), "socket=%s,socket-abstract=%s,role=%s,id=%u,bsize=%u,zero-copy=%s,"
				"mac=%02x:%02x:%02x:%02x:%02x:%02x", driver->path, driver->abstract ? "yes" : "no",
				w->role == MEMIF_SERVER ? "server" : "client", w->id, buffer, w->zero_copy ? "yes" : "no",
				mac.b[0], mac.b[1], mac.b[2], mac.b[3], mac.b[4], mac.b[5]);
	if (w->log2_ring != 0)
		used += (size_t)snprintf(words + used, sizeof(words) - used, ",rsize=%u", w->log2_ring);
	if (w->secret[0] != '\0')
		snprintf(words + used, sizeof(words) - used, ",secret=%s", w->secret);
	return vdev_make(name, words, id, why);
}

/* *taken: no, for there is a server by now. */
static struct port *
open_as(const struct memif_word *word, unsigned int instance, const char *label, const struct port_config *config,
	bool *taken, struct complaint *why)
{
	/* what goes by reference is memory of the user's, and the other end sees none but the packets' */
	struct ethdev_traits traits = { .label = label, .close_device = true, .any_mtu = true, .hears_all = true,
					.single_segment = word->zero_copy };
	struct memif_relay *relay = memif_relay_new(word, instance, taken, why);
	struct memif_gate *gate = NULL;
	struct port *port = NULL;
	uint16_t id;

	if (relay == NULL)
		return NULL;
	if (make(word, memif_relay_driver(relay), instance, config, &id, why) == 0)
		port = ethdev_open(id, &traits, config, why);
	if (port != NULL) {
		snprintf(port->note, sizeof(port->note), "%s of the memif%s",
			 word->role == MEMIF_SERVER ? "server" : "client", word->zero_copy ? ", zero-copy" : "");
		gate = memif_gate_over(port, why);
	}
	if (gate != NULL && memif_relay_start(relay, id, gate, config, why) == 0)
		return memif_gate_port(gate);
	if (gate != NULL) {
		port = memif_gate_port(gate);
		port->close(port);
	}
	memif_relay_free(relay);
	return NULL;
}

struct port *
memif_open(const char *argument, unsigned int instance, const struct port_config *config, struct complaint *why)
{
	char label[LABEL];
	struct memif_word word;
	struct port *port;
	bool either, taken;

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
	port = open_as(&word, instance, label, config, &taken, why);
	/* two that start at once both find nobody: the second is the client */
	if (port == NULL && either && taken && knock(&word) == 0) {
		word.role = MEMIF_CLIENT;
		port = open_as(&word, instance, label, config, &taken, why);
	}
	return port;
}
