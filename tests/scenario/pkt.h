/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef SCENARIO_PKT_H
#define SCENARIO_PKT_H

/*
 * packetdrill's scripts as scenarios: each event becomes lines of the scenario
 * language, which the runner runs as if they had been written so. What is not
 * understood is an error that names file, line, what was found and what is read.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script.h"

/* The file as one scenario of the script, of the file's name. `define` has "NAME=VALUE" texts. 0, or -1 with script->error. */
int pkt_load(struct script *script, const char *path, char *const *define, unsigned int defines);
bool pkt_is(const char *path);
/* A scenario as text of the scenario language, on standard output. */
void pkt_print(const struct script_block *block);

/* --- what follows is between the pkt_*.c files */

enum pkt_kind {
	PKT_END, PKT_WORD, PKT_NUMBER, PKT_STRING, PKT_COMMAND, PKT_CODE, PKT_OPTION, PKT_DOTS, PKT_MARK
};

struct pkt_token {
	enum pkt_kind kind;
	unsigned int line;
	char *text;                /* without quotes, backticks, %{ }% */
};

/* Takes a file apart. NULL, or what is wrong, at *line. The last token is PKT_END. */
const char *pkt_lex(const char *text, struct pkt_token **tokens, unsigned int *line);
void pkt_lex_free(struct pkt_token *tokens);
/* Tokens from this one on that are the word of "WORD=VALUE" become the value. */
void pkt_define(struct pkt_token *token, const char *text);

enum pkt_time_kind { PKT_TIME_ANY, PKT_TIME_ABSOLUTE, PKT_TIME_RELATIVE };
struct pkt_time {
	enum pkt_time_kind kind;
	bool range;                /* from~to */
	double from, to;           /* seconds */
};

#define PKT_ARGUMENTS 8u
#define PKT_FDS 64u
#define PKT_FLOWS 16u
#define PKT_STAMPS 64u
#define PKT_OPTIONS 16u

/* a connection as the script numbers it */
struct pkt_flow {
	char name[4];
	uint32_t host_isn, peer_isn;      /* of the script: SYNs carry them, all else counts from 0 */
	bool active, host_syn, peer_syn, peer_scaled, host_scaled;
	bool accepted, told_connected, shut, gone;
	uint32_t first_stamp;             /* of the host's timestamps */
	bool has_stamp;
};

enum pkt_fd_kind { PKT_FD_NONE, PKT_FD_NEW, PKT_FD_LISTENER, PKT_FD_CONNECTION, PKT_FD_EPOLL };
struct pkt_fd {
	enum pkt_fd_kind kind;
	struct pkt_flow *flow;
	bool bound, nonblocking, fastopen_connect, aborts, writing;
	int epoll;                        /* descriptor of the one that watches it, 0: none */
	uint64_t epoll_data;              /* by which that one tells of it */
	unsigned int fastopen;            /* of a listener: how many may wait */
	char option[PKT_OPTIONS][48];     /* "nodelay 1": to be set when there is a connection */
	unsigned int options;
};

/* one system call as written; arguments are ranges of tokens */
struct pkt_call {
	const char *name;
	unsigned int line;
	struct { unsigned int from, to; } argument[PKT_ARGUMENTS];
	unsigned int arguments;
	int64_t result;
	char error[32];            /* "EAGAIN", or "" */
	bool waits;                /* it begins, or goes on: what it returns with is not yet there */
	bool goes_on;              /* with waits: it has begun, and shall not have returned by now */
	bool waited;               /* it returns, and did not at once */
	double until;              /* seconds, of a call that waits: when it returns */
};

/* POLLIN|POLLOUT, EPOLLIN|EPOLLET */
#define PKT_READY_TEXT 64
struct pkt_ready {
	unsigned int bits;         /* see pkt_poll.c */
	bool of_epoll, edge, once;
};

struct pkt_reader {
	struct script *script;
	struct script_block *block;
	const char *path;
	struct pkt_token *token;
	unsigned int at;
	bool failed;

	/* options of the head */
	double tolerance, tolerance_percent;   /* seconds; of what has passed since the last event */
	bool all_of_linux;         /* a defaults.sh: also what Linux chooses and no standard asks for */
	bool v6, strict, stamps_scaled, counts;   /* counts: code asks for figures that are counted when asked to */
	unsigned int stamp_tick;

	/* the clock of the script: where the last event stands, if that can be told without running it */
	double now, then;          /* then: of the present event, or as near as can be told */
	bool known;
	unsigned int line;         /* of the present event */

	struct pkt_fd fd[PKT_FDS];
	struct pkt_flow flow[PKT_FLOWS];
	unsigned int flows;
	struct pkt_flow *under_test, *speaks;  /* whom packets belong to; whom the lines speak of */
	bool listening;                        /* the next segment that arrives opens a connection */
	int listener;                          /* its descriptor */
	struct { uint32_t value; } stamp[PKT_STAMPS];
	unsigned int stamps;
	struct pkt_call pending;               /* a call that waits, name NULL: none */
	char when[64];                         /* begins the next line: its time */
	struct { char name[24], value[24]; } config[16];
	unsigned int configs;
};

/* pkt_read.c. The first error stays; always false. found NULL: the present token. */
bool pkt_wrong(struct pkt_reader *x, unsigned int line, const char *found, const char *wanted);
/* a line of the scenario; the event's time goes in front of the first */
void pkt_say(struct pkt_reader *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
const struct pkt_token *pkt_now(const struct pkt_reader *x);
bool pkt_is_mark(const struct pkt_reader *x, char mark);
bool pkt_is_word(const struct pkt_reader *x, const char *word);
bool pkt_take_mark(struct pkt_reader *x, char mark);
bool pkt_take_number(struct pkt_reader *x, const char *wanted, int64_t *value);
/* Lines that follow speak of this flow. */
void pkt_speak(struct pkt_reader *x, struct pkt_flow *f);
struct pkt_flow *pkt_flow_new(struct pkt_reader *x, bool active);

/* pkt_time.c */
bool pkt_time_read(struct pkt_reader *x, struct pkt_time *t);
/* Before an event of this time: the call that waits returns if its time has come, and x->when says the event's. */
bool pkt_time_advance(struct pkt_reader *x, const struct pkt_time *t, bool call);
bool pkt_finish_pending(struct pkt_reader *x, bool call, double until);
/* after it */
void pkt_time_settle(struct pkt_reader *x, const struct pkt_time *t);
/* when a segment must be sent, `since` the event before it: "@96ms..104ms " */
void pkt_when_sent(const struct pkt_reader *x, const struct pkt_time *t, double since, char *text, size_t size);

/* pkt_head.c */
bool pkt_option(struct pkt_reader *x);
bool pkt_command(struct pkt_reader *x, const struct pkt_token *t, bool first);
/* a setting of the host, for the head; false when it has another value, or comes behind the first connection */
bool pkt_config(struct pkt_reader *x, unsigned int line, const char *name, const char *value);
/* The settings as lines: those of Linux where the script does not say. */
void pkt_say_config(struct pkt_reader *x);
/* The sysctl that says a setting; false when there is none. */
bool pkt_sysctl_of(const char *setting, const char *value, char *text, size_t size);

/* pkt_packet.c, pkt_option.c, pkt_icmp.c */
bool pkt_packet(struct pkt_reader *x, const struct pkt_time *t);
bool pkt_tcp_options(struct pkt_reader *x, struct pkt_flow *f, bool in, bool syn, bool ack, char *text, size_t size);
bool pkt_icmp(struct pkt_reader *x, char *text, size_t size);
/* the scenario language's name of an ICMP message, and back */
bool pkt_icmp_words(const char *name, bool v6, const char **type, const char **code);

/* pkt_call.c: how calls are written; pkt_open.c, pkt_data.c, pkt_sockopt.c, pkt_poll.c, pkt_epoll.c: what they mean */
bool pkt_call_read(struct pkt_reader *x, struct pkt_call *c);
bool pkt_call_run(struct pkt_reader *x, struct pkt_call *c);
bool pkt_call_wrong(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, const char *wanted);
bool pkt_call_number(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, int64_t *value);
bool pkt_call_is(const struct pkt_reader *x, const struct pkt_call *c, unsigned int argument, const char *text);
struct pkt_fd *pkt_call_fd(struct pkt_reader *x, const struct pkt_call *c);
/* The descriptor of a connection, spoken of from here on; NULL and an error when it is none. */
struct pkt_fd *pkt_call_connection(struct pkt_reader *x, const struct pkt_call *c);
/* Words of "A|B|C"; calls each with its word, false for one that is not read. */
bool pkt_call_flags(struct pkt_reader *x, const struct pkt_call *c, unsigned int argument,
		    bool (*take)(const char *word, void *context), void *context, const char *wanted);
/* Whether the call tells that the connection is over; then its end is expected. */
bool pkt_call_ended(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd);

/* It has said what is not there yet, and waits. */
bool pkt_call_waits(struct pkt_reader *x, const struct pkt_call *c);

typedef bool pkt_call_function(struct pkt_reader *x, struct pkt_call *c);
pkt_call_function pkt_socket, pkt_bind, pkt_listen, pkt_accept, pkt_connect, pkt_close, pkt_shutdown, pkt_fcntl;
pkt_call_function pkt_send, pkt_receive;
pkt_call_function pkt_setsockopt, pkt_getsockopt, pkt_ioctl, pkt_poll;
pkt_call_function pkt_epoll_create, pkt_epoll_ctl, pkt_epoll_wait;
/* pkt_poll.c, for epoll too: words up to the next , or }; the scenario's words for them, and the other way */
bool pkt_ready_read(struct pkt_reader *x, const struct pkt_call *c, unsigned int *i, struct pkt_ready *b);
const char *pkt_ready_words(unsigned int bits, char text[PKT_READY_TEXT]);
const char *pkt_ready_word_of(const char *name);
const char *pkt_ready_subject(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd);
/* connect with Fast Open, and its first data */
bool pkt_connect_with(struct pkt_reader *x, struct pkt_call *c, struct pkt_fd *fd, int64_t data);

/* pkt_code.c: what stands between %{ and }% */
bool pkt_code(struct pkt_reader *x, const struct pkt_token *t);
/* the figure of tcp_info that is this one of "info", in the same unit; NULL for none */
const char *pkt_code_figure(const char *info);

#endif
