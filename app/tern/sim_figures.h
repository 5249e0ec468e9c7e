/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#ifndef APP_SIM_FIGURES_H
#define APP_SIM_FIGURES_H

/* What a finished simulation has to say; sim_report.c, sim_json.c, sim_csv.c and sim_plot.c say it. */

#include "report.h"
#include "sim_repeat.h"
#include "sim_run.h"

enum sim_state {
	SIM_COMPLETE,      /* all that it was to carry has come, and both ends closed */
	SIM_STOPPED,       /* by the end of the time; what was sent until then has come */
	SIM_CUT,           /* the user ended the run */
	SIM_FAILED,        /* a connection ended otherwise */
	SIM_STALLED,       /* long behind the end, bytes are still missing */
	SIM_WRONG,         /* other bytes came, or fewer, or more */
	SIM_STATES
};

/* Of one stream, in the measured time. */
struct sim_stream_figures {
	double seconds, goodput;              /* bits a second */
	double share;                         /* of all streams' goodput */
	double retransmitted_share;           /* of the bytes sent */
	double rtt_min_us, rtt_mean_us, rtt_p95_us;
	double cwnd_mean;
	uint64_t retransmits, bytes_retransmitted;
	double completion_s;                  /* from the start to the last byte; NAN: not done */
};

/* Of one direction of a link, in the measured time. */
struct sim_line_figures {
	struct tern_sim_link_stats stats;     /* what was added to it; the mosts are of the whole run */
	double busy, rate;                    /* share of the time; bits a second on the line */
	double queue_mean, wait_mean_ns;
	bool worth_telling;
};

struct sim_figures {
	const struct sim_run *run;
	struct sim_stream_figures *streams;
	struct sim_line_figures *lines;       /* 2 * link + direction */
	enum sim_state *states;               /* of the flows */
	double seconds, goodput, jain;        /* jain: NAN with one bulk stream */
	double utilisation;                   /* of the bottleneck's busier direction */
	bool jain_of_all;                     /* while every flow ran */
	double requests_per_second;           /* rr */
	uint64_t sent, received, retransmits, bytes_retransmitted, wrong_flows, bad_flows;
	uint64_t dropped, marked;             /* on all links */
	const struct sim_repeats *repeats;    /* NULL: the one run */
	double completion_mean_s, completion_most_s;  /* of the flows that are done; NAN: none is */
};

/* 0, or -1 with *why. Free it in either case. */
int sim_figures_compute(struct sim_figures *f, const struct sim_run *r, struct problem *why);
void sim_figures_free(struct sim_figures *f);

const char *sim_state_name(enum sim_state state);
/* What is wrong with a flow, as a line; "" when nothing is. */
char *sim_describe_flow(const struct sim_figures *f, uint32_t flow, char *buf, size_t size);
enum exit_status sim_status(const struct sim_figures *f);

/* (sum x)^2 / (n * sum x^2): 1 when all are equal, 1/n when one has all; NAN for none, or nothing but zeros. */
double sim_jain(const double *x, uint32_t n);
/* The value at or below which that share of the values lies. Sorts them. */
uint32_t sim_percentile(uint32_t *values, uint32_t n, double percent);

/* An infinite slow start threshold is no figure. */
static inline bool
sim_is_threshold(uint32_t ssthresh)
{
	return ssthresh != 0 && ssthresh < UINT32_C(1) << 30;
}

void sim_report_print(FILE *out, const struct sim_figures *f);
/* Each: 0, or -1 with *why. */
int sim_json_write(const struct sim_figures *f, const char *path, struct problem *why);
int sim_csv_write(const struct sim_figures *f, const char *path, struct problem *why);
int sim_plot_write(const struct sim_figures *f, const char *path, struct problem *why);

/* "1", or "1 up" where a flow has two. */
char *sim_stream_name(const struct sim_stream *s, char *buf, size_t size);
/* The direction of the bottleneck that was busier: 2 * link + direction. */
uint32_t sim_busier_line(const struct sim_figures *f);
/* "8 flows, bulk up, ...": the run in one line. */
char *sim_title(const struct sim_run *r, char *buf, size_t size);

#endif
