/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What packetdrill's scripts ask of struct tcp_info in %{ code }%: of Python are read "assert A OP B", with or without
 * a message behind a comma, chains ("1 <= A <= 2"), "and", and "(tcpi_options & FLAG) == 0". "print" does nothing.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

enum unit { PLAIN, SEGMENTS, STATE, CA_STATE };
static const struct { const char *name, *info; enum unit unit; } figures[] = {
	{ "tcpi_snd_cwnd", "cwnd", SEGMENTS }, { "tcpi_snd_ssthresh", "ssthresh", SEGMENTS }, { "tcpi_unacked", "unacked", SEGMENTS },
	{ "tcpi_sacked", "sacked", SEGMENTS }, { "tcpi_lost", "missing", SEGMENTS }, { "tcpi_retrans", "resent", SEGMENTS },
	{ "tcpi_rtt", "srtt_us", PLAIN }, { "tcpi_rttvar", "rttvar_us", PLAIN }, { "tcpi_rto", "rto_us", PLAIN },
	{ "tcpi_min_rtt", "min_rtt_us", PLAIN }, { "tcpi_snd_mss", "mss", PLAIN }, { "tcpi_rcv_mss", "rcv_mss", PLAIN },
	{ "tcpi_advmss", "announced_mss", PLAIN }, { "tcpi_pmtu", "path_mtu", PLAIN }, { "tcpi_backoff", "backoff", PLAIN },
	{ "tcpi_total_retrans", "retransmits", PLAIN }, { "tcpi_snd_wscale", "snd_wscale", PLAIN },
	{ "tcpi_rcv_wscale", "rcv_wscale", PLAIN }, { "tcpi_snd_wnd", "snd_wnd", PLAIN }, { "tcpi_notsent_bytes", "unsent", PLAIN },
	{ "tcpi_bytes_received", "bytes_received", PLAIN },
	{ "tcpi_bytes_sent", "bytes_sent", PLAIN }, { "tcpi_bytes_retrans", "bytes_retransmitted", PLAIN },
	{ "tcpi_data_segs_out", "data_segs_out", PLAIN },
	{ "tcpi_data_segs_in", "data_segs_in", PLAIN }, { "tcpi_dsack_dups", "dsacks", PLAIN },
	{ "tcpi_delivered", "delivered", PLAIN }, { "tcpi_probes", "probes", PLAIN }, { "tcpi_busy_time", "busy_us", PLAIN },
	{ "tcpi_rwnd_limited", "rwnd_limited_us", PLAIN }, { "tcpi_sndbuf_limited", "sndbuf_limited_us", PLAIN },
	{ "tcpi_reord_seen", "reorderings", PLAIN }, { "tcpi_rcv_ooopack", "ooo_segments", PLAIN },
	{ "tcpi_last_data_sent", "last_sent_ms", PLAIN }, { "tcpi_last_data_recv", "last_received_ms", PLAIN },
	{ "tcpi_last_ack_recv", "last_ack_ms", PLAIN }, { "tcpi_state", NULL, STATE }, { "tcpi_ca_state", "in_recovery", CA_STATE },
};

static const struct { const char *name; int64_t value; } constants[] = {
	{ "TCP_INFINITE_SSTHRESH", 0x7fffffff }, { "TCP_CA_Open", 0 }, { "TCP_CA_Recovery", 3 }, { "TCP_CA_Loss", 4 },
	{ "TCP_ESTABLISHED", 1 }, { "TCP_SYN_SENT", 2 }, { "TCP_SYN_RECV", 3 }, { "TCP_FIN_WAIT1", 4 }, { "TCP_FIN_WAIT2", 5 },
	{ "TCP_TIME_WAIT", 6 }, { "TCP_CLOSE", 7 }, { "TCP_CLOSE_WAIT", 8 }, { "TCP_LAST_ACK", 9 }, { "TCP_CLOSING", 11 },
};

static const struct { const char *name, *info; } bits[] = {
	{ "TCPI_OPT_TIMESTAMPS", "timestamps" }, { "TCPI_OPT_SACK", "sack" }, { "TCPI_OPT_WSCALE", "wscale_on" },
	{ "TCPI_OPT_ECN", "ecn" }, { "TCPI_OPT_SYN_DATA", "fastopen" },
};

static const char *const states[] = {
	NULL, "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK",
	NULL, "CLOSING"
};

#define CODE_READ "of code are read \"assert FIGURE OP NUMBER\" with == != < <= > >=, chains, and, and (tcpi_options & FLAG) == 0, of the figures in README.md"

const char *
pkt_code_figure(const char *info)
{
	for (unsigned int i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (figures[i].unit == PLAIN && strcmp(info, figures[i].info) == 0)
			return figures[i].name;
	return NULL;
}

struct code {
	struct pkt_reader *x;
	unsigned int line;
	const char *at;
};

static void
skip(struct code *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool
take(struct code *p, const char *text)
{
	skip(p);
	if (strncmp(p->at, text, strlen(text)) != 0)
		return false;
	p->at += strlen(text);
	return true;
}

static bool
wrong(struct code *p)
{
	return pkt_wrong(p->x, p->line, p->at, CODE_READ);
}

/* a number, a constant, a figure (its place in the table in *figure), or flags of tcpi_options (*bit) */
struct operand {
	int64_t value;
	int figure, bit;
};

static bool
operand(struct code *p, struct operand *o)
{
	char word[40];
	size_t n;

	*o = (struct operand){ .figure = -1, .bit = -1 };
	if (take(p, "(")) {
		if (!take(p, "tcpi_options") || !take(p, "&"))
			return wrong(p);
		skip(p);
		for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]) && o->bit < 0; i++)
			if (take(p, bits[i].name))
				o->bit = (int)i;
		return (o->bit >= 0 && take(p, ")")) || wrong(p);
	}
	skip(p);
	if (isdigit((unsigned char)*p->at)) {
		char *end;

		o->value = strtoll(p->at, &end, 0);
		p->at = end;
		return true;
	}
	n = strspn(p->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	if (n == 0 || n >= sizeof(word))
		return wrong(p);
	snprintf(word, sizeof(word), "%.*s", (int)n, p->at);
	for (unsigned int i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		if (strcmp(word, constants[i].name) == 0) {
			o->value = constants[i].value;
			p->at += n;
			return true;
		}
	for (unsigned int i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (strcmp(word, figures[i].name) == 0) {
			o->figure = (int)i;
			p->at += n;
			return true;
		}
	return wrong(p);
}

/* The least and the most that FIGURE may be; most -1: no limit. */
static bool
bounds(const char *op, bool swapped, int64_t v, int64_t *least, int64_t *most)
{
	char first = op[0];

	if (swapped && first == '<')
		first = '>';
	else if (swapped && first == '>')
		first = '<';
	*least = 0;
	*most = -1;
	if (first == '=')
		*least = *most = v;
	else if (first == '!' && v == 0)
		*least = 1;
	else if (first == '<')
		*most = op[1] == '=' ? v : v - 1;
	else if (first == '>')
		*least = op[1] == '=' ? v : v + 1;
	else
		return false;
	return true;
}

/* Linux counts segments and the event API bytes, where the last segment may be a part of one. */
static void
say_segments(struct pkt_reader *x, const char *info, int64_t least, int64_t most)
{
	bool window = strcmp(info, "cwnd") == 0 || strcmp(info, "ssthresh") == 0;

	if (least == 0x7fffffff)
		pkt_say(x, "info %s 1000000000..", info);
	else if (least == 0 && most == 0)
		pkt_say(x, "info %s 0", info);
	else if (most < 0)
		pkt_say(x, "info %s %lld*mss%s..", info, (long long)(window || least == 0 ? least : least - 1), window || least == 0 ? "" : "+1");
	else if (window)
		pkt_say(x, "info %s %lld*mss..%lld*mss+mss-1", info, (long long)least, (long long)most);
	else
		pkt_say(x, "info %s %lld*mss+1..%lld*mss", info, (long long)(least > 0 ? least - 1 : 0), (long long)most);
}

static bool
say(struct code *p, const struct operand *o, const char *op, bool swapped, int64_t v)
{
	int64_t least, most;

	if (!bounds(op, swapped, v, &least, &most))
		return wrong(p);
	if (o->bit >= 0) {
		bool none = most == 0;

		if (v != 0 || (!none && least != 1))
			return wrong(p);
		/* ecn is a figure of more than two values */
		pkt_say(p->x, "info %s %s", bits[o->bit].info, none ? "0" : "1..");
		return true;
	}
	if (figures[o->figure].unit == SEGMENTS) {
		say_segments(p->x, figures[o->figure].info, least, most);
	} else if (figures[o->figure].unit == STATE) {
		if (least != most || v < 1 || v > 11 || states[v] == NULL)
			return wrong(p);
		if (v == 7)   /* there is none any more */
			pkt_say(p->x, "state CLOSED = -EBADF");
		else
			pkt_say(p->x, "state %s", states[v]);
	} else if (figures[o->figure].unit == CA_STATE) {
		if (least != most)
			return wrong(p);
		pkt_say(p->x, "info in_recovery %d", v == 3 ? 1 : v == 4 ? 2 : 0);
	} else if (most < 0) {
		pkt_say(p->x, "info %s %lld..", figures[o->figure].info, (long long)least);
	} else {
		pkt_say(p->x, "info %s %lld..%lld", figures[o->figure].info, (long long)least, (long long)most);
	}
	return true;
}

/* A OP B [OP C] */
static bool
comparison(struct code *p)
{
	static const char *const operators[] = { "==", "!=", "<=", ">=", "<", ">" };
	struct operand left, right;

	if (!operand(p, &left))
		return false;
	for (bool more = true, first = true; more; first = false) {
		const char *op = NULL;
		bool figure_left, figure_right;

		for (unsigned int i = 0; i < sizeof(operators) / sizeof(operators[0]) && op == NULL; i++)
			if (take(p, operators[i]))
				op = operators[i];
		if (op == NULL)
			return !first || wrong(p);
		if (!operand(p, &right))
			return false;
		figure_left = left.figure >= 0 || left.bit >= 0;
		figure_right = right.figure >= 0 || right.bit >= 0;
		if (figure_left == figure_right)
			return wrong(p);
		if (figure_left ? !say(p, &left, op, false, right.value) : !say(p, &right, op, true, left.value))
			return false;
		left = right;
		skip(p);
		more = strchr("=!<>", *p->at) != NULL && *p->at != '\0';
	}
	return true;
}

/* one statement, which ends at ; or a line's end: what stands behind the comma of an assert is its message */
static bool
statement(struct code *p)
{
	if (take(p, "print")) {
		p->at += strcspn(p->at, ";\n");
		return true;
	}
	if (!take(p, "assert"))
		return wrong(p);
	do {
		if (!comparison(p))
			return false;
	} while (take(p, "and "));
	skip(p);
	if (*p->at == ',')
		p->at += strcspn(p->at, ";\n");
	if (*p->at == '#')
		p->at += strcspn(p->at, "\n");
	return *p->at == '\0' || *p->at == ';' || *p->at == '\n' || wrong(p);
}

bool
pkt_code(struct pkt_reader *x, const struct pkt_token *t)
{
	struct code p = { .x = x, .line = t->line, .at = t->text };

	if (x->under_test == NULL)
		return pkt_wrong(x, t->line, t->text, "no connection that this could ask about");
	pkt_speak(x, x->under_test);
	for (;;) {
		while (*p.at != '\0' && strchr(" \t\n;", *p.at) != NULL)
			p.line += *p.at++ == '\n';
		if (*p.at == '#')
			p.at += strcspn(p.at, "\n");
		else if (*p.at == '\0')
			return true;
		else if (!statement(&p))
			return false;
	}
}
