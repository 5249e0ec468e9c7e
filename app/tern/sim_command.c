/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sim_command.h"
#include "sim_figures.h"
#include "sim_interrupt.h"

/* A file that cannot be written is told before the work, not after it. */
static int
check_files(const struct sim_settings *s, struct problem *why)
{
	const char *const files[][2] = { { "json", s->json }, { "csv", s->csv }, { "svg", s->svg }, { "capture", s->capture } };

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
report(struct sim_run *r, struct problem *why)
{
	const struct sim_settings *s = r->settings;
	enum exit_status status = EXIT_NOT_RUN;
	struct sim_figures f;

	if (sim_figures_compute(&f, r, why) == 0) {
		bool failed = false;

		if (s->json == NULL || strcmp(s->json, "-") != 0)
			sim_report_print(stdout, &f);
		failed |= s->json != NULL && sim_json_write(&f, s->json, why) != 0;
		failed |= !failed && s->csv != NULL && sim_csv_write(&f, s->csv, why) != 0;
		failed |= !failed && s->svg != NULL && sim_plot_write(&f, s->svg, why) != 0;
		if (failed)
			fprintf(stderr, "tern: %s\n", why->text);
		else
			status = sim_status(&f);
	} else {
		fprintf(stderr, "tern: %s\n", why->text);
	}
	sim_figures_free(&f);
	return status;
}

static enum exit_status
run(struct sim_plan *plan, const struct sim_settings *s, const struct options *o, struct problem *why)
{
	enum exit_status status = EXIT_NOT_RUN;
	struct sim_run r = { .sim = NULL };

	if (check_files(s, why) != 0) {
		fprintf(stderr, "tern: %s\n", why->text);
		return EXIT_NOT_RUN;
	}
	sim_interrupt_watch();
	if (sim_run(&r, plan, s, o, why) != 0)
		fprintf(stderr, "tern: %s\n", why->text);
	else
		status = report(&r, why);
	sim_run_free(&r);
	if (r.lost_mbufs != 0) {
		fprintf(stderr, "tern: %lu mbufs did not come back: a fault of Tern's own\n", r.lost_mbufs);
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
		status = run(&plan, &settings, &options, &why);
	}
	sim_plan_free(&plan);
	sim_sections_free(&sections);
	options_free(&options);
	return status;
}
