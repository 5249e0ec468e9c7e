/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_UNITS_H
#define APP_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* Numbers as people read them. Each writes into buf and returns it. */

#define UNITS_STRLEN 32

/* 1234567 -> "1,234,567" */
char *units_count(char buf[UNITS_STRLEN], uint64_t n);
/* The same for a figure that was computed: rounded, "-" when it is not finite. */
char *units_round(char buf[UNITS_STRLEN], double n);
/* 1500000000 ns -> "1.5s": the notation that the options take. */
char *units_time(char buf[UNITS_STRLEN], uint64_t ns);
/* Nanoseconds as microseconds with three significant digits: "0.84", "12.3", "1,234". */
char *units_us(char buf[UNITS_STRLEN], double ns);
/* Three significant digits and a decimal prefix: "2.10M". For narrow columns. */
char *units_short(char buf[UNITS_STRLEN], double n);
/* Bytes with a binary prefix: "1.5 MiB". */
char *units_bytes(char buf[UNITS_STRLEN], uint64_t bytes);

/* a / b, 0 when there is no b. */
double units_ratio(double a, double b);

#endif
