/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_dev.h>

#include "port/ethdev.h"
#include "port/tap.h"
#include "port/vdev.h"

/*
 * net_tap asks the kernel for a real-time signal with every packet (O_ASYNC), by
 * which its receive function learns that reading is worth while; that is some
 * 9 us a packet, spent in the main thread. When it finds all real-time signals in
 * use it does without: it then reads at every call, which is what a core that
 * polls wants. So they are in use while it opens its queues: ignored signals
 * count as used. A driver that takes one all the same works as before, slower.
 */
struct quiet {
	struct sigaction before[_NSIG];
	sigset_t covered;
};

static void
quiet_begin(struct quiet *q)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigemptyset(&q->covered);
	for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++) {
		/* one with a handler is in use already, and may be needed meanwhile */
		if (sigaction(signo, NULL, &q->before[signo]) != 0 || q->before[signo].sa_handler != SIG_DFL)
			continue;
		if (sigaction(signo, &ignore, NULL) == 0)
			sigaddset(&q->covered, signo);
	}
}

/* False when the driver has taken a signal. */
static bool
quiet_end(struct quiet *q)
{
	bool kept = true;

	for (int signo = SIGRTMIN; signo <= SIGRTMAX; signo++) {
		struct sigaction now;

		if (sigismember(&q->covered, signo) != 1)
			continue;
		if (sigaction(signo, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			kept = false;
		else
			sigaction(signo, &q->before[signo], NULL);
	}
	return kept;
}

int
tap_check(const char *argument, struct complaint *why)
{
	size_t length = strlen(argument);

	if (length >= IFNAMSIZ || strcspn(argument, "/:,%= \t") != length || strcmp(argument, ".") == 0 ||
	    strcmp(argument, "..") == 0)
		return complain(why, "device \"tap:%s\": an interface's name has 1 to %d letters, without blanks and "
				"any of / : , %% =", argument, IFNAMSIZ - 1);
	return 0;
}

struct port *
tap_open_vdev(const char *label, const char *name, const char *arguments, const struct port_config *config,
	      struct complaint *why)
{
	const struct ethdev_traits traits = {
		.label = label,
		/* it computes the sums on a copy of the headers, over bytes we have just written */
		.software_offloads = true,
		/* it reads all that the kernel sends into the interface */
		.hears_all = true,
		.close_device = true,
	};
	struct port *port = NULL;
	struct quiet quiet;
	uint16_t id;

	quiet_begin(&quiet);
	if (vdev_make(name, arguments, &id, why) != 0) {
		complain(why, "%s: this tap interface cannot be made; it takes CAP_NET_ADMIN (root has it), /dev/net/tun, and a "
			 "name that is no other interface's", label);
		complain_of_driver(why);
	} else {
		port = ethdev_open(id, &traits, config, why);
	}
	if (!quiet_end(&quiet) && port != NULL)
		snprintf(port->note, sizeof(port->note), "the driver takes a signal with every packet, which costs "
			 "most of its speed");
	if (port == NULL)
		return NULL;
	/* The kernel's end has the address that the driver reports, and setting one sets both. Ours is its
	 * neighbour: random as that is, and as local. */
	port->mac.b[5] ^= 1;
	return port;
}

/*
 * The driver's interfaces have many queues, and the kernel lets a second program
 * add its own: the two would get half of the flows each. An interface that was
 * made beforehand runs only while a program holds it.
 */
static bool
is_in_use(const char *interface)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool running;

	if (fd < 0)
		return false;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	running = ioctl(fd, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_RUNNING;
	close(fd);
	return running;
}

struct port *
tap_open(const char *argument, unsigned int instance, const struct port_config *config, struct complaint *why)
{
	char label[sizeof("tap:") + IFNAMSIZ], name[RTE_DEV_NAME_MAX_LEN], arguments[sizeof("iface=") + IFNAMSIZ];

	snprintf(label, sizeof(label), "tap:%s", argument);
	snprintf(name, sizeof(name), "net_tap%u", instance);
	snprintf(arguments, sizeof(arguments), "iface=%s", argument);
	if (is_in_use(argument)) {
		complain(why, "%s: an interface of this name is there and in use; take another name, or end the program that "
			 "holds it", label);
		return NULL;
	}
	return tap_open_vdev(label, name, arguments, config, why);
}
