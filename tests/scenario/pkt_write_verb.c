/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The user's side of a case as system calls of a packetdrill script. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"
#include "pkt_write.h"

int
pkt_write_new_fd(struct run *r)
{
	for (int i = 3; i < PKT_WRITE_FDS; i++)
		if (!r->writer->fd_used[i]) {
			r->writer->fd_used[i] = true;
			return i;
		}
	pkt_write_cannot(r, "more descriptors than a script is written with");
	return 3;
}

static void
close_fd(struct run *r, int *fd)
{
	r->writer->fd_used[*fd] = false;
	pkt_write_event(r, "close(%d) = 0", *fd);
	*fd = 0;
}

static const struct { const char *name; const char *level, *option; unsigned int over; } options[] = {
	{ "nodelay", "SOL_TCP", "TCP_NODELAY", 1 }, { "user-timeout", "SOL_TCP", "TCP_USER_TIMEOUT", 1 },
	{ "sndbuf", "SOL_SOCKET", "SO_SNDBUF", 1 }, { "rcvbuf", "SOL_SOCKET", "SO_RCVBUF", 1 },
	{ "keepalive", "SOL_SOCKET", "SO_KEEPALIVE", 1 }, { "keepidle", "SOL_TCP", "TCP_KEEPIDLE", 1000 },
	{ "keepintvl", "SOL_TCP", "TCP_KEEPINTVL", 1000 }, { "keepcnt", "SOL_TCP", "TCP_KEEPCNT", 1 },
	{ "mss", "SOL_TCP", "TCP_MAXSEG", 1 }, { "ttl", "SOL_IP", "IP_TTL", 1 }, { "tos", "SOL_IP", "IP_TOS", 1 },
	{ "rcvlowat", "SOL_SOCKET", "SO_RCVLOWAT", 1 }, { "cork", "SOL_TCP", "TCP_CORK", 1 },
	{ "notsent-lowat", "SOL_TCP", "TCP_NOTSENT_LOWAT", 1 }, { "quickack", "SOL_TCP", "TCP_QUICKACK", 1 },
};

static bool
write_option(struct run *r, int fd, const char *name, int64_t value)
{
	for (unsigned int i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *level = options[i].level, *option = options[i].option;

		if (strcmp(name, options[i].name) != 0 || value % options[i].over != 0)
			continue;
		if (r->variant.v6 && strcmp(level, "SOL_IP") == 0) {
			option = strcmp(name, "ttl") == 0 ? "IPV6_UNICAST_HOPS" : "IPV6_TCLASS";
			level = "SOL_IPV6";
		}
		pkt_write_event(r, "setsockopt(%d, %s, %s, [%lld], 4) = 0", fd, level, option, (long long)value / options[i].over);
		return true;
	}
	return false;
}

/* socket(), with what the host's settings are of a socket's; Linux has Nagle on, scenarios have it off */
static int
write_socket(struct run *r)
{
	int fd = pkt_write_new_fd(r);
	bool nagle = false;

	pkt_write_event(r, "socket(..., SOCK_STREAM, IPPROTO_TCP) = %d", fd);
	pkt_write_event(r, "fcntl(%d, F_SETFL, O_RDWR|O_NONBLOCK) = 0", fd);
	for (unsigned int i = 0; i < r->setup.settings; i++) {
		const char *name = r->setup.setting[i].name;

		nagle |= strcmp(name, "nodelay") == 0 && r->setup.setting[i].value == 0;
		if (strcmp(name, "nodelay") != 0 && strcmp(name, "mtu") != 0)
			write_option(r, fd, name, r->setup.setting[i].value);
	}
	if (!nagle)
		write_option(r, fd, "nodelay", 1);
	return fd;
}

/* "port" and the like: value of a key, or what is meant without */
static const char *
word_after(const struct words *w, const char *key)
{
	for (unsigned int i = 1; i + 1 < w->count; i++)
		if (strcmp(w->word[i], key) == 0)
			return w->word[i + 1];
	return NULL;
}

static bool
expects_result(const struct words *w)
{
	return w->count >= 3 && strcmp(w->word[w->count - 2], "=") == 0;
}

static void
write_listen(struct run *r, const struct words *w)
{
	const char *backlog = word_after(w, "backlog"), *fastopen = word_after(w, "fastopen");
	int fd;

	if (r->writer->listener != 0 || r->writer->connection != 0 || word_after(w, "at") != NULL ||
	    (word_after(w, "port") != NULL && strcmp(word_after(w, "port"), "8080") != 0) || expects_result(w)) {
		pkt_write_line(r, "a script has one listener, at the tool's address and port");
		return;
	}
	r->writer->listener = fd = write_socket(r);
	pkt_write_event(r, "setsockopt(%d, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0", fd);
	pkt_write_event(r, "bind(%d, ..., ...) = 0", fd);
	if (fastopen != NULL)
		pkt_write_event(r, "setsockopt(%d, SOL_TCP, TCP_FASTOPEN, [%s], 4) = 0", fd, fastopen);
	pkt_write_event(r, "listen(%d, %ld) = 0", fd, backlog != NULL ? strtol(backlog, NULL, 0) - 1 : 1000);
}

static void
write_connect(struct run *r, const struct words *w)
{
	const char *fastopen = word_after(w, "fastopen"), *data = word_after(w, "data");

	if (r->writer->connection != 0 || word_after(w, "to") != NULL || word_after(w, "at") != NULL ||
	    word_after(w, "timeout") != NULL || expects_result(w) || (data != NULL && fastopen == NULL)) {
		pkt_write_line(r, "a script has one connection, to the tool's address and port, without a time limit");
		return;
	}
	r->writer->connection = write_socket(r);
	if (fastopen == NULL || strcmp(fastopen, "0") == 0)
		pkt_write_event(r, "connect(%d, ..., ...) = -1 EINPROGRESS (Operation now in progress)", r->writer->connection);
	else
		pkt_write_event(r, "sendto(%d, ..., %s, MSG_FASTOPEN, ..., ...) = %s", r->writer->connection, data != NULL ? data : "1",
				data != NULL ? data : "-1 EINPROGRESS (Operation now in progress)");
}

static void
write_accept(struct run *r)
{
	if (r->writer->listener == 0 || r->writer->connection != 0) {
		pkt_write_line(r, "nothing listens, or a second connection");
		return;
	}
	r->writer->connection = pkt_write_new_fd(r);
	pkt_write_event(r, "accept(%d, ..., ...) = %d", r->writer->listener, r->writer->connection);
}

/* What a call returned, as the script says it; NULL when the language has no such result. */
static const char *
result_text(const struct words *w, int64_t length, char *text, size_t size)
{
	const char *said = expects_result(w) ? w->word[w->count - 1] : NULL;

	snprintf(text, size, "%lld", (long long)length);
	if (said == NULL)
		return text;
	if (strcmp(said, "-EAGAIN") == 0)
		return "-1 EAGAIN (Resource temporarily unavailable)";
	if (strcmp(said, "-EPIPE") == 0)
		return "-1 EPIPE (Broken pipe)";
	return strspn(said, "0123456789") == strlen(said) ? said : NULL;
}

/* send N, recv N and their like */
static void
write_data(struct run *r, const struct words *w)
{
	static const struct { const char *verb, *call, *flags; } calls[] = {
		{ "send", "write", NULL }, { "send-ref", "write", NULL }, { "send-urgent", "send", "MSG_OOB" }, { "send-more", "send", "MSG_MORE" },
		{ "send-record", "send", "MSG_EOR" }, { "recv", "read", NULL },
		{ "peek", "recv", "MSG_PEEK" }, { "discard", "recv", "MSG_TRUNC" },
	};
	char number[24];
	const char *result;
	int64_t length;

	if (!run_number(r, w->word[1], &length))
		return;
	result = result_text(w, length, number, sizeof(number));
	if (result == NULL) {
		pkt_write_comment(r, w);
		return;
	}
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(w->word[0], calls[i].verb) != 0)
			continue;
		if (calls[i].flags != NULL)
			pkt_write_event(r, "%s(%d, ..., %lld, %s) = %s", calls[i].call, r->writer->connection, (long long)length,
					calls[i].flags, result);
		else if (expects_result(w) && calls[i].verb[0] == 's')
			pkt_write_event(r, "send(%d, ..., %lld, MSG_DONTWAIT) = %s", r->writer->connection, (long long)length, result);
		else if (expects_result(w))
			pkt_write_event(r, "recv(%d, ..., %lld, MSG_DONTWAIT) = %s", r->writer->connection, (long long)length, result);
		else
			pkt_write_event(r, "%s(%d, ..., %lld) = %s", calls[i].call, r->writer->connection, (long long)length, result);
	}
}

static bool
write_state(struct run *r, const char *name)
{
	static const struct { const char *name, *constant; } states[] = {
		{ "ESTABLISHED", "TCP_ESTABLISHED" }, { "SYN-SENT", "TCP_SYN_SENT" }, { "FIN-WAIT-1", "TCP_FIN_WAIT1" },
		{ "FIN-WAIT-2", "TCP_FIN_WAIT2" }, { "CLOSE-WAIT", "TCP_CLOSE_WAIT" }, { "LAST-ACK", "TCP_LAST_ACK" },
		{ "CLOSING", "TCP_CLOSING" },
	};

	for (unsigned int i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(name, states[i].name) == 0) {
			pkt_write_event(r, "%%{ assert tcpi_state == %s, tcpi_state }%%", states[i].constant);
			return true;
		}
	return false;
}

static bool
write_info(struct run *r, const char *name, const char *value)
{
	int64_t low, high, mss = options_mss(r, true);
	const char *figure = pkt_code_figure(name);

	if (!run_range(r, value, &low, &high))
		return false;
	if (strcmp(name, "unread") == 0 && low == high) {
		pkt_write_event(r, "ioctl(%d, SIOCINQ, [%lld]) = 0", r->writer->connection, (long long)low);
		return true;
	}
	if ((strcmp(name, "cwnd") == 0 || strcmp(name, "ssthresh") == 0) && low == high && low % mss == 0) {
		pkt_write_event(r, "%%{ assert tcpi_snd_%s == %lld, tcpi_snd_%s }%%", name, (long long)(low / mss), name);
		return true;
	}
	if (figure == NULL)
		return false;
	if (low == high)
		pkt_write_event(r, "%%{ assert %s == %lld, %s }%%", figure, (long long)low, figure);
	else if (high == INT64_MAX)
		pkt_write_event(r, "%%{ assert %s >= %lld, %s }%%", figure, (long long)low, figure);
	else
		pkt_write_event(r, "%%{ assert %lld <= %s <= %lld, %s }%%", (long long)low, figure, (long long)high, figure);
	return true;
}

static bool
write_closed(struct run *r, const struct words *w)
{
	static const struct { const char *reason, *error; } ends[] = {
		{ "reset", "ECONNRESET" }, { "refused", "ECONNREFUSED" }, { "timeout", "ETIMEDOUT" }, { "connect_timeout", "ETIMEDOUT" },
		{ "user_timeout", "ETIMEDOUT" }, { "keepalive", "ETIMEDOUT" },
	};

	for (unsigned int i = 0; w->count == 3 && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(w->word[2], ends[i].reason) == 0) {
			r->writer->gone = true;
			pkt_write_event(r, "getsockopt(%d, SOL_SOCKET, SO_ERROR, [%s], [4]) = 0", r->writer->connection, ends[i].error);
			return true;
		}
	return false;
}

/* expect [no] EVENT: false for those that the other language cannot ask */
static bool
write_expect(struct run *r, const struct words *w)
{
	bool no = strcmp(w->word[1], "no") == 0;
	const char *event = w->word[1 + no];

	if (strcmp(event, "nothing") == 0)
		return true;   /* time passes, and what is expected next must not have come before */
	if (strcmp(event, "accepted") == 0 && no && r->writer->listener != 0) {
		pkt_write_event(r, "accept(%d, ..., ...) = -1 EAGAIN (Resource temporarily unavailable)", r->writer->listener);
		return true;
	}
	if (r->writer->connection == 0 || r->writer->gone)
		return false;
	if (strcmp(event, "connected") == 0 && !no)
		pkt_write_event(r, "getsockopt(%d, SOL_SOCKET, SO_ERROR, [0], [4]) = 0", r->writer->connection);
	else if (strcmp(event, "readable") == 0 && !no)   /* an event that does not come may be one that has come */
		pkt_write_poll(r, event);
	else if (strcmp(event, "peer-closed") == 0)
		pkt_write_poll(r, event);
	else
		return !no && strcmp(event, "closed") == 0 && write_closed(r, w);
	return true;
}

/* verbs of a connection that there is a descriptor for; false: cannot be asked */
static bool
write_of_connection(struct run *r, const struct words *w)
{
	const char *verb = w->word[0];
	int *fd = &r->writer->connection;
	int64_t v;

	if (strcmp(verb, "shutdown") == 0 && !expects_result(w))
		pkt_write_event(r, "shutdown(%d, %s) = 0", *fd, w->count < 2 ? "SHUT_WR" : w->word[1][0] == 'r' ? "SHUT_RD" : "SHUT_RDWR");
	else if (strcmp(verb, "close") == 0 && !expects_result(w))
		close_fd(r, fd);
	else if (strcmp(verb, "abort") == 0 && !expects_result(w)) {
		pkt_write_event(r, "setsockopt(%d, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0", *fd);
		close_fd(r, fd);
	} else if (strcmp(verb, "state") == 0)
		return !expects_result(w) && write_state(r, w->word[1]);
	else if (strcmp(verb, "info") == 0)
		return write_info(r, w->word[1], w->word[2]);
	else if (strcmp(verb, "set") == 0) {
		/* Linux counts without being asked, from the first byte on */
		if (strcmp(w->word[1], "account") == 0 && r->now_flow->host_next - r->now_flow->iss <= 1 &&
		    r->now_flow->peer_next - r->now_flow->isn <= 1)
			return true;
		if (expects_result(w) || !run_number(r, w->word[2], &v) || !write_option(r, *fd, w->word[1], v))
			pkt_write_line(r, "no socket option sets it");
	} else
		return false;
	return true;
}

static bool
is_one_of(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

void
pkt_write_verb(struct run *r, const struct words *w)
{
	static const char *const data[] = { "send", "send-ref", "send-urgent", "send-more", "send-record", "recv", "peek", "discard", NULL };
	static const char *const acts[] = { "shutdown", "close", "abort", "set", "ready", "watch", "unwatch", "told", "write", "wrote", NULL };
	static const char *const checks[] = { "counter", "drops", "urgent", "get", NULL };
	const char *verb = w->word[0];
	struct pkt_writer *x = r->writer;

	if (x == NULL || x->cannot[0] != '\0')
		return;
	if (strcmp(verb, "listen") == 0) {
		write_listen(r, w);
	} else if (strcmp(verb, "unlisten") == 0 && x->listener != 0 && !expects_result(w)) {
		close_fd(r, &x->listener);
	} else if (strcmp(verb, "connect") == 0) {
		write_connect(r, w);
	} else if (strcmp(verb, "accept") == 0) {
		write_accept(r);
	} else if (strcmp(verb, "expect") == 0) {
		if (!write_expect(r, w))
			pkt_write_comment(r, w);
	} else if (w->count > 1 && strcmp(w->word[1], "listener") == 0) {
		pkt_write_ready(r, w);
	} else if (is_one_of(verb, checks)) {
		pkt_write_comment(r, w);
	} else {
		/* a socket that nobody has accepted yet is one here only when it is accepted */
		if (x->connection == 0 && x->listener != 0 && r->now_flow->socket != NULL && r->now_flow->socket->events & EVENT_ACCEPTED &&
		    (is_one_of(verb, data) || is_one_of(verb, acts)))
			write_accept(r);
		if (x->connection == 0 || x->gone) {
			if (is_one_of(verb, data) || is_one_of(verb, acts))
				pkt_write_line(r, "there is no descriptor for it");
			else
				pkt_write_comment(r, w);
		} else if (is_one_of(verb, data)) {
			write_data(r, w);
		} else if (!pkt_write_ready(r, w) && !pkt_write_waits(r, w) && !write_of_connection(r, w)) {
			pkt_write_comment(r, w);
		}
	}
}
