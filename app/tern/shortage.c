/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <jansson.h>

#include "shortage.h"

static void
add(struct shortage *list, uint32_t *n, const struct shortage *s)
{
	if (s->times > 0)
		list[(*n)++] = *s;
}

uint64_t
shortages_refused(const struct tern_stats *t)
{
	return t->drops[TERN_DROP_TCP_NO_BLOCK] + t->drops[TERN_DROP_TCP_SYN_QUEUE];
}

uint32_t
shortages_of(struct shortage *list, const struct tern_stats *t, const struct counts *c)
{
	uint64_t unsent = t->drops[TERN_DROP_TX_NO_MBUF] > t->mbuf_alloc_failed ? t->drops[TERN_DROP_TX_NO_MBUF] :
			  t->mbuf_alloc_failed;
	const struct shortage all[] = {
		{ "connections", "connections", t->drops[TERN_DROP_TCP_NO_BLOCK], "SYNs and handshakes were refused",
		  "--max-connections" },
		{ "connections", "opens", c == NULL ? 0 : c->not_started[NOT_no_memory], "opens were refused", "--max-connections" },
		{ "half-open records", "half_open", t->drops[TERN_DROP_TCP_SYN_QUEUE], "SYNs were refused", "--max-half-open" },
		{ "half-open records", "half_open_evicted", t->half_open_evicted, "times the oldest gave way", "--max-half-open" },
		{ "half-open records", "cookies", t->cookies_sent, "SYNs were answered with cookies", "--max-half-open" },
		{ "TIME-WAIT records", "time_wait", t->time_wait_evicted, "times the oldest gave way", "--max-time-wait" },
		{ "packets", "mbufs", unsent + t->drops[TERN_DROP_RX_NO_MBUF], "times none was left to send or receive with", "--mbufs" },
		{ "source ports", "ports", t->connects_failed_no_port, "opens were refused", "--src, more targets or their ports" },
	};
	uint32_t n = 0;

	_Static_assert(sizeof(all) / sizeof(all[0]) == SHORTAGES_MOST, "");
	for (uint32_t i = 0; i < SHORTAGES_MOST; i++)
		add(list, &n, &all[i]);
	return n;
}

uint64_t
shortages_hugepages(const char *description)
{
	json_t *o = json_loads(description, 0, NULL);
	json_int_t bytes = json_integer_value(json_object_get(o, "hugepages_missing_bytes"));

	json_decref(o);
	return (uint64_t)bytes;
}
