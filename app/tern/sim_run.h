/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_RUN_H
#define APP_SIM_RUN_H

/*
 * A plan, built and run. One thread: what is called from the network's events (sim_flow.c) and from its clock
 * (sim_sample.c) never runs at the same time. Times are nanoseconds since the flows' clock started.
 */

#include <tern/histogram.h>
#include <tern/sim.h>

#include "sim_plan.h"

struct sim_run;
struct sim_flow_run;

/* A stream's state at the end of an interval. */
struct sim_row {
	uint64_t at_ns, received;             /* bytes that came in the interval */
	uint32_t cwnd, ssthresh, srtt_us, in_flight;
	uint32_t retransmits;                 /* in the interval */
	uint32_t queue_bytes;                 /* at the narrowest line of its way */
};

/* One end of a connection, and what it still has to say. */
struct sim_end {
	struct sim_flow_run *flow;
	struct tern_stack *stack;
	tern_conn conn;
	bool server, open, closed, sends;
	bool last;                            /* nothing more will be allowed */
	bool shut, eof;                       /* our FIN is asked for, theirs is read */
	uint16_t reason;                      /* with closed: enum tern_close_reason */
	uint64_t allowed, sent, received;     /* bytes of the stream; sent: taken by the library */
	uint64_t wrong_at;                    /* first byte that is not what was sent; SIM_NO_END: none */
	struct tern_info info;                /* as it was last looked at */
};

/* Bytes of a flow in one direction, as a report tells of them. */
struct sim_stream {
	struct sim_flow_run *flow;
	struct sim_end *from, *to;
	struct tern_info info;                /* of the sender, when the stream ended */
	uint64_t end_ns;                      /* done, stopped, or the end of measuring; SIM_NO_END: under way */
	bool done;                            /* all that it was to carry has come */
	uint64_t begin_bytes, end_bytes;      /* received at the warm-up's end, and at end_ns */
	uint64_t all_bytes, first_bytes;      /* at the times between which Jain's index is taken */
	/* samples, a tenth of an interval apart */
	uint32_t *srtt_us;
	uint32_t srtt_count;
	uint64_t cwnd_sum, cwnd_count;
	/* the time series */
	struct sim_row *rows;
	uint32_t row_count;
	uint64_t row_bytes;                   /* received up to the last row */
	uint32_t row_retransmits;
	uint64_t last_ns, silence_ns;         /* when bytes came last; the longest time without */
};

struct sim_flow_run {
	struct sim_run *run;
	const struct sim_flow *plan;
	uint32_t number;
	struct tern_addr target;
	uint16_t port;
	struct sim_end end[2];                /* client, server */
	struct sim_stream *stream[2];         /* up, down; NULL: none */
	bool started, over;
	uint64_t connected_ns;                /* SIM_NO_END: never */
	/* rr */
	uint64_t answered, latency_ns, latency_most_ns, asked_ns;
};

struct sim_run {
	const struct sim_settings *settings;
	struct sim_plan *plan;
	const struct options *options;
	const struct sim_sections *sections;
	struct tern_sim *sim;
	struct sim_flow_run *flows;
	struct sim_stream *streams;
	uint32_t stream_count, over_count, ended_count;
	uint64_t start_ns;                    /* of the flows' clock, in the network's time */
	uint64_t measured_ns;                 /* when measuring ended; SIM_NO_END: not yet */
	uint64_t all_ns, first_ns;            /* every flow runs from all_ns to first_ns */
	bool interrupted;
	/* lines: 2 * link + direction */
	struct tern_sim_link_stats *line_begin, *line_end;
	uint64_t *queue_sum;                  /* of samples */
	uint32_t *queue_now;
	uint64_t queue_samples;
	uint64_t tick_ns, ticks;
	struct tern_histogram *latency;       /* rr: of all flows */
	uint64_t events, lost_mbufs;
	double real_seconds;
	uint64_t shown_ns, real_start_ns;     /* CLOCK_MONOTONIC, of the live line */
	struct tern_stats hosts;              /* all hosts' counters together */
	uint8_t *pattern;
};

/* sim_run.c. 0 or -1 with *why. What is left of it is freed by sim_run_free() in either case. */
int sim_run(struct sim_run *r, struct sim_plan *plan, const struct sim_settings *s, const struct options *o,
	    const struct sim_sections *sections, struct problem *why);
void sim_run_free(struct sim_run *r);

static inline uint64_t
sim_time(const struct sim_run *r)
{
	return tern_sim_now(r->sim) - r->start_ns;
}

/* sim_flow.c */
int sim_pattern_make(struct sim_run *r, struct problem *why);
int sim_flow_listen(struct sim_flow_run *f);              /* -errno */
void sim_flow_start(struct tern_sim *sim, void *flow);    /* a tern_sim_at() call */
void sim_flow_stop(struct tern_sim *sim, void *flow);     /* say what is queued, then no more */
void sim_on_events(struct tern_stack *stack, const struct tern_event *events, int n, void *run);

/* sim_sample.c */
void sim_sample_start(struct sim_run *r);
void sim_stream_end(struct sim_stream *s, bool done);
void sim_measuring_end(struct sim_run *r);
void sim_end_look(struct sim_end *e);

#endif
