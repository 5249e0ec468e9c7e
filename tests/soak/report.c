/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A case that failed: once more with its packets recorded, then made small. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "worker.h"

#define SHRINK_TRIALS 600u

struct failure {
	struct worker worker;
	char sentence[300];
};

/* The same if its sentence is, up to the colon. */
static void
sentence_of(const char *broken, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)strcspn(broken, ":"), broken);
}

static bool
fails_alike(const struct soak_case *c, void *arg)
{
	struct failure *f = arg;
	struct soak_result result;
	char sentence[300];

	worker_begin(&f->worker, c, NULL);
	worker_end(&f->worker, &result);
	sentence_of(result.broken, sentence, sizeof(sentence));
	return strcmp(sentence, f->sentence) == 0;
}

static void
keep_case(const struct soak_case *c, const char *file, const char *broken)
{
	FILE *to = fopen(file, "w");

	if (to == NULL) {
		fprintf(stderr, "soak: %s: %s\n", file, strerror(errno));
		return;
	}
	fprintf(to, "# %s\n", broken);
	soak_print(c, to);
	fclose(to);
}

void
report_failure(const struct soak_case *c, const char *name, const char *broken, const struct report *how)
{
	static struct failure f;
	static struct soak_case small;
	struct soak_result result;
	char file[WORKER_FILE], capture[WORKER_FILE];

	sentence_of(broken, f.sentence, sizeof(f.sentence));
	printf("# %s: %s\n", name, broken);
	snprintf(capture, sizeof(capture), "%s/soak-%llu", how->out, (unsigned long long)c->seed);
	worker_begin(&f.worker, c, capture);
	worker_end(&f.worker, &result);
	if (strcmp(result.broken, broken) != 0)
		printf("# and another time: %s\n", result.broken[0] != '\0' ? result.broken : "all held");
	printf("# replay: %s %s%s\n# packets: %s%s.pcapng\n", how->again, strncmp(name, "seed ", 5) == 0 ? "--replay " : "--case ",
	       strncmp(name, "seed ", 5) == 0 ? name + 5 : name, capture, soak_links(c) > 1 ? "-LINK" : "");
	fflush(stdout);
	if (how->shrink) {
		unsigned int trials;

		small = *c;
		trials = soak_shrink(&small, fails_alike, &f, SHRINK_TRIALS);
		snprintf(file, sizeof(file), "%s/soak-%llu.case", how->out, (unsigned long long)c->seed);
		worker_begin(&f.worker, &small, NULL);
		worker_end(&f.worker, &result);
		keep_case(&small, file, result.broken);
		printf("# made small (%u trials, %u steps): %s --case %s\n# %s\n", trials, small.steps, how->again, file, result.broken);
	}
	worker_stop(&f.worker);
	fflush(stdout);
}
