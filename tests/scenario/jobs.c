/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs.h"

#define TRIES 3u

struct job {
	pid_t pid;                 /* 0: nothing runs here */
	unsigned int i;
	FILE *out;
};

static void
start(struct job *job, unsigned int i, bool (*task)(const void *context, unsigned int i, FILE *out), const void *context)
{
	job->i = i;
	job->out = tmpfile();
	fflush(stdout);
	job->pid = job->out != NULL ? fork() : -1;
	if (job->pid < 0) {
		perror("cannot start a case");
		exit(2);
	}
	if (job->pid == 0) {
		bool ok = task(context, i, job->out);

		fflush(job->out);
		_exit(ok ? 0 : 1);
	}
}

/* Waits for one of the jobs. Its output is kept open; *ok tells how it ended. */
static struct job *
next_done(struct job *jobs, unsigned int most, bool *ok)
{
	int status;
	pid_t pid = wait(&status);

	for (unsigned int k = 0; k < most; k++)
		if (jobs[k].pid == pid) {
			jobs[k].pid = 0;
			*ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
			if (WIFSIGNALED(status))
				fprintf(jobs[k].out, "not ok %u - ended by signal %d\n", jobs[k].i + 1, WTERMSIG(status));
			return &jobs[k];
		}
	return NULL;
}

static void
print(FILE *from)
{
	char text[4096];
	size_t n;

	rewind(from);
	while ((n = fread(text, 1, sizeof(text), from)) > 0)
		fwrite(text, 1, n, stdout);
	fflush(stdout);
}

/* The last try is printed. */
static bool
run_alone(unsigned int i, bool (*task)(const void *context, unsigned int i, FILE *out), const void *context)
{
	struct job job;
	bool ok = false;

	for (unsigned int n = 1; n <= TRIES; n++) {
		start(&job, i, task, context);
		if (next_done(&job, 1, &ok) == NULL)
			return false;
		if (ok || n == TRIES)
			print(job.out);
		fclose(job.out);
		if (ok)
			return true;
	}
	return false;
}

unsigned int
jobs_run(unsigned int count, unsigned int most, bool (*task)(const void *context, unsigned int i, FILE *out),
	 const void *context)
{
	struct job *jobs = calloc(most, sizeof(*jobs));
	unsigned int *again = calloc(count, sizeof(*again));
	unsigned int started = 0, running = 0, failed = 0, agains = 0;

	if (jobs == NULL || again == NULL)
		abort();
	while (started < count || running > 0) {
		struct job *done;
		bool ok = false;

		for (unsigned int k = 0; k < most && started < count; k++)
			if (jobs[k].pid == 0) {
				start(&jobs[k], started++, task, context);
				running++;
			}
		done = next_done(jobs, most, &ok);
		if (done == NULL)
			break;
		running--;
		if (ok)
			print(done->out);
		else
			again[agains++] = done->i;
		fclose(done->out);
	}
	for (unsigned int n = 0; n < agains; n++)
		failed += !run_alone(again[n], task, context);
	if (agains > failed)
		printf("# %u cases passed when they were run once more, alone\n", agains - failed);
	free(jobs);
	free(again);
	return failed;
}
