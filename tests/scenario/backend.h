/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_BACKEND_H
#define SCENARIO_BACKEND_H

/*
 * The TCP that a scenario is run against, as the runner sees it: frames in and
 * out, sockets, time. Nothing here names a stack, so that the same scenario can
 * be put to another one. Calls return -errno as the scenario language spells it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <tern/addr.h>

#define BACKEND_SETTINGS 24u

enum backend_event_bit {
	EVENT_ACCEPTED = 1, EVENT_CONNECTED = 2, EVENT_READABLE = 4, EVENT_WRITABLE = 8, EVENT_PEER_CLOSED = 16,
	EVENT_SENT = 32, EVENT_CLOSED = 64, EVENT_URGENT = 128,
	EVENT_OVERDUE = 2048, /* so many retransmissions in a row were not answered */
	EVENT_ERROR = 512   /* the network reported one that does not end the connection */
};

/* How things are with a socket, as poll() and epoll tell it; events say what has changed. */
enum backend_ready_bit {
	READY_READABLE = 1, READY_WRITABLE = 2, READY_PEER_CLOSED = 4, READY_URGENT = 8, READY_ERROR = 16,
	READY_CLOSED = 32   /* in both directions */
};

/* of a send */
enum backend_send_flag {
	SEND_MORE = 1,      /* MSG_MORE: its end may wait for the next one, */
	SEND_NO_MORE = 2,   /* which this is */
	SEND_RECORD = 4     /* MSG_EOR: no segment goes on behind it */
};

typedef uint64_t backend_socket;

struct backend_event {
	backend_socket socket;
	uint32_t mask;             /* EVENT_x */
	const char *reason;        /* with EVENT_CLOSED */
	int error;                 /* with EVENT_CLOSED: -errno of what the network said, or 0 */
	bool has_endpoints;
	struct tern_endpoint local, remote;
};

/* One host on one wire, each address known by its name in the language. */
struct backend_setup {
	bool v6;                             /* the family that the scenario's peers have */
	uint8_t mac[6];
	struct tern_addr local4, local6;     /* what the host is called; prefixes /24 and /64 */
	struct tern_addr second4, second6;   /* another address of the same host */
	struct tern_addr gateway4, gateway6;
	int vlan;                            /* -1: none */
	uint64_t start_ns, seed;
	unsigned int settings;
	struct { char name[32]; long long value; } setting[BACKEND_SETTINGS];   /* "config" lines */
	char congestion[16];
};

struct backend_ops {
	const char *name;
	bool virtual_time;
	/* What this machine lacks for it, or NULL; NULL itself: nothing is wanted. */
	const char *(*lacks)(void);
	/* NULL and a message in error when the host cannot be made */
	void *(*open)(const struct backend_setup *setup, char *error, size_t size);
	/* Frees the host. NULL, or what it left behind. */
	const char *(*close)(void *host);

	void (*inject)(void *host, const uint8_t *frame, uint32_t length);
	/* The next frame that the host sent, 0 when there is none. */
	uint32_t (*collect)(void *host, uint8_t *frame, uint32_t size, uint64_t *time_ns);
	uint64_t (*now)(void *host);
	/* Lets the host react to all that was injected, then lets time pass until a frame
	 * comes out or until_ns is reached. NULL, or why that cannot be. */
	const char *(*wait)(void *host, uint64_t until_ns);
	bool (*event)(void *host, struct backend_event *event);

	int (*listen)(void *host, const struct tern_endpoint *at, uint32_t backlog, uint32_t fastopen,
		      backend_socket *listener);
	int (*unlisten)(void *host, backend_socket listener);
	int (*connect)(void *host, const struct tern_endpoint *to, const struct tern_endpoint *from, uint64_t timeout_ns,
		       const void *data, size_t length, bool fastopen, backend_socket *socket);
	/* flags: SEND_x */
	ssize_t (*send)(void *host, backend_socket socket, const void *data, size_t length, unsigned int flags);
	ssize_t (*send_ref)(void *host, backend_socket socket, const void *data, size_t length);
	/* urgent: the bytes from the next one to be read to the end of what is urgent, 0 for none */
	ssize_t (*send_urgent)(void *host, backend_socket socket, const void *data, size_t length);
	ssize_t (*urgent)(void *host, backend_socket socket);
	ssize_t (*recv)(void *host, backend_socket socket, void *data, size_t length);
	ssize_t (*peek)(void *host, backend_socket socket, void *data, size_t length);
	ssize_t (*discard)(void *host, backend_socket socket, size_t length);
	int (*shutdown)(void *host, backend_socket socket);
	/* NULL: an end of reading is what its user makes of it */
	int (*shutdown_read)(void *host, backend_socket socket);
	/* READY_x; whether a short send still waits for EVENT_WRITABLE is the runner's to know */
	int (*ready)(void *host, backend_socket socket, uint32_t *mask);
	int (*close_socket)(void *host, backend_socket socket);
	int (*abort)(void *host, backend_socket socket);
	int (*set)(void *host, backend_socket socket, const char *option, uint64_t value);
	int (*get)(void *host, backend_socket socket, const char *option, uint64_t *value);
	/* "state" as text; figures as numbers: -ENOENT for what the backend does not know */
	int (*state)(void *host, backend_socket socket, const char **name);
	int (*info)(void *host, backend_socket socket, const char *field, int64_t *value);
	int (*counter)(void *host, const char *name, uint64_t *value);
};

extern const struct backend_ops backend_tern, backend_linux;

#endif
