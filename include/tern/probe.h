/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef TERN_PROBE_H
#define TERN_PROBE_H

/**
 * @file
 * Where a stack's time goes, phase by phase and by the kind of packet: for a library that was built with
 * -Dprobe=time, which costs a look at the clock for each phase and packet.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tern_stack;

/* X(name, one English line) */
#define TERN_PROBE_PHASES(X) \
	X(receive, "frames taken from the device, and their memory given back") \
	X(parse, "headers, checks, hash") \
	X(look_up, "tags matched, records fetched") \
	X(open, "SYN, SYN-ACK and the handshake's ACK") \
	X(established, "data and its ACKs") \
	X(close, "FIN, what acknowledges it, RST") \
	X(timers, "what was due, and watching the pool") \
	X(application, "events, the application, and its calls into the stack") \
	X(output, "segments built") \
	X(transmit, "frames handed to the device")

/* X(name, one English line): a received segment */
#define TERN_PROBE_KINDS(X) \
	X(syn, "SYN") \
	X(syn_ack, "SYN-ACK") \
	X(handshake_ack, "the handshake's ACK, with data or none") \
	X(data, "data on an open connection") \
	X(ack, "ACK of data") \
	X(fin, "FIN, with data or none") \
	X(close_ack, "ACK when a side has closed") \
	X(other, "RST, and what has no connection")

enum tern_probe_phase {
#define X(name, text) TERN_PROBE_##name,
	TERN_PROBE_PHASES(X)
#undef X
	TERN_PROBE_PHASE_MAX
};

enum tern_probe_kind {
#define X(name, text) TERN_PROBE_KIND_##name,
	TERN_PROBE_KINDS(X)
#undef X
	TERN_PROBE_KIND_MAX
};

struct tern_probe {
	uint64_t size;                                  /* sizeof, set by the caller */
	uint64_t mark_ps;                               /* what the probe itself takes each time, picoseconds */
	uint64_t phase_ns[TERN_PROBE_PHASE_MAX];        /* totals, of turns that did work; the probe's own cost is taken off */
	uint64_t kind_ns[TERN_PROBE_KIND_MAX];          /* of look-up and TCP's input alone; part of the phases above */
	uint64_t kind_count[TERN_PROBE_KIND_MAX];
};

/**
 * What the stack's phases have taken since it was made. One core writes; another may read: each figure is then at most a
 * turn old.
 * @return 0, or -ENOTSUP: the library was built without -Dprobe=time
 */
int tern_probe(const struct tern_stack *stack, struct tern_probe *probe);

#ifdef __cplusplus
}
#endif
#endif
