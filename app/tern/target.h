/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_TARGET_H
#define APP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <tern/addr.h>

#include "problem.h"

/* At most so many address:port pairs: a whole port space. */
#define TARGETS_MAX 65536u

struct targets {
	struct tern_endpoint *list;
	uint32_t count;
};

struct port_range {
	uint16_t first, last;   /* inclusive */
};

#define PORT_RANGES_MAX 64u

struct port_ranges {
	struct port_range list[PORT_RANGES_MAX];
	uint32_t count;
};

/* "80-95,443". 0 or -1 with *why. */
int port_ranges_parse(struct port_ranges *ranges, const char *text, struct problem *why);

/* "198.18.1.1:80-95,[2001:2::1]:80". 0 or -1 with *why; free with targets_free(). */
int targets_parse(struct targets *targets, const char *text, struct problem *why);
/* "http://ADDR[:PORT]/path": one target, and the path in the text, "/" if there is none. 0 or -1 with *why. */
int target_parse_url(struct targets *targets, const char **path, const char *text, struct problem *why);
/* Every port of the ranges at one address. 0 or -1 with *why. */
int targets_of_ports(struct targets *targets, const struct tern_addr *addr, const struct port_ranges *ports,
		     struct problem *why);
void targets_free(struct targets *targets);

#endif
