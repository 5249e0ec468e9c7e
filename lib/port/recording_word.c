/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <string.h>

#include <tern/tern.h>

#include "port/recording.h"

#define REST_NS UINT64_C(1000000000)
#define REST_MAX_NS UINT64_C(3600000000000)

static int
take_path(char *path, size_t size, const char *argument, const char *text, size_t length, struct complaint *why)
{
	if (length >= size)
		return complain(why, "device \"pcap:%s\": a path has at most %zu letters, and this one %zu", argument, size - 1,
				length);
	memcpy(path, text, length);
	path[length] = '\0';
	return 0;
}

int
recording_parse(const char *argument, struct recording_word *w, struct complaint *why)
{
	size_t length = strcspn(argument, ",");
	const char *rest = argument + length;

	memset(w, 0, sizeof(*w));
	w->rest_ns = REST_NS;
	if (take_path(w->in, sizeof(w->in), argument, argument, length, why) != 0)
		return -1;
	if (*rest == ',') {
		length = strcspn(++rest, ",");
		if (take_path(w->out, sizeof(w->out), argument, rest, length, why) != 0)
			return -1;
		rest += length;
	}
	if (*rest == ',' && (strncmp(rest, ",rest=", 6) != 0 || tern_parse_time(rest + 6, &w->rest_ns) != 0 ||
			     w->rest_ns > REST_MAX_NS))
		return complain(why, "device \"pcap:%s\": \"%s\": behind the two files comes rest=TIME, of at most 1h", argument,
				rest + 1);
	if (w->in[0] == '\0' && w->out[0] == '\0')
		return complain(why, "device \"pcap:%s\": it names no file; write pcap:IN,OUT, pcap:IN or pcap:,OUT", argument);
	if (strcmp(w->in, w->out) == 0)
		return complain(why, "device \"pcap:%s\": the recording would be overwritten while it is read; name another file "
				"to write", argument);
	return 0;
}

int
recording_check(const char *argument, struct complaint *why)
{
	struct recording_word word;

	return recording_parse(argument, &word, why);
}
