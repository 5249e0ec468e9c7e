/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <stdio.h>
#include <string.h>

#include <tern/tern.h>

#include "compare.h"
#include "options.h"
#include "session.h"
#include "sim_command.h"

static const struct {
	const char *name;
	enum command command;
} commands[] = {
	{ "load", COMMAND_LOAD }, { "serve", COMMAND_SERVE }, { "pair", COMMAND_PAIR },
};

static bool
wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static enum exit_status
run_command(enum command command, int argc, char **argv)
{
	enum exit_status status = EXIT_NOT_RUN;
	struct settings settings = { 0 };
	struct options options;
	struct problem why;

	if (options_init(&options, command, &why) != 0) {
		fprintf(stderr, "tern: %s\n", why.text);
		return EXIT_NOT_RUN;
	}
	if (wants_help(argc, argv)) {
		help_command(stdout, &options);
		status = EXIT_VALID;
	} else if (options_read(&options, argc, argv, &why) != 0 || settings_read(&settings, &options, &why) != 0) {
		fprintf(stderr, "tern: %s\n", why.text);
	} else if (settings.check) {
		check_print(stdout, &settings, &options);
		status = EXIT_VALID;
	} else {
		status = session_run(&settings, &options);
	}
	settings_free(&settings);
	options_free(&options);
	return status;
}

static enum exit_status
run_sim(int argc, char **argv)
{
	if (!wants_help(argc, argv))
		return sim_main(argc, argv);
	sim_help(stdout);
	return EXIT_VALID;
}

int
main(int argc, char **argv)
{
	static char help_flag[] = "--help";

	if (argc < 2) {
		help_program(stderr);
		return EXIT_NOT_RUN;
	}
	/* `tern help sim` is `tern sim --help` */
	if (argc == 3 && strcmp(argv[1], "help") == 0) {
		argv[1] = argv[2];
		argv[2] = help_flag;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return (int)run_command(commands[i].command, argc - 2, argv + 2);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		help_program(stdout);
		return EXIT_VALID;
	}
	if (strcmp(argv[1], "sim") == 0)
		return (int)run_sim(argc - 2, argv + 2);
	if (strcmp(argv[1], "compare") == 0)
		return compare_main(argc - 2, argv + 2);
	if (strcmp(argv[1], "dev") == 0) {
		help_devices(stdout);
		return EXIT_VALID;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("tern %s\n", TERN_VERSION);
		return EXIT_VALID;
	}
	fprintf(stderr, "tern: there is no command '%s'; there are load, serve, pair, sim, compare and dev ('tern --help')\n", argv[1]);
	return EXIT_NOT_RUN;
}
