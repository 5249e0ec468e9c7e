/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * Opens Tern for a program of sockets. Its own words come first, Tern's behind "--":
 *
 *     epoll_echo_tern 7 -- --dev tap:t0 --ip 198.18.0.1/24 --cores 1
 *
 * On each core runs the program, with sockets of that core's own.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <tern/socket.h>

int program_main(int argc, char **argv);

struct words {
	int argc;
	char **argv;
};

static struct tern *tern;

static void
stop(int signal_number)
{
	(void)signal_number;
	tern_stop(tern);
}

static int
run(struct tern_stack *stack, void *arg)
{
	const struct words *words = arg;
	struct tsock_set *set = tsock_set_new(stack, NULL);
	int result;

	if (set == NULL) {
		perror("tsock_set_new");
		return 1;
	}
	tsock_use(set);
	result = program_main(words->argc, words->argv);
	tsock_set_free(set);
	return result;
}

int
main(int argc, char **argv)
{
	struct words words = { .argc = 0, .argv = argv };
	int result;

	while (words.argc < argc && strcmp(argv[words.argc], "--") != 0)
		words.argc++;
	if (words.argc == argc) {
		fprintf(stderr, "%s: words for Tern are wanted behind --, such as: -- --dev tap:t0 --ip 198.18.0.1/24\n", argv[0]);
		return 1;
	}
	argv[words.argc] = argv[0];
	tern = tern_open(argc - words.argc, argv + words.argc);
	if (tern == NULL) {
		fprintf(stderr, "%s\n", tern_error());
		return 1;
	}
	argv[words.argc] = NULL;
	fputs(tern_description(tern), stderr);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	result = tern_run(tern, run, &words);
	tern_destroy(tern);
	return result;
}
