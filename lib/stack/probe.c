/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include "stack/probe.h"

enum tern_probe_kind
probe_kind(const struct tern_stack *s, const struct tcp_packet *p, flow_ref ref)
{
	uint8_t flags = p->seg.flags;

	if (flags & TCP_RST)
		return TERN_PROBE_KIND_other;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? TERN_PROBE_KIND_syn_ack : TERN_PROBE_KIND_syn;
	if (flags & TCP_FIN)
		return TERN_PROBE_KIND_fin;
	switch (flow_ref_kind(ref)) {
	case FLOW_HALF_OPEN:
		return TERN_PROBE_KIND_handshake_ack;
	case FLOW_OPEN:
		if (p->seg.payload > 0)
			return TERN_PROBE_KIND_data;
		return tcp_conn_at(&s->tcp, flow_ref_index(ref))->state > TCP_ESTABLISHED ? TERN_PROBE_KIND_close_ack :
											    TERN_PROBE_KIND_ack;
	case FLOW_TIME_WAIT:
		return TERN_PROBE_KIND_close_ack;
	default:
		return TERN_PROBE_KIND_other;
	}
}

#define X(name, text) \
	static __rte_noinline void \
	probe_input_##name(probe_handler *handle, struct tern_stack *s, struct burst *b, struct tcp_packet *p, uint32_t segments) \
	{ \
		handle(s, b, p, segments); \
		/* what the compiler takes for one function callgrind could not tell apart */ \
		asm volatile("# " #name); \
	}
TERN_PROBE_KINDS(X)
#undef X

void
probe_call(enum tern_probe_kind kind, probe_handler *handle, struct tern_stack *s, struct burst *b, struct tcp_packet *p,
	   uint32_t segments)
{
	switch (kind) {
#define X(name, text) \
	case TERN_PROBE_KIND_##name: \
		probe_input_##name(handle, s, b, p, segments); \
		break;
	TERN_PROBE_KINDS(X)
#undef X
	default:
		break;
	}
}
