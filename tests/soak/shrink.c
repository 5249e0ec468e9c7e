/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * A failing case made small: take something away, and keep what is left if it
 * fails still. Large parts first: connections, runs of steps, links and hosts as
 * a whole, then single fields and numbers; again until nothing more can go.
 */

#include <string.h>

#include "case.h"

struct shrinker {
	struct soak_case best;
	soak_fails fails;
	void *arg;
	unsigned int left, gone;
};

/* A smaller case: is it as good? */
static bool
try(struct shrinker *s, const struct soak_case *c)
{
	if (s->left == 0)
		return false;
	s->left--;
	s->gone++;
	if (!s->fails(c, s->arg))
		return false;
	s->best = *c;
	return true;
}

static void
drop_steps(struct soak_case *c, unsigned int from, unsigned int n)
{
	n = n < c->steps - from ? n : c->steps - from;
	memmove(&c->step[from], &c->step[from + n], (c->steps - from - n) * sizeof(c->step[0]));
	c->steps -= n;
}

static bool
without_connections(struct shrinker *s)
{
	bool any = false;

	for (unsigned int conn = 0; conn < SOAK_CONNS; conn++) {
		struct soak_case c = s->best;
		unsigned int before = c.steps;

		for (unsigned int i = c.steps; i-- > 0;)
			if (c.step[i].verb <= SOAK_SET && c.step[i].arg[STEP_CONN] == conn)
				drop_steps(&c, i, 1);
		any |= c.steps < before && try(s, &c);
	}
	return any;
}

static bool
without_steps(struct shrinker *s)
{
	bool any = false;

	for (unsigned int n = s->best.steps / 2; n > 0; n /= 2)
		for (unsigned int from = 0; from < s->best.steps;) {
			struct soak_case c = s->best;

			drop_steps(&c, from, n);
			if (try(s, &c))
				any = true;
			else
				from += n;
		}
	return any;
}

static bool
neutral_field(struct shrinker *s, const struct soak_field *f, size_t offset)
{
	struct soak_case c = s->best;
	void *of = (char *)&c + offset;

	if (soak_get(f, of) == f->neutral)
		return false;
	*soak_value(f, of) = f->neutral;
	return try(s, &c);
}

/* All of them at once, or one after the other. */
static bool
neutral_fields(struct shrinker *s, const struct soak_field *fields, size_t offset)
{
	struct soak_case c = s->best;
	bool any = false, is_neutral = true;

	for (const struct soak_field *f = fields; f->name != NULL; f++) {
		is_neutral &= soak_get(f, (char *)&c + offset) == f->neutral;
		*soak_value(f, (char *)&c + offset) = f->neutral;
	}
	if (is_neutral)
		return false;
	if (try(s, &c))
		return true;
	for (const struct soak_field *f = fields; f->name != NULL; f++)
		any |= neutral_field(s, f, offset);
	return any;
}

static bool
fewer_hosts(struct shrinker *s)
{
	struct soak_case c = s->best;

	if (c.network.hosts == 2)
		return false;
	c.network.hosts = 2;
	c.network.dumbbell = 0;
	for (unsigned int i = 0; i < c.steps; i++) {
		uint64_t *arg = c.step[i].arg;

		switch (c.step[i].verb) {
		case SOAK_OPEN:
			arg[OPEN_FROM] %= 2;
			arg[OPEN_TO] = !arg[OPEN_FROM];
			break;
		case SOAK_CHANGE:
			arg[CHANGE_LINK] = 0;
			break;
		case SOAK_LISTEN:
		case SOAK_UNLISTEN:
			arg[0] %= 2;
			break;
		default:
			break;
		}
	}
	for (unsigned int i = 0; i < soak_links(&s->best); i++) {
		memcpy(c.link[0], s->best.link[i], sizeof(c.link[0]));
		if (try(s, &c))
			return true;
	}
	return false;
}

/* What a step counts, halved as long as it goes. */
static bool
smaller_numbers(struct shrinker *s)
{
	static const struct { uint64_t verb; unsigned int arg; } numbers[] = {
		{ SOAK_SEND, SEND_BYTES }, { SOAK_OPEN, OPEN_DATA }, { SOAK_SEND, SEND_HOW }, { SOAK_OPEN, OPEN_FASTOPEN },
		{ SOAK_OPEN, OPEN_V6 }, { SOAK_OPEN, OPEN_TIMEOUT_MS },
	};
	bool any = false;

	for (unsigned int i = 0; i < s->best.steps; i++)
		for (unsigned int k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
			struct soak_case c = s->best;

			if (c.step[i].verb != numbers[k].verb)
				continue;
			while (c.step[i].arg[numbers[k].arg] > 0) {
				c.step[i].arg[numbers[k].arg] /= 2;
				if (!try(s, &c))
					break;
				any = true;
			}
		}
	return any;
}

static bool
neutral_parts(struct shrinker *s)
{
	bool any = neutral_fields(s, soak_network_fields + 1, offsetof(struct soak_case, network));

	for (unsigned int i = 0; i < soak_links(&s->best); i++)
		for (unsigned int back = 0; back < 2; back++)
			any |= neutral_fields(s, soak_direction_fields, offsetof(struct soak_case, link[i][back]));
	for (unsigned int i = 0; i < s->best.network.hosts; i++)
		any |= neutral_fields(s, soak_host_fields, offsetof(struct soak_case, host[i]));
	return any;
}

unsigned int
soak_shrink(struct soak_case *c, soak_fails fails, void *arg, unsigned int most)
{
	static struct shrinker s;
	bool any = true;

	s = (struct shrinker){ .best = *c, .fails = fails, .arg = arg, .left = most };
	while (any && s.left > 0) {
		any = without_connections(&s);
		any |= without_steps(&s);
		any |= fewer_hosts(&s);
		any |= neutral_parts(&s);
		any |= smaller_numbers(&s);
	}
	*c = s.best;
	return s.gone;
}
