/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef CORE_PROBE_H
#define CORE_PROBE_H

/*
 * Where a turn's time goes. The one exception to the rule that nothing up to the stack reads a clock: it decides nothing,
 * and it is compiled in by a constant, TERN_PROBE, that meson sets (-Dprobe=):
 *
 *   off    nothing is left of it: the struct is empty, the functions too
 *   time   the counter of the CPU is read at the end of each phase and after each packet
 *   calls  no clock; phases and kinds of packets are functions that are not inlined, so that callgrind tells them apart
 */

#include <stdbool.h>
#include <stdint.h>

#include <tern/probe.h>

#define PROBE_OFF 0
#define PROBE_TIME 1
#define PROBE_CALLS 2

#ifndef TERN_PROBE
#define TERN_PROBE PROBE_OFF
#endif

/* A function that is a phase. */
#if TERN_PROBE == PROBE_CALLS
#define PROBE_PHASE __attribute__((noinline))
#else
#define PROBE_PHASE
#endif

struct probe {
#if TERN_PROBE == PROBE_TIME
	uint64_t last;                                  /* ticks, at the last mark */
	uint64_t turn[TERN_PROBE_PHASE_MAX];            /* ticks of this turn: kept only if it did work */
	uint64_t ticks[TERN_PROBE_PHASE_MAX], marks[TERN_PROBE_PHASE_MAX];
	uint64_t kind_ticks[TERN_PROBE_KIND_MAX], kind_count[TERN_PROBE_KIND_MAX];
	uint32_t turn_marks[TERN_PROBE_PHASE_MAX];
#endif
};

#if TERN_PROBE == PROBE_TIME

static inline uint64_t
probe_lap(struct probe *p)
{
	uint64_t now = __builtin_ia32_rdtsc(), lap = now - p->last;

	p->last = now;
	return lap;
}

/* The phase ends here; what comes next is another's. */
static inline void
probe_mark(struct probe *p, enum tern_probe_phase phase)
{
	p->turn[phase] += probe_lap(p);
	p->turn_marks[phase]++;
}

/* A packet has been handled; opening, data or closing, by its kind. */
static inline void
probe_packet(struct probe *p, enum tern_probe_kind kind)
{
	static const uint8_t phase[TERN_PROBE_KIND_MAX] = {
		[TERN_PROBE_KIND_syn] = TERN_PROBE_open, [TERN_PROBE_KIND_syn_ack] = TERN_PROBE_open,
		[TERN_PROBE_KIND_handshake_ack] = TERN_PROBE_open, [TERN_PROBE_KIND_data] = TERN_PROBE_established,
		[TERN_PROBE_KIND_ack] = TERN_PROBE_established, [TERN_PROBE_KIND_fin] = TERN_PROBE_close,
		[TERN_PROBE_KIND_close_ack] = TERN_PROBE_close, [TERN_PROBE_KIND_other] = TERN_PROBE_close,
	};
	uint64_t lap = probe_lap(p);

	p->turn[phase[kind]] += lap;
	p->turn_marks[phase[kind]]++;
	p->kind_ticks[kind] += lap;
	p->kind_count[kind]++;
}

/* Another turn begins. What an idle one took is no phase's: it looked for work and found none. */
static inline void
probe_turn(struct probe *p, bool worked)
{
	probe_mark(p, TERN_PROBE_application);
	for (unsigned int i = 0; i < TERN_PROBE_PHASE_MAX; i++) {
		if (worked) {
			p->ticks[i] += p->turn[i];
			p->marks[i] += p->turn_marks[i];
		}
		p->turn[i] = 0;
		p->turn_marks[i] = 0;
	}
	probe_lap(p);
}

#else

static inline void
probe_mark(struct probe *p, enum tern_probe_phase phase)
{
	(void)p;
	(void)phase;
}

static inline void
probe_packet(struct probe *p, enum tern_probe_kind kind)
{
	(void)p;
	(void)kind;
}

static inline void
probe_turn(struct probe *p, bool worked)
{
	(void)p;
	(void)worked;
}

#endif
#endif
