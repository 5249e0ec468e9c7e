/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

/* The server of one core. serve.c turns it; serve_apps.c says what a connection is answered. */

#include <tern/tern.h>

#include "run.h"

struct server;
struct http_site;

/* What happened to one connection. */
typedef void server_app(struct server *sv, const struct tern_event *event);

struct server {
	struct tern_stack *stack;
	struct run *run;
	server_app *app;
	uint32_t request_size, answer_size;
	bool closer_server, close_rst;
	uint64_t work_ns;          /* --work */
	struct http_site *site;    /* --app http: its answers */
	uint8_t buffer[PATTERN_CHUNK];
};

/* --work: what an application would do for a request, which is to keep its core busy for so long. */
static inline void
server_work(const struct server *sv)
{
	uint64_t until_ns;

	if (sv->work_ns == 0)
		return;
	until_ns = tern_clock(sv->stack) + sv->work_ns;
	while (tern_clock(sv->stack) < until_ns)
		;
}

/* The app for these settings. */
server_app *server_app_of(const struct settings *s);

/* serve_http.c. 0 or -1 without memory. */
int http_site_open(struct server *sv);
void http_site_close(struct server *sv);
server_app http_serve;

#endif
