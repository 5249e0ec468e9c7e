/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

char *
units_count(char buf[UNITS_STRLEN], uint64_t n)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	char *out = buf;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = 0;
	return buf;
}

char *
units_round(char buf[UNITS_STRLEN], double n)
{
	if (!isfinite(n) || n < 0 || n > 1e18)
		return strcpy(buf, "-");
	return units_count(buf, (uint64_t)llround(n));
}

char *
units_time(char buf[UNITS_STRLEN], uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} steps[] = {
		{ UINT64_C(1000000000), "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" },
	};
	size_t i = 0;

	if (ns == 0)
		return strcpy(buf, "0s");
	while (ns < steps[i].ns)
		i++;
	snprintf(buf, UNITS_STRLEN, "%.10g%s", (double)ns / (double)steps[i].ns, steps[i].name);
	return buf;
}

char *
units_us(char buf[UNITS_STRLEN], double ns)
{
	double us = ns / 1e3;

	if (!isfinite(us))
		return strcpy(buf, "-");
	if (us >= 99.95)
		return units_round(buf, us);
	snprintf(buf, UNITS_STRLEN, us >= 9.995 ? "%.1f" : "%.2f", us);
	return buf;
}

char *
units_short(char buf[UNITS_STRLEN], double n)
{
	static const char prefix[] = { 0, 'k', 'M', 'G', 'T', 'P' };
	size_t i = 0;

	if (!isfinite(n))
		return strcpy(buf, "-");
	/* 999.5 would print as 1000 */
	while (fabs(n) >= 999.5 && i + 1 < sizeof(prefix)) {
		n /= 1000;
		i++;
	}
	if (i == 0)
		snprintf(buf, UNITS_STRLEN, n == floor(n) ? "%.0f" : "%.3g", n);
	else
		snprintf(buf, UNITS_STRLEN, "%.*f%c", n < 9.995 ? 2 : n < 99.95 ? 1 : 0, n, prefix[i]);
	return buf;
}

char *
units_bytes(char buf[UNITS_STRLEN], uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes;
	size_t i = 0;

	while (n >= 1024 && i + 1 < sizeof(names) / sizeof(names[0])) {
		n /= 1024;
		i++;
	}
	snprintf(buf, UNITS_STRLEN, i == 0 ? "%.0f %s" : "%.1f %s", n, names[i]);
	return buf;
}

double
units_ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}
