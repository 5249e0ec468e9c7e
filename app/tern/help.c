/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <string.h>

#include <tern/tern.h>

#include "options.h"

struct command_help {
	enum command command;
	const char *usage, *text, *examples;
};

static const struct command_help commands[] = {
	{ COMMAND_LOAD, "tern load TARGET --dev DEV --ip ADDR/PREFIX [options]",
	  "Open connections to TARGET and measure how fast they are set up and answered.\n\n"
	  "Closed loop, the default: -c connections are open, each starts anew when it has ended.\n"
	  "Open loop, -R: arrivals are spaced evenly and their latency counts from the moment at\n"
	  "which each should have started, so that a server that stalls cannot hide it. With -c as\n"
	  "well, an arrival waits for a free connection, at most --timeout; what could then not be\n"
	  "started is counted. --ramp raises the rate in steps, --find max looks for the highest\n"
	  "one that holds.\n\n"
	  "Setup latency: from the SYN to the established connection.\n"
	  "Answer latency: from the start of the transaction (cc and crr: of the connection; rr: of\n"
	  "the request; in open loop: the intended start) to the last byte of the answer.\n",
	  "  tern load 198.18.0.2:80 --dev tap:t0 --ip 198.18.0.1/24 -c 128 -d 30s\n"
	  "  tern load 198.18.1.1:80-95 --dev tap:t0 --ip 198.18.0.1/24 --gw 198.18.0.2 -R 20k\n"
	  "  tern load [2001:2::2]:7 --dev tap:t0 --ip 2001:2::1/64 --mode rr --verify\n"
	  "  tern load http://198.18.0.2:8080/path --dev tap:t0 --ip 198.18.0.1/24 --mode rr -H 'Accept: */*'\n"
	  "  tern load 198.18.0.2:80 --dev tap:t0 --ip 198.18.0.1/24 --find max -R 1M --trial 10s --loss 0.001%\n"
	  "  tern load --config load-tap.ini --fail-if 'failed>0.1%,p99>5ms' --json result.json\n" },
	{ COMMAND_SERVE, "tern serve --dev DEV --ip ADDR/PREFIX [options]",
	  "Serve whoever connects, until Ctrl-C.\n\n"
	  "--app echo sends back what comes. With --answer-size it answers every --request-size\n"
	  "bytes with so many bytes; --closer server closes behind the first answer.\n"
	  "--app http answers GET, HEAD and POST of HTTP/1.1 and 1.0 with a body of --answer-size.\n",
	  "  tern serve --dev tap:t0 --ip 198.18.0.1/24 --listen 7\n"
	  "  tern serve --dev tap:t0 --ip 198.18.0.1/24@100 --listen 80-95 --app discard\n"
	  "  tern serve --dev tap:t0 --ip 198.18.0.1/24 --app http --answer-size 10Ki\n"
	  "  tern serve --dev tap:t0 --ip 198.18.0.1/24 --ip 2001:2::1/64 --answer-size 1Ki --closer server\n" },
	{ COMMAND_PAIR, "tern pair [options]",
	  "Client and server in one process: over loop (rings in memory) without a device, else\n"
	  "through whatever stands between --client-dev and --server-dev. Loss is counted for each\n"
	  "direction. Load and latencies are as in 'tern load --help'.\n",
	  "  tern pair\n"
	  "  tern pair --mode rr -c 1024 --request-size 128 --answer-size 1Ki\n"
	  "  tern pair -R 200k -d 30s --json result.json\n"
	  "  tern pair --client-dev tap:t0 --client-ip 198.18.0.1/24 --server-dev tap:t1 --server-ip 198.18.0.2/24\n" },
	{ COMMAND_SIM, "tern sim [options]",
	  "Flows of real stacks over a modelled network, in virtual time: hours of it in minutes. It needs\n"
	  "no device and no privilege, and the same seed gives the same packets, byte for byte.\n\n"
	  "The network is a dumbbell: clients, a switch, the bottleneck, a switch, servers; with one\n"
	  "client and one server the bottleneck alone. Or it is one of your own, from sections of\n"
	  "--config: [host NAME] with options of its stack, [switch NAME], [link A B] and [link A B reverse]\n"
	  "with rate, delay, jitter, queue, aqm, ecn, red-min, red-max, red-probability, codel-target,\n"
	  "codel-interval, loss, gilbert, reorder, duplicate, corrupt, mtu, mtu-icmp, flap and name, and [flow NAME]\n"
	  "with from, to, start, stop, size, congestion, mode, direction, requests, request-size,\n"
	  "answer-size and ipv6. What a [flow] does not say, the options say.\n\n"
	  "Every byte that arrives is compared with what was sent. Exit status: 0 valid; 1 could not run,\n"
	  "nothing arrived, or bytes differ; 2 a flow failed or stalled.\n",
	  "  tern sim\n"
	  "  tern sim --link-rate 1gbit --rtt 40ms --loss 0.1% --flows 8 --svg flows.svg\n"
	  "  tern sim --rtt 10ms,80ms --flows 4 --stagger 5s -d 60s --csv flows.csv\n"
	  "  tern sim --size 10M --gilbert 0.1%,30% --capture loss.pcapng\n"
	  "  tern sim --mode rr --reorder 1%,5ms --answer-size 10k\n"
	  "  tern sim --loss 1% --repeat 9\n"
	  "  tern sim --config config/sim-satellite.ini --json result.json\n" },
};

void
help_program(FILE *out)
{
	fputs("Tern: a TCP endpoint in user space, as a load generator, a server and a simulator of networks.\n\n", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %s\n", commands[i].usage);
	fputs("  tern compare A.json B.json [--fail-if 'requests_per_second<0.95']\n", out);
	fputs("\n  tern load|serve|pair|sim --help    options, with defaults and examples\n"
	      "  tern dev                           the kinds of devices that --dev knows\n"
	      "  tern --version\n\n"
	      "Begin with 'tern pair' and 'tern sim': they need no device, no privilege and no peer.\n\n"
	      "Exit status: 0 valid; 1 could not run; 2 a --fail-if criterion was missed, or a simulated flow failed;\n"
	      "3 invalid, because the generator itself was the limit of an open loop.\n", out);
}

void
help_devices(FILE *out)
{
	for (const struct tern_device *d = tern_devices(); d->name != NULL; d++) {
		char word[48];

		snprintf(word, sizeof(word), "%s%s%s", d->name, d->argument != NULL ? ":" : "",
			 d->argument != NULL ? d->argument : "");
		fprintf(out, "  %-16s%s\n", word, d->help);
	}
}

static void
print_option(FILE *out, const struct known_option *k)
{
	char flag[64], letter[8] = "    ";
	int width;

	if (k->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", k->letter);
	width = snprintf(flag, sizeof(flag), "  %s--%s%s%s", letter, k->name, k->argument != NULL ? " " : "",
			 k->argument != NULL ? k->argument : "");
	if (width < 30)
		fprintf(out, "%-30s", flag);
	else
		fprintf(out, "%s\n%30s", flag, "");
	fputs(k->help, out);
	if (k->fallback != NULL)
		fprintf(out, " (%s)", k->fallback);
	if (k->repeat)
		fputs("; may be repeated", out);
	fputc('\n', out);
}

void
help_command(FILE *out, const struct options *o)
{
	const char *group = "";
	const struct command_help *help = commands;

	while (help->command != o->command)
		help++;
	fprintf(out, "Usage: %s\n\n%s", help->usage, help->text);
	/* the library's table is not sorted by group: one pass for each */
	for (size_t g = 0; g < o->count; g++) {
		bool first = true, any = false;

		group = o->list[g].group;
		for (size_t i = 0; i < g && first; i++)
			first = strcmp(o->list[i].group, group) != 0;
		if (!first)
			continue;
		for (size_t i = 0; i < o->count; i++) {
			const struct known_option *k = &o->list[i];

			if (!k->here || k->side || strcmp(k->group, group) != 0)
				continue;
			if (!any)
				fprintf(out, "\n%s:\n", group);
			any = true;
			print_option(out, k);
		}
		if (any && o->command == COMMAND_PAIR && strncmp(group, "Devices", 7) == 0)
			fputs("  each of these also for one side: --client-dev, --server-dev, --client-ip ...\n", out);
		if (any && o->command == COMMAND_SIM && strncmp(group, "Devices", 7) == 0)
			fputs("  each of these also for the dumbbell's one side: --client-window, --server-window ...\n", out);
	}
	fputs("\nk, M, G are 1000, Ki, Mi, Gi 1024; times are 500us 10s 2h 1d.\n", out);
	fprintf(out, "\nExamples:\n%s", help->examples);
}
