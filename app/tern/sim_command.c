/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim_command.h"
#include "sim_figures.h"
#include "sim_interrupt.h"

/* A file that cannot be written is told before the work, not after it. */
static int
check_files(const struct sim_settings *s, struct problem *why)
{
	const char *const files[][2] = {
		{ "json", s->json }, { "csv", s->csv }, { "svg", s->svg }, { "capture", s->capture }
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = files[i][1];
		bool there;
		FILE *f;

		if (path == NULL || (i == 0 && strcmp(path, "-") == 0))
			continue;
		there = access(path, F_OK) == 0;
		f = fopen(path, "ae");
		if (f == NULL)
			return problem_say(why, "--%s '%s': %s", files[i][0], path, strerror(errno));
		fclose(f);
		if (!there)
			unlink(path);
	}
	return 0;
}

static enum exit_status
write_reports(const struct sim_figures *f, struct problem *why)
{
	const struct sim_settings *s = f->run->settings;

	if (s->json == NULL || strcmp(s->json, "-") != 0)
		sim_report_print(stdout, f);
	if ((s->json != NULL && sim_json_write(f, s->json, why) != 0) ||
	    (s->csv != NULL && sim_csv_write(f, s->csv, why) != 0) ||
	    (s->svg != NULL && sim_plot_write(f, s->svg, why) != 0))
		return EXIT_NOT_RUN;
	why->text[0] = 0;
	return sim_status(f);
}

/* All that a run was asked for with. */
struct task {
	struct sim_plan *plan;
	const struct options *options;
	const struct sim_sections *sections;
};

/* A run of its own, for the row that it leaves. 0 or -1 with *why. */
static int
one_more(const struct task *t, const struct sim_settings *s, struct sim_turn *turn, bool *interrupted,
	 struct problem *why)
{
	struct sim_run r = { .sim = NULL };
	struct sim_figures f = { .run = NULL };
	int rc = sim_run(&r, t->plan, s, t->options, t->sections, why);

	if (rc == 0)
		rc = sim_figures_compute(&f, &r, why);
	if (rc == 0)
		*turn = sim_turn_of(&f);
	*interrupted = r.interrupted;
	sim_figures_free(&f);
	sim_run_free(&r);
	turn->good &= r.lost_mbufs == 0;
	return rc;
}

/* The runs behind the first. 0 or -1 with *why. */
static int
repeat(const struct task *t, const struct sim_figures *first, struct sim_repeats *all, struct problem *why)
{
	struct sim_settings s = *first->run->settings;
	bool interrupted = first->run->interrupted;

	all->list = calloc(s.repeat, sizeof(*all->list));
	if (all->list == NULL)
		return problem_say(why, "no memory for --repeat");
	all->list[all->count++] = sim_turn_of(first);
	while (all->count < s.repeat && !interrupted) {
		s.seed++;
		if (one_more(t, &s, &all->list[all->count], &interrupted, why) != 0)
			return -1;
		/* what was cut short cannot be compared */
		if (!interrupted)
			all->count++;
	}
	return 0;
}

static enum exit_status
status_of(const struct sim_repeats *all, enum exit_status status)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (status == EXIT_VALID && !all->list[i].good)
			status = EXIT_CRITERION;
	return status;
}

static enum exit_status
run(const struct task *t, const struct sim_settings *s, struct problem *why)
{
	enum exit_status status = EXIT_NOT_RUN;
	struct sim_run r = { .sim = NULL };
	struct sim_figures f = { .run = NULL };
	struct sim_repeats all = { .list = NULL };

	why->text[0] = 0;
	sim_interrupt_watch();
	if (check_files(s, why) == 0 && sim_run(&r, t->plan, s, t->options, t->sections, why) == 0 &&
	    sim_figures_compute(&f, &r, why) == 0 && (s->repeat == 1 || repeat(t, &f, &all, why) == 0)) {
		f.repeats = s->repeat > 1 ? &all : NULL;
		status = status_of(&all, write_reports(&f, why));
	}
	if (why->text[0] != 0)
		fprintf(stderr, "tern: %s\n", why->text);
	sim_figures_free(&f);
	sim_run_free(&r);
	free(all.list);
	if (r.lost_mbufs != 0) {
		fprintf(stderr, "tern: %" PRIu64 " mbufs did not come back: a fault of Tern's own\n", r.lost_mbufs);
		status = EXIT_NOT_RUN;
	}
	return status;
}

void
sim_help(FILE *out)
{
	struct sim_sections sections = { 0 };
	struct options options;
	struct problem why;

	if (sim_options_init(&options, &sections, &why) == 0)
		help_command(out, &options);
	options_free(&options);
}

enum exit_status
sim_main(int argc, char **argv)
{
	struct sim_sections sections = { 0 };
	enum exit_status status = EXIT_NOT_RUN;
	struct sim_settings settings;
	struct sim_plan plan = { 0 };
	struct options options;
	struct problem why;

	if (sim_options_init(&options, &sections, &why) != 0 || options_read(&options, argc, argv, &why) != 0 ||
	    sim_settings_read(&settings, &options, &sections, &why) != 0 ||
	    sim_plan_make(&plan, &settings, &options, &sections, &why) != 0) {
		fprintf(stderr, "tern: %s\n", why.text);
	} else if (settings.check) {
		check_print_options(stdout, &options);
		fputs("What would run:\n", stdout);
		sim_plan_print(stdout, &plan, &settings);
		status = EXIT_VALID;
	} else {
		status = run(&(struct task){ &plan, &options, &sections }, &settings, &why);
	}
	sim_plan_free(&plan);
	sim_sections_free(&sections);
	options_free(&options);
	return status;
}
