/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <tern/addr.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/frame.h"

bool
addr_is_unspecified(const struct tern_addr *a)
{
	return get_be64(a->b) == 0 && (get_be64(a->b + 8) == 0 || get_be64(a->b + 8) == UINT64_C(0xffff00000000));
}

bool
addr_is_multicast_v6(const struct tern_addr *a)
{
	return a->b[0] == 0xff;
}

bool
addr_is_link_local_v6(const struct tern_addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool
addr_is_unicast(const struct tern_addr *a)
{
	const uint8_t *v4 = a->b + 12;

	if (!tern_addr_is_v4(a))
		return !addr_is_multicast_v6(a) &&
		       !(get_be64(a->b) == 0 && get_be64(a->b + 8) <= 1);
	return v4[0] != 0 && v4[0] != 127 && (v4[0] & 0xf0) != 224 && get_be32(v4) != UINT32_MAX;
}

int
tern_addr_parse(const char *text, struct tern_addr *addr)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		addr_from_v4(addr, (const uint8_t *)&v4);
		return 0;
	}
	return inet_pton(AF_INET6, text, addr->b) == 1 ? 0 : -EINVAL;
}

/* digits alone, 1 to 65535; port 0 is no place to connect to */
static int
port_parse(const char *text, uint16_t *port)
{
	uint32_t value = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (uint32_t)(*text - '0');
		if (value > UINT16_MAX)
			return -EINVAL;
	}
	*port = (uint16_t)value;
	return value != 0 ? 0 : -EINVAL;
}

int
tern_endpoint_parse(const char *text, struct tern_endpoint *endpoint)
{
	char host[INET6_ADDRSTRLEN];
	bool bracketed = text[0] == '[';
	const char *begin = bracketed ? text + 1 : text;
	const char *end = strchr(begin, bracketed ? ']' : ':');
	size_t length;

	if (end == NULL || (bracketed && end[1] != ':'))
		return -EINVAL;
	length = (size_t)(end - begin);
	if (length >= sizeof(host))
		return -EINVAL;
	memcpy(host, begin, length);
	host[length] = '\0';
	/* brackets are for colons: "[198.18.0.1]:80" is a mistake */
	if (bracketed != (strchr(host, ':') != NULL) || tern_addr_parse(host, &endpoint->addr) != 0)
		return -EINVAL;
	return port_parse(end + (bracketed ? 2 : 1), &endpoint->port);
}

char *
tern_addr_format(const struct tern_addr *addr, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	if (tern_addr_is_v4(addr))
		inet_ntop(AF_INET, addr->b + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, addr->b, text, sizeof(text));
	snprintf(buf, size, "%s", text);
	return buf;
}

char *
tern_endpoint_format(const struct tern_endpoint *endpoint, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	tern_addr_format(&endpoint->addr, text, sizeof(text));
	snprintf(buf, size, tern_addr_is_v4(&endpoint->addr) ? "%s:%u" : "[%s]:%u", text, endpoint->port);
	return buf;
}
