/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <tern/tern.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit number_units[] = {
	{ "", 1 },
	{ "k", 1000 }, { "M", 1000000 }, { "G", 1000000000 }, { "T", UINT64_C(1000000000000) },
	{ "Ki", UINT64_C(1) << 10 }, { "Mi", UINT64_C(1) << 20 }, { "Gi", UINT64_C(1) << 30 }, { "Ti", UINT64_C(1) << 40 },
	{ NULL, 0 },
};

/* a bare number counts seconds, as in the tools whose habits we follow */
static const struct unit time_units[] = {
	{ "", UINT64_C(1000000000) },
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", UINT64_C(1000000000) },
	{ "m", UINT64_C(60000000000) }, { "min", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) }, { "d", UINT64_C(86400000000000) },
	{ NULL, 0 },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits, perhaps a point and more digits, then a unit. What is left of a unit must be whole: "1.5k", not "1.5". */
static int
parse_with_units(const char *text, const struct unit *units, uint64_t *value)
{
	unsigned __int128 digits = 0, scale = 1;
	bool point = false;

	if (!is_digit(*text))
		return -EINVAL;
	for (; is_digit(*text) || (*text == '.' && !point && is_digit(text[1])); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		digits = digits * 10 + (unsigned int)(*text - '0');
		scale *= point ? 10 : 1;
		/* 18 digits behind the point are more than any unit needs */
		if (digits > UINT64_MAX || scale > UINT64_C(1000000000000000000))
			return -ERANGE;
	}
	for (const struct unit *u = units; u->name != NULL; u++) {
		unsigned __int128 product = digits * u->factor;

		if (strcmp(text, u->name) != 0)
			continue;
		if (product % scale != 0)
			return -EINVAL;
		if (product / scale > UINT64_MAX)
			return -ERANGE;
		*value = (uint64_t)(product / scale);
		return 0;
	}
	return -EINVAL;
}

int
tern_parse_number(const char *text, uint64_t *value)
{
	return parse_with_units(text, number_units, value);
}

int
tern_parse_time(const char *text, uint64_t *ns)
{
	return parse_with_units(text, time_units, ns);
}
