/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* A set of sockets: its memory, its descriptors, and which one a thread means. */

#include <string.h>

#include "core/mem.h"
#include "sock/sock.h"

#define DEFAULT_DESCRIPTORS 65536u
#define DEFAULT_BATCH 64u
#define QUEUED 4096u            /* sockets that have no descriptor yet, beside those that may have one */
#define EPOLLS 1024u

__thread struct tsock_set *sock_current;

struct tsock_set *
tsock_use(struct tsock_set *set)
{
	struct tsock_set *before = sock_current;

	sock_current = set;
	return before;
}

struct tsock_set *
tsock_current(void)
{
	return sock_current;
}

/* ---- making it */

static int
make_slabs(struct tsock_set *set)
{
	const struct slab_layout sock = {
		.stride = sizeof(struct sock), .link = offsetof(struct sock, link), .keep = offsetof(struct sock, generation),
		.keep_size = sizeof(uint16_t), .sparse = true,
	}, more = {
		.stride = sizeof(struct sock_more), .link = offsetof(struct sock_more, link), .sparse = true,
	}, item = {
		.stride = sizeof(struct epoll_item), .link = offsetof(struct epoll_item, ready),
		.sparse = true,
	}, epoll = {
		.stride = sizeof(struct epoll), .link = offsetof(struct epoll, link), .sparse = true,
	};
	uint32_t most = set->options.descriptors;
	int error = slab_init(&set->socks, &sock, most + QUEUED, MEM_ANY_NODE);

	if (error == 0)
		error = slab_init(&set->mores, &more, most + QUEUED, MEM_ANY_NODE);
	if (error == 0)
		error = slab_init(&set->items, &item, 2 * most, MEM_ANY_NODE);
	if (error == 0)
		error = slab_init(&set->epolls, &epoll, EPOLLS, MEM_ANY_NODE);
	return error;
}

static int
make_tables(struct tsock_set *set)
{
	uint32_t most = set->options.descriptors;

	set->fd = mem_map_sparse(most * sizeof(set->fd[0]), MEM_ANY_NODE);
	set->bound = mem_map_sparse(SOCK_PORTS * sizeof(set->bound[0]), MEM_ANY_NODE);
	set->events = mem_map(set->options.batch * sizeof(set->events[0]), MEM_ANY_NODE);
	set->scratch = mem_map_sparse(SOCK_SCRATCH, MEM_ANY_NODE);
	if (set->fd == NULL || set->bound == NULL || set->events == NULL || set->scratch == NULL)
		return -ENOMEM;
	return fd_map_init(&set->map, most);
}

static int
make_options(struct tsock_set *set, const struct tsock_set_options *options)
{
	struct tsock_set_options *o = &set->options;

	*o = (struct tsock_set_options)TSOCK_SET_INIT;
	if (options != NULL)
		memcpy(o, options, RTE_MIN(options->size, sizeof(*o)));
	if (o->descriptors == 0)
		o->descriptors = DEFAULT_DESCRIPTORS;
	if (o->batch == 0)
		o->batch = DEFAULT_BATCH;
	return o->first_descriptor < 0 || o->descriptors > FD_MAP_MOST || o->batch > INT16_MAX ||
	       o->first_descriptor > INT32_MAX - (int)o->descriptors ? -EINVAL : 0;
}

static void
free_set(struct tsock_set *set)
{
	uint32_t most = set->options.descriptors;

	slab_free(&set->socks);
	slab_free(&set->mores);
	slab_free(&set->items);
	slab_free(&set->epolls);
	fd_map_free(&set->map);
	mem_unmap(set->fd, most * sizeof(set->fd[0]));
	mem_unmap(set->bound, SOCK_PORTS * sizeof(set->bound[0]));
	mem_unmap(set->events, set->options.batch * sizeof(set->events[0]));
	mem_unmap(set->scratch, SOCK_SCRATCH);
	mem_unmap(set, sizeof(*set));
}

struct tsock_set *
tsock_set_new(struct tern_stack *stack, const struct tsock_set_options *options)
{
	struct tsock_set *set = mem_map(sizeof(*set), MEM_ANY_NODE);
	uint64_t lowat = UINT32_MAX;
	int error;

	if (set == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	set->stack = stack;
	error = make_options(set, options);
	if (error < 0) {
		mem_unmap(set, sizeof(*set));
		errno = -error;
		return NULL;
	}
	error = make_tables(set);
	if (error == 0)
		error = make_slabs(set);
	if (error < 0) {
		free_set(set);
		errno = -error;
		return NULL;
	}
	set->notsent = tern_get(stack, 0, TERN_OPT_NOTSENT_LOWAT, &lowat) == 0 && lowat != UINT32_MAX;
	return set;
}

void
tsock_set_free(struct tsock_set *set)
{
	if (set == NULL)
		return;
	for (uint32_t i = 0; i < set->options.descriptors; i++) {
		uint32_t index = set->fd[i];

		if (index & FD_EPOLL)
			epoll_close(set, slab_at(&set->epolls, index & ~FD_EPOLL));
		else if (index != 0)
			sock_close(set, sock_at(set, index));
	}
	if (sock_current == set)
		sock_current = NULL;
	free_set(set);
}

/* ---- sockets and descriptors */

struct sock *
sock_new(struct tsock_set *set)
{
	uint32_t index = slab_get(&set->socks);
	struct sock *s;

	if (unlikely(index == 0))
		return NULL;
	s = sock_at(set, index);
	*s = (struct sock){ .fd = -1, .generation = s->generation };
	return s;
}

void
sock_free(struct tsock_set *set, struct sock *s)
{
	if (s->items != 0)
		sock_forget_items(set, s);
	if (s->flags & TS_IN_PORTS)
		sock_unbind(set, s);
	if (s->more != 0)
		sock_more_drop(set, s);
	if (s->fd >= 0)
		sock_fd_give(set, s->fd);
	s->generation++;
	slab_put(&set->socks, sock_index(set, s));
}

int
sock_fd_take(struct tsock_set *set, uint32_t index)
{
	int place = fd_map_take(&set->map);

	if (unlikely(place < 0))
		return -EMFILE;
	set->fd[place] = index;
	return set->options.first_descriptor + place;
}

void
sock_fd_give(struct tsock_set *set, int fd)
{
	uint32_t place = (uint32_t)(fd - set->options.first_descriptor);

	set->fd[place] = 0;
	fd_map_give(&set->map, place);
}

struct sock *
sock_get_failed(int fd, int *error)
{
	if (sock_current == NULL)
		*error = -ENXIO;
	else
		*error = epoll_get(sock_current, fd) != NULL ? -ENOTSOCK : -EBADF;
	return NULL;
}

bool
sock_is(const struct tsock_set *set, int fd, const struct sock *s)
{
	uint32_t place = (uint32_t)fd - (uint32_t)set->options.first_descriptor;

	return place < set->options.descriptors && set->fd[place] == sock_index(set, s);
}

tern_conn
tsock_conn(int fd)
{
	struct tsock_set *set;
	int error;
	const struct sock *s = sock_get(&set, fd, &error);

	return s == NULL || s->state == TS_LISTENING ? 0 : s->id;
}
