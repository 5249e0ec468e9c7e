/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <tern/tern.h>

#include "sim_parse.h"

#define ITEM 64

/* strtod() would also take "nan", "0x1p3" and " 1" */
static const char *
read_decimal(const char *text, double *value)
{
	size_t length = strspn(text, "0123456789.");
	char *end;

	if (length == 0)
		return NULL;
	*value = strtod(text, &end);
	return end <= text + length ? end : NULL;
}

bool
sim_parse_rate(const char *text, uint64_t *bits)
{
	static const char prefixes[] = "kmgt";
	double value, factor = 1;
	const char *p = read_decimal(text, &value);

	if (p == NULL)
		return false;
	for (const char *x = prefixes; *p != 0 && *x != 0; x++) {
		factor *= 1000;
		if (tolower((unsigned char)*p) == *x) {
			value *= factor;
			p++;
			break;
		}
	}
	if (*p != 0 && strcasecmp(p, "bit") != 0 && strcasecmp(p, "bit/s") != 0 && strcasecmp(p, "bps") != 0)
		return false;
	value = round(value);
	if (!(value >= 1 && value <= 1e14))
		return false;
	*bits = (uint64_t)value;
	return true;
}

bool
sim_parse_share(const char *text, double *share)
{
	double value;
	const char *p = read_decimal(text, &value);

	if (p == NULL)
		return false;
	if (*p == '%') {
		value /= 100;
		p++;
	}
	if (*p != 0 || !(value >= 0 && value <= 1))
		return false;
	*share = value;
	return true;
}

bool
sim_parse_queue(const char *text, struct sim_queue *queue)
{
	struct sim_queue q = { 0 };
	double value;
	const char *p = read_decimal(text, &value);

	if (p == NULL)
		return false;
	if (strcasecmp(p, "bdp") == 0 && value > 0 && value <= 1000)
		q.bdp = value;
	else if (strcmp(p, "p") == 0 && value >= 1 && value <= 1e9 && value == floor(value))
		q.packets = (uint64_t)value;
	else if (tern_parse_number(text, &q.bytes) != 0 || q.bytes == 0)
		return false;
	*queue = q;
	return true;
}

unsigned int
sim_list_length(const char *list)
{
	unsigned int n = 1;

	for (; *list != 0; list++)
		n += *list == ',';
	return n;
}

bool
sim_list_item(const char *list, unsigned int i, char *buf, unsigned int size)
{
	size_t length;

	for (i %= sim_list_length(list); i > 0; i--)
		list = strchr(list, ',') + 1;
	list += strspn(list, " \t");
	length = strcspn(list, ",");
	while (length > 0 && isspace((unsigned char)list[length - 1]))
		length--;
	if (length == 0 || length >= size)
		return false;
	memcpy(buf, list, length);
	buf[length] = 0;
	return true;
}

bool
sim_parse_shares(const char *text, unsigned int least, unsigned int most, double *shares, unsigned int *count)
{
	char item[ITEM];

	*count = sim_list_length(text);
	if (*count < least || *count > most)
		return false;
	for (unsigned int i = 0; i < *count; i++)
		if (!sim_list_item(text, i, item, sizeof(item)) || !sim_parse_share(item, &shares[i]))
			return false;
	return true;
}

bool
sim_parse_times(const char *text, uint64_t *first_ns, uint64_t *second_ns)
{
	char a[ITEM], b[ITEM];

	return sim_list_length(text) == 2 && sim_list_item(text, 0, a, sizeof(a)) &&
	       sim_list_item(text, 1, b, sizeof(b)) && tern_parse_time(a, first_ns) == 0 &&
	       tern_parse_time(b, second_ns) == 0 && *first_ns > 0 && *second_ns > 0;
}
