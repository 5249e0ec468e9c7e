/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A namespace with one tap interface, addresses and routes, and the kernel's knobs as a scenario's settings want them. */

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux.h"

#define TAP_NAME "tap0"

/* one rtnetlink request */
struct request {
	struct nlmsghdr n;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
	} u;
	uint8_t space[256];
};

static void
begin(struct request *q, uint16_t type, size_t size)
{
	memset(q, 0, sizeof(*q));
	q->n.nlmsg_type = type;
	q->n.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	q->n.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
}

static struct rtattr *
attribute(struct request *q, unsigned short type, const void *data, size_t size)
{
	struct rtattr *a = (struct rtattr *)(void *)((uint8_t *)q + NLMSG_ALIGN(q->n.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size > 0)
		memcpy(RTA_DATA(a), data, size);
	q->n.nlmsg_len = (uint32_t)(NLMSG_ALIGN(q->n.nlmsg_len) + RTA_ALIGN(a->rta_len));
	return a;
}

static int
ask(int netlink, const struct request *q)
{
	struct { struct nlmsghdr n; struct nlmsgerr e; uint8_t space[512]; } answer;

	if (send(netlink, q, q->n.nlmsg_len, 0) < 0 || recv(netlink, &answer, sizeof(answer), 0) < 0)
		return -1;
	if (answer.n.nlmsg_type != NLMSG_ERROR || answer.e.error == 0)
		return 0;
	errno = -answer.e.error;
	return -1;
}

static size_t
bytes_of(const struct tern_addr *a, const uint8_t **bytes)
{
	bool v4 = tern_addr_is_v4(a);

	*bytes = v4 ? a->b + 12 : a->b;
	return v4 ? 4 : 16;
}

static int
add_address(int netlink, int interface, const struct tern_addr *a)
{
	const uint8_t *bytes;
	size_t n = bytes_of(a, &bytes);
	struct request q;

	begin(&q, RTM_NEWADDR, sizeof(q.u.addr));
	q.u.addr = (struct ifaddrmsg){
		.ifa_family = n == 4 ? AF_INET : AF_INET6, .ifa_prefixlen = n == 4 ? 24 : 64,
		.ifa_flags = n == 4 ? 0 : IFA_F_NODAD, .ifa_index = (unsigned int)interface,
	};
	attribute(&q, IFA_LOCAL, bytes, n);
	attribute(&q, IFA_ADDRESS, bytes, n);
	return ask(netlink, &q);
}

/* On-link when there is no gateway: it replaces the one that came with the address. Both carry what connections ask a route for. */
static int
add_route(const struct linux_host *h, int netlink, int interface, const struct tern_addr *net, unsigned char prefix,
	  const struct tern_addr *gateway)
{
	uint32_t window = (uint32_t)linux_setting(h, "initial_window", 10), metric = 256;
	const uint8_t *bytes;
	size_t n = bytes_of(net, &bytes);
	struct rtattr *metrics;
	struct request q;

	begin(&q, RTM_NEWROUTE, sizeof(q.u.route));
	q.n.nlmsg_flags |= NLM_F_REPLACE;
	q.u.route = (struct rtmsg){
		.rtm_family = n == 4 ? AF_INET : AF_INET6, .rtm_dst_len = prefix, .rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT, .rtm_scope = gateway != NULL || n == 16 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
	};
	if (prefix > 0) {
		uint8_t masked[16] = { 0 };

		memcpy(masked, bytes, prefix / 8u);
		attribute(&q, RTA_DST, masked, n);
	}
	if (gateway != NULL) {
		bytes_of(gateway, &bytes);
		attribute(&q, RTA_GATEWAY, bytes, n);
	}
	attribute(&q, RTA_OIF, &interface, sizeof(interface));
	if (n == 16 && gateway == NULL)
		attribute(&q, RTA_PRIORITY, &metric, sizeof(metric));
	metrics = attribute(&q, RTA_METRICS, NULL, 0);
	attribute(&q, RTAX_INITCWND, &window, sizeof(window));
	metrics->rta_len = (unsigned short)((uint8_t *)&q + q.n.nlmsg_len - (uint8_t *)metrics);
	return ask(netlink, &q);
}

static int
set_link(int netlink, int interface, const uint8_t *mac, uint32_t mtu)
{
	struct request q;

	begin(&q, RTM_NEWLINK, sizeof(q.u.link));
	q.n.nlmsg_flags &= (uint16_t)~NLM_F_CREATE;
	q.u.link.ifi_family = AF_UNSPEC;
	q.u.link.ifi_index = interface;
	q.u.link.ifi_flags = q.u.link.ifi_change = IFF_UP;
	if (mac != NULL)
		attribute(&q, IFLA_ADDRESS, mac, 6);
	if (mtu != 0)
		attribute(&q, IFLA_MTU, &mtu, sizeof(mtu));
	return ask(netlink, &q);
}

static bool
sysctl(const char *name, const char *value)
{
	char path[128];
	int fd, n;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = (int)write(fd, value, strlen(value));
	close(fd);
	return n > 0;
}

/* Knobs by which the kernel says more or less than its RFCs ask for; those that this kernel does not have are left alone. */
static void
set_defaults(void)
{
	static const char *const knobs[][2] = {
		{ "ipv6/conf/all/accept_dad", "0" }, { "ipv6/conf/default/accept_dad", "0" },
		{ "ipv6/conf/all/accept_ra", "0" }, { "ipv6/conf/default/accept_ra", "0" },
		{ "ipv6/conf/default/router_solicitations", "0" }, { "ipv6/conf/default/addr_gen_mode", "1" },
		{ "ipv4/tcp_congestion_control", "reno" },
		{ "ipv4/tcp_invalid_ratelimit", "0" },    /* an answer to each of them, not one in 500 ms */
		{ "ipv4/tcp_no_metrics_save", "1" },      /* nothing is remembered of an earlier connection */
		{ "ipv4/tcp_early_retrans", "3" },        /* tail loss probes, as its default is */
		{ "ipv4/tcp_autocorking", "0" },
		{ "ipv4/tcp_frto", "2" },
		{ "ipv4/tcp_syncookies", "0" },
		{ "ipv4/tcp_fastopen", "3" },             /* for those who ask for it, as client and as server */
		{ "ipv4/tcp_comp_sack_nr", "0" },         /* a duplicate ACK for each segment out of order */
		{ "ipv4/tcp_tw_reuse", "1" },
		{ "ipv4/tcp_rfc1337", "1" },              /* an RST does not end TIME-WAIT */
		{ "ipv4/tcp_syn_linear_timeouts", "0" },  /* the first repeated SYNs are doubled, too */
		{ "ipv4/tcp_tso_win_divisor", "255" },  /* no segment waits to become part of a larger one */
		{ "ipv4/icmp_ratelimit", "0" }, { "ipv4/icmp_msgs_per_sec", "10000" },
		{ "ipv6/icmp/ratelimit", "0" },
	};

	for (unsigned int i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
		sysctl(knobs[i][0], knobs[i][1]);
}

/* settings that are knobs of a namespace, with what divides the value; the rest is set at each socket */
static const struct { const char *setting, *knob; unsigned int divisor; } knobs[] = {
	{ "timestamps", "ipv4/tcp_timestamps", 1 }, { "sack", "ipv4/tcp_sack", 1 }, { "wscale", "ipv4/tcp_window_scaling", 1 },
	{ "rto_min_ms", "ipv4/tcp_rto_min_us", 0 }, { "rto_max_ms", "ipv4/tcp_rto_max_ms", 1 },
	{ "synack_retries", "ipv4/tcp_synack_retries", 1 }, { "fin_wait_2_ms", "ipv4/tcp_fin_timeout", 1000 },
	{ "keep_idle_ms", "ipv4/tcp_keepalive_time", 1000 }, { "keep_interval_ms", "ipv4/tcp_keepalive_intvl", 1000 },
	{ "keep_count", "ipv4/tcp_keepalive_probes", 1 }, { "syn_cookies", "ipv4/tcp_syncookies", 1 },
};
static const char *const at_sockets[] = {
	"mtu", "rcvbuf", "sndbuf", "mss", "nodelay", "ttl", "tos", "initial_window", "user_timeout_ms", "ecn", "fastopen",
	/* what the kernel has a way of its own with, or does as these make the other stack do it */
	"pmtu_discovery", "ack_every", "rcvbuf_max", "quick_acks", "push_bursts", "nagle_minshall", "linux_cwnd", "timestamps_lax",
	"reset_keeps_unread", "errors_end_opens",
};

static bool
apply_setting(const char *name, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	if (strcmp(name, "ecn") == 0)    /* TCP_ECN_OFF, _ON, _ACCEPT are the kernel's 0, 1, 2 */
		return sysctl("ipv4/tcp_ecn", text);
	if (strcmp(name, "fastopen") == 0)
		return sysctl("ipv4/tcp_fastopen", value ? "3" : "0");
	if (strcmp(name, "pmtu_discovery") == 0)
		return sysctl("ipv4/ip_no_pmtu_disc", value ? "0" : "1");
	for (unsigned int i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
		if (strcmp(name, knobs[i].setting) == 0) {
			snprintf(text, sizeof(text), "%lld",
				 knobs[i].divisor != 0 ? value / knobs[i].divisor : value * 1000);
			return sysctl(knobs[i].knob, text);
		}
	for (unsigned int i = 0; i < sizeof(at_sockets) / sizeof(at_sockets[0]); i++)
		if (strcmp(name, at_sockets[i]) == 0)
			return true;
	return false;
}

long long
linux_setting(const struct linux_host *h, const char *name, long long fallback)
{
	for (unsigned int i = 0; i < h->setup.settings; i++)
		if (strcmp(h->setup.setting[i].name, name) == 0)
			return h->setup.setting[i].value;
	return fallback;
}

static int
open_tap(struct linux_host *h, int any_socket)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	h->tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (h->tap < 0)
		return -1;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), TAP_NAME);
	if (ioctl(h->tap, TUNSETIFF, &ifr) < 0 || ioctl(h->tap, TUNSETOFFLOAD, 0) < 0)
		return -1;
	return ioctl(any_socket, SIOCGIFINDEX, &ifr) < 0 ? -1 : ifr.ifr_ifindex;
}

/* An IPv6 address takes part when the kernel has got round to making its route. */
static bool
has_route(const struct tern_addr *a)
{
	FILE *f = fopen("/proc/self/net/ipv6_route", "re");
	char line[256], wanted[40];
	bool found = false;

	for (unsigned int i = 0; i < 16; i++)
		snprintf(wanted + 2 * i, 3, "%02x", a->b[i]);
	snprintf(wanted + 32, sizeof(wanted) - 32, " 80");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		found |= strncmp(line, wanted, 35) == 0;
	if (f != NULL)
		fclose(f);
	return found;
}

static bool
wait_for_addresses(const struct backend_setup *s)
{
	for (unsigned int ms = 0; ms < 3000; ms++) {
		if (has_route(&s->local6) && has_route(&s->second6))
			return true;
		usleep(1000);
	}
	errno = ETIMEDOUT;
	return false;
}

static const char *
set_up(struct linux_host *h, int netlink)
{
	const struct backend_setup *s = &h->setup;
	int interface = open_tap(h, netlink);

	if (interface < 0)
		return "tap interface";
	if (set_link(netlink, 1, NULL, 0) != 0 ||
	    set_link(netlink, interface, s->mac, (uint32_t)linux_setting(h, "mtu", 1500)) != 0)
		return "link";
	/* IPv6 takes the address that was added last as its usual source */
	if (s->v6) {
		if (add_address(netlink, interface, &s->second6) != 0 || add_address(netlink, interface, &s->local6) != 0)
			return "address";
	} else {
		sysctl("ipv6/conf/" TAP_NAME "/disable_ipv6", "1");
		if (add_address(netlink, interface, &s->local4) != 0 || add_address(netlink, interface, &s->second4) != 0)
			return "address";
	}
	if ((linux_setting(h, "initial_window", -1) >= 0 &&
	     add_route(h, netlink, interface, s->v6 ? &s->local6 : &s->local4, s->v6 ? 64 : 24, NULL) != 0) ||
	    add_route(h, netlink, interface, s->v6 ? &s->local6 : &s->local4, 0, s->v6 ? &s->gateway6 : &s->gateway4) != 0)
		return "route";
	if (s->v6 && !wait_for_addresses(s))
		return "IPv6 addresses";
	return NULL;
}

int
linux_net_open(struct linux_host *h, char *error, size_t size)
{
	const char *what;
	int netlink;

	if (h->setup.vlan >= 0) {
		snprintf(error, size, "the kernel's host has no VLAN");
		return -1;
	}
	if (unshare(CLONE_NEWNET) != 0) {
		snprintf(error, size, "no network namespace: %s", strerror(errno));
		return -1;
	}
	set_defaults();
	for (unsigned int i = 0; i < h->setup.settings; i++)
		if (!apply_setting(h->setup.setting[i].name, h->setup.setting[i].value)) {
			snprintf(error, size, "the kernel has no knob for %s", h->setup.setting[i].name);
			return -1;
		}
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	what = set_up(h, netlink);
	if (what != NULL)
		snprintf(error, size, "%s: %s", what, strerror(errno));
	close(netlink);
	return what != NULL ? -1 : 0;
}

/* Tried in a process of its own, which goes into the namespace and ends. */
const char *
linux_lacks(void)
{
	int status = -1;
	pid_t pid;

	if (geteuid() != 0)
		return "root, for a network namespace and a tap interface";
	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		return "/dev/net/tun";
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWNET) == 0 && sysctl("ipv4/tcp_congestion_control", "reno") ? 0 : 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return "the right to a network namespace and its sysctls";
	return NULL;
}
