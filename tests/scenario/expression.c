/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Numbers, ranges, times and errors as scenarios write them. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

static const struct { const char *name; int value; } errors[] = {
	{ "EAGAIN", EAGAIN }, { "EPIPE", EPIPE }, { "ECONNRESET", ECONNRESET }, { "EBADF", EBADF },
	{ "EMSGSIZE", EMSGSIZE }, { "ENOPROTOOPT", ENOPROTOOPT },
	{ "ENOTCONN", ENOTCONN }, { "EINVAL", EINVAL }, { "EADDRINUSE", EADDRINUSE },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL }, { "ENETUNREACH", ENETUNREACH }, { "ENOBUFS", ENOBUFS },
	{ "ETIMEDOUT", ETIMEDOUT }, { "ECONNREFUSED", ECONNREFUSED }, { "EHOSTUNREACH", EHOSTUNREACH },
};

const char *
run_errno(int64_t value)
{
	static char text[32];

	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (value == -errors[i].value) {
			snprintf(text, sizeof(text), "-%s", errors[i].name);
			return text;
		}
	snprintf(text, sizeof(text), "%lld", (long long)value);
	return text;
}

bool
run_errno_value(const char *name, int64_t *value)
{
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(name, errors[i].name) == 0) {
			*value = -errors[i].value;
			return true;
		}
	return false;
}

/* sum = product {("+" | "-") product}, product = atom {("*" | "/") atom} */
struct reader {
	struct run *run;
	const char *at;
	bool wrong;
};

static int64_t read_sum(struct reader *x);

static bool
name_is(struct reader *x, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(x->at, name, n) != 0 || isalnum((unsigned char)x->at[n]))
		return false;
	x->at += n;
	return true;
}

static int64_t
read_atom(struct reader *x)
{
	char *end;
	int64_t v;

	if (*x->at == '(') {
		x->at++;
		v = read_sum(x);
		x->wrong |= *x->at != ')';
		x->at += *x->at == ')';
		return v;
	}
	if (*x->at == '-') {
		x->at++;
		return -read_atom(x);
	}
	if (name_is(x, "mss"))
		return options_mss(x->run, true);
	if (name_is(x, "rmss"))
		return options_mss(x->run, false);
	if (name_is(x, "edge"))
		return fill_edge(x->run);
	if (name_is(x, "i"))
		return x->run->index;
	if (!isdigit((unsigned char)*x->at)) {
		x->wrong = true;
		return 0;
	}
	v = strtoll(x->at, &end, 0);
	x->at = end;
	if (*x->at == 'k') {
		x->at++;
		v *= 1000;
	}
	return v;
}

static int64_t
read_product(struct reader *x)
{
	int64_t v = read_atom(x);

	while (!x->wrong && (*x->at == '*' || *x->at == '/')) {
		bool times = *x->at++ == '*';
		int64_t y = read_atom(x);

		if (!times && y == 0)
			x->wrong = true;
		else
			v = times ? v * y : v / y;
	}
	return v;
}

static int64_t
read_sum(struct reader *x)
{
	int64_t v = read_product(x);

	while (!x->wrong && (*x->at == '+' || *x->at == '-')) {
		bool plus = *x->at++ == '+';
		int64_t y = read_product(x);

		v = plus ? v + y : v - y;
	}
	return v;
}

bool
run_number(struct run *r, const char *text, int64_t *value)
{
	struct reader x = { .run = r, .at = text };

	if (text[0] == '-' && run_errno_value(text + 1, value))
		return true;
	*value = read_sum(&x);
	if (x.wrong || *x.at != '\0')
		return run_fail(r, "not a number: %s", text);
	return true;
}

bool
run_range(struct run *r, const char *text, int64_t *low, int64_t *high)
{
	const char *dots = strstr(text, "..");
	char first[64];

	if (dots == NULL) {
		if (!run_number(r, text, low))
			return false;
		*high = *low;
		return true;
	}
	if ((size_t)(dots - text) >= sizeof(first))
		return run_fail(r, "not a range: %s", text);
	memcpy(first, text, (size_t)(dots - text));
	first[dots - text] = '\0';
	*high = INT64_MAX;
	return run_number(r, first, low) && (dots[2] == '\0' || run_number(r, dots + 2, high));
}

bool
run_time(struct run *r, const char *text, uint64_t *ns)
{
	static const struct { const char *unit; double ns; } units[] = {
		{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 6e10 }, { "h", 3.6e12 }
	};
	char *end;
	double v = strtod(text, &end);

	if (end != text && v >= 0)
		for (unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(end, units[i].unit) == 0) {
				*ns = (uint64_t)(v * units[i].ns + 0.5);
				return true;
			}
	return run_fail(r, "not a time (200ms, 1.5s, 2min): %s", text);
}
