/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * What a packetdrill script says about its host: options in its head, and shell
 * commands as far as they set what the host under test has settings for. No command is ever run.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

/* sysctls that are settings: value = sysctl * times / over; `flag`: 0 and 1; `inverted`: 1 means 0 */
static const struct {
	const char *sysctl, *setting;
	unsigned int times, over;
	bool inverted;
} sysctls[] = {
	{ "net.ipv4.tcp_timestamps", "timestamps", 1, 1, false },
	{ "net.ipv4.tcp_sack", "sack", 1, 1, false },
	{ "net.ipv4.tcp_window_scaling", "wscale", 1, 1, false },
	{ "net.ipv4.tcp_ecn", "ecn", 1, 1, false },
	{ "net.ipv4.tcp_syncookies", "syn_cookies", 1, 1, false },
	{ "net.ipv4.tcp_synack_retries", "synack_retries", 1, 1, false },
	{ "net.ipv4.tcp_rto_min_us", "rto_min_ms", 1, 1000, false },
	{ "net.ipv4.tcp_rto_max_ms", "rto_max_ms", 1, 1, false },
	{ "net.ipv4.tcp_fin_timeout", "fin_wait_2_ms", 1000, 1, false },
	{ "net.ipv4.tcp_keepalive_time", "keep_idle_ms", 1000, 1, false },
	{ "net.ipv4.tcp_keepalive_intvl", "keep_interval_ms", 1000, 1, false },
	{ "net.ipv4.tcp_keepalive_probes", "keep_count", 1, 1, false },
	{ "net.ipv4.ip_no_pmtu_disc", "pmtu_discovery", 1, 1, true },
	{ "net.ipv4.ip_default_ttl", "ttl", 1, 1, false },
	{ "net.ipv4.tcp_min_tso_segs", "push_bursts", 1, 1, false },
	{ "net.ipv4.tcp_notsent_lowat", "notsent_lowat", 1, 1, false },
};

/* sysctls that ask for what the host does anyway */
static const struct { const char *sysctl, *value; } fixed[] = {
	{ "net.ipv4.tcp_dsack", "1" }, { "net.ipv4.tcp_fack", "0" }, { "net.ipv4.tcp_frto", "2" }, { "net.ipv4.tcp_frto", "1" },
	{ "net.ipv4.tcp_recovery", "1" }, { "net.ipv4.tcp_early_retrans", "3" }, { "net.ipv4.tcp_early_retrans", "4" },
	{ "net.ipv4.tcp_reordering", "3" }, { "net.ipv4.tcp_no_metrics_save", "1" }, { "net.ipv4.tcp_syn_retries", "5" },
	{ "net.ipv4.tcp_rfc1337", "1" }, { "net.ipv4.tcp_invalid_ratelimit", "0" }, { "net.ipv4.tcp_autocorking", "0" },
};

bool
pkt_config(struct pkt_reader *x, unsigned int line, const char *name, const char *value)
{
	for (unsigned int i = 0; i < x->configs; i++)
		if (strcmp(x->config[i].name, name) == 0)
			return strcmp(x->config[i].value, value) == 0 ||
			       pkt_wrong(x, line, name, "is said twice, with two values; here it is a setting of the whole host");
	if (x->flows > 0)
		return pkt_wrong(x, line, name, "is a setting of the whole host here, and must stand before the first connection");
	if (x->configs == sizeof(x->config) / sizeof(x->config[0]))
		return pkt_wrong(x, line, name, "is more settings than the runner takes");
	snprintf(x->config[x->configs].name, sizeof(x->config[0].name), "%s", name);
	snprintf(x->config[x->configs++].value, sizeof(x->config[0].value), "%s", value);
	return true;
}

void
pkt_say_config(struct pkt_reader *x)
{
	static const char *const of_linux[][2] = {
		{ "congestion", "cubic" }, { "ack_every", "2" }, { "nodelay", "0" },
		/* these with a defaults.sh alone: see README.md */
		{ "quick_acks", "16" }, { "push_bursts", "2" }, { "nagle_minshall", "1" }, { "linux_cwnd", "1" },
		{ "timestamps_lax", "1" }, { "reset_keeps_unread", "1" }, { "errors_end_opens", "1" },
	};
	const unsigned int always = 3;
	char text[64];

	for (unsigned int i = 0; i < x->configs; i++) {
		snprintf(text, sizeof(text), "config %s %s", x->config[i].name, x->config[i].value);
		script_add_line(x->block, 1, text);
		if (strcmp(text, "config pmtu_discovery 0") == 0)
			script_add_line(x->block, 1, "may fragment");
	}
	for (unsigned int i = 0; i < (x->all_of_linux ? sizeof(of_linux) / sizeof(of_linux[0]) : always); i++) {
		bool said = false;

		for (unsigned int k = 0; k < x->configs; k++)
			said |= strcmp(x->config[k].name, of_linux[i][0]) == 0;
		snprintf(text, sizeof(text), "config %s %s", of_linux[i][0], of_linux[i][1]);
		if (!said)
			script_add_line(x->block, 1, text);
	}
}

bool
pkt_sysctl_of(const char *setting, const char *value, char *text, size_t size)
{
	long long v = strtoll(value, NULL, 0);

	if (strcmp(setting, "congestion") == 0) {
		snprintf(text, size, "net.ipv4.tcp_congestion_control=%s", strcmp(value, "newreno") == 0 ? "reno" : value);
		return strcmp(value, "none") != 0;
	}
	if (strcmp(setting, "fastopen") == 0) {
		snprintf(text, size, "net.ipv4.tcp_fastopen=%d", v ? 3 : 0);
		return true;
	}
	for (unsigned int i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		if (strcmp(setting, sysctls[i].setting) != 0)
			continue;
		v = sysctls[i].inverted ? !v : v * sysctls[i].over;
		snprintf(text, size, "%s=%lld", sysctls[i].sysctl, v / sysctls[i].times);
		return v % sysctls[i].times == 0;
	}
	return false;
}

static bool
set_sysctl(struct pkt_reader *x, unsigned int line, const char *name, const char *value)
{
	char number[24], *end;
	long long v = strtoll(value, &end, 0);

	if (strcmp(name, "net.ipv4.tcp_congestion_control") == 0) {
		if (strcmp(value, "reno") != 0 && strcmp(value, "cubic") != 0)
			return pkt_wrong(x, line, value, "congestion control here is cubic or reno");
		return pkt_config(x, line, "congestion", strcmp(value, "reno") == 0 ? "newreno" : value);
	}
	for (unsigned int i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(name, fixed[i].sysctl) == 0 && strcmp(value, fixed[i].value) == 0)
			return true;
	if (strcmp(name, "net.ipv4.tcp_fastopen") == 0 && *end == '\0')
		/* 1: as client, 2: as server, for those who ask for it; the rest are ways around cookies */
		return v > 3 ? pkt_wrong(x, line, value, "tcp_fastopen is read from 0 to 3: there is no Fast Open without cookies")
			     : pkt_config(x, line, "fastopen", v != 0 ? "1" : "0");
	for (unsigned int i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		if (strcmp(name, sysctls[i].sysctl) != 0)
			continue;
		if (*end != '\0' || end == value)
			return pkt_wrong(x, line, value, "wanted a number for this sysctl");
		v = sysctls[i].inverted ? !v : v * sysctls[i].times / sysctls[i].over;
		snprintf(number, sizeof(number), "%lld", v);
		return pkt_config(x, line, sysctls[i].setting, number);
	}
	return pkt_wrong(x, line, name, "no setting of the host is this sysctl, or has this value (README.md lists those that are read)");
}

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* "net.ipv4.tcp_sack=0" or "/proc/sys/net/ipv4/tcp_sack=0" */
static bool
assignment(struct pkt_reader *x, unsigned int line, const char *word)
{
	static const char proc[] = "/proc/sys/";
	char name[128];
	const char *equals = strchr(word, '=');
	bool path = strncmp(word, proc, sizeof(proc) - 1) == 0;

	if (equals == NULL || (size_t)(equals - word) >= sizeof(name))
		return pkt_wrong(x, line, word, "wanted NAME=VALUE of a sysctl");
	if (path)
		word += sizeof(proc) - 1;
	snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
	for (char *p = name; path && *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	return set_sysctl(x, line, name, equals + 1);
}

/* one command of a list that ; && or new lines part */
static bool
simple_command(struct pkt_reader *x, unsigned int line, char *text)
{
	char *save, *word = strtok_r(text, " \t", &save);
	bool sysctl;

	if (word == NULL)
		return true;
	/* sets Linux's defaults, which the host has but for a greater buffer, and puts them back */
	if (ends_with(word, "/defaults.sh") || strncmp(word, "/tmp/sysctl_restore_", 20) == 0) {
		bool sets = ends_with(word, "/defaults.sh");

		x->all_of_linux |= sets;

		word = strtok_r(NULL, " \t", &save);
		return word != NULL ? pkt_wrong(x, line, word, "wanted nothing behind this command")
				    : !sets || pkt_config(x, line, "rcvbuf_max", "15728640");
	}
	sysctl = strcmp(word, "sysctl") == 0;
	if (!sysctl && !ends_with(word, "/set_sysctls.py"))
		return pkt_wrong(x, line, word,
				 "shell commands are not run; read are sysctl, set_sysctls.py and defaults.sh, as settings");
	while ((word = strtok_r(NULL, " \t", &save)) != NULL) {
		if (sysctl && (strcmp(word, "-q") == 0 || strcmp(word, "-w") == 0 || strcmp(word, "-e") == 0))
			continue;
		if (!assignment(x, line, word))
			return false;
	}
	return true;
}

bool
pkt_command(struct pkt_reader *x, const struct pkt_token *t, bool first)
{
	char *text = strdup(t->text), *at = text;
	bool ok = true;

	(void)first;
	if (text == NULL)
		abort();
	/* a backslash goes on with the next line; what stands behind # is a comment */
	for (char *p = text; *p != '\0'; p++) {
		if (p[0] == '\\' && p[1] == '\n')
			p[0] = p[1] = ' ';
		if (p[0] == '#' && (p == text || strchr(" \t\n", p[-1]) != NULL))
			memset(p, ' ', strcspn(p, "\n"));
	}
	while (ok && at != NULL) {
		char *next = at + strcspn(at, ";&\n");
		size_t skip = strspn(next, ";&\n");

		next[0] = skip > 0 ? '\0' : next[0];
		ok = simple_command(x, t->line, at);
		at = skip > 0 ? next + skip : NULL;
	}
	free(text);
	return ok;
}

bool
pkt_option(struct pkt_reader *x)
{
	const struct pkt_token *t = pkt_now(x);
	char name[40];
	const char *value = strchr(t->text, '='), *end;
	size_t n = value != NULL ? (size_t)(value - t->text) : strlen(t->text);

	x->at++;
	snprintf(name, sizeof(name), "%.*s", (int)n, t->text);
	value = value != NULL ? value + 1 : "";
	end = value + strspn(value, "0123456789");
	if (strcmp(name, "--define") == 0) {
		pkt_define(&x->token[x->at], value);
		return strchr(value, '=') != NULL || pkt_wrong(x, t->line, t->text, "wanted --define=NAME=VALUE");
	}
	if (strcmp(name, "--strict_segments") == 0)
		return x->strict = true;
	if (strcmp(name, "--tcp_ts_ecr_scaled") == 0)
		return x->stamps_scaled = true;
	/* the addresses are names here, and every script is on a net of its own */
	if (strcmp(name, "--local_ip") == 0 || strcmp(name, "--remote_ip") == 0 || strcmp(name, "--gateway_ip") == 0 ||
	    strcmp(name, "--netmask_ip") == 0 || strcmp(name, "--send_omit_free") == 0)
		return true;
	if (strcmp(name, "--ip_version") == 0) {
		x->v6 = strcmp(value, "ipv6") == 0;
		return x->v6 || strcmp(value, "ipv4") == 0 || strcmp(value, "ipv4-mapped-ipv6") == 0 ||
		       pkt_wrong(x, t->line, value, "--ip_version is ipv4, ipv6 or ipv4-mapped-ipv6");
	}
	if (strcmp(name, "--tolerance_percent") == 0) {
		x->tolerance_percent = strtod(value, NULL);
		return *value != '\0' || pkt_wrong(x, t->line, t->text, "wanted a number");
	}
	if (strcmp(name, "--tolerance_usecs") != 0 && strcmp(name, "--mss") != 0 && strcmp(name, "--mtu") != 0 &&
	    strcmp(name, "--tcp_ts_tick_usecs") != 0)
		return pkt_wrong(x, t->line, name,
				 "options that are read: --ip_version --mtu --mss --tolerance_usecs --tolerance_percent "
				 "--tcp_ts_tick_usecs --tcp_ts_ecr_scaled --strict_segments --local_ip --remote_ip --gateway_ip "
				 "--netmask_ip --send_omit_free --define");
	if (*value == '\0' || *end != '\0')
		return pkt_wrong(x, t->line, t->text, "wanted a number");
	if (strcmp(name, "--tolerance_usecs") == 0)
		x->tolerance = strtod(value, NULL) / 1e6;
	else if (strcmp(name, "--mtu") == 0)
		return pkt_config(x, t->line, "mtu", value);
	else if (strcmp(name, "--tcp_ts_tick_usecs") == 0)
		x->stamp_tick = (unsigned int)strtoul(value, NULL, 10);
	if (x->stamp_tick != 0 && x->stamp_tick != 1000)
		return pkt_wrong(x, t->line, t->text, "the timestamp clock has ticks of 1000 us, 0 does not look at it");
	return true;   /* --mss: of the receive offload that the tool plays, which there is none of here */
}
