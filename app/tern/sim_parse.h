/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_PARSE_H
#define APP_SIM_PARSE_H

/* Values that a simulated network has and nothing else: rates, shares, queues. Each: false when the text is none. */

#include <stdbool.h>
#include <stdint.h>

/* "1gbit", "2.5Gbit/s", "10kbit", "64000": bits a second, prefixes are 1000s. */
bool sim_parse_rate(const char *text, uint64_t *bits);
/* "0.1%" or "0.001": from 0 to 1. */
bool sim_parse_share(const char *text, double *share);

/* How much a queue holds. At most one of them is not 0. */
struct sim_queue {
	uint64_t bytes;
	double bdp;        /* of bandwidth times round trip */
	uint64_t packets;  /* full ones */
};
/* "256Ki", "1.5bdp", "100p". */
bool sim_parse_queue(const char *text, struct sim_queue *queue);

/* "0.01,0.3[,0.5[,0.001]]": at least `least` and at most `most` shares; how many in *count. */
bool sim_parse_shares(const char *text, unsigned int least, unsigned int most, double *shares, unsigned int *count);
/* "10s,500ms": exactly two times above 0. */
bool sim_parse_times(const char *text, uint64_t *first_ns, uint64_t *second_ns);

/* The i-th of a list with commas, in turn, into buf. false when it is empty or longer than size. */
bool sim_list_item(const char *list, unsigned int i, char *buf, unsigned int size);
unsigned int sim_list_length(const char *list);

#endif
