/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_RUN_H
#define SCENARIO_RUN_H

/* One case while it runs: the host under test, the flows it takes part in, and what was said so far. */

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"
#include "packet.h"
#include "script.h"

#define RUN_FLOWS 16u
#define RUN_SOCKETS 64u
#define RUN_LISTENERS 8u
#define RUN_QUEUE 2048u
#define RUN_HELD 16u
#define RUN_STAMPS 64u
#define RUN_TIME_TOLERANCE_NS UINT64_C(2000000)

/* A socket's place in an epoll, of which a script has as many as it likes: what is told is a matter of the socket alone. */
struct watch {
	uint32_t wanted;           /* READY_x */
	bool armed, edge, once;
	bool listed;               /* something has become true since it was told last */
};

/* A send that waits for room. */
struct run_write {
	bool goes_on;
	int64_t length, done;
	int error;
	uint64_t ended_ns;
};

struct run_socket {
	backend_socket id;
	struct flow *flow;
	uint32_t events;           /* told and not yet expected */
	const char *reason;
	int error;
	bool closed;
	uint32_t sent, received;   /* bytes of the stream so far */
	bool blocked;              /* a send was short, and "writable" was not told since */
	bool more;                 /* the last send said that more follows */
	bool shut_read, shut_write;
	bool soft_error;           /* told and not asked for */
	struct watch watch;
	struct run_write write;
};

/* A connection as the wire shows it, and the bases of its relative numbers. */
struct flow {
	char name[24];
	struct tern_addr remote, local;
	uint16_t rport, lport;     /* lport 0: not known before the host's SYN */
	uint32_t iss, isn;         /* bases: the host's numbers, the peer's */
	bool iss_known;
	uint32_t ts_host, ts_peer; /* bases of timestamps */
	bool ts_host_known;
	struct packet_options host_offer, peer_offer;
	bool host_syn, peer_syn;   /* seen on the wire */
	uint32_t window;           /* bytes; of peer's segments that do not say */
	/* highest that was seen */
	uint32_t host_next, peer_next;
	uint32_t host_tsval, peer_tsval;
	uint64_t host_tsval_ns;
	uint32_t host_edge, peer_edge, host_ack;
	bool host_edge_known, peer_edge_known;
	uint16_t host_id;          /* IP identification of the last one without DF */
	bool host_id_known;
	const struct flow *before; /* the incarnation before this one */
	bool host_fin;
	uint32_t host_fin_seq;
	struct run_socket *socket;
};

struct run {
	const struct script *script;
	const struct script_block *scenario;
	struct variant variant;
	const struct backend_ops *ops;
	void *host;
	struct backend_setup setup;
	uint64_t seed;
	uint64_t tolerance_ns;     /* of a stack in real time */

	struct flow flow[RUN_FLOWS];
	unsigned int flows;
	struct flow *now_flow;
	struct run_socket socket[RUN_SOCKETS];
	unsigned int sockets;
	struct { backend_socket id; struct tern_endpoint at; bool open; struct watch watch; } listener[RUN_LISTENERS];
	unsigned int listeners;

	void *held[RUN_HELD];      /* memory that the host may still read; freed when it is gone */
	unsigned int helds;
	struct packet *queue;      /* frames that the host sent and no line has expected yet */
	unsigned int queued;

	/* settings of the scenario */
	uint32_t peer_mss, peer_window;
	unsigned int peer_wscale;
	bool manual_neighbours, may_shrink, may_fragment, may_leave, draining;
	uint64_t start_ns;
	uint64_t now_ns;           /* of the script: packets may be ahead of it */
	uint8_t cookie[16];        /* of Fast Open: the last that a line expected */
	unsigned int cookie_length;
	struct { int64_t name; uint32_t value; } stamp[RUN_STAMPS];   /* timestamps of the host that lines have named */
	unsigned int stamps;
	int64_t index;             /* i, of "repeat" */
	unsigned int depth;

	struct pkt_writer *writer; /* pkt_write.h: the case is to become a script; or NULL */
	const struct script_line *line;
	const char *file;
	char *log;
	size_t log_used, log_size;
	char failure[1024];
	bool failed;
};

/* The first failure stays. Always returns false. */
bool run_fail(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_log(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_log_packet(struct run *r, const struct packet *p, const struct flow *f, const char *mark);

/* run.c: all of a case, from a new host to an empty one. */
bool run_case(struct run *r);
/* Lets the host react to what was injected, at the present time. */
bool run_settle(struct run *r);
/* Lets time pass until until_ns, or until a packet that `wanted` accepts is queued. */
bool run_until(struct run *r, uint64_t until_ns, bool (*wanted)(const struct run *r, const struct packet *p));
void run_inject(struct run *r, const struct packet *p);

/* Keeps data alive until the host is gone. */
bool run_hold(struct run *r, void *data);

/* settings.c: scenario lines that are read before the host exists; what addresses are called. */
bool settings_read(struct run *r, const struct script_block *block);
bool settings_is(const char *word);
bool run_address(const struct run *r, const char *name, struct tern_addr *addr);
/* The link address behind which an address is found: of itself, or of the gateway. */
void run_link_address(const struct run *r, const struct tern_addr *addr, uint8_t mac[6]);
extern const uint8_t run_host_mac[6];

/* expression.c */
bool run_number(struct run *r, const char *text, int64_t *value);
/* "5", "5..7", "5..", "-EPIPE" */
bool run_range(struct run *r, const char *text, int64_t *low, int64_t *high);
bool run_time(struct run *r, const char *text, uint64_t *ns);
const char *run_errno(int64_t value);
bool run_errno_value(const char *name, int64_t *value);

/* flow.c */
struct flow *flow_new(struct run *r, const char *name);
struct flow *flow_named(struct run *r, const char *name);
struct flow *flow_of(const struct run *r, const struct packet *p);
bool flow_statement(struct run *r, const struct words *w);
bool flow_timestamps(const struct flow *f);
bool flow_scaled(const struct flow *f);
unsigned int flow_host_shift(const struct flow *f);
unsigned int flow_peer_shift(const struct flow *f);
/* The stream's byte at an offset; the two directions differ. */
uint8_t flow_byte(bool from_peer, uint32_t offset);
/* What a segment tells: from the peer as sent, from the host with every check that holds always. */
void flow_peer_sent(struct flow *f, const struct packet *p);
bool flow_host_sent(struct run *r, struct flow *f, const struct packet *p);

/* segment.c */
bool segment_inject(struct run *r, const struct words *w, unsigned int first, bool more);
/* Whether a packet of the present flow waits to be expected. */
bool segment_came(const struct run *r);
bool segment_expect(struct run *r, const struct words *w, unsigned int first, uint64_t from_ns, uint64_t to_ns);
/* what makes a packet of the peer odd ("bad-checksum", "vlan 7"); *used is how many words it took */
bool segment_modify(struct run *r, struct packet *p, const char *word, const char *value, unsigned int *used);
/* what of the headers below TCP is expected ("to far", "via gateway", "tos 4") */
bool segment_match_rest(struct run *r, const struct packet *p, const char *word, const char *value);
/* iss.c: the statement about initial sequence numbers */
bool iss_run(struct run *r, const struct words *w);
/* fill.c: the peer fills the window that the host announced, until it is closed. */
bool fill_run(struct run *r);
/* The right edge of the host's window, as a number of the peer's. */
uint32_t fill_edge(const struct run *r);
/* options.c: the text between < > */
bool options_build(struct run *r, const struct flow *f, const char *text, struct packet *p);
bool options_match(struct run *r, const struct flow *f, const char *text, const struct packet *p);
/* whether a list has this one */
bool options_has(const char *text, const char *name);
bool options_append_timestamp(struct packet *p, uint32_t tsval, uint32_t tsecr);
/* mss: payload of a full segment from the host, rmss: towards it */
uint32_t options_mss(const struct run *r, bool from_host);

/* neighbour.c: solicitations, advertisements, echoes */
bool neighbour_is(const char *word);
bool neighbour_inject(struct run *r, const struct words *w, unsigned int first);
bool neighbour_expect(struct run *r, const struct words *w, unsigned int first, uint64_t from_ns, uint64_t to_ns);
void neighbour_answer(struct run *r, const struct packet *p);
/* fragment.c */
void fragment_inject(struct run *r, const struct packet *p);

/* icmp.c: errors of the network, which quote what the host has sent */
bool icmp_is(const char *word);
bool icmp_inject(struct run *r, const struct words *w, unsigned int first);
bool icmp_expect(struct run *r, const struct words *w, unsigned int first, uint64_t from_ns, uint64_t to_ns);
/* Takes the first queued packet that `wanted` accepts, in the time given; false and a failure when there is none. */
bool run_take(struct run *r, uint64_t from_ns, uint64_t to_ns, bool (*wanted)(const struct run *, const struct packet *),
	      struct packet *p);

/* verb.c: sockets and what the host tells about itself. false: no such verb, or failed. */
bool verb_known(const char *word);
bool verb_run(struct run *r, const struct words *w);
void verb_event(struct run *r, const struct backend_event *e);
/* verb_data.c: sends that wait for room, where there is some. True if the host got anything. */
bool verb_writes_go_on(struct run *r);
/* ready.c: READY_x that hold now */
uint32_t run_ready(struct run *r, struct run_socket *s);
/* the language's words for them */
void ready_print(uint32_t mask, char *text, size_t size);

#endif
