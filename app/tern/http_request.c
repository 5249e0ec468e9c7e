/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client.h"

static bool
has_header(const struct settings *s, const char *name)
{
	size_t length = strlen(name);

	for (uint32_t i = 0; i < s->header_count; i++)
		if (strncasecmp(s->headers[i], name, length) == 0 && s->headers[i][length] == ':')
			return true;
	return false;
}

/* The host as a URL writes it: without the port that goes without saying (RFC 9110, 4.2.1). */
static void
write_host(FILE *out, const struct tern_endpoint *target)
{
	char text[TERN_ENDPOINT_STRLEN];

	tern_endpoint_format(target, text, sizeof(text));
	if (target->port == 80)
		*strrchr(text, ':') = 0;
	fprintf(out, "Host: %s\r\n", text);
}

char *
http_request_text(const struct settings *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fprintf(out, "GET %s HTTP/1.1\r\n", s->http_path);
	/* a field of the user's stands for ours, wherever ours may be another */
	if (!has_header(s, "Host"))
		write_host(out, &s->targets.list[0]);
	if (!has_header(s, "User-Agent"))
		fprintf(out, "User-Agent: tern/%s\r\n", TERN_VERSION);
	for (uint32_t i = 0; i < s->header_count; i++)
		fprintf(out, "%s\r\n", s->headers[i]);
	if (s->mode == MODE_CRR && !has_header(s, "Connection"))
		fputs("Connection: close\r\n", out);
	fputs("\r\n", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
