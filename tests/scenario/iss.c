/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* How the host's initial sequence numbers of two flows lie to each other (RFC 9293, 3.4.1). */

#include <stdlib.h>
#include <string.h>

#include "run.h"

/* iss beyond FLOW RANGE: so much larger than that flow's. iss unlike FLOW N: further away than N, either way. */
bool
iss_run(struct run *r, const struct words *w)
{
	const struct flow *other = w->count == 4 ? flow_named(r, w->word[2]) : NULL;
	int64_t low, high, distance;

	if (w->count != 4 || (strcmp(w->word[1], "beyond") != 0 && strcmp(w->word[1], "unlike") != 0))
		return run_fail(r, "iss wants \"beyond FLOW RANGE\" or \"unlike FLOW DISTANCE\"");
	if (other == NULL)
		return run_fail(r, "no flow %s", w->word[2]);
	if (!run_range(r, w->word[3], &low, &high))
		return false;
	if (!other->iss_known || !r->now_flow->iss_known)
		return run_fail(r, "a flow without a SYN has no initial sequence number");
	distance = (int32_t)(r->now_flow->iss - other->iss);
	if (w->word[1][0] == 'u')
		return llabs(distance) > low || run_fail(r, "is only %lld away", (long long)distance);
	return (distance >= low && distance <= high) || run_fail(r, "is %lld beyond", (long long)distance);
}
