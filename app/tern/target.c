/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

/* A port from *text on; *text is left behind it. 0: none. */
static uint16_t
read_port(const char **text)
{
	uint32_t port = 0;
	const char *p = *text;

	for (; *p >= '0' && *p <= '9'; p++) {
		port = port * 10 + (uint32_t)(*p - '0');
		if (port > 65535)
			return 0;
	}
	*text = p;
	return (uint16_t)port;
}

/* "80" or "80-95", to the end of text or a comma, which *text is left at. */
static int
read_range(struct port_range *range, const char **text)
{
	range->first = range->last = read_port(text);
	if (range->first == 0)
		return -1;
	if (**text == '-') {
		(*text)++;
		range->last = read_port(text);
	}
	return range->last >= range->first && (**text == 0 || **text == ',') ? 0 : -1;
}

/* The first port of the last range that an earlier one has too, or 0. */
static uint16_t
port_twice(const struct port_ranges *ranges)
{
	const struct port_range *last = &ranges->list[ranges->count - 1];

	for (uint32_t i = 0; i + 1 < ranges->count; i++) {
		const struct port_range *r = &ranges->list[i];

		if (r->first <= last->last && last->first <= r->last)
			return r->first > last->first ? r->first : last->first;
	}
	return 0;
}

int
port_ranges_parse(struct port_ranges *ranges, const char *text, struct problem *why)
{
	const char *p = text;

	ranges->count = 0;
	do {
		if (ranges->count == PORT_RANGES_MAX)
			return problem_say(why, "ports '%s': more than %u ranges", text, PORT_RANGES_MAX);
		if (read_range(&ranges->list[ranges->count++], &p) != 0)
			return problem_say(why, "ports '%s': a port is 1 to 65535 and a range FIRST-LAST, "
					   "as in 80 or 80-95,443", text);
		if (port_twice(ranges) != 0)
			return problem_say(why, "ports '%s': port %u stands there twice", text, port_twice(ranges));
	} while (*p++ == ',');
	return 0;
}

/* The address before the ports: copied without brackets; *text is left at the ports. */
static int
read_address(struct tern_addr *addr, const char **text)
{
	char buf[TERN_ENDPOINT_STRLEN];
	const char *start = *text, *end;

	if (*start == '[') {
		start++;
		end = strchr(start, ']');
		if (end == NULL || end[1] != ':')
			return -1;
		*text = end + 2;
	} else {
		end = start + strcspn(start, ":,");
		if (*end != ':')
			return -1;
		*text = end + 1;
	}
	if ((size_t)(end - start) >= sizeof(buf))
		return -1;
	memcpy(buf, start, (size_t)(end - start));
	buf[end - start] = 0;
	return tern_addr_parse(buf, addr);
}

static int
add_range(struct targets *targets, const struct tern_addr *addr, const struct port_range *range, struct problem *why)
{
	uint32_t ports = (uint32_t)(range->last - range->first) + 1;
	struct tern_endpoint *list;

	if (targets->count + ports > TARGETS_MAX)
		return problem_say(why, "targets: more than %u address and port pairs", TARGETS_MAX);
	list = realloc(targets->list, (targets->count + ports) * sizeof(*list));
	if (list == NULL)
		return problem_say(why, "no memory for the list of targets");
	targets->list = list;
	for (uint32_t i = 0; i < ports; i++)
		list[targets->count++] = (struct tern_endpoint){ *addr, (uint16_t)(range->first + i) };
	return 0;
}

int
targets_parse(struct targets *targets, const char *text, struct problem *why)
{
	const char *p = text;

	*targets = (struct targets){ 0 };
	do {
		const char *item = p;
		int length = (int)strcspn(item, ",");
		struct tern_addr addr;
		struct port_range range;

		if (strstr(item, "://") != NULL && strstr(item, "://") < item + length) {
			targets_free(targets);
			return problem_say(why, "target '%.*s': a URL is http://ADDR[:PORT]/path and stands alone; plain "
					   "TCP is ADDR:PORT, as in 198.18.1.1:80", length, item);
		}
		if (read_address(&addr, &p) != 0 || read_range(&range, &p) != 0) {
			targets_free(targets);
			return problem_say(why, "target '%.*s': not ADDR:PORT or ADDR:FIRST-LAST, as in 198.18.1.1:80, "
					   "198.18.1.1:80-95 or [2001:2::1]:80", length, item);
		}
		if (add_range(targets, &addr, &range, why) != 0) {
			targets_free(targets);
			return -1;
		}
	} while (*p++ == ',');
	return 0;
}

/* Bytes that a request line can carry as they are (RFC 3986, 2). */
static bool
is_path(const char *path)
{
	for (; *path != 0; path++)
		if (*path <= ' ' || *path == 0x7f || *path == '#')
			return false;
	return true;
}

int
target_parse_url(struct targets *targets, const char **path, const char *text, struct problem *why)
{
	const char *host = text + strlen("http://");
	size_t length = strcspn(host, "/?");
	char item[TERN_ENDPOINT_STRLEN + 8];
	bool has_port;

	*path = host[length] == 0 ? "/" : host + length;
	if (host[length] == '?' || !is_path(*path))
		return problem_say(why, "target '%s': a path begins with / and has neither spaces nor #", text);
	if (length == 0 || length >= TERN_ENDPOINT_STRLEN)
		return problem_say(why, "target '%s': a URL is http://ADDR[:PORT]/path, with an address and not a name, as in "
				   "http://198.18.1.1/ or http://[2001:2::1]:8080/x", text);
	has_port = host[0] == '[' ? host[length - 1] != ']' : memchr(host, ':', length) != NULL;
	snprintf(item, sizeof(item), "%.*s%s", (int)length, host, has_port ? "" : ":80");
	if (strpbrk(item, ",-") != NULL || targets_parse(targets, item, why) != 0)
		return problem_say(why, "target '%s': a URL is http://ADDR[:PORT]/path, with an address and not a name, as in "
				   "http://198.18.1.1/ or http://[2001:2::1]:8080/x", text);
	return 0;
}

int
targets_of_ports(struct targets *targets, const struct tern_addr *addr, const struct port_ranges *ports,
		 struct problem *why)
{
	targets_free(targets);
	for (uint32_t i = 0; i < ports->count; i++)
		if (add_range(targets, addr, &ports->list[i], why) != 0)
			return -1;
	return 0;
}

void
targets_free(struct targets *targets)
{
	free(targets->list);
	*targets = (struct targets){ 0 };
}
