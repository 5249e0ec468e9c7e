/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <inttypes.h>
#include <stdarg.h>

#include "report.h"
#include "shortage.h"
#include "units.h"

/* Left column: what; then figures, aligned on their right. */
#define LABEL 17

static void __attribute__((format(printf, 3, 4)))
line(FILE *out, const char *label, const char *format, ...)
{
	va_list args;

	fprintf(out, "%-*s", LABEL, label);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

static void
print_title(FILE *out, const struct report *rep)
{
	const struct settings *s = rep->run->settings;
	char n[UNITS_STRLEN];

	fprintf(out, "\ntern %s", s->command == COMMAND_PAIR ? "pair" : s->command == COMMAND_LOAD ? "load" : "serve");
	if (s->command == COMMAND_SERVE) {
		fprintf(out, ": %s, port %s\n\n", settings_app_name(s->app), s->listen);
		return;
	}
	fprintf(out, " %s", settings_mode_name(s->mode));
	if (s->http_path != NULL)
		fprintf(out, ", HTTP GET %s", s->http_path);
	else if (s->mode == MODE_STREAM)
		fprintf(out, " %s", settings_direction_name(s->direction));
	else if (s->mode == MODE_FLOOD)
		fprintf(out, ", answers are %s", s->silent ? "left alone" : "reset");
	else if (s->mode != MODE_CC && (s->mode != MODE_HOLD || s->every_ns != 0))
		fprintf(out, ", request %" PRIu64 " B, answer %" PRIu64 " B", s->request_size, s->answer_size);
	if (s->mode != MODE_FLOOD)
		fprintf(out, ", %s closes with %s", s->closer_server ? "server" : "client", s->close_rst ? "RST" : "FIN");
	if (s->rate != 0)
		fprintf(out, "; open loop, %s %s/s%s", units_count(n, s->rate), settings_unit(s),
			s->poisson ? " (Poisson)" : "");
	if (s->mode != MODE_FLOOD)
		fprintf(out, "; at most %s connections", units_count(n, rep->figures.connections));
	if (rep->figures.loop)
		fputs("; over loop: frames never left memory", out);
	fputs("\n\n", out);
}

/* Of connections that were there before the load. */
static void
print_opened(FILE *out, const struct report *rep)
{
	const struct settings *s = rep->run->settings;
	const struct figures *f = &rep->figures;
	char a[UNITS_STRLEN], b[UNITS_STRLEN];

	if (s->mode == MODE_HOLD)
		line(out, "open", "%14s             of %s", units_count(a, f->open_connections), units_count(b, f->connections));
	else if (s->hold != 0)
		line(out, "held beside", "%14s             connections, idle", units_count(a, s->hold));
	if (s->mode == MODE_HOLD || s->hold != 0)
		line(out, "lost", "%14s             over the whole run", units_count(a, rep->totals.lost));
	if (rep->opened_ns != 0)
		line(out, "opened first", "%14s conn/s      %s in %.3f s",
		     units_round(a, units_ratio((double)rep->opened, (double)rep->opened_ns / 1e9)), units_count(b, rep->opened),
		     (double)rep->opened_ns / 1e9);
	if ((s->mode == MODE_HOLD || s->hold != 0) && rep->connection_bytes != 0)
		line(out, "memory each", "%14s bytes       a connection%s, %zu of them the load's own", units_count(a, rep->connection_bytes),
		     f->pair ? ", both its ends" : "", REPORT_FLIGHT_BYTES);
}

static void
print_mode(FILE *out, const struct report *rep)
{
	const struct settings *s = rep->run->settings;
	const struct figures *f = &rep->figures;
	char a[UNITS_STRLEN], b[UNITS_STRLEN];

	if (s->mode == MODE_STREAM && s->direction != DIRECTION_DOWN)
		line(out, "stream up", "%14.3f Gbit/s of payload acknowledged", 8e-9 * f->up_rate);
	if (s->mode == MODE_STREAM && s->direction != DIRECTION_UP)
		line(out, "stream down", "%14.3f Gbit/s of payload received", 8e-9 * f->down_rate);
	if (s->mode == MODE_FLOOD) {
		const struct tern_stats *t = &rep->window->side[SIDE_CLIENT].stats;

		line(out, "SYNs", "%14s SYN/s       %s sent", units_round(a, f->completed_rate), units_count(b, f->completed));
		line(out, "came back", "%14s             SYN-ACKs, %s RSTs", units_count(a, t->drops[TERN_DROP_TCP_NO_LISTENER]),
		     units_count(b, t->drops[TERN_DROP_TCP_RST_NO_CONN]));
	}
	print_opened(out, rep);
}

static void
print_rates(FILE *out, const struct report *rep)
{
	const struct window *w = rep->window;
	const struct figures *f = &rep->figures;
	const struct tern_stats *c = &w->side[SIDE_CLIENT].stats;
	char a[UNITS_STRLEN], b[UNITS_STRLEN], d[UNITS_STRLEN];

	line(out, "measured", "%.3f s%s", w->seconds, rep->interrupted ? ", ended by a signal" : "");
	line(out, "connections", "%14s conn/s      %s established", units_round(a, f->connection_rate),
	     units_count(b, w->counts.established));
	print_mode(out, rep);
	if (rep->run->settings->mode != MODE_CC && rep->run->settings->mode != MODE_STREAM &&
	    rep->run->settings->mode != MODE_FLOOD)
		line(out, "requests", "%14s request/s   %s answered", units_round(a, f->completed_rate),
		     units_count(b, f->completed));
	line(out, "failed", "%14s             %.3g %% of what ended", units_count(a, f->failed), 100 * f->failed_share);
	if (rep->run->settings->http_path != NULL)
		line(out, "not 2xx", "%14s             %.3g %% of what was answered", units_count(a, f->non_2xx),
		     100 * f->non_2xx_share);
	if (f->open_loop)
		line(out, "not started", "%14s             %.3g %% of the arrivals", units_count(a, f->not_started),
		     100 * f->not_started_share);
	line(out, "client packets", "%14s /s out       %s /s in, %.2f out and %.2f in a %s",
	     units_round(a, units_ratio((double)c->tx_packets, w->seconds)),
	     units_round(b, units_ratio((double)c->rx_packets, w->seconds)), f->packets_out, f->packets_in,
	     settings_by_request(rep->run->settings) ? "request" : "connection");
	line(out, "throughput", "%14.3f Gbit/s out  %.3f Gbit/s in (frames); payload %s out, %s in",
	     units_ratio(8e-9 * (double)c->tx_bytes, w->seconds), units_ratio(8e-9 * (double)c->rx_bytes, w->seconds),
	     units_bytes(a, c->tx_payload_bytes), units_bytes(d, c->rx_payload_bytes));
}

static void
print_latency(FILE *out, const char *label, const struct tern_histogram *h)
{
	static const double percents[] = { 50, 90, 99, 99.9, 100 };
	char text[UNITS_STRLEN];

	if (h->total == 0)
		return;
	fprintf(out, "%-*s", LABEL, label);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		fprintf(out, "%10s", units_us(text, (double)tern_histogram_percentile(h, percents[i])));
	fprintf(out, "%10s", units_us(text, tern_histogram_mean(h)));
	fprintf(out, "%14s\n", units_count(text, h->total));
}

static void
print_latencies(FILE *out, const struct report *rep)
{
	const struct settings *s = rep->run->settings;
	struct tern_histogram *const *h = rep->window->latency;

	if (h[LATENCY_SETUP]->total == 0 && h[LATENCY_HEADLINE]->total == 0)
		return;
	fprintf(out, "\n%-*s%10s%10s%10s%10s%10s%10s%14s\n", LABEL, "latency, us", "p50", "p90", "p99", "p99.9", "max", "mean",
		"count");
	print_latency(out, "setup", h[LATENCY_SETUP]);
	if (s->mode == MODE_CC && !settings_open_loop(s))
		return;
	print_latency(out, s->mode == MODE_CC ? "  from intended" : "answer", h[LATENCY_HEADLINE]);
	print_latency(out, "  undisturbed", h[LATENCY_UNDISTURBED]);
	print_latency(out, "  from send", h[LATENCY_SENT]);
	print_latency(out, "  lateness", h[LATENCY_LATENESS]);
}

/* Who keeps a million records at a million closes a second keeps each for a second, whatever 2 MSL is. */
static void
print_time_wait(FILE *out, const struct side_figures *f)
{
	const struct tern_stats *t = &f->stats;
	char now[UNITS_STRLEN], most[UNITS_STRLEN], gone[UNITS_STRLEN], whole[UNITS_STRLEN];

	if (t->time_wait_now == 0)
		return;
	units_count(now, t->time_wait_now);
	units_count(most, t->time_wait_most);
	units_time(whole, t->time_wait_ms / f->cores * UINT64_C(1000000));
	if (t->time_wait_evicted == 0)
		line(out, "", "TIME-WAIT: %s of at most %s, each for 2 MSL, %s", now, most, whole);
	else
		line(out, "", "TIME-WAIT: %s of at most %s; the oldest gave way %s times, after %.2f s on the mean of 2 MSL, %s",
		     now, most, units_count(gone, t->time_wait_evicted),
		     units_ratio((double)t->time_wait_evicted_ms, (double)t->time_wait_evicted) / 1e3, whole);
}

static void
print_side(FILE *out, const char *label, const struct side_figures *f)
{
	const struct tern_stats *t = &f->stats;
	char gap[UNITS_STRLEN];

	if (f->cores == 0)
		return;
	line(out, label, "busy %.1f %% (mean %.1f %% of %u core%s), longest gap %s us, %" PRIu64 " gaps above %u us, "
	     "waited for CPU %.2f %%", 100 * f->busy_most, 100 * f->busy_mean, f->cores, f->cores == 1 ? "" : "s",
	     units_us(gap, (double)f->longest_gap_ns), t->gaps, TERN_GAP_NS / 1000u, 100 * f->waited);
	line(out, "", "a burst: %.1f segments, %.1f SYN, %.1f FIN; steered %" PRIu64 " in, %" PRIu64 " out",
	     units_ratio((double)t->segment_rx, (double)t->segment_bursts),
	     units_ratio((double)t->syn_rx, (double)t->syn_bursts), units_ratio((double)t->fin_rx, (double)t->fin_bursts),
	     t->steered_in, t->steered_out);
	line(out, "", "sent again: %" PRIu64 " SYN, %" PRIu64 " data; RST %" PRIu64 " sent, %" PRIu64 " received; "
	     "transmit queue full %" PRIu64 " times", t->retransmits_syn, t->retransmits_data, t->rst_tx, t->rst_rx, t->tx_full);
	if (t->established > 0)
		line(out, "", "negotiated: timestamps %.1f %%, SACK %.1f %%, window scale %.1f %%",
		     100 * units_ratio((double)t->with_timestamps, (double)t->established),
		     100 * units_ratio((double)t->with_sack, (double)t->established),
		     100 * units_ratio((double)t->with_wscale, (double)t->established));
	print_time_wait(out, f);
}

static void
print_reasons(FILE *out, const char *side, const struct tern_stats *t)
{
	char n[UNITS_STRLEN];

	for (int i = TERN_CLOSE_NONE + 1; i < TERN_CLOSE_MAX; i++)
		if (t->closed[i] != 0)
			line(out, "", "%14s  %s closed: %s", units_count(n, t->closed[i]), side,
			     tern_close_text((enum tern_close_reason)i));
	for (int i = TERN_DROP_NONE + 1; i < TERN_DROP_MAX; i++)
		if (t->drops[i] != 0)
			line(out, "", "%14s  %s dropped: %s", units_count(n, t->drops[i]), side,
			     tern_drop_text((enum tern_drop)i));
}

static void
print_shortages(FILE *out, const struct report *rep, enum side side)
{
	struct shortage list[SHORTAGES_MOST];
	uint32_t n = shortages_of(list, &rep->side[side], side == SIDE_CLIENT ? &rep->totals : NULL);
	char times[UNITS_STRLEN];

	for (uint32_t i = 0; i < n; i++)
		line(out, "ran out of", "%s, the %s: %s %s (%s)", list[i].of, side == SIDE_CLIENT ? "client" : "server",
		     units_count(times, list[i].times), list[i].met, list[i].more);
}

static void
print_failures(FILE *out, const struct counts *c)
{
	char n[UNITS_STRLEN];

	for (uint32_t i = 0; i < STATUS_COUNT; i++)
		if (c->status[i] != 0)
			line(out, "", "%14s  answered with status %u", units_count(n, c->status[i]), i + STATUS_FIRST);
	for (int i = 0; i < FAIL_KINDS; i++)
		if (c->fail[i] != 0)
			line(out, "", "%14s  failed: %s", units_count(n, c->fail[i]), failure_text((enum failure)i));
	for (int i = 0; i < NOT_KINDS; i++)
		if (c->not_started[i] != 0)
			line(out, "", "%14s  not started: %s", units_count(n, c->not_started[i]),
			     not_started_text((enum not_started)i));
	if (c->close_timeouts != 0)
		line(out, "", "%14s  reset: the peer did not close within --timeout", units_count(n, c->close_timeouts));
}

static void
print_capture(FILE *out, const struct tern_capture *c)
{
	char a[UNITS_STRLEN], b[UNITS_STRLEN], d[UNITS_STRLEN];

	if (c->file == NULL)
		return;
	line(out, "capture", "%s: %s frames; not there: %s since its writer was behind, %s beyond --capture-limit", c->file,
	     units_count(a, c->frames), units_count(b, c->missed), units_count(d, c->beyond));
}

static void
print_conservation(FILE *out, const struct report *rep)
{
	const struct counts *c = &rep->totals;
	uint64_t left = c->started - c->established - c->connect_failed;
	char a[UNITS_STRLEN], b[UNITS_STRLEN], d[UNITS_STRLEN], e[UNITS_STRLEN];

	fputs("\nover the whole run:\n", out);
	line(out, "started", "%14s = %s established + %s failed + %s still opening", units_count(a, c->started),
	     units_count(b, c->established), units_count(d, c->connect_failed), units_count(e, left));
	if (rep->figures.pair)
		for (int i = 0; i < SIDES; i++)
			line(out, i == SIDE_CLIENT ? "client to server" : "server to client",
			     "%14s frames sent - %s received = %" PRId64 " lost", units_count(a, rep->side[i].tx_packets),
			     units_count(b, rep->side[!i].rx_packets), rep->lost[i]);
	print_failures(out, c);
}

static void
print_verdict(FILE *out, const struct report *rep)
{
	const struct verdict *v = &rep->verdict;

	fputc('\n', out);
	for (uint32_t i = 0; i < rep->rules.count; i++) {
		char value[UNITS_STRLEN + 8];

		failif_format(&rep->rules.list[i], rep->rule_values[i], value, sizeof(value));
		line(out, rep->rule_missed[i] ? "MISSED" : "held", "%s: %s", rep->rules.list[i].text, value);
	}
	if (!report_did_anything(rep)) {
		line(out, "INVALID", "nothing was completed");
		return;
	}
	line(out, "limited by", "%s: %s", verdict_limit_name(v->limit), v->evidence);
	if (report_status(rep) == EXIT_INVALID)
		line(out, "INVALID", "the generator itself was the limit: %s",
		     v->ports_ran_out ? VERDICT_MORE_PORTS : "use a lower --rate or more --cores");
}

static void
print_served(FILE *out, const struct report *rep)
{
	const struct window *w = rep->window;
	const struct tern_stats *t = &w->side[SIDE_SERVER].stats;
	char a[UNITS_STRLEN], b[UNITS_STRLEN];

	line(out, "served", "%.3f s%s", w->seconds, rep->interrupted ? ", ended by a signal" : "");
	line(out, "accepted", "%14s             %s/s", units_count(a, t->accepts),
	     units_round(b, units_ratio((double)t->accepts, w->seconds)));
	line(out, "packets", "%14s in          %s out", units_count(a, t->rx_packets), units_count(b, t->tx_packets));
	line(out, "payload", "%14s in          %s out", units_bytes(a, t->rx_payload_bytes), units_bytes(b, t->tx_payload_bytes));
	line(out, "still open", "%14s", units_count(a, rep->side[SIDE_SERVER].open_now));
}

static void
print_stages(FILE *out, const struct report *rep)
{
	const struct settings *s = rep->run->settings;
	char a[UNITS_STRLEN], b[UNITS_STRLEN], d[UNITS_STRLEN], e[UNITS_STRLEN], g[UNITS_STRLEN], h[UNITS_STRLEN];

	if (rep->stages == NULL || rep->stages->count == 0)
		return;
	fprintf(out, "\n%14s%14s%12s%12s%10s%10s%10s%8s  %s\n", s->find ? "tried /s" : "rate /s", "done /s", "failed",
		"not started", "p50 us", "p99 us", "p99.9 us", "busy %", s->find ? "held, limited by" : "limited by");
	for (uint32_t i = 0; i < rep->stages->count; i++) {
		const struct stage *st = &rep->stages->list[i];

		fprintf(out, "%14s%14s%12s%12s%10s%10s%10s%8.1f  %s%s\n", units_count(a, st->rate),
			units_round(b, st->completed_rate), units_count(d, st->failed), units_count(e, st->not_started),
			units_us(g, (double)st->p50_ns), units_us(h, (double)st->p99_ns),
			units_us((char[UNITS_STRLEN]){ 0 }, (double)st->p999_ns), 100 * st->busy,
			s->find ? st->held ? "yes, " : "no, " : "", st->limited_by);
	}
	if (s->find && report_found(rep) > 0)
		fprintf(out, "\nhighest rate that held: %s %s/s; what is said above is of that trial\n",
			units_count(a, report_found(rep)), settings_unit(s));
	else if (s->find)
		fputs("\nno rate held; what is said above is of the last trial\n", out);
	else
		fputs("\nwhat is said above is of the last step\n", out);
}

void
summary_print(FILE *out, const struct report *rep)
{
	bool serve = rep->run->settings->command == COMMAND_SERVE;
	char n[UNITS_STRLEN], huge[UNITS_STRLEN];

	print_title(out, rep);
	if (serve) {
		print_served(out, rep);
	} else {
		print_rates(out, rep);
		print_latencies(out, rep);
	}
	fputc('\n', out);
	print_side(out, "client", &rep->window->side[SIDE_CLIENT]);
	print_side(out, "server", &rep->window->side[SIDE_SERVER]);
	print_capture(out, &rep->capture);
	line(out, "memory", "%s resident at most, and %s of hugepages", units_bytes(n, rep->memory_bytes),
	     units_bytes(huge, rep->hugepage_bytes));
	if (!serve)
		print_conservation(out, rep);
	else
		fputs("\nover the whole run:\n", out);
	for (enum side side = SIDE_CLIENT; side < SIDES; side++)
		print_shortages(out, rep, side);
	if (shortages_hugepages(tern_description_json(rep->run->tern)) > 0)
		line(out, "ran out of", "hugepages: %s are in normal pages, which cost more misses; reserve more, or smaller room",
		     units_bytes(n, shortages_hugepages(tern_description_json(rep->run->tern))));
	print_reasons(out, "client", &rep->side[SIDE_CLIENT]);
	print_reasons(out, "server", &rep->side[SIDE_SERVER]);
	if (!serve) {
		print_stages(out, rep);
		print_verdict(out, rep);
	}
}
