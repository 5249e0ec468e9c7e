/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * packetdrill's setsockopt() and getsockopt(). The event API sets a connection's options when there is one: what
 * a script sets earlier is set then, or, where the handshake is what it changes, is a setting of the host.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

static const struct {
	const char *name;
	const char *option;        /* in the scenario language */
	unsigned int times;        /* the language's unit in Linux's */
	const char *setting;       /* of the host, for a socket without a connection; NULL: the option waits for one */
} options[] = {
	{ "TCP_NODELAY", "nodelay", 1, NULL }, { "TCP_USER_TIMEOUT", "user-timeout", 1, NULL },
	{ "SO_SNDBUF", "sndbuf", 1, "sndbuf" }, { "SO_RCVBUF", "rcvbuf", 1, "rcvbuf" }, { "SO_RCVLOWAT", "rcvlowat", 1, NULL },
	{ "SO_KEEPALIVE", "keepalive", 1, NULL }, { "TCP_KEEPIDLE", "keepidle", 1000, NULL },
	{ "TCP_KEEPINTVL", "keepintvl", 1000, NULL }, { "TCP_KEEPCNT", "keepcnt", 1, NULL }, { "TCP_MAXSEG", "mss", 1, "mss" },
	{ "IP_TTL", "ttl", 1, "ttl" }, { "IPV6_UNICAST_HOPS", "ttl", 1, "ttl" }, { "IP_RECVERR", "tell-errors", 1, NULL },
	{ "IPV6_RECVERR", "tell-errors", 1, NULL }, { "TCP_CORK", "cork", 1, NULL }, { "TCP_QUICKACK", "quickack", 1, NULL },
	{ "TCP_NOTSENT_LOWAT", "notsent-lowat", 1, NULL },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

#define OPTIONS_READ "options that are read: SO_REUSEADDR SO_REUSEPORT SO_SNDBUF SO_RCVBUF SO_RCVLOWAT SO_KEEPALIVE SO_LINGER SO_ERROR " \
	"TCP_NODELAY TCP_CORK TCP_QUICKACK TCP_NOTSENT_LOWAT TCP_MAXSEG TCP_USER_TIMEOUT TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT TCP_CONGESTION TCP_FASTOPEN " \
	"TCP_FASTOPEN_CONNECT IP_TOS IPV6_TCLASS IP_TTL IPV6_UNICAST_HOPS IP_MTU_DISCOVER IP_RECVERR"

static const char *
word(const struct pkt_reader *x, const struct pkt_call *c, unsigned int argument)
{
	return x->token[c->argument[argument].from].text;
}

static bool
levels_fit(struct pkt_reader *x, const struct pkt_call *c)
{
	static const char *const levels[] = { "SOL_SOCKET", "SOL_TCP", "IPPROTO_TCP", "SOL_IP", "IPPROTO_IP", "SOL_IPV6", "IPPROTO_IPV6" };

	if (c->arguments != 5)
		return pkt_wrong(x, c->line, c->name, "wanted five arguments: FD, LEVEL, NAME, [VALUE], SIZE");
	for (unsigned int i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (pkt_call_is(x, c, 1, levels[i]))
			return true;
	return pkt_call_wrong(x, c, 1, "levels that are read: SOL_SOCKET, SOL_TCP, IPPROTO_TCP, SOL_IP, SOL_IPV6 and the like");
}

static bool
keep_option(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd, const char *name, int64_t value)
{
	char text[48];

	snprintf(text, sizeof(text), "%s %lld", name, (long long)value);
	if (fd->kind == PKT_FD_CONNECTION) {
		pkt_speak(x, fd->flow);
		pkt_say(x, "set %s", text);
		return true;
	}
	if (fd->options == PKT_OPTIONS)
		return pkt_wrong(x, c->line, c->name, "more options than a socket keeps here");
	strcpy(fd->option[fd->options++], text);
	return true;
}

/* {onoff=1, linger=0} */
static bool
set_linger(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd)
{
	const struct pkt_token *t = &x->token[c->argument[3].from];
	long on, linger;

	if (c->argument[3].to - c->argument[3].from != 9 || strcmp(t[1].text, "onoff") != 0 || strcmp(t[5].text, "linger") != 0)
		return pkt_call_wrong(x, c, 3, "wanted {onoff=N, linger=SECONDS}");
	on = strtol(t[3].text, NULL, 0);
	linger = strtol(t[7].text, NULL, 0);
	fd->aborts = on != 0 && linger == 0;
	return on == 0 || linger == 0 || keep_option(x, c, fd, "linger", linger * 1000);
}

/* options with a meaning of their own: 1 done, 0 none of them, -1 an error */
static int
set_special(struct pkt_reader *x, const struct pkt_call *c, struct pkt_fd *fd)
{
	const char *name = word(x, c, 2), *value = word(x, c, 3);
	char number[24];
	int64_t v;

	if (strcmp(name, "SO_LINGER") == 0)
		return set_linger(x, c, fd) ? 1 : -1;
	if (strcmp(name, "TCP_CONGESTION") == 0) {
		if (strcmp(value, "cubic") != 0 && strcmp(value, "reno") != 0)
			return pkt_call_wrong(x, c, 3, "congestion control here is \"cubic\" or \"reno\"") ? 1 : -1;
		return pkt_config(x, c->line, "congestion", strcmp(value, "reno") == 0 ? "newreno" : value) ? 1 : -1;
	}
	if (strcmp(name, "IP_MTU_DISCOVER") == 0) {
		bool off = strstr(x->token[c->argument[3].from + 1].text, "IP_PMTUDISC_DONT") != NULL;

		return pkt_config(x, c->line, "pmtu_discovery", off ? "0" : "1") ? 1 : -1;
	}
	if (strcmp(name, "SO_REUSEADDR") == 0 || strcmp(name, "SO_REUSEPORT") == 0)
		return 1;   /* what they allow is allowed here */
	if (strcmp(name, "TCP_FASTOPEN") != 0 && strcmp(name, "TCP_FASTOPEN_CONNECT") != 0 && strcmp(name, "IP_TOS") != 0 &&
	    strcmp(name, "IPV6_TCLASS") != 0)
		return 0;
	if (!pkt_call_number(x, c, 3, &v))
		return -1;
	if (strcmp(name, "TCP_FASTOPEN") == 0) {
		fd->fastopen = (unsigned int)v;
		return 1;
	}
	if (strcmp(name, "TCP_FASTOPEN_CONNECT") == 0) {
		fd->fastopen_connect = v != 0;
		return 1;
	}
	if (fd->kind == PKT_FD_CONNECTION)
		return keep_option(x, c, fd, "dscp", v >> 2) ? 1 : -1;
	snprintf(number, sizeof(number), "%lld", (long long)v);
	return pkt_config(x, c->line, "tos", number) ? 1 : -1;
}

bool
pkt_setsockopt(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);
	char number[24];
	int special;
	int64_t v;

	if (fd == NULL || !levels_fit(x, c))
		return false;
	if (c->result != 0)
		return pkt_wrong(x, c->line, c->error, "setsockopt() is read when it succeeds");
	special = set_special(x, c, fd);
	if (special != 0)
		return special > 0;
	for (unsigned int i = 0; i < OPTIONS; i++) {
		if (!pkt_call_is(x, c, 2, options[i].name))
			continue;
		if (!pkt_call_number(x, c, 3, &v))
			return false;
		v *= options[i].times;
		if (fd->kind == PKT_FD_CONNECTION || options[i].setting == NULL)
			return keep_option(x, c, fd, options[i].option, v);
		snprintf(number, sizeof(number), "%lld", (long long)v);
		return pkt_config(x, c->line, options[i].setting, number);
	}
	return pkt_call_wrong(x, c, 2, OPTIONS_READ);
}

/* SO_ERROR: 0, or what ended the connection; after a connect() it tells that there is one */
static bool
get_error(struct pkt_reader *x, struct pkt_call *c, struct pkt_fd *fd)
{
	const struct pkt_token *t = &x->token[c->argument[3].from + 1];
	struct pkt_flow *f = fd->flow;

	if (t->kind == PKT_WORD) {
		snprintf(c->error, sizeof(c->error), "%s", t->text);
		return pkt_call_ended(x, c, fd) || pkt_wrong(x, c->line, t->text, "wanted [0] or an error that ends a connection");
	}
	if (strcmp(t->text, "0") != 0)
		return pkt_wrong(x, c->line, t->text, "wanted [0] or an error by its name");
	if (f->active && f->peer_syn && !f->told_connected) {
		f->told_connected = true;
		pkt_say(x, "expect connected");
	} else {
		pkt_say(x, "get error 0%s", f->gone ? " = -EBADF" : "");
	}
	return true;
}

bool
pkt_getsockopt(struct pkt_reader *x, struct pkt_call *c)
{
	struct pkt_fd *fd = pkt_call_fd(x, c);
	int64_t v;

	if (fd == NULL || !levels_fit(x, c))
		return false;
	if (c->result != 0)
		return pkt_wrong(x, c->line, c->error, "getsockopt() is read when it succeeds");
	if (fd->kind != PKT_FD_CONNECTION)
		return pkt_call_wrong(x, c, 0, "options are asked of a socket that is connected, or was asked to");
	pkt_speak(x, fd->flow);
	if (pkt_call_is(x, c, 2, "SO_ERROR"))
		return get_error(x, c, fd);
	for (unsigned int i = 0; i < OPTIONS; i++) {
		if (!pkt_call_is(x, c, 2, options[i].name))
			continue;
		if (!pkt_call_number(x, c, 3, &v))
			return false;
		pkt_say(x, "get %s %lld", options[i].option, (long long)v * options[i].times);
		return true;
	}
	return pkt_call_wrong(x, c, 2, OPTIONS_READ);
}
