/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/*
 * To be preloaded into a DPDK program that has no option for words of EAL's: puts those of EAL_WORDS before the
 * program's own. So a generator that knows PCI devices alone is measured over a virtual one, unchanged. The program has
 * to be linked with DPDK's shared libraries.
 */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

#define WORDS_MOST 128

int
rte_eal_init(int argc, char **argv)
{
	int (*next)(int, char **) = (int (*)(int, char **))dlsym(RTLD_NEXT, "rte_eal_init");
	char *words[WORDS_MOST], *text = strdup(getenv("EAL_WORDS") != NULL ? getenv("EAL_WORDS") : ""), *rest = NULL;
	int n = 0;

	if (next == NULL || text == NULL || argc < 1)
		return -1;
	words[n++] = argv[0];
	for (char *word = strtok_r(text, " ", &rest); word != NULL && n < WORDS_MOST; word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	if (n + argc - 1 > WORDS_MOST) {
		fprintf(stderr, "EAL_WORDS: %d words with the program's own, want %d at most\n", n + argc - 1, WORDS_MOST);
		return -1;
	}
	for (int i = 1; i < argc; i++)
		words[n++] = argv[i];
	return next(n, words);   /* EAL keeps what it is given: text stays */
}
