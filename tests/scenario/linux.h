/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_LINUX_H
#define SCENARIO_LINUX_H

/* The Linux kernel as a host under test: a network namespace of its own with a tap interface, and kernel sockets. */

#include <netinet/in.h>
#include <sys/socket.h>

#include "backend.h"

#define LINUX_FRAMES 1024u
#define LINUX_FRAME 2048u
#define LINUX_SOCKETS 128u
#define LINUX_EVENTS 256u

struct linux_socket {
	int fd;                    /* -1: closed by the user, or its end was told */
	bool listener, connecting, over;
	bool blocked;              /* a send was short: WRITABLE is owed */
	bool notify_sent, owes_sent;
	bool closed;               /* by the user: what the kernel still does shows in /proc/net/tcp */
	bool peer_closed, shut_read;
	int error;                 /* that was told and not asked for yet */
	struct tern_endpoint local, remote;
};

struct linux_host {
	struct backend_setup setup;
	int tap, epoll;
	struct {
		uint64_t time_ns;
		uint32_t length;
		uint8_t bytes[LINUX_FRAME];
	} out[LINUX_FRAMES];
	unsigned int out_head, out_tail;
	struct linux_socket socket[LINUX_SOCKETS];
	unsigned int sockets;
	struct backend_event event[LINUX_EVENTS];
	unsigned int event_head, event_tail;
	uint64_t accepts;
	const char *trouble;
};

/* linux_net.c: the namespace as the scenario's settings want it. 0, or -1 with a message. */
int linux_net_open(struct linux_host *h, char *error, size_t size);
const char *linux_lacks(void);
long long linux_setting(const struct linux_host *h, const char *name, long long fallback);

/* linux_socket.c: the calls of backend.h */
int linux_listen(void *host, const struct tern_endpoint *at, uint32_t backlog, uint32_t fastopen, backend_socket *listener);
int linux_unlisten(void *host, backend_socket listener);
int linux_connect(void *host, const struct tern_endpoint *to, const struct tern_endpoint *from, uint64_t timeout_ns,
		  const void *data, size_t length, bool fastopen, backend_socket *socket);
ssize_t linux_send(void *host, backend_socket socket, const void *data, size_t length, unsigned int flags);
ssize_t linux_send_ref(void *host, backend_socket socket, const void *data, size_t length);
ssize_t linux_send_urgent(void *host, backend_socket socket, const void *data, size_t length);
ssize_t linux_urgent(void *host, backend_socket socket);
ssize_t linux_recv(void *host, backend_socket socket, void *data, size_t length);
ssize_t linux_peek(void *host, backend_socket socket, void *data, size_t length);
ssize_t linux_discard(void *host, backend_socket socket, size_t length);
int linux_shutdown(void *host, backend_socket socket);
int linux_shutdown_read(void *host, backend_socket socket);
int linux_ready(void *host, backend_socket socket, uint32_t *mask);
int linux_close_socket(void *host, backend_socket socket);
int linux_abort(void *host, backend_socket socket);
struct linux_socket *linux_find(struct linux_host *h, backend_socket id);
/* NULL and trouble when there are too many. */
struct linux_socket *linux_new_socket(struct linux_host *h, int fd);

/* linux_event.c: what the sockets tell, as events of the language. Of a socket that is watched each change is told. */
void linux_tell(struct linux_host *h, struct linux_socket *s, uint32_t mask, const char *reason);
void linux_watch(struct linux_host *h, struct linux_socket *s);
/* Looks at every socket once, and takes what waits at the listeners. */
void linux_look(struct linux_host *h);

/* linux_info.c: options, states, figures and counters */
int linux_set(void *host, backend_socket socket, const char *option, uint64_t value);
int linux_get(void *host, backend_socket socket, const char *option, uint64_t *value);
int linux_state(void *host, backend_socket socket, const char **name);
int linux_info(void *host, backend_socket socket, const char *field, int64_t *value);
int linux_counter(void *host, const char *name, uint64_t *value);
/* TCP_INFO's state, or 0. */
unsigned int linux_tcp_state(const struct linux_socket *s);
/* State in the kernel's tables of a pair of endpoints, 0 when it is not there. */
unsigned int linux_table_state(const struct linux_socket *s);

#endif
