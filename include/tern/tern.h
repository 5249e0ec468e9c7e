/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_TERN_H
#define TERN_TERN_H

/**
 * @file
 * Tern: a TCP endpoint in user space.
 *
 * A process opens one struct tern. It has stacks, one a core (for a pair: one a
 * core and side). Connections and listeners belong to a stack, and every call
 * that takes a stack is made on that stack's core, from the function that
 * tern_run() runs there. The exceptions (tern_stop, tern_wake, tern_post,
 * tern_stats) say so.
 *
 * No call blocks but tern_wait() and tern_join(). Errors are -errno. Structs
 * with a `size` field are set up with their TERN_..._INIT, so that later
 * versions can add fields.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <tern/addr.h>
#include <tern/counters.h>
#include <tern/probe.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tern;        /* a process's stacks */
struct tern_stack;  /* one core's stack */

/** A connection: index and generation. 0 is none; a stale one is -EBADF. */
typedef uint64_t tern_conn;
/** A listener of one stack. 0 is none; a stale one is -EBADF. */
typedef uint64_t tern_listener;

/* ---- process ------------------------------------------------------------ */

/**
 * Start EAL, devices and stacks from words as the program takes them
 * ("--dev", "tap:t0", "--ip", "198.18.0.1/24", ...). argv[0] is the program's
 * name. @return NULL on error: tern_error() then says what was wrong.
 */
struct tern *tern_open(int argc, char **argv);

/** What the last failed tern_open() of this thread said, one line or more. */
const char *tern_error(void);

/** Lines that tell what was chosen: devices, offloads, cores, hugepages. Owned by t. */
const char *tern_description(const struct tern *t);

/** The same as a JSON object (text): devices, driver, offloads, cores, numa, tsc. Owned by t. */
const char *tern_description_json(const struct tern *t);

/** Close all connections without a word to the peer, stop devices, free all. After tern_join(). */
void tern_destroy(struct tern *t);

/** One option that tern_open() knows. */
struct tern_option {
	const char *name;     /* without dashes: "dev" */
	const char *argument; /* "NAME", or NULL for a switch */
	const char *fallback; /* default as text, or NULL */
	const char *help;     /* one line */
	bool side;            /* also as --client-x and --server-x, for a pair */
	bool repeat;          /* may be given more than once */
};

/** The options of tern_open(), ended by a NULL name. */
const struct tern_option *tern_options(void);

/** One kind of device that --dev knows. */
struct tern_device {
	const char *name;     /* before the colon: "tap" */
	const char *argument; /* behind it: "NAME", or NULL */
	const char *help;     /* one line */
};

/** The kinds of devices, ended by a NULL name. */
const struct tern_device *tern_devices(void);

/** Parse "64k" (k M G T are 1000s, Ki Mi Gi Ti 1024s; "1.5k" too). @return 0, -EINVAL, -ERANGE; *value only if 0. */
int tern_parse_number(const char *text, uint64_t *value);
/** Parse "500us" (ns us ms s m min h d; a bare number counts seconds; "1.5s" too). @return 0, -EINVAL, -ERANGE. */
int tern_parse_time(const char *text, uint64_t *ns);

/** Run fn on every stack's core, once a stack, and return when all have returned. @return 0 or the first non-zero. */
int tern_run(struct tern *t, int (*fn)(struct tern_stack *stack, void *arg), void *arg);
/** tern_run() in two parts, for a main thread that has something to do meanwhile. */
int tern_start(struct tern *t, int (*fn)(struct tern_stack *stack, void *arg), void *arg);
int tern_join(struct tern *t);
/** True while at least one core function runs. Any thread. */
bool tern_is_running(const struct tern *t);
/** Ask every core to end: tern_poll() answers -ECANCELED. Any thread, and from a signal handler. */
void tern_stop(struct tern *t);

struct tern_capture {
	size_t size;
	const char *file;     /* owned by the struct tern */
	uint64_t frames;      /* in the file */
	uint64_t missed;      /* not there, since its writer was behind */
	uint64_t beyond;      /* not there, since the file was full (--capture-limit) or could not be written */
};
#define TERN_CAPTURE_INIT { .size = sizeof(struct tern_capture) }

/** Close the file of --capture and tell what is in it. After tern_join(); tern_destroy() does it too.
 *  @return 0, -ENOENT without --capture, or -errno when it could not be written. */
int tern_capture_end(struct tern *t, struct tern_capture *capture);

/** The stacks, in order of side, then core. */
unsigned int tern_stack_count(const struct tern *t);
struct tern_stack *tern_stack_at(struct tern *t, unsigned int i);

enum tern_side { TERN_SIDE_ONLY, TERN_SIDE_CLIENT, TERN_SIDE_SERVER };
enum tern_side tern_stack_side(const struct tern_stack *stack);
/** Place among the stacks of its side, 0 up, and how many those are. */
unsigned int tern_stack_index(const struct tern_stack *stack);
unsigned int tern_stack_peers(const struct tern_stack *stack);
unsigned int tern_stack_core(const struct tern_stack *stack);
struct tern *tern_stack_process(const struct tern_stack *stack);

/** Addresses in the side's --src pools (a pair over loop has some by default); 0: source_pool would find none. */
uint32_t tern_stack_sources(const struct tern_stack *stack);

/** The side's first local address of that family. @return 0, or -EADDRNOTAVAIL. */
int tern_stack_address(const struct tern_stack *stack, bool v4, struct tern_addr *addr);

/** Link state and neighbour of a target: 0 ready, -EAGAIN being resolved (poll on), -ENETDOWN while the device has no
 *  link (poll on, if one may come), -ENETUNREACH, -EHOSTUNREACH not answered, -EINVAL one of our own
 *  addresses. */
int tern_ready(struct tern_stack *stack, const struct tern_addr *target);

/** Copy the counters. stats->size is what the caller has room for. Any thread. */
void tern_stats(const struct tern_stack *stack, struct tern_stats *stats);

/* ---- a core's turn ------------------------------------------------------ */

#define TERN_ACCEPTED    0x001u /* a listener's new connection: established, or with Fast Open about to be */
#define TERN_CONNECTED   0x002u /* tern_connect() succeeded */
#define TERN_READABLE    0x004u /* data, or the end of the stream, to read */
#define TERN_WRITABLE    0x008u /* room again after a short send or -EAGAIN */
#define TERN_PEER_CLOSED 0x010u /* the peer's FIN: the end is in sight of tern_recv() */
#define TERN_SENT        0x020u /* all that was sent is acknowledged (asked for by TERN_OPT_NOTIFY_SENT) */
#define TERN_REF_DONE    0x040u /* memory of tern_send_ref() may be reused; event.cookie */
#define TERN_TIMER       0x080u /* tern_timer_set() is due; id is 0 for a stack's timer */
#define TERN_CLOSED      0x100u /* last event of this id; event.reason says why */
#define TERN_URGENT      0x200u /* urgent data lies ahead, or more of it: tern_urgent() */
#define TERN_ERROR       0x400u /* the network reported an error that does not end the connection: TERN_OPT_ERROR */
#define TERN_OVERDUE     0x800u /* R1: so many retransmissions in a row were not answered; going on (SHLD-9) */

struct tern_event {
	tern_conn id;
	void *user;           /* as set by tern_connect(), tern_set_user(); at first the listener's */
	uint32_t mask;
	uint16_t reason;      /* enum tern_close_reason, with TERN_CLOSED */
	uint16_t error;       /* with TERN_CLOSE_NETWORK and _USER_TIMEOUT: errno of what the network said, unless
	                       * TERN_OPT_ERROR took it; else 0 */
	uint64_t cookie;      /* with TERN_REF_DONE and TERN_TIMER */
};

/**
 * One turn: send what is owed, receive a burst, handle it, expire timers.
 * Fills at most `max` events, at most one a connection; the rest comes with
 * the next call. Never waits.
 * @return number of events, -ECANCELED after tern_stop(), or -EINVAL on a simulated host (tern/sim.h), whose turns
 * tern_sim_run() takes.
 */
int tern_poll(struct tern_stack *stack, struct tern_event *events, int max);

/** tern_poll() again and again until there is an event, limit_ns has passed, or tern_wake(). Sleeps as --idle says. */
int tern_wait(struct tern_stack *stack, struct tern_event *events, int max, uint64_t limit_ns);

/** Send what is owed now, without receiving. */
void tern_flush(struct tern_stack *stack);

/** Monotonic nanoseconds, as of the last turn. */
uint64_t tern_now(const struct tern_stack *stack);
/** Monotonic nanoseconds now, read from the clock. */
uint64_t tern_clock(const struct tern_stack *stack);

/** More nanoseconds than this from one turn's begin to the next one's are a gap: the machine had other work, or the
 * application much. Time slept in tern_wait() is none. */
#define TERN_GAP_NS 10000
/** When the stack's last gap ended, as tern_clock() says it; 0: there was none. It is told before anything leaves that the
 * gap has held up, so that who waits for an answer in this process knows why it is late. Any thread. */
uint64_t tern_gap_end(const struct tern_stack *stack);

/** End a tern_wait(), from any thread. */
void tern_wake(struct tern_stack *stack);
/** Run fn(stack, arg) on the stack's core in its next turn. Any thread. @return 0, or -ENOBUFS. */
int tern_post(struct tern_stack *stack, void (*fn)(struct tern_stack *stack, void *arg), void *arg);

/** A descriptor that is readable after tern_wake(), tern_post() or tern_stop(), and when a device
 *  that can raise interrupts has packets, for programs with an event loop of their own. */
int tern_wait_fd(struct tern_stack *stack);

/** One event with TERN_TIMER and this cookie, when tern_now() reaches at_ns. At most 1024 pending.
 *  @return 0, or -ENOBUFS. */
int tern_timer_set(struct tern_stack *stack, uint64_t at_ns, uint64_t cookie);

/* ---- listeners ---------------------------------------------------------- */

struct tern_listen_options {
	size_t size;
	struct tern_addr addr;      /* all zero: any local address, both families */
	uint16_t port;              /* first port */
	uint16_t ports;             /* how many ports from there on; 0 means 1 */
	uint32_t backlog;           /* established and not yet told; 0 means 4096 */
	void *user;                 /* connections begin with it as their user pointer */
	const char *congestion;     /* "cubic", "newreno" or "none"; NULL: the stack's (--congestion) */
	uint16_t mss;               /* announced at most; 0: from the MTU. What is sent: TERN_OPT_MSS */
	uint32_t fastopen;          /* connections at most whose data came with the SYN; 0: no Fast Open (RFC 7413, 5.1) */
	uint8_t family;             /* of any local address: 4 or 6, that family alone; 0: both */
	bool held;                  /* who was told of counts in the backlog until tern_taken(), or until it is closed */
};
#define TERN_LISTEN_INIT { .size = sizeof(struct tern_listen_options) }

/** Listen. Each stack of a side listens for itself. @return 0, -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL, -ENOBUFS. */
int tern_listen(struct tern_stack *stack, const struct tern_listen_options *options, tern_listener *out);
/** Stop listening. Half-open connections go, established ones stay. */
int tern_unlisten(struct tern_stack *stack, tern_listener listener);

/** From now on so many may wait, as tern_listen_options.backlog says; those that do already stay. @return 0, or -EBADF. */
int tern_listen_backlog(struct tern_stack *stack, tern_listener listener, uint32_t backlog);

/** A connection of a listener with `held` is somebody's now: it makes room in the backlog. @return 0, or -EBADF. */
int tern_taken(struct tern_stack *stack, tern_conn conn);

/* ---- connections -------------------------------------------------------- */

struct tern_connect_options {
	size_t size;
	struct tern_endpoint target;
	struct tern_addr source;    /* all zero: the stack's choice by route */
	uint16_t source_port;       /* 0: chosen by RFC 6056 so that answers come to this core */
	bool source_pool;           /* take the source from the side's --src pools, in turn, if there are any */
	uint64_t timeout_ns;        /* for the handshake; 0: the stack's (R2 for SYNs) */
	const void *data;           /* first data, copied; may ride on the handshake's ACK */
	size_t data_length;
	const char *congestion;     /* "cubic", "newreno" or "none"; NULL: the stack's (--congestion) */
	void *user;
	bool fastopen;              /* data may ride on the SYN: the peer may see it twice (RFC 7413) */
};
#define TERN_CONNECT_INIT { .size = sizeof(struct tern_connect_options) }

/** Begin an active open. Success or failure comes as an event.
 *  The target is another host's: an address of this one, like a multicast or broadcast address, is -EINVAL.
 *  @return 0, -EADDRNOTAVAIL (source is not local, or no port is free among the next 4096: the next call
 *  looks on), -EADDRINUSE (source_port), -ENETUNREACH, -EINVAL, -ENOBUFS. */
int tern_connect(struct tern_stack *stack, const struct tern_connect_options *options, tern_conn *out);

/** Whether Fast Open is on at all (RFC 7413; --fastopen). */
bool tern_fastopen_enabled(const struct tern_stack *stack);
/** How many bytes of data tern_connect() with these options and `fastopen` would send with the SYN: 0 while no cookie of
 *  the target is known. */
size_t tern_fastopen_room(struct tern_stack *stack, const struct tern_connect_options *options);
/** tern_listen_options.fastopen of a listener from now on. @return 0, -EBADF. */
int tern_listen_fastopen(struct tern_stack *stack, tern_listener listener, uint32_t most);
/** tern_listen_options.mss of a listener from now on: what its SYN-ACKs announce at most, in bytes; 0: from the MTU. Those
 *  that are half-open announce it when theirs are sent again. The listener's core calls. @return 0, -EBADF. */
int tern_listen_mss(struct tern_stack *stack, tern_listener listener, uint16_t mss);

/**
 * Send one SYN from the next address of the side's --src pools and a port of
 * its own, without a connection behind it: for tests of how a listener bears a
 * flood. No other source is possible. The SYN-ACK is counted among the drops
 * (TERN_DROP_TCP_NO_LISTENER) and answered with RST; with `silent` no SYN-ACK
 * that belongs to no connection is answered any more by this stack, until the
 * next call without. What else belongs to none is, as always.
 * @return 0, -EAGAIN (the device is behind: after the next tern_poll()), -EADDRNOTAVAIL (no pool of the
 * target's family, or the tuple is in use: the next call looks on), -ENETUNREACH, -EHOSTUNREACH, -EINVAL, -ENOBUFS.
 */
int tern_send_syn(struct tern_stack *stack, const struct tern_endpoint *target, bool silent);

/** Copy bytes into the send queue. @return how many (may be fewer), -EAGAIN when none, -EPIPE after
 *  tern_shutdown() or tern_close(), -ECONNRESET, -EBADF. They leave with the next tern_poll(). */
ssize_t tern_send(struct tern_stack *stack, tern_conn conn, const void *data, size_t length);

/** Whether tern_send() would take anything. Where it would not, TERN_WRITABLE comes as after a short send.
 *  @return 1, 0, or as tern_send(). */
int tern_writable(struct tern_stack *stack, tern_conn conn);

/** Send memory of the caller's without a copy. It must not change until TERN_REF_DONE with this cookie,
 *  which comes for every accepted call, once, as an event of its own, also when the connection ends
 *  first; behind TERN_CLOSED when a device still holds it then.
 *  @return length (all or nothing), -EMSGSIZE when that is more than the send buffer or 2 MiB, or as tern_send(). */
ssize_t tern_send_ref(struct tern_stack *stack, tern_conn conn, const void *data, size_t length, uint64_t cookie);

/** tern_send() whose last byte is marked urgent: the urgent pointer names the octet behind it (MUST-62, RFC 6093
 *  3.1), which Linux takes for "the octet before it is urgent". It stays in the stream, overrides Nagle, and the
 *  peer is told of it at once, whatever its window. Of any length that the send buffer takes (MUST-31); a later
 *  call moves the mark. New programs should not use it (SHLD-13). All or nothing.
 *  @return length, -EMSGSIZE when that is more than the send buffer, or as tern_send(). */
ssize_t tern_send_urgent(struct tern_stack *stack, tern_conn conn, const void *data, size_t length);

/** Copy bytes out of the receive queue. Fewer than asked for are all that there were: what comes then, data or the end,
 *  is told by an event. @return how many, 0 at the end of the stream, -EAGAIN when there are none yet, -ECONNRESET,
 *  -EBADF. */
ssize_t tern_recv(struct tern_stack *stack, tern_conn conn, void *data, size_t length);
/** The same without taking them. */
ssize_t tern_peek(struct tern_stack *stack, tern_conn conn, void *data, size_t length);
/** Take `length` bytes without a copy; as tern_recv(). */
ssize_t tern_discard(struct tern_stack *stack, tern_conn conn, size_t length);

/** Bytes still to be read until the end of the urgent data, in *ahead (MUST-33): the last of them is what Linux
 *  would hand out of band. They stay in the stream (RFC 6093 3.2 says they must), and may not have come yet.
 *  @return 1 when there is any, 0 when none is ahead (*ahead is 0), -EBADF. */
int tern_urgent(struct tern_stack *stack, tern_conn conn, uint32_t *ahead);

/** Send FIN after what is queued, go on reading. @return 0, -EBADF, -ENOTCONN. */
int tern_shutdown(struct tern_stack *stack, tern_conn conn);
/** Close: send what is queued, then FIN; RST if data is unread (RFC 9293 3.6, SHLD-3). TERN_CLOSED still comes. */
int tern_close(struct tern_stack *stack, tern_conn conn);
/** Send RST and forget. TERN_CLOSED still comes. */
int tern_abort(struct tern_stack *stack, tern_conn conn);

/** Brings what the next call for this connection will read into the core's cache, and returns at once: for who works on
 *  a few of many connections, in an order that nobody else could guess, and knows the next ones some calls ahead. The id
 *  may be stale. */
void tern_prefetch(const struct tern_stack *stack, tern_conn conn);

int tern_set_user(struct tern_stack *stack, tern_conn conn, void *user);
void *tern_get_user(struct tern_stack *stack, tern_conn conn);

/** What limits how fast a connection sends; by name: "cubic" (RFC 9438), "newreno" (RFC 5681, 6582), "none". */
enum tern_congestion {
	TERN_CONGESTION_CUBIC,
	TERN_CONGESTION_NEWRENO,
	TERN_CONGESTION_NONE,    /* nothing but the peer's window: for benchmarks alone */
};

enum tern_option_id {
	TERN_OPT_NODELAY,        /* 0 or 1: Nagle off; 1 unless --nagle */
	TERN_OPT_USER_TIMEOUT,   /* ms; 0: R2 of the stack */
	TERN_OPT_SNDBUF,         /* bytes of send queue */
	TERN_OPT_RCVBUF,         /* bytes of receive window; set: it stays so, else it grows up to --window-max */
	TERN_OPT_SNDLOWAT,       /* WRITABLE when at least so much room */
	TERN_OPT_RCVLOWAT,       /* READABLE when at least so much data, or the end */
	TERN_OPT_NOTIFY_SENT,    /* 0 or 1 */
	TERN_OPT_MSS,            /* effective send MSS, bytes of payload; set: at most so much, from 48; it only goes down */
	TERN_OPT_DSCP,           /* 0 to 63, of what is sent from now on (MUST-48, SHLD-21) */
	TERN_OPT_TTL,            /* 1 to 255: time to live, hop limit (MUST-49) */
	TERN_OPT_R1,             /* retransmissions in a row until TERN_OVERDUE, from 1; 0: the stack's (SHLD-10) */
	TERN_OPT_KEEPALIVE,      /* 0 or 1; 0 at first (MUST-24, MUST-25) */
	TERN_OPT_KEEPIDLE,       /* ms without a segment from the peer until the first probe (MUST-27); 1 to 32767000 */
	TERN_OPT_KEEPINTVL,      /* ms between probes; 1 to 32767000 */
	TERN_OPT_KEEPCNT,        /* unanswered probes that end the connection, 1 to 127; with TERN_OPT_USER_TIMEOUT
	                          * set, that time without a segment ends it instead */
	TERN_OPT_LINGER,         /* ms that tern_close() leaves for unsent and unacknowledged data, then RST;
	                          * 0: RST at once; UINT32_MAX: no limit but R2 (the default) */
	TERN_OPT_ERROR,          /* get only, and clears it: errno of the last TERN_ERROR, 0 for none (MUST-47) */
	TERN_OPT_TELL_ERRORS,    /* 0 or 1: TERN_ERROR events; 1 unless switched off (SHLD-20) */
	TERN_OPT_RECEIVED_TOS,   /* get only: TOS or traffic class of the last segment since it was first asked for;
	                          * 0 at first (MAY-9) */
	TERN_OPT_ACCOUNT,        /* 0 or 1: count segments, bytes and times for tern_info() from now on; with --account each
	                          * connection does from its first segment on */
	TERN_OPT_CONGESTION,     /* enum tern_congestion: it goes on with the window as it is */
	TERN_OPT_PACING,         /* 0 or 1: spread what the window allows over the round trip; 0 unless --pacing */
	TERN_OPT_CORK,           /* 0 or 1: short segments wait until it is 0 again, for the FIN, or, with nothing in flight, for a
	                          * retransmission timeout at most; setting TERN_OPT_NODELAY lets go what is queued then */
	TERN_OPT_EOR,            /* set only, 1: what is queued now ends a record; no segment has bytes of both sides of it */
	TERN_OPT_QUICKACK,       /* 0 or 1: the next ACKs go at once, as long as we do not answer, and at most 16 of them; get: whether
	                          * the next one would */
	TERN_OPT_HANDSHAKE_TIMEOUT, /* set only, until it is through: ms, R2 of the SYN (MUST-23) */
	TERN_OPT_MAX_PACING_RATE,/* bytes of payload a second at most, from 1000, and TERN_OPT_PACING on; 0: no such limit */
	TERN_OPT_MORE,           /* set only, 0 or 1: more follows what was queued last. Its short end waits as under TERN_OPT_CORK,
	                          * but not beyond the next ACK, and has no PSH (MAY-15) */
	TERN_OPT_NOTSENT_LOWAT,  /* bytes: what waits unsent beyond them is not added to, and TERN_WRITABLE comes when less than half
	                          * of them do; UINT32_MAX: no such limit; 0: the stack's (--notsent-lowat) */
	TERN_OPT_DF,             /* 0 or 1: IPv4's packets may not be cut on the way, as path MTU discovery wants it; 1 unless --no-pmtu */
};
/** Set an option of a connection. What is set after tern_connect() and before the next tern_poll() holds for the SYN.
 *  @return 0, -EBADF, -EINVAL (value), -ENOBUFS, -ENOPROTOOPT (no such option, or get only). */
int tern_set(struct tern_stack *stack, tern_conn conn, enum tern_option_id option, uint64_t value);
/** Of connection 0: what each one of this stack begins with.
 *  @return 0, -EBADF, -ENOBUFS, -ENOPROTOOPT (no such option). */
int tern_get(struct tern_stack *stack, tern_conn conn, enum tern_option_id option, uint64_t *value);

/** Who the peer is, for less than tern_info() takes. @return 0 or -EBADF. */
int tern_remote(struct tern_stack *stack, tern_conn conn, struct tern_endpoint *remote);

/** A connection as it is now; each figure is 0 until it is known. */
struct tern_info {
	size_t size;                /* set by TERN_INFO_INIT */
	struct tern_endpoint local, remote;
	uint8_t state;              /* enum of RFC 9293 3.3.2, see tern_state_name() */
	uint8_t timestamps, sack, wscale_on;
	uint8_t snd_wscale, rcv_wscale;
	uint8_t in_recovery;        /* 1: of a loss that ACKs told of; 2: behind a retransmission timeout (RFC 5681, 3.2, 3.1) */
	uint32_t mss;               /* send MSS, bytes of payload */
	uint32_t srtt_us, rttvar_us, rto_us, min_rtt_us;
	uint32_t cwnd, ssthresh;    /* bytes */
	uint32_t snd_wnd, rcv_wnd;  /* bytes */
	uint32_t unacked, unsent, unread;  /* bytes */
	uint32_t retransmits;       /* of the connection's life */
	uint32_t backoff;           /* retransmissions in a row now */
	char congestion[16];
	/* the rest of what `ss -ti` shows */
	uint8_t ecn, fastopen;      /* negotiated; data rode on the SYN and was taken */
	uint8_t passive, closed;    /* from a listener; tern_close() was called */
	uint8_t ttl, dscp;
	uint16_t path_mtu;          /* bytes, IP header included */
	uint16_t announced_mss, rcv_mss;   /* ours, told the peer; the peer's usual segment */
	uint32_t rcvbuf, sndbuf;    /* bytes */
	uint32_t lost;              /* bytes held lost and not yet sent again */
	uint32_t ooo_segments;      /* pieces held out of order now */
	uint32_t user_timeout_ms;
	uint32_t keepalive_ms;      /* until the next probe; 0: off */
	uint32_t soft_error;        /* errno of the last error of the path, 0: none */
	/* with TERN_OPT_ACCOUNT, since then */
	uint64_t bytes_sent, bytes_retransmitted, bytes_acked, bytes_received;
	uint32_t segs_out, segs_in, data_segs_out, data_segs_in;
	uint32_t last_sent_ms, last_received_ms, last_ack_ms;  /* ago */
	uint32_t dsacks;
	/* loss recovery: 0 before the first loss or reordering */
	uint32_t sacked;            /* bytes that the peer holds beyond a hole (RFC 2018) */
	uint32_t reorderings;       /* ACKs that showed reordering: losses are told from it by time alone since (RFC 8985) */
	uint64_t pacing_rate;       /* bytes of payload a second; 0: not paced */
	uint64_t delivery_rate;     /* bytes of payload a second, last measured; 0 unless the congestion control asks */
	uint32_t resent;            /* bytes sent again that are neither acknowledged, nor SACKed, nor held lost once more */
	uint32_t reordering;        /* bytes by which something sent once came behind what was sent later, at most */
	uint32_t probes;            /* of a closed window, in a row and not answered */
	/* with TERN_OPT_ACCOUNT, since then */
	uint32_t delivered;         /* segments that the peer told of, the SYN too if it was not acknowledged before; an ACK of
	                             * several short ones counts as few as their bytes need */
	uint64_t busy_us;           /* something was unsent or unacknowledged; of this: */
	uint64_t rwnd_limited_us;   /* only the peer's window kept it from sending more */
	uint64_t sndbuf_limited_us; /* only the send queue's size did, as tern_send() found it full */
};
#define TERN_INFO_INIT { .size = sizeof(struct tern_info) }
/** Fills no more than info->size says. @return 0 or -EBADF. */
int tern_info(struct tern_stack *stack, tern_conn conn, struct tern_info *info);
const char *tern_state_name(unsigned int state);

#ifdef __cplusplus
}
#endif
#endif
