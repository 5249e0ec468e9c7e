/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* What a scenario says of readiness, and its writes that wait, as calls of a packetdrill script: poll(), epoll, write(). */

#include <stdlib.h>
#include <string.h>

#include "pkt.h"
#include "pkt_write.h"

/* "readable|writable" as "POLLIN|POLLOUT", or with "E" before each; "0" for none */
static const char *
words_text(const char *said, const char *before, char text[160])
{
	size_t used = 0;

	strcpy(text, "0");
	for (char one[24]; strcmp(said, "none") != 0 && *said != '\0';) {
		size_t n = strcspn(said, "|");
		const char *word;

		snprintf(one, sizeof(one), "%.*s", (int)n, said);
		word = pkt_ready_word_of(one);
		if (word != NULL && used < 140)
			used += (size_t)snprintf(text + used, 160 - used, "%s%s%s", used > 0 ? "|" : "", before, word);
		said += n + (said[n] == '|');
	}
	return text;
}

static void
write_poll(struct run *r, int fd, const char *asked, const char *told)
{
	char events[160], revents[160];

	pkt_write_event(r, "poll([{fd=%d, events=%s, revents=%s}], 1, 0) = %d", fd, words_text(asked, "", events),
			words_text(told, "", revents), strcmp(told, "none") != 0);
}

/* poll() says how things are, whatever event has told of them: what it asks for, and what nobody has to ask for */
void
pkt_write_poll(struct run *r, const char *asked)
{
	uint32_t of = READY_ERROR | READY_CLOSED | (strcmp(asked, "readable") == 0 ? READY_READABLE : READY_PEER_CLOSED);
	char told[96];

	ready_print(run_ready(r, r->now_flow->socket) & of, told, sizeof(told));
	write_poll(r, r->writer->connection, asked, told);
}

static void
write_watch(struct run *r, int fd, int *epoll, const struct words *w, unsigned int i)
{
	char events[160];
	bool edge = false, once = false, again = *epoll != 0;

	if (!again) {
		*epoll = pkt_write_new_fd(r);
		pkt_write_event(r, "epoll_create(1) = %d", *epoll);
	}
	for (unsigned int k = i + 1; k < w->count; k++) {
		edge |= strcmp(w->word[k], "edge") == 0;
		once |= strcmp(w->word[k], "once") == 0;
	}
	pkt_write_event(r, "epoll_ctl(%d, EPOLL_CTL_%s, %d, {events=%s%s%s, fd=%d}) = 0", *epoll, again ? "MOD" : "ADD", fd,
			words_text(w->word[i], "E", events), edge ? "|EPOLLET" : "", once ? "|EPOLLONESHOT" : "", fd);
}

static void
write_unwatch(struct run *r, int fd, int *epoll)
{
	pkt_write_event(r, "epoll_ctl(%d, EPOLL_CTL_DEL, %d, {events=0, fd=%d}) = 0", *epoll, fd, fd);
	r->writer->fd_used[*epoll] = false;
	pkt_write_event(r, "close(%d) = 0", *epoll);
	*epoll = 0;
}

bool
pkt_write_ready(struct run *r, const struct words *w)
{
	struct pkt_writer *x = r->writer;
	bool listener = w->count > 1 && strcmp(w->word[1], "listener") == 0;
	int fd = listener ? x->listener : x->connection, *epoll = listener ? &x->listener_epoll : &x->epoll;
	const char *verb = w->word[0];
	unsigned int i = listener ? 2 : 1;
	char events[160];

	if (strcmp(verb, "ready") != 0 && strcmp(verb, "watch") != 0 && strcmp(verb, "unwatch") != 0 && strcmp(verb, "told") != 0)
		return false;
	if (w->count <= i && verb[0] != 'u')
		return true;   /* the verb says what is wrong */
	if (fd == 0 || (!listener && x->gone)) {
		pkt_write_line(r, "there is no descriptor for it");
		return true;
	}
	if (strcmp(verb, "ready") == 0)
		write_poll(r, fd, w->count == i + 3u ? w->word[i + 2] : "readable|writable|peer-closed|urgent", w->word[i]);
	else if (strcmp(verb, "watch") == 0)
		write_watch(r, fd, epoll, w, i);
	else if (*epoll == 0)
		pkt_write_line(r, "nobody watches it");
	else if (strcmp(verb, "unwatch") == 0)
		write_unwatch(r, fd, epoll);
	else if (strcmp(w->word[i], "none") == 0)
		pkt_write_event(r, "epoll_wait(%d, {events=0, ptr=0}, 1, 0) = 0", *epoll);
	else
		pkt_write_event(r, "epoll_wait(%d, {events=%s, fd=%d}, 1, 0) = 1", *epoll, words_text(w->word[i], "E", events), fd);
	return true;
}

/* ---- writes that wait: when they return, and with what, stands in front of all that happens until then */

#define TIME_ROOM "               "
#define RESULT_ROOM "            "

static void
write_begins(struct run *r, const struct words *w)
{
	struct pkt_writer *x = r->writer;
	int64_t length;

	if (!run_number(r, w->word[1], &length))
		return;
	pkt_write_event(r, "fcntl(%d, F_SETFL, O_RDWR) = 0", x->connection);
	fprintf(x->out, "+%.9g...", (double)(r->now_ns - x->last_ns) / 1e9);
	x->wait_from_ns = x->last_ns;
	x->wait_time_at = ftell(x->out);
	fprintf(x->out, TIME_ROOM " write(%d, ..., %lld) = ", x->connection, (long long)length);
	x->wait_result_at = ftell(x->out);
	fputs(RESULT_ROOM "\n", x->out);
	x->last_ns = r->now_ns;
	x->waits = true;
}

static void
write_ends(struct run *r, const struct words *w)
{
	struct pkt_writer *x = r->writer;
	bool said = w->count >= 3 && strcmp(w->word[w->count - 2], "=") == 0;
	const char *result = said ? w->word[w->count - 1] : w->word[1];
	int64_t value;
	long end;

	x->waits = false;
	if (!run_number(r, result, &value) || value < 0) {
		pkt_write_line(r, "a write that waits is written with the number that it returns");
		return;
	}
	end = ftell(x->out);
	fseek(x->out, x->wait_time_at, SEEK_SET);
	fprintf(x->out, "%.12g", (double)(r->now_ns - x->wait_from_ns) / 1e9);
	fseek(x->out, x->wait_result_at, SEEK_SET);
	fprintf(x->out, "%lld", (long long)value);
	fseek(x->out, end, SEEK_SET);
}

bool
pkt_write_waits(struct run *r, const struct words *w)
{
	if (strcmp(w->word[0], "write") == 0)
		write_begins(r, w);
	else if (strcmp(w->word[0], "wrote") == 0 && r->writer->waits)
		write_ends(r, w);
	else
		return false;
	return true;
}
