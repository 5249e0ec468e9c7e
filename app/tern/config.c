/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cfgfile.h>

#include "options.h"

static int
read_section(struct options *o, struct rte_cfgfile *file, int index, const char *path, struct problem *why)
{
	char section[CFG_NAME_LEN] = "", where[512];
	int n = rte_cfgfile_section_num_entries_by_index(file, section, index);
	struct rte_cfgfile_entry *entries;
	bool own = false;
	int rc = 0;

	if (n < 0)
		return 0;
	entries = calloc((size_t)n + 1, sizeof(*entries));
	if (entries == NULL)
		return problem_say(why, "no memory for the file '%s'", path);
	n = rte_cfgfile_section_entries_by_index(file, index, section, entries, n);
	snprintf(where, sizeof(where), "%s: [%s]", path, section);
	if (o->section != NULL) {
		rc = o->section(o->section_arg, section, NULL, NULL, where, why);
		own = rc > 0;
		rc = rc < 0 ? rc : 0;
	}
	for (int i = 0; i < n && rc == 0; i++) {
		if (own)
			rc = o->section(o->section_arg, section, entries[i].name, entries[i].value, where, why) < 0 ? -1 : 0;
		else if (strcmp(entries[i].name, "config") == 0)
			rc = problem_say(why, "%s: 'config' cannot stand in a file", where);
		else
			rc = options_set(o, entries[i].name, entries[i].value, SOURCE_FILE, where, why);
	}
	free(entries);
	return rc;
}

int
config_read(struct options *o, const char *path, struct problem *why)
{
	struct rte_cfgfile *file;
	struct stat is;
	int sections, rc = 0;

	if (access(path, R_OK) != 0 || stat(path, &is) != 0)
		return problem_say(why, "config file '%s': %s", path, strerror(errno));
	/* fopen() takes it, and it would read as an empty file */
	if (S_ISDIR(is.st_mode))
		return problem_say(why, "config file '%s': %s", path, strerror(EISDIR));
	file = rte_cfgfile_load(path, CFG_FLAG_GLOBAL_SECTION);
	if (file == NULL)
		return problem_say(why, "config file '%s': every line is [section], key = value or ; comment", path);
	sections = rte_cfgfile_num_sections(file, NULL, 0);
	for (int i = 0; i < sections && rc == 0; i++)
		rc = read_section(o, file, i, path, why);
	rte_cfgfile_close(file);
	return rc;
}
