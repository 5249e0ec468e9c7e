/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef STACK_PROBE_H
#define STACK_PROBE_H

/* A received segment's kind, for the probe (core/probe.h). */

#include "stack/internal.h"

struct burst;

typedef void probe_handler(struct tern_stack *s, struct burst *b, struct tcp_packet *p, uint32_t segments);

/* As it looks before it is handled; `ref` is the record that it is most likely for. */
enum tern_probe_kind probe_kind(const struct tern_stack *s, const struct tcp_packet *p, flow_ref ref);
/* One function a kind calls `handle`. */
void probe_call(enum tern_probe_kind kind, probe_handler *handle, struct tern_stack *s, struct burst *b, struct tcp_packet *p,
		uint32_t segments);

/*
 * handle(s, b, p, segments) and nothing else, where there is no probe. `ref` as for probe_kind(). No function: what is
 * handed to one as a pointer the compiler need not inline.
 */
#define PROBE_HANDLE(handle, s, b, p, segments, ref) \
	do { \
		struct tcp_packet *probed = (p); \
		enum tern_probe_kind kind_ = TERN_PROBE == PROBE_OFF ? TERN_PROBE_KIND_other : probe_kind(s, probed, ref); \
\
		if (TERN_PROBE == PROBE_CALLS) \
			probe_call(kind_, handle, s, b, probed, segments); \
		else \
			handle(s, b, probed, segments); \
		probe_packet(&(s)->probe, kind_); \
	} while (0)

#endif
