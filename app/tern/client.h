/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_CLIENT_H
#define APP_CLIENT_H

/*
 * The load of one core. client.c turns the core and launches; flight.c says
 * what one connection does, flight_read.c what it is answered, flight_idle.c what is done with the many that do
 * nothing. A connection's state is one cache line, found through its user pointer; nothing is allocated once the
 * load runs.
 */

#include <tern/tern.h>

#include "http.h"
#include "pacer.h"
#include "report.h"
#include "run.h"

enum flight_state {
	FLIGHT_FREE,
	FLIGHT_CONNECTING,
	FLIGHT_IDLE,       /* rr, open loop: waits for an arrival, on the idle list; or to be picked; hold: for the end */
	FLIGHT_ASKING,     /* a request is out */
	FLIGHT_THINKING,   /* on the thinking list */
	FLIGHT_STREAMING,  /* bytes without end */
	FLIGHT_ANSWERED,   /* the server's close is awaited */
	FLIGHT_CLOSING,    /* our close or abort is made; TERN_CLOSED is awaited */
	FLIGHT_GONE,       /* closed, but still on a list; freed when the list comes to it */
};

#define FLIGHT_NONE UINT32_MAX

struct flight {
	tern_conn id;
	uint64_t intended_ns;   /* when the transaction should have started */
	uint64_t sent_ns;       /* when it did */
	uint64_t due_ns;        /* by when the peer must have acted, or when thinking ends; UINT64_MAX: no limit */
	uint32_t got;           /* bytes of the answer */
	uint32_t unsent;        /* bytes of the request that the stack has not taken */
	uint32_t requests;      /* completed on this connection */
	uint32_t next;          /* on the free, idle or thinking list */
	uint8_t state;          /* enum flight_state */
	uint8_t shift;          /* where in the pattern this request begins */
	bool listed;            /* on the idle or thinking list */
	bool watched;           /* in the ring of those that may become overdue */
	bool held;              /* by --hold: no part of the load */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct flight) == REPORT_FLIGHT_BYTES, "one cache line a connection, and what the report says");

struct flight_list {
	uint32_t head, tail;
};

struct watch {
	struct watch_entry {
		uint32_t flight, tick;
	} *ring;                   /* lists each flight at most once */
	uint32_t head, tail, mask;
};

/* --in-flight: flights that were drawn and wait to be here; NULL: none yet */
#define PICKS_AHEAD 16u
struct pick {
	struct flight *ahead[PICKS_AHEAD];
	uint32_t at;
	uint64_t random;
};

struct client {
	struct tern_stack *stack;
	struct run *run;
	const struct settings *settings;
	struct meter *meter;

	/* copied from the settings, at hand */
	uint32_t mode, request_size, answer_size, requests_limit;
	uint64_t timeout_ns, think_ns;
	bool open_loop, closer_server, close_rst, verify;
	bool opens_first;          /* rr, stream, hold: connections first, then what they carry */
	bool sends, reads;         /* stream */

	char *request;             /* HTTP: every request, request_size bytes; else NULL, and requests are the pattern */
	struct http *responses;    /* HTTP: one a flight, else NULL */

	struct flight *flights;
	size_t flights_size;
	uint32_t limit;            /* of them, for the load; behind them are held_limit others */
	uint32_t held_limit, held; /* --hold: how many, and how many were begun */
	uint32_t in_flight;        /* requests under way at most, on flights picked at random; 0: one on each */
	uint32_t ending;           /* our closes that the peer has not answered */
	uint32_t end_at;           /* the next one that is closed at the end of the run */
	struct pick pick;
	struct watch watch;
	uint32_t fresh;            /* from here on never used */
	uint32_t used;
	uint32_t free_head;
	struct flight_list idle, thinking;

	struct pacer pacer;        /* of arrivals */
	struct pacer flooder;      /* of SYNs beside the load; rate 0: none */
	struct pacer opener;       /* of connections that are opened first; rate 0: none */
	uint64_t budget;           /* transactions that may still be begun (--count) */
	uint64_t unblocked_ns;     /* when a connection last became free that an arrival waited for */
	uint64_t retry_ns;         /* not before: after a start that failed at once */
	uint64_t arrivals_ns;      /* when arrivals were last looked at, */
	uint64_t credit_ns;        /* and the time for which those behind may be made up */
	bool paced;                /* arrivals have begun */
	bool blocked;              /* an arrival waits for a free connection */
	bool ramped;               /* closed loop: all were open once */
	bool draining;
	uint8_t shift;             /* of the last request */

	uint32_t next_target;
	struct tern_connect_options connect;

	uint64_t last_turn_ns;
	uint64_t gap_end_ns;       /* open loop: of the last gap of any core of this process */
	int phase;                 /* enum phase, as last seen */

	uint8_t buffer[PATTERN_CHUNK];
};

/* flight.c */

/* Open a connection for a transaction that was intended for then. false: could not be started, and counted. */
bool flight_open(struct client *c, uint64_t intended_ns, uint64_t now_ns);
/* The next target, for this flight. false: could not be started, and counted. */
bool flight_connect(struct client *c, struct flight *f, struct tern_connect_options *options, uint64_t now_ns);
/* rr: the next request on an open connection. */
void flight_ask(struct client *c, struct flight *f, uint64_t intended_ns, uint64_t now_ns);
void flight_event(struct client *c, struct flight *f, const struct tern_event *event, uint64_t now_ns);
/* rr: an open connection has no request out. */
void flight_rest(struct client *c, struct flight *f, uint64_t now_ns);
/* Our side of the end. Until TERN_CLOSED the peer has --timeout to answer it. */
void flight_end(struct client *c, struct flight *f, bool abort, uint64_t now_ns);
void flight_complete(struct client *c, struct flight *f, uint64_t now_ns);
/* The transaction has failed; the connection ends with it. */
void flight_fail(struct client *c, struct flight *f, enum failure reason);
/* The peer did not act by due_ns. */
void flight_overdue(struct client *c, struct flight *f);
/* Thinking is over; it was taken off the list. */
void flight_wake(struct client *c, struct flight *f, uint64_t now_ns);
/* flood: one SYN. false: the device is behind. */
bool flight_send_syn(struct client *c, uint64_t intended_ns, uint64_t now_ns);
/* The connection that has been idle for longest, off its list, or NULL. */
struct flight *flight_take_idle(struct client *c, uint64_t now_ns);
/* stream: the end of the run is the end of the stream. */
void flight_end_stream(struct client *c, struct flight *f, uint64_t now_ns);
/* End an idle connection in an orderly way. */
void flight_close(struct client *c, struct flight *f, uint64_t now_ns);
/* Back to the free list. */
void flight_release(struct client *c, struct flight *f, uint64_t now_ns);

static inline uint32_t
flight_index(const struct client *c, const struct flight *f)
{
	return (uint32_t)(f - c->flights);
}

static inline void
flight_list_push(struct client *c, struct flight_list *list, struct flight *f)
{
	f->next = FLIGHT_NONE;
	f->listed = true;
	if (list->head == FLIGHT_NONE)
		list->head = flight_index(c, f);
	else
		c->flights[list->tail].next = flight_index(c, f);
	list->tail = flight_index(c, f);
}

static inline struct flight *
flight_list_peek(struct client *c, const struct flight_list *list)
{
	return list->head == FLIGHT_NONE ? NULL : &c->flights[list->head];
}

static inline void
flight_list_pop(struct client *c, struct flight_list *list)
{
	struct flight *f = &c->flights[list->head];

	f->listed = false;
	list->head = f->next;
}

/* flight_idle.c */

/* Open one more of those that are held. false: could not be started, and counted. */
bool flight_hold(struct client *c, uint64_t now_ns);
/* rr with --in-flight: requests on open connections that have none, picked at random. */
void flight_ask_at_random(struct client *c, uint64_t now_ns);
/* Those whose peer has not acted in time. */
void flight_find_overdue(struct client *c, uint64_t now_ns);
/* The run ends: close those that nothing is under way on, some at a time. */
void flight_end_idle(struct client *c, uint64_t now_ns);

/* flight_read.c: data is there, or the end of the stream. ended: that is there too. */
void flight_read(struct client *c, struct flight *f, bool ended, uint64_t now_ns);

/* http_request.c: the text of every request, to be freed; NULL without memory. */
char *http_request_text(const struct settings *s);

/* client_ready.c: link, neighbours, and one connection for trial. 0, -1 after run_fail(), or -ECANCELED. */
int client_ready(struct client *c, bool probe);

#endif
