/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/pcapng.h"

#define ROOM (1u << 20)          /* larger than any block */
#define MAGIC 0x1a2b3c4du
#define LINKTYPE_ETHERNET 1u
#define NANOSECONDS 9u           /* powers of ten */

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_STATISTICS = 5, BLOCK_FRAME = 6 };
enum { OPTION_END = 0, OPTION_COMMENT = 1 };
enum { SECTION_PROGRAM = 4 };
enum { INTERFACE_NAME = 2, INTERFACE_DESCRIPTION = 3, INTERFACE_MAC = 6, INTERFACE_RESOLUTION = 9 };
enum { STATISTICS_RECEIVED = 4, STATISTICS_DROPPED = 5 };
enum { FRAME_FLAGS = 2 };

struct pcapng {
	int fd;
	int error;
	uint64_t written;
	uint32_t used;
	uint32_t block;              /* where the one that is being built begins */
	uint8_t waiting[ROOM];
};

/* Every field has the byte order of the machine: the section's magic number tells it. */

static void
put(struct pcapng *p, const void *data, uint32_t length)
{
	static const uint8_t padding[4];
	uint32_t pad = -length & 3;

	memcpy(p->waiting + p->used, data, length);
	memcpy(p->waiting + p->used + length, padding, pad);
	p->used += length + pad;
}

static void
put_32(struct pcapng *p, uint32_t value)
{
	put(p, &value, sizeof(value));
}

static void
put_time(struct pcapng *p, uint64_t time_ns)
{
	put_32(p, (uint32_t)(time_ns >> 32));
	put_32(p, (uint32_t)time_ns);
}

static void
put_option(struct pcapng *p, uint16_t code, const void *data, uint16_t length)
{
	const uint16_t head[2] = { code, length };

	put(p, head, sizeof(head));
	put(p, data, length);
}

static void
put_text(struct pcapng *p, uint16_t code, const char *text)
{
	size_t length = strlen(text);

	put_option(p, code, text, (uint16_t)(length < 4096 ? length : 4096));
}

/* `length`: at most, with its options. */
static bool
begin(struct pcapng *p, uint32_t type, uint32_t length)
{
	if (p->used + length + 64 > ROOM)
		pcapng_flush(p);
	if (p->error != 0 || p->used + length + 64 > ROOM)
		return false;
	p->block = p->used;
	put_32(p, type);
	put_32(p, 0);
	return true;
}

static void
end(struct pcapng *p)
{
	uint32_t length;

	put_32(p, OPTION_END);
	length = p->used + 4 - p->block;
	put_32(p, length);
	memcpy(p->waiting + p->block + 4, &length, sizeof(length));
}

struct pcapng *
pcapng_create(const char *path, const char *comment, struct complaint *why)
{
	struct pcapng *p = malloc(sizeof(*p));

	if (p == NULL) {
		complain(why, "%s: out of memory", path);
		return NULL;
	}
	p->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (p->fd < 0) {
		complain(why, "%s: cannot be written: %s", path, strerror(errno));
		free(p);
		return NULL;
	}
	p->error = 0;
	p->written = 0;
	p->used = 0;
	begin(p, BLOCK_SECTION, 8192);
	put_32(p, MAGIC);
	put_32(p, 1);                /* version 1.0 */
	put_32(p, UINT32_MAX);
	put_32(p, UINT32_MAX);       /* the section's length: to the end of the file */
	put_text(p, OPTION_COMMENT, comment);
	put_text(p, SECTION_PROGRAM, "tern " TERN_VERSION);
	end(p);
	return p;
}

void
pcapng_interface(struct pcapng *p, const char *name, const char *description, const struct mac_addr *mac,
		 uint32_t most_bytes)
{
	const uint8_t resolution = NANOSECONDS;

	if (!begin(p, BLOCK_INTERFACE, 16384))
		return;
	put_32(p, LINKTYPE_ETHERNET);
	put_32(p, most_bytes);
	put_text(p, INTERFACE_NAME, name);
	put_text(p, INTERFACE_DESCRIPTION, description);
	put_option(p, INTERFACE_MAC, mac->b, sizeof(mac->b));
	put_option(p, INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	end(p);
}

void
pcapng_frame(struct pcapng *p, uint32_t interface, uint64_t time_ns, enum pcapng_direction direction, const void *bytes,
	     uint32_t captured, uint32_t length)
{
	const uint32_t flags = direction;

	if (!begin(p, BLOCK_FRAME, captured))
		return;
	put_32(p, interface);
	put_time(p, time_ns);
	put_32(p, captured);
	put_32(p, length);
	put(p, bytes, captured);
	put_option(p, FRAME_FLAGS, &flags, sizeof(flags));
	end(p);
}

void
pcapng_counts(struct pcapng *p, uint32_t interface, uint64_t time_ns, uint64_t passed, uint64_t missing)
{
	if (!begin(p, BLOCK_STATISTICS, 128))
		return;
	put_32(p, interface);
	put_time(p, time_ns);
	put_option(p, STATISTICS_RECEIVED, &passed, sizeof(passed));
	put_option(p, STATISTICS_DROPPED, &missing, sizeof(missing));
	end(p);
}

int
pcapng_flush(struct pcapng *p)
{
	uint32_t done = 0;

	while (done < p->used && p->error == 0) {
		ssize_t n = write(p->fd, p->waiting + done, p->used - done);

		if (n >= 0)
			done += (uint32_t)n;
		else if (errno != EINTR)
			p->error = errno;
	}
	p->written += done;
	p->used = 0;
	return -p->error;
}

uint64_t
pcapng_size(const struct pcapng *p)
{
	return p->written + p->used;
}

bool
pcapng_comment(const char *path, char *buf, size_t size)
{
	uint32_t begin[6];           /* of a section: type, length, magic number, version, and its length twice */
	uint16_t option[2];
	bool found = false;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	if (fread(begin, sizeof(begin), 1, f) == 1 && begin[0] == BLOCK_SECTION && begin[2] == MAGIC &&
	    fread(option, sizeof(option), 1, f) == 1 && option[0] == OPTION_COMMENT) {
		size_t length = option[1] < size - 1 ? option[1] : size - 1;

		found = fread(buf, 1, length, f) == length;
		buf[found ? length : 0] = '\0';
	}
	fclose(f);
	return found;
}

int
pcapng_close(struct pcapng *p)
{
	int error = pcapng_flush(p);

	if (close(p->fd) != 0 && error == 0)
		error = -errno;
	free(p);
	return error;
}
