/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "flight_watch.h"
#include "keepalive.h"

/* Most bytes of a request that are handed over with tern_connect(), to ride on the handshake's ACK. */
#define FIRST_DATA 4096u

static void
count_not_started(struct client *c, int error, uint64_t now_ns)
{
	struct counts *n = &c->meter->counts;

	switch (error) {
	case -EADDRNOTAVAIL:
		n->not_started[NOT_no_port]++;
		break;
	case -ENOBUFS:
	case -ENOMEM:
		n->not_started[NOT_no_memory]++;
		break;
	case -ENETUNREACH:
	case -EHOSTUNREACH:
		n->not_started[NOT_no_route]++;
		break;
	default:
		n->not_started[NOT_refused]++;
		break;
	}
	/* what failed at once would fail again at once; a closed loop must not spin on it */
	c->retry_ns = now_ns + 1000000;
}

static void
record_transaction(struct client *c, const struct flight *f, uint64_t now_ns)
{
	tern_histogram_record(c->meter->latency[LATENCY_HEADLINE], now_ns - f->intended_ns);
	if (!c->open_loop)
		return;
	tern_histogram_record(c->meter->latency[LATENCY_SENT], now_ns - f->sent_ns);
	if (f->intended_ns > c->gap_end_ns)
		tern_histogram_record(c->meter->latency[LATENCY_UNDISTURBED], now_ns - f->intended_ns);
}

static void
begin_transaction(struct client *c, struct flight *f, uint64_t intended_ns, uint64_t now_ns)
{
	f->intended_ns = intended_ns;
	f->sent_ns = now_ns;
	f->got = 0;
	if (c->responses != NULL)
		http_begin(&c->responses[flight_index(c, f)], HTTP_RESPONSE);
	c->budget--;
	c->meter->counts.begun++;
	c->meter->counts.busy++;
	if (c->open_loop) {
		uint64_t could_ns = intended_ns > c->unblocked_ns ? intended_ns : c->unblocked_ns;

		tern_histogram_record(c->meter->latency[LATENCY_LATENESS], now_ns > could_ns ? now_ns - could_ns : 0);
	}
}

/* With --verify no two requests in a row are alike, so that one connection's answer on another shows. */
static uint8_t
next_shift(struct client *c)
{
	if (c->verify && ++c->shift == PATTERN_PERIOD)
		c->shift = 0;
	return c->shift;
}

/* The request's bytes from there on: at least PATTERN_CHUNK of them, or all that are left. */
static const void *
request_at(const struct client *c, const struct flight *f, uint32_t sent)
{
	if (c->request != NULL)
		return c->request + sent;
	return c->run->pattern + (f->shift + sent) % PATTERN_PERIOD;
}

bool
flight_connect(struct client *c, struct flight *f, struct tern_connect_options *options, uint64_t now_ns)
{
	const struct targets *targets = &c->settings->targets;
	int rc;

	options->target = targets->list[c->next_target];
	options->user = f;
	if (++c->next_target == targets->count)
		c->next_target = 0;
	rc = tern_connect(c->stack, options, &f->id);
	if (rc != 0) {
		count_not_started(c, rc, now_ns);
		return false;
	}
	keepalive_begin(c->settings, c->stack, f->id);
	return true;
}

bool
flight_open(struct client *c, uint64_t intended_ns, uint64_t now_ns)
{
	uint32_t index = c->free_head;
	struct flight *f;

	if (index == FLIGHT_NONE)
		index = c->fresh;
	f = &c->flights[index];
	/* what the connect is told; the rest of its options stays the same for the whole run */
	f->shift = next_shift(c);
	c->connect.data = request_at(c, f, 0);
	if (!flight_connect(c, f, &c->connect, now_ns))
		return false;
	if (index == c->fresh)
		c->fresh++;
	else
		c->free_head = f->next;
	c->used++;
	f->state = FLIGHT_CONNECTING;
	f->due_ns = UINT64_MAX;
	f->requests = 0;
	f->sent_ns = now_ns;
	f->unsent = c->request_size - (uint32_t)c->connect.data_length;
	if (!c->opens_first)
		begin_transaction(c, f, intended_ns, now_ns);
	c->meter->counts.started++;
	c->meter->counts.opening++;
	c->meter->counts.open++;
	return true;
}

bool
flight_send_syn(struct client *c, uint64_t intended_ns, uint64_t now_ns)
{
	const struct targets *targets = &c->settings->targets;
	int rc = tern_send_syn(c->stack, &targets->list[c->next_target], c->settings->silent);

	if (rc == -EAGAIN)
		return false;
	if (++c->next_target == targets->count)
		c->next_target = 0;
	if (rc != 0) {
		count_not_started(c, rc, now_ns);
		return true;
	}
	c->budget--;
	c->meter->counts.begun++;
	c->meter->counts.completed++;
	tern_histogram_record(c->meter->latency[LATENCY_LATENESS], now_ns > intended_ns ? now_ns - intended_ns : 0);
	return true;
}

static void
send_rest(struct client *c, struct flight *f)
{
	while (f->unsent > 0) {
		uint32_t sent = c->request_size - f->unsent;
		uint32_t length = f->unsent < PATTERN_CHUNK ? f->unsent : PATTERN_CHUNK;
		ssize_t n = tern_send(c->stack, f->id, request_at(c, f, sent), length);

		if (n <= 0)
			return;
		f->unsent -= (uint32_t)n;
		if ((uint32_t)n < length)
			return;
	}
}

void
flight_ask(struct client *c, struct flight *f, uint64_t intended_ns, uint64_t now_ns)
{
	begin_transaction(c, f, intended_ns, now_ns);
	f->state = FLIGHT_ASKING;
	flight_watch(c, f, now_ns);
	f->unsent = c->request_size;
	f->shift = next_shift(c);
	send_rest(c, f);
}

void
flight_end(struct client *c, struct flight *f, bool abort, uint64_t now_ns)
{
	c->ending += f->state != FLIGHT_CLOSING;
	f->state = FLIGHT_CLOSING;
	if (abort) {
		f->due_ns = UINT64_MAX;
		tern_abort(c->stack, f->id);
	} else {
		flight_watch(c, f, now_ns);
		tern_close(c->stack, f->id);
	}
}

void
flight_close(struct client *c, struct flight *f, uint64_t now_ns)
{
	flight_end(c, f, c->close_rst, now_ns);
}

static void
fail_transaction(struct client *c, enum failure reason)
{
	c->meter->counts.failed++;
	c->meter->counts.fail[reason]++;
	c->meter->counts.busy--;
}

void
flight_fail(struct client *c, struct flight *f, enum failure reason)
{
	fail_transaction(c, reason);
	flight_end(c, f, true, 0);
}

/* The transaction that was this connection's last is done: whoever is the closer closes. */
static void
finish_connection(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (c->closer_server && !c->opens_first) {
		f->state = FLIGHT_ANSWERED;
		flight_watch(c, f, now_ns);
		return;
	}
	/* what a stream still sends us would be unread: better a reset now than one for each segment */
	flight_end(c, f, c->close_rst || (c->mode == MODE_STREAM && c->reads), now_ns);
}

void
flight_rest(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (c->draining || c->budget == 0) {
		flight_end(c, f, c->close_rst, now_ns);
	} else if (c->in_flight != 0 || c->mode == MODE_HOLD) {
		f->state = FLIGHT_IDLE;
		f->due_ns = UINT64_MAX;
	} else if (c->open_loop) {
		f->state = FLIGHT_IDLE;
		f->due_ns = UINT64_MAX;
		flight_list_push(c, &c->idle, f);
		if (c->blocked) {
			c->blocked = false;
			c->unblocked_ns = now_ns;
		}
	} else {
		flight_ask(c, f, now_ns, now_ns);
	}
}

static void
think_or_rest(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (c->think_ns == 0 || c->draining) {
		flight_rest(c, f, now_ns);
		return;
	}
	f->state = FLIGHT_THINKING;
	f->due_ns = now_ns + c->think_ns;
	flight_list_push(c, &c->thinking, f);
}

/* HTTP: the server may have said that this was the connection's last answer. */
static bool
keeps(const struct client *c, const struct flight *f)
{
	return c->responses == NULL || http_keeps(&c->responses[flight_index(c, f)]);
}

void
flight_complete(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (c->mode != MODE_STREAM)
		record_transaction(c, f, now_ns);
	c->meter->counts.completed++;
	c->meter->counts.busy--;
	f->requests++;
	if ((c->mode == MODE_RR || c->mode == MODE_HOLD) && f->requests != c->requests_limit && keeps(c, f))
		think_or_rest(c, f, now_ns);
	else
		finish_connection(c, f, now_ns);
}

/* As much as the stack takes. */
static void
stream(struct client *c, struct flight *f)
{
	while (c->sends && tern_send(c->stack, f->id, c->run->pattern, PATTERN_CHUNK) == (ssize_t)PATTERN_CHUNK)
		;
}

void
flight_end_stream(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (f->state == FLIGHT_STREAMING)
		flight_complete(c, f, now_ns);
}

static void
connected(struct client *c, struct flight *f, uint64_t now_ns)
{
	c->meter->counts.established++;
	c->meter->counts.opening--;
	tern_histogram_record(c->meter->latency[LATENCY_SETUP], now_ns - f->sent_ns);
	if (f->held) {
		f->state = FLIGHT_IDLE;
		if (c->draining)
			flight_close(c, f, now_ns);
		return;
	}
	switch (c->mode) {
	case MODE_CC:
		flight_complete(c, f, now_ns);
		break;
	case MODE_RR:
		flight_rest(c, f, now_ns);
		break;
	case MODE_HOLD:
		think_or_rest(c, f, now_ns);
		break;
	case MODE_STREAM:
		begin_transaction(c, f, now_ns, now_ns);
		f->state = FLIGHT_STREAMING;
		stream(c, f);
		if (c->draining)
			flight_end_stream(c, f, now_ns);
		break;
	default:
		f->state = FLIGHT_ASKING;
		flight_watch(c, f, now_ns);
		send_rest(c, f);
	}
}

static enum failure
connect_failure(uint16_t reason)
{
	switch (reason) {
	case TERN_CLOSE_CONNECT_TIMEOUT:
	case TERN_CLOSE_TIMEOUT:
	case TERN_CLOSE_KEEPALIVE:
	case TERN_CLOSE_USER_TIMEOUT:
		return FAIL_connect_timeout;
	case TERN_CLOSE_REFUSED:
	case TERN_CLOSE_RESET:
		return FAIL_connect_refused;
	default:
		return FAIL_connect_other;
	}
}

static enum failure
answer_failure(uint16_t reason)
{
	switch (reason) {
	case TERN_CLOSE_RESET:
		return FAIL_reset;
	case TERN_CLOSE_TIMEOUT:
	case TERN_CLOSE_KEEPALIVE:
	case TERN_CLOSE_USER_TIMEOUT:
		return FAIL_peer_silent;
	default:
		return FAIL_other;
	}
}

static void
closed(struct client *c, struct flight *f, uint16_t reason, uint64_t now_ns)
{
	switch (f->state) {
	case FLIGHT_CONNECTING:
		c->meter->counts.connect_failed++;
		c->meter->counts.opening--;
		if (!c->opens_first && !f->held)
			fail_transaction(c, connect_failure(reason));
		else
			c->meter->counts.fail[connect_failure(reason)]++;
		break;
	case FLIGHT_ASKING:
	case FLIGHT_STREAMING:
		fail_transaction(c, answer_failure(reason));
		break;
	case FLIGHT_CLOSING:
		c->ending--;
		break;
	default:
		break;
	}
	c->meter->counts.open--;
	if ((c->mode == MODE_HOLD || f->held) && f->state != FLIGHT_CONNECTING && !c->draining)
		c->meter->counts.lost++;
	if (f->held) {
		f->state = FLIGHT_FREE;
		return;
	}
	if (f->listed) {
		f->state = FLIGHT_GONE;
		return;
	}
	if (!c->opens_first && c->think_ns != 0 && !c->draining) {
		f->state = FLIGHT_GONE;
		f->due_ns = now_ns + c->think_ns;
		flight_list_push(c, &c->thinking, f);
		return;
	}
	flight_release(c, f, now_ns);
}

void
flight_release(struct client *c, struct flight *f, uint64_t now_ns)
{
	f->state = FLIGHT_FREE;
	f->next = c->free_head;
	c->free_head = flight_index(c, f);
	c->used--;
	if (c->blocked && !c->opens_first) {
		c->blocked = false;
		c->unblocked_ns = now_ns;
	}
}

void
flight_event(struct client *c, struct flight *f, const struct tern_event *event, uint64_t now_ns)
{
	uint32_t mask = event->mask;

	if (mask & TERN_CONNECTED)
		connected(c, f, now_ns);
	if ((mask & TERN_WRITABLE) && f->state == FLIGHT_STREAMING)
		stream(c, f);
	else if (mask & TERN_WRITABLE)
		send_rest(c, f);
	/* while it closes nothing more is wanted of it; and its end comes with the peer's FIN */
	if ((mask & (TERN_READABLE | TERN_PEER_CLOSED)) && f->state != FLIGHT_CLOSING)
		flight_read(c, f, mask & TERN_PEER_CLOSED, now_ns);
	if (mask & TERN_CLOSED)
		closed(c, f, event->reason, now_ns);
}

void
flight_overdue(struct client *c, struct flight *f)
{
	if (f->state == FLIGHT_ASKING) {
		flight_fail(c, f, FAIL_answer_timeout);
	} else if (f->state == FLIGHT_ANSWERED || f->state == FLIGHT_CLOSING) {
		c->meter->counts.close_timeouts++;
		flight_end(c, f, true, 0);
	}
}

void
flight_wake(struct client *c, struct flight *f, uint64_t now_ns)
{
	if (f->state == FLIGHT_GONE)
		flight_release(c, f, now_ns);
	else if (f->state == FLIGHT_THINKING && c->mode == MODE_HOLD && !c->draining)
		flight_ask(c, f, f->due_ns, now_ns);
	else if (f->state == FLIGHT_THINKING)
		flight_rest(c, f, now_ns);
}

struct flight *
flight_take_idle(struct client *c, uint64_t now_ns)
{
	struct flight *f;

	while ((f = flight_list_peek(c, &c->idle)) != NULL) {
		flight_list_pop(c, &c->idle);
		if (f->state == FLIGHT_IDLE)
			return f;
		if (f->state == FLIGHT_GONE)
			flight_release(c, f, now_ns);
	}
	return NULL;
}
