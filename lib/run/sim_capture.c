/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/pcapng.h"
#include "run/sim.h"

#define MOST_BYTES 65535u

static void
show(struct sim_tap *tap, const struct sim_line *line, const struct rte_mbuf *m, uint64_t now_ns)
{
	const struct sim_recording *r = (const struct sim_recording *)(const void *)tap;

	/* as seen from the node that was named first */
	pcapng_frame(r->file, 0, now_ns, line == &r->link->line[0] ? PCAPNG_OUT : PCAPNG_IN, rte_pktmbuf_mtod(m, const void *),
		     m->data_len, m->pkt_len);
}

static struct tern_sim *
sim_of(const struct tern_sim_link *link)
{
	return link->line[0].net->owner;
}

int
tern_sim_capture(struct tern_sim_link *link, const char *file, bool at_entry)
{
	struct complaint *why = process_complaint();
	unsigned int where = at_entry ? SIM_TAP_ENTRY : SIM_TAP_EXIT;
	struct tern_sim *sim = sim_of(link);
	struct mac_addr none = { 0 };
	struct sim_recording *r;

	if (link->line[0].tap[where] != NULL) {
		complain(why, "%s: link %s is recorded there already", file, link->name);
		return -EBUSY;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -ENOMEM;
	errno = 0;
	r->file = pcapng_create(file, at_entry ? "where packets enter the link" : "where packets leave the link", why);
	if (r->file == NULL) {
		int error = errno != 0 ? errno : EIO;

		free(r);
		return -error;
	}
	pcapng_interface(r->file, link->name, "a simulated link; out is from the first node", &none, MOST_BYTES);
	r->tap.show = show;
	r->link = link;
	r->where = where;
	r->next = sim->recordings;
	sim->recordings = r;
	link->line[0].tap[where] = link->line[1].tap[where] = &r->tap;
	return 0;
}

void
sim_recordings_free(struct tern_sim *sim)
{
	while (sim->recordings != NULL) {
		struct sim_recording *r = sim->recordings;

		sim->recordings = r->next;
		pcapng_close(r->file);
		free(r);
	}
}
