/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* Errors from the network find their connection by the segment that they quote. */

#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "stack/internal.h"

/* The owner of the connection, which is that of segments from the peer: the quote turned round. */
static uint32_t
owner_of_quote(const struct tern_stack *s, const struct icmp_error *e, bool v4)
{
	return owner_of_hash(s->owner, owner_hash(s->owner, v4, &e->dst, &e->src, e->dport, e->sport));
}

int
stack_icmp_error(struct tern_stack *s, const struct rte_mbuf *m, const struct frame *f, bool steered, uint32_t *core)
{
	uint32_t here = RTE_MIN(f->l4_length, (uint32_t)rte_pktmbuf_data_len(m) - f->l4_offset);
	struct icmp_error e;
	struct flow_key key;
	int error = icmp_error_parse(&e, f->v4, rte_pktmbuf_mtod_offset(m, const uint8_t *, f->l4_offset), here);

	if (error < 0)
		return error;
	/* it goes back to whom the packet came from */
	if (!addr_equal(&e.src, &f->dst))
		return -TERN_DROP_ICMP_BAD;
	if (s->steer_to != NULL && !steered) {
		*core = owner_of_quote(s, &e, f->v4);
		if (*core != s->owner->self)
			return 1;
	}
	memset(&key, 0, sizeof(key));
	memcpy(key.remote, e.dst.b, sizeof(key.remote));
	key.local = ip_local_number(&s->ip, &e.src, f->vlan);
	key.lport = e.sport;
	key.rport = e.dport;
	if (key.local == 0)
		return -TERN_DROP_ICMP_NO_CONN;  /* the link-local address, which is nobody's end */
	return tcp_icmp_error(&s->tcp, &e, &key);
}
