/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SOCK_SOCK_H
#define SOCK_SOCK_H

/*
 * Sockets over the event API. A socket is what its connection's events have said so far; a call looks at that, and asks
 * the stack for data and room alone. All of a set is its core's.
 *
 * Inside, functions return -errno; what is public sets errno: see sock_result().
 */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include <tern/socket.h>

#include "core/list.h"
#include "core/slab.h"
#include "sock/fd_map.h"

/* What Linux's sk_state and sock->state say together, as far as calls differ by it. */
enum sock_state {
	TS_FRESH,                /* TCP_CLOSE, never connected: bound or not */
	TS_LISTENING,
	TS_CONNECTING,           /* SYN-SENT */
	TS_CONNECTED,            /* ESTABLISHED and all that follows, while there is a connection */
	TS_OVER,                 /* TCP_CLOSE: was connected */
	TS_STATES
};

/* tern_info.state (RFC 9293, 3.3.2) */
enum {
	STATE_SYN_SENT = 2, STATE_SYN_RECEIVED, STATE_ESTABLISHED, STATE_FIN_WAIT_1, STATE_FIN_WAIT_2, STATE_CLOSE_WAIT,
	STATE_CLOSING, STATE_LAST_ACK, STATE_TIME_WAIT,
};

/* sock.ready */
enum {
	READY_READ = 1,            /* data or the end was told of, and no read has met its want */
	READY_LOOK = 2,            /* a read took as much as it asked for: there may be more */
	READY_WRITE = 4,
	READY_DONE = 8,            /* the peer's FIN: SOCK_DONE */
};

/* sock.shut, as Linux's sk_shutdown */
enum { TS_SHUT_RECEIVE = 1, TS_SHUT_SEND = 2, TS_SHUT_BOTH = 3 };

/* sock.flags */
enum {
	TS_NONBLOCK = 1u << 0,
	TS_CLOEXEC = 1u << 1,
	TS_V6 = 1u << 2,
	TS_V6ONLY = 1u << 3,
	TS_REUSEADDR = 1u << 4,
	TS_REUSEPORT = 1u << 5,
	TS_OOBINLINE = 1u << 6,
	TS_BOUND = 1u << 7,        /* to an address, and if it is in the set's table of ports to one of these */
	TS_UNCONFIRMED = 1u << 8,/* connect() has not yet told that it succeeded: Linux's SS_CONNECTING */
	TS_URGENT = 1u << 9,     /* urgent data lies ahead */
	TS_OOB_TAKEN = 1u << 10, /* the urgent byte was read by MSG_OOB */
	TS_LOWAT = 1u << 11,     /* SO_RCVLOWAT is more than 1 */
	TS_ERROR_TOLD = 1u << 12,  /* a call has failed for what the event will tell */
	TS_IN_PORTS = 1u << 13,
	TS_DEFERRED = 1u << 14,    /* in TS_CONNECTING: the first write sends the SYN, see fastopen.c */
	TS_MORE = 1u << 15,        /* the last write said MSG_MORE: its end is held back as under TCP_CORK */
	TS_INQ = 1u << 16,         /* TCP_INQ: recvmsg() tells how much is left */
	TS_NOTSENT = 1u << 17,   /* TCP_NOTSENT_LOWAT, its own or the stack's: room is not all that EPOLLOUT asks for */
	TS_RODE = 1u << 18,        /* data was sent with the SYN, and once there was an answer: all of it was taken */
	TS_ZEROCOPY = 1u << 19,  /* SO_ZEROCOPY */
};
/* Of these sock_mask() is not all that is to be asked. */
#define TS_ASKED_FOR (TS_URGENT | TS_NOTSENT | TS_ZEROCOPY)
/* What an accepted socket begins with */
#define TS_INHERITED (TS_V6 | TS_V6ONLY | TS_REUSEADDR | TS_REUSEPORT | TS_OOBINLINE | TS_LOWAT | TS_NOTSENT | TS_ZEROCOPY)

/* One cache line, from the set's slab. */
struct sock {
	uint64_t id;               /* tern_conn, or tern_listener; 0: none, or none any more */
	uint8_t state;             /* enum sock_state */
	uint8_t ready;             /* READY_x */
	uint8_t shut;              /* TS_SHUT_x */
	uint8_t error;             /* errno that is still to be told: sk_err */
	uint32_t flags;            /* TS_x */
	int fd;                    /* -1: not accepted yet */
	uint32_t items;            /* epoll_item, the first of those that watch it; 0: none */
	uint32_t more;             /* struct sock_more; 0: nothing was set */
	uint32_t link;             /* the slab's; of the accept queue */
	uint16_t generation;       /* outlives it: an event of another one's connection is not its own */
	union {
		/* of a listener: connections that nobody has accepted */
		struct { uint32_t head, tail, waiting, backlog; };
		/* of one of these: who it is, as its connection may end first; all zero where it ended at once */
		struct tern_endpoint remote;
	};
} __rte_aligned(64);

static_assert(sizeof(struct sock) == 64, "a line");

/* Options that were set, and the address bound; shared with what a listener accepts until one of them sets another. */
#define SOCK_KEPT 64u
struct sock_more {
	uint32_t link;             /* the slab's */
	uint32_t users;
	struct tern_endpoint local;/* of bind(); port 0: still open */
	uint32_t next_bound;       /* sock, of the same port */
	uint64_t is_kept;          /* a bit a TERN_OPT_x, of those in: */
	uint64_t kept[SOCK_KEPT];  /* applied to the connection when there is one */
	uint64_t receive_ns, send_ns;   /* SO_RCVTIMEO, SO_SNDTIMEO; UINT64_MAX: none */
	bool lingers;              /* SO_LINGER, with: */
	uint32_t linger_s;
	uint32_t user_timeout_ms;  /* TCP_USER_TIMEOUT; 0: not set */
	uint32_t fastopen;         /* TCP_FASTOPEN: connections at most */
	uint32_t zerocopy_next, zerocopy_told;   /* calls with MSG_ZEROCOPY; those that the error queue has told of */
	uint32_t notsent_lowat;    /* TCP_NOTSENT_LOWAT; 0: not set */
	uint8_t mtu_discover;      /* IP_MTU_DISCOVER: 1 + what was set; 0: nothing was */
	uint32_t syn_count;        /* TCP_SYNCNT: SYNs again, at most; 0: not set */
	bool fastopen_connect;     /* TCP_FASTOPEN_CONNECT, and with TS_DEFERRED where to: */
	struct sockaddr_storage target;
	socklen_t target_length;
} __rte_aligned(64);

/* A socket's place in an epoll. */
struct epoll_item {
	struct list_links ready;   /* of the epoll's ready list; the slab's link */
	struct list_links all;     /* of the epoll's items */
	uint32_t sock, epoll;
	uint32_t next;             /* of the socket's items */
	uint32_t events;           /* as asked for, with EPOLLERR and EPOLLHUP; disarmed: without all EPOLLx that tell */
	uint64_t data;
	bool listed;               /* on the ready list */
	bool exclusive;
} __rte_aligned(64);

struct epoll {
	uint32_t link;             /* the slab's */
	int fd;
	struct list ready, all;    /* of struct epoll_item */
	bool close_on_exec;
} __rte_aligned(64);

#define SOCK_PORTS 65536u
#define SOCK_SCRATCH 65536u

struct tsock_set {
	struct tern_stack *stack;
	struct tsock_set_options options;
	struct tern_event *events; /* of a turn */
	bool in_turn;
	bool notsent;              /* the stack has a --notsent-lowat */
	/* descriptors from options.first_descriptor on: index of a sock, or of an epoll with FD_EPOLL; 0: free */
	uint32_t *fd;
	struct fd_map map;
	struct slab socks, mores, items, epolls;
	uint32_t *bound;           /* by port: the first sock */
	uint16_t next_port;        /* of the ephemeral ones */
	uint8_t *scratch;          /* SOCK_SCRATCH bytes: what is peeked at, and scattered or searched from there */
};

#define FD_EPOLL (UINT32_C(1) << 31)

/* ---- set.c */

/* How a connection's user pointer names its socket: no program's pointers look like this. */
#define SOCK_TAG UINT64_C(0x7e40)
static inline void *
sock_user(uint32_t index, uint16_t generation)
{
	return (void *)(uintptr_t)(SOCK_TAG << 48 | (uint64_t)generation << 32 | index);
}

static inline struct sock *
sock_at(const struct tsock_set *set, uint32_t i)
{
	return (struct sock *)(void *)set->socks.base + i;
}

static inline uint32_t
sock_index(const struct tsock_set *set, const struct sock *s)
{
	return (uint32_t)(s - (const struct sock *)(const void *)set->socks.base);
}

static inline struct sock_more *
sock_more_at(const struct tsock_set *set, uint32_t i)
{
	return (struct sock_more *)(void *)set->mores.base + i;
}

extern __thread struct tsock_set *sock_current __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* The socket of a descriptor in the current set. NULL: *error says why (ENXIO, EBADF, ENOTSOCK). */
struct sock *sock_get_failed(int fd, int *error);
static inline struct sock *
sock_get(struct tsock_set **set, int fd, int *error)
{
	struct tsock_set *current = sock_current;
	uint32_t index, place;

	*set = current;
	if (unlikely(current == NULL))
		return sock_get_failed(fd, error);
	place = (uint32_t)fd - (uint32_t)current->options.first_descriptor;
	if (unlikely(place >= current->options.descriptors))
		return sock_get_failed(fd, error);
	index = current->fd[place];
	if (unlikely(index == 0 || (index & FD_EPOLL)))
		return sock_get_failed(fd, error);
	return sock_at(current, index);
}

/* What a public call returns */
static inline ssize_t
sock_result(ssize_t n)
{
	if (likely(n >= 0))
		return n;
	errno = (int)-n;
	return -1;
}

/* A new socket without a descriptor, in TS_FRESH. NULL: none is left. */
struct sock *sock_new(struct tsock_set *set);
/* Its descriptor, items and options are gone already, or go with it. */
void sock_free(struct tsock_set *set, struct sock *s);
/* The lowest free descriptor becomes that of index. -EMFILE. */
int sock_fd_take(struct tsock_set *set, uint32_t index);
void sock_fd_give(struct tsock_set *set, int fd);

/* The descriptor is that socket's still, or again: another may have it after a turn. */
bool sock_is(const struct tsock_set *set, int fd, const struct sock *s);

/* ---- event.c */

/* A call may wait: no turn is under way, and turns are ours to take. */
static inline bool sock_may_wait(const struct tsock_set *set) { return !set->in_turn && !set->options.delivered; }
/* One turn of the core. @return how many events it told, or -errno: -EDEADLK in a turn. */
int sock_turn(struct tsock_set *set, uint64_t limit_ns);
/* Until when a call waits that waits so long from now on; UINT64_MAX is for ever. */
uint64_t sock_deadline(const struct tsock_set *set, uint64_t wait_ns);
/* Turns until something was told. 0, -EAGAIN when the time is over, or -errno. */
int sock_wait(struct tsock_set *set, uint64_t deadline_ns);

/* ---- address.c */

/* Of the socket's family. @return 0, or -EINVAL, -EAFNOSUPPORT. */
int sock_address_read(const struct sock *s, const struct sockaddr *addr, socklen_t length, struct tern_endpoint *out);
/* As much as *length has room for, which is then how long it would be. */
void sock_address_write(const struct sock *s, const struct tern_endpoint *e, struct sockaddr *addr, socklen_t *length);

/* Any address, of both families or of IPv4 */
bool sock_address_any(const struct tern_addr *a);

/* ---- name.c */

/* @return 0, or -ENOTCONN, -ENOBUFS */
int sock_name(struct tsock_set *set, struct sock *s, bool peer, struct tern_endpoint *name);

/* ---- listen.c */

/* A listener's event TERN_ACCEPTED. NULL: nobody may have it, and it was reset. */
struct sock *sock_accepted(struct tsock_set *set, struct sock *listener, const struct tern_event *e);
/* Those that wait for being accepted are reset. */
void sock_stop_listening(struct tsock_set *set, struct sock *s);

/* ---- connect.c */

/* A connection to there, from where the socket is bound to; nothing has begun. */
int sock_connect_options(struct tsock_set *set, const struct sock *s, const struct sockaddr *addr, socklen_t length,
			 struct tern_connect_options *o);
int sock_begin(struct tsock_set *set, struct sock *s, struct tern_connect_options *o);
/* Until it is through. `so_far`: what a call says that does not wait so long. */
int sock_wait_connected(struct tsock_set *set, int fd, struct sock *s, int so_far);
/* As if it had never been connected, or had never listened. */
void sock_disconnect(struct tsock_set *set, struct sock *s);

/* ---- fastopen.c */

bool sock_defers(struct tsock_set *set, struct sock *s, const struct sockaddr *addr, socklen_t length);

/* ---- open.c */

/* Without waiting. */
void sock_close(struct tsock_set *set, struct sock *s);
/* Its errno, once. 0: none. */
static inline int
sock_take_error(struct sock *s)
{
	int error = s->error;

	s->error = 0;
	return error;
}

/* ---- bind.c */

/* Whether another one's place keeps it from that address and port. */
bool sock_port_taken(const struct tsock_set *set, const struct sock *s, const struct tern_addr *addr, uint16_t port);
int sock_bind(struct tsock_set *set, struct sock *s, const struct tern_endpoint *local);
void sock_unbind(struct tsock_set *set, struct sock *s);
/* A port, if there is none yet. 0, -EADDRINUSE, -ENOBUFS */
int sock_bind_port(struct tsock_set *set, struct sock *s);

/* ---- more.c */

/* To be read: NULL when nothing was set. */
static inline const struct sock_more *
sock_more(const struct tsock_set *set, const struct sock *s)
{
	return s->more == 0 ? NULL : sock_more_at(set, s->more);
}
/* To be written: the socket's own. NULL: -ENOBUFS */
struct sock_more *sock_more_make(struct tsock_set *set, struct sock *s);
void sock_more_drop(struct tsock_set *set, struct sock *s);
/* Keeps a value, and sets it if there is a connection. 0, or -errno. */
int sock_keep(struct tsock_set *set, struct sock *s, enum tern_option_id option, uint64_t value);
/* The connection's, or what is kept for one, or what one would begin with. */
uint64_t sock_kept(const struct tsock_set *set, const struct sock *s, enum tern_option_id option);
/* A connection has come. */
void sock_apply(struct tsock_set *set, struct sock *s);

/* ---- data.c */

/* Looks, with READY_LOOK or TS_LOWAT. */
bool sock_look(struct tsock_set *set, struct sock *s);
/* Is there something to read, or the end? */
static inline bool
sock_readable(struct tsock_set *set, struct sock *s)
{
	if (likely((s->ready & READY_READ) && !(s->flags & TS_LOWAT)))
		return true;
	return (s->ready & (READY_READ | READY_LOOK)) && sock_look(set, s);
}

/* ---- zerocopy.c */

void sock_zerocopy_sent(struct tsock_set *set, struct sock *s);
/* The error queue has something to tell: EPOLLERR. */
bool sock_zerocopy_waits(const struct tsock_set *set, const struct sock *s);
/* recvmsg(MSG_ERRQUEUE): 0, or -errno, -EAGAIN for nothing. */
ssize_t sock_recv_errors(int fd, struct msghdr *msg);

/* ---- poll.c */

/* POLLx that hold now; those that nobody asks for too. */
uint32_t sock_mask_any(struct tsock_set *set, struct sock *s);
static inline uint32_t
sock_mask(struct tsock_set *set, struct sock *s)
{
	/* an open connection is the rule */
	if (unlikely(s->state != TS_CONNECTED || (s->shut | s->error) != 0 || (s->flags & TS_ASKED_FOR)))
		return sock_mask_any(set, s);
	return (sock_readable(set, s) ? EPOLLIN | EPOLLRDNORM : 0) | (s->ready & READY_WRITE ? EPOLLOUT | EPOLLWRNORM : 0);
}

/* ---- epoll.c */

/* Something has become true: EPOLLx. Puts who watches it on the ready lists. */
void sock_tell_items(struct tsock_set *set, struct sock *s, uint32_t mask);
static inline void
sock_tell(struct tsock_set *set, struct sock *s, uint32_t mask)
{
	if (s->items != 0)
		sock_tell_items(set, s, mask);
}
void sock_forget_items(struct tsock_set *set, struct sock *s);
void epoll_close(struct tsock_set *set, struct epoll *e);
/* POLLIN, if it would tell anything. */
uint32_t epoll_mask(struct tsock_set *set, struct epoll *e);
/* The epoll of a descriptor. NULL: it is none. */
struct epoll *epoll_get(const struct tsock_set *set, int fd);

#endif
