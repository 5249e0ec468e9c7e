/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The scenario runner: files of scenarios in, TAP out. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "pkt.h"
#include "pkt_write.h"
#include "run.h"

static const char usage[] =
	"usage: runner [options] FILE ...\n"
	"Runs the scenarios of .scn files, each under all of its conditions, and scripts in packetdrill's\n"
	"language, .pkt, in virtual time, and prints TAP.\n"
	"  -f, --filter TEXT   only scenarios whose sentence, RFC sections or MUST ids contain TEXT\n"
	"  -l, --list          print the scenarios and how many cases each has\n"
	"  -b, --backend NAME  whose TCP: tern (default), or linux, the kernel's: in real time, as root\n"
	"  -j, --jobs N        cases of the kernel at a time (default 24)\n"
	"  -t, --tolerance MS  how late or early the kernel may be (default 60)\n"
	"  -s, --seed N        seed of Tern's secrets (default 1)\n"
	"  -D, --define N=V    in .pkt files the word N stands for V\n"
	"  -c, --to-scn        print .pkt files as scenarios; nothing is run\n"
	"  -p, --to-pkt DIR    run, and write each case that can be said as a packetdrill script into DIR\n"
	"  -v, --verbose       print the conversation of every case\n"
	"  -h, --help          this\n";

struct arguments {
	const char *filter, *to_pkt;
	bool list, verbose, to_scn;
	char *define[16];
	unsigned int defines;
	uint64_t seed;
	const struct backend_ops *ops;
	unsigned int jobs, tolerance_ms;
};

/* One scenario under one set of conditions. */
struct one {
	const struct script_block *block;
	struct variant variant;
};

struct plan {
	const struct arguments *arguments;
	const struct script *script;
	struct one *cases;
	unsigned int count, scenarios, left_out;
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
comment(FILE *out, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t n = strcspn(text, "\n");

		fprintf(out, "# %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* DIR/close-0042-v6-nots.pkt: the line of the scenario is its number */
static void
script_path(const struct run *r, const char *directory, const char *variant, char *path, size_t size)
{
	const char *file = strrchr(r->scenario->file, '/') != NULL ? strrchr(r->scenario->file, '/') + 1 : r->scenario->file;
	int n = snprintf(path, size, "%s/%.*s-%04u-%s.pkt", directory, (int)strcspn(file, "."), file, r->scenario->number, variant);

	for (char *p = path + n - 1; p > path && *p != '/'; p--)
		if (*p == ' ')
			*p = '-';
}

/* What --to-pkt has to say of a case: where its script is, or why there is none. */
static void
finish_script(struct run *r, const char *directory, const char *variant, bool ok, char **text, FILE *out)
{
	char path[512];
	FILE *f = NULL;

	fclose(r->writer->out);
	script_path(r, directory, variant, path, sizeof(path));
	if (!ok)
		pkt_write_cannot(r, "the case fails on a host that acknowledges each second segment, as scripts assume");
	if (r->writer->waits)
		pkt_write_cannot(r, "a write waits at the end");
	if (r->writer->cannot[0] == '\0' && (f = fopen(path, "w")) == NULL)
		pkt_write_cannot(r, "%s cannot be written", path);
	if (f != NULL) {
		fputs(*text, f);
		fclose(f);
		fprintf(out, "# written to %s, with %u checks as comments\n", path, r->writer->left_out);
	} else {
		fprintf(out, "# cannot be said: %s\n", r->writer->cannot);
	}
	free(*text);
	free(r->writer);
	r->writer = NULL;
}

static bool
run_one(const void *context, unsigned int i, FILE *out)
{
	const struct plan *plan = context;
	const struct arguments *a = plan->arguments;
	const struct one *one = &plan->cases[i];
	struct run *r = calloc(1, sizeof(*r));
	char name[64], *text = NULL;
	size_t size;
	bool ok;

	if (r == NULL)
		abort();
	r->script = plan->script;
	r->scenario = one->block;
	r->variant = one->variant;
	r->ops = a->ops;
	r->tolerance_ns = a->tolerance_ms * UINT64_C(1000000);
	r->seed = a->seed;
	variant_name(&one->variant, name, sizeof(name));
	if (a->to_pkt != NULL)
		r->writer = calloc(1, sizeof(*r->writer));
	if (r->writer != NULL)
		r->writer->out = open_memstream(&text, &size);
	ok = run_case(r);
	if (r->writer != NULL)
		finish_script(r, a->to_pkt, name, ok, &text, out);
	fprintf(out, "%s %u - %s [%s]\n", ok ? "ok" : "not ok", i + 1, one->block->name, name);
	if (!ok || a->verbose)
		comment(out, r->log);
	if (!ok) {
		comment(out, r->failure);
		fprintf(out, "# seed %llu, scenario at %s:%u\n", (unsigned long long)a->seed, one->block->file,
			one->block->number);
	}
	fflush(out);
	free(r->log);
	free(r);
	return ok;
}

/* Which cases there are. False for a scenario that cannot be read. */
static bool
make_plan(struct plan *plan)
{
	char error[256] = "a line is too long";

	for (unsigned int i = 0; i < plan->script->blocks; i++) {
		const struct script_block *b = &plan->script->block[i];
		struct variant variants[VARIANTS];
		unsigned int n;

		if (b->routine || !matches(b, plan->arguments->filter))
			continue;
		n = script_variants(b, variants, error, sizeof(error));
		if (n == 0 || !script_marks(b, error, sizeof(error))) {
			fprintf(stderr, "%s: scenario \"%s\": %s\n", b->file, b->name, error);
			return false;
		}
		if (!plan->arguments->ops->virtual_time && script_is_left_out(b)) {
			plan->left_out++;
			continue;
		}
		plan->scenarios++;
		if (plan->arguments->list)
			printf("%3u  %s\n", n, b->name);
		plan->cases = realloc(plan->cases, (plan->count + n) * sizeof(*plan->cases));
		if (plan->cases == NULL)
			abort();
		for (unsigned int k = 0; k < n; k++)
			plan->cases[plan->count++] = (struct one){ b, variants[k] };
	}
	return true;
}

static unsigned int
run_plan(const struct plan *plan)
{
	unsigned int failed = 0;

	printf("1..%u\n", plan->count);
	if (!plan->arguments->ops->virtual_time)
		return jobs_run(plan->count, plan->arguments->jobs, run_one, plan);
	for (unsigned int i = 0; i < plan->count; i++)
		failed += !run_one(plan, i, stdout);
	return failed;
}

static bool
read_arguments(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "filter", required_argument, NULL, 'f' }, { "list", no_argument, NULL, 'l' },
		{ "backend", required_argument, NULL, 'b' }, { "jobs", required_argument, NULL, 'j' },
		{ "tolerance", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' }, { "verbose", no_argument, NULL, 'v' },
		{ "define", required_argument, NULL, 'D' }, { "to-scn", no_argument, NULL, 'c' },
		{ "to-pkt", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "f:ls:b:j:t:D:cp:vh", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			a->filter = optarg;
			break;
		case 'l':
			a->list = true;
			break;
		case 'b':
			a->ops = strcmp(optarg, "tern") == 0 ? &backend_tern : strcmp(optarg, "linux") == 0 ? &backend_linux : NULL;
			break;
		case 'j':
			a->jobs = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 't':
			a->tolerance_ms = (unsigned int)strtoul(optarg, NULL, 0);
			break;
		case 's':
			a->seed = strtoull(optarg, NULL, 0);
			break;
		case 'D':
			if (strchr(optarg, '=') == NULL || a->defines == sizeof(a->define) / sizeof(a->define[0]))
				return false;
			a->define[a->defines++] = optarg;
			break;
		case 'p':
			a->to_pkt = optarg;
			break;
		case 'c':
			a->to_scn = true;
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
	return optind < argc && a->ops != NULL && a->jobs > 0;
}

static bool
load(struct script *script, const struct arguments *a, char **path, int count)
{
	for (int i = 0; i < count; i++) {
		bool seen = false;

		for (unsigned int k = 0; k < script->files; k++)
			seen |= strcmp(script->file[k], path[i]) == 0;
		if (!seen && (pkt_is(path[i]) ? pkt_load(script, path[i], a->define, a->defines) : script_load(script, path[i])) != 0) {
			fprintf(stderr, "%s\n", script->error);
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct arguments a = { .seed = 1, .ops = &backend_tern, .jobs = 24, .tolerance_ms = 60 };
	struct script script = { 0 };
	struct plan plan = { .arguments = &a, .script = &script };
	unsigned int failed = 0;
	bool loaded;

	if (!read_arguments(argc, argv, &a)) {
		fputs(usage, stderr);
		return 2;
	}
	loaded = load(&script, &a, argv + optind, argc - optind) && make_plan(&plan);
	if (!loaded) {
		/* it has been said what is wrong */
	} else if (a.to_scn) {
		for (unsigned int i = 0; i < script.blocks; i++)
			pkt_print(&script.block[i]);
	} else if (a.list) {
		printf("%u scenarios, %u cases\n", plan.scenarios, plan.count);
	} else if (a.ops->lacks != NULL && a.ops->lacks() != NULL) {
		printf("1..0 # SKIP the backend %s wants %s\n", a.ops->name, a.ops->lacks());
	} else {
		failed = run_plan(&plan);
		printf("# %s: %u scenarios, %u cases, %u failed\n", a.ops->name, plan.scenarios, plan.count, failed);
		if (plan.left_out > 0)
			printf("# %u more scenarios are for virtual time or for Tern alone\n", plan.left_out);
	}
	free(plan.cases);
	script_free(&script);
	return !loaded ? 2 : failed == 0 ? 0 : 1;
}
