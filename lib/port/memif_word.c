/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

#include <stdlib.h>
#include <string.h>

#include "port/memif.h"

#define ID_MAX 65535u
#define RING_MIN 64u
#define RING_MAX 16384u   /* the driver's */

static bool
begins(const char *text, size_t length, const char *key, const char **value, size_t *value_length)
{
	size_t key_length = strlen(key);

	if (length < key_length || strncmp(text, key, key_length) != 0)
		return false;
	*value = text + key_length;
	*value_length = length - key_length;
	return true;
}

static bool
is_number(const char *text, size_t length, uint32_t *number)
{
	char digits[10];

	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (strspn(digits, "0123456789") != length)
		return false;
	*number = (uint32_t)strtoul(digits, NULL, 10);
	return true;
}

static int
take(struct memif_word *w, const char *argument, const char *text, size_t length, struct complaint *why)
{
	const char *value;
	size_t value_length;
	uint32_t ring;

	if (length == 6 && (strncmp(text, "server", 6) == 0 || strncmp(text, "client", 6) == 0)) {
		w->role = *text == 's' ? MEMIF_SERVER : MEMIF_CLIENT;
		return 0;
	}
	if (length == 9 && strncmp(text, "zero-copy", 9) == 0) {
		w->zero_copy = true;
		return 0;
	}
	if (begins(text, length, "id=", &value, &value_length)) {
		if (!is_number(value, value_length, &w->id) || w->id > ID_MAX)
			return complain(why, "device \"memif:%s\": id=%.*s: it takes a number of 0 to %u", argument,
					(int)value_length, value, ID_MAX);
		return 0;
	}
	if (begins(text, length, "ring=", &value, &value_length)) {
		if (!is_number(value, value_length, &ring) || ring < RING_MIN || ring > RING_MAX || (ring & (ring - 1)) != 0)
			return complain(why, "device \"memif:%s\": ring=%.*s: it takes a power of two of %u to %u frames", argument,
					(int)value_length, value, RING_MIN, RING_MAX);
		w->log2_ring = (uint32_t)__builtin_ctz(ring);
		return 0;
	}
	if (begins(text, length, "secret=", &value, &value_length)) {
		if (value_length == 0 || value_length >= sizeof(w->secret))
			return complain(why, "device \"memif:%s\": a secret has 1 to %zu letters, and this one %zu", argument,
					sizeof(w->secret) - 1, value_length);
		memcpy(w->secret, value, value_length);
		return 0;
	}
	return complain(why, "device \"memif:%s\": \"%.*s\" is none of server, client, id=N, ring=N, secret=WORD, zero-copy",
			argument, (int)length, text);
}

int
memif_parse(const char *argument, struct memif_word *w, struct complaint *why)
{
	size_t length = strcspn(argument, ",");
	const char *path = argument;

	memset(w, 0, sizeof(*w));
	if (*path == '@') {
		w->abstract = true;
		path++;
		length--;
	}
	if (length == 0 || length >= sizeof(w->path))
		return complain(why, "device \"memif:%s\": the path of a socket, of 1 to %zu letters, comes first, as in "
				"memif:/run/tern.sock, or @NAME for an abstract one", argument, sizeof(w->path) - 1);
	memcpy(w->path, path, length);
	for (const char *text = path + length; *text == ',';) {
		text++;
		length = strcspn(text, ",");
		if (take(w, argument, text, length, why) != 0)
			return -1;
		text += length;
	}
	if (w->zero_copy && w->role == MEMIF_SERVER)
		return complain(why, "device \"memif:%s\": it is the client whose memory is shared, so zero-copy is the client's "
				"to say", argument);
	return 0;
}

int
memif_check(const char *argument, struct complaint *why)
{
	struct memif_word word;

	return memif_parse(argument, &word, why);
}
