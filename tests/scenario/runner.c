/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The scenario runner: files of scenarios in, TAP out. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

static const char usage[] =
	"usage: runner [options] FILE.scn ...\n"
	"Runs the scenarios of the files, each under all of its conditions, and prints TAP.\n"
	"  -f, --filter TEXT   only scenarios whose sentence, RFC sections or MUST ids contain TEXT\n"
	"  -l, --list          print the scenarios and how many cases each has\n"
	"  -s, --seed N        seed of the host's secrets (default 1)\n"
	"  -v, --verbose       print the conversation of every case\n"
	"  -h, --help          this\n";

struct arguments {
	const char *filter;
	bool list, verbose;
	uint64_t seed;
};

static bool
matches(const struct script_block *b, const char *filter)
{
	if (filter == NULL || strstr(b->name, filter) != NULL)
		return true;
	for (unsigned int i = 0; i < b->lines; i++)
		if ((strncmp(b->line[i].text, "rfc ", 4) == 0 || strncmp(b->line[i].text, "must ", 5) == 0) &&
		    strstr(b->line[i].text, filter) != NULL)
			return true;
	return false;
}

/* each line of a text as a TAP comment */
static void
comment(const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t n = strcspn(text, "\n");

		printf("# %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static bool
one_case(const struct arguments *a, const struct script *script, const struct script_block *b,
	 const struct variant *v, unsigned int number)
{
	struct run *r = calloc(1, sizeof(*r));
	char name[64];
	bool ok;

	if (r == NULL)
		abort();
	r->script = script;
	r->scenario = b;
	r->variant = *v;
	r->ops = &backend_tern;
	r->seed = a->seed;
	ok = run_case(r);
	variant_name(v, name, sizeof(name));
	printf("%s %u - %s [%s]\n", ok ? "ok" : "not ok", number, b->name, name);
	if (!ok || a->verbose)
		comment(r->log);
	if (!ok) {
		comment(r->failure);
		printf("# seed %llu, scenario at %s:%u\n", (unsigned long long)a->seed, b->file, b->number);
	}
	fflush(stdout);
	free(r->log);
	free(r);
	return ok;
}

/* Counts, lists or runs; returns how many cases failed, or -1 for a scenario that cannot be read. */
static int
all_cases(const struct arguments *a, const struct script *script, bool run, unsigned int *scenarios, unsigned int *cases)
{
	char error[256] = "a line is too long";
	int failed = 0;

	*scenarios = *cases = 0;
	for (unsigned int i = 0; i < script->blocks; i++) {
		const struct script_block *b = &script->block[i];
		struct variant variants[VARIANTS];
		unsigned int n;

		if (b->routine || !matches(b, a->filter))
			continue;
		n = script_variants(b, variants, error, sizeof(error));
		if (n == 0) {
			fprintf(stderr, "%s: scenario \"%s\": %s\n", b->file, b->name, error);
			return -1;
		}
		(*scenarios)++;
		if (a->list && !run)
			printf("%3u  %s\n", n, b->name);
		for (unsigned int k = 0; k < n; k++) {
			(*cases)++;
			if (run)
				failed += !one_case(a, script, b, &variants[k], *cases);
		}
	}
	return failed;
}

static bool
read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "filter", required_argument, NULL, 'f' }, { "list", no_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 's' }, { "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:ls:vh", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			a->filter = optarg;
			break;
		case 'l':
			a->list = true;
			break;
		case 's':
			a->seed = strtoull(optarg, NULL, 0);
			break;
		case 'v':
			a->verbose = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			return false;
		}
	}
	return optind < argc;
}

int
main(int argc, char **argv)
{
	struct arguments a = { .seed = 1 };
	struct script script = { 0 };
	unsigned int scenarios, cases;
	int failed;

	if (!read_arguments(argc, argv, &a)) {
		fputs(usage, stderr);
		return 2;
	}
	for (int i = optind; i < argc; i++) {
		bool seen = false;

		for (unsigned int k = 0; k < script.files; k++)
			seen |= strcmp(script.file[k], argv[i]) == 0;
		if (!seen && script_load(&script, argv[i]) != 0) {
			fprintf(stderr, "%s\n", script.error);
			return 2;
		}
	}
	failed = all_cases(&a, &script, false, &scenarios, &cases);
	if (failed == 0 && !a.list) {
		printf("1..%u\n", cases);
		failed = all_cases(&a, &script, true, &scenarios, &cases);
		printf("# %u scenarios, %u cases, %d failed\n", scenarios, cases, failed);
	} else if (failed == 0) {
		printf("%u scenarios, %u cases\n", scenarios, cases);
	}
	script_free(&script);
	return failed == 0 ? 0 : 1;
}
