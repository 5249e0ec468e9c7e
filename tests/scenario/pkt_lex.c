/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Tern authors
 */

/* The tokens of packetdrill's scripts: words, numbers, strings, shell commands, code, options, "..." and single marks. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pkt.h"

struct lexer {
	const char *at;
	unsigned int line;
	struct pkt_token *token;
	unsigned int count;
	const char *wrong;
};

static void
add(struct lexer *l, enum pkt_kind kind, const char *from, const char *to)
{
	if (l->count == 0 || (l->count & (l->count - 1)) == 0)
		l->token = realloc(l->token, (l->count == 0 ? 1 : 2 * l->count) * sizeof(*l->token));
	if (l->token == NULL)
		abort();
	l->token[l->count] = (struct pkt_token){ .kind = kind, .line = l->line, .text = strndup(from, (size_t)(to - from)) };
	if (l->token[l->count++].text == NULL)
		abort();
	for (; from < to; from++)
		l->line += *from == '\n';
	l->at = to;
}

/* What stands between two marks, which go; both are `closing` long. */
static void
enclosed(struct lexer *l, enum pkt_kind kind, const char *closing, const char *wrong)
{
	size_t n = strlen(closing);
	const char *from = l->at + n, *to = from;

	for (; *to != '\0' && strncmp(to, closing, n) != 0; to++)
		if (*to == '\\' && n == 1 && to[1] != '\0')
			to++;
	if (*to == '\0') {
		l->wrong = wrong;
		return;
	}
	add(l, kind, from, to);
	l->at += n;
}

/* false at the end of the text */
static bool
skip_space(struct lexer *l)
{
	for (;;) {
		if (isspace((unsigned char)*l->at)) {
			l->line += *l->at++ == '\n';
		} else if (l->at[0] == '/' && l->at[1] == '/') {
			l->at += strcspn(l->at, "\n");
		} else if (l->at[0] == '/' && l->at[1] == '*') {
			const char *end = strstr(l->at + 2, "*/");

			if (end == NULL) {
				l->wrong = "a comment /* that does not end";
				return false;
			}
			for (; l->at < end + 2; l->at++)
				l->line += *l->at == '\n';
		} else {
			return *l->at != '\0';
		}
	}
}

/* An option goes on to the next space, which quotes may hide: --define=A="x y" */
static void
option(struct lexer *l)
{
	const char *to = l->at;
	char quote = '\0';

	for (; *to != '\0' && (quote != '\0' || !isspace((unsigned char)*to)); to++)
		if (quote != '\0' ? *to == quote : *to == '"' || *to == '`')
			quote = quote != '\0' ? '\0' : *to;
	add(l, PKT_OPTION, l->at, to);
}

/* 5, -1, .1, 0.25, 0x1f; "0..." is 0 and "..." */
static const char *
number_end(const char *p)
{
	const char *to = p + (*p == '-');

	if (to[0] == '0' && to[1] == 'x' && isxdigit((unsigned char)to[2])) {
		for (to += 2; isxdigit((unsigned char)*to);)
			to++;
		return to;
	}
	while (isdigit((unsigned char)*to))
		to++;
	if (to[0] == '.' && isdigit((unsigned char)to[1]))
		for (to++; isdigit((unsigned char)*to);)
			to++;
	return to > p + (*p == '-') ? to : p;
}

static const char *
word_end(const char *p)
{
	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return p;
}

static void
one(struct lexer *l)
{
	const char *p = l->at, *number = number_end(p), *word = word_end(p);

	if (strncmp(p, "%{", 2) == 0) {
		const char *end = strstr(p, "}%");

		if (end == NULL) {
			l->wrong = "code %{ that does not end with }%";
			return;
		}
		l->at = p + 2;
		add(l, PKT_CODE, p + 2, end);
		l->at += 2;
	} else if (*p == '"') {
		enclosed(l, PKT_STRING, "\"", "a string that does not end");
	} else if (*p == '`') {
		enclosed(l, PKT_COMMAND, "`", "a shell command that does not end");
	} else if (p[0] == '-' && p[1] == '-' && isalpha((unsigned char)p[2])) {
		option(l);
	} else if (strncmp(p, "...", 3) == 0) {
		add(l, PKT_DOTS, p, p + 3);
	} else if (number > p && number >= word) {
		add(l, PKT_NUMBER, p, number);
	} else if (word > p) {
		add(l, PKT_WORD, p, word);
	} else {
		add(l, PKT_MARK, p, p + 1);
	}
}

const char *
pkt_lex(const char *text, struct pkt_token **tokens, unsigned int *line)
{
	struct lexer l = { .at = text, .line = 1 };

	while (l.wrong == NULL && skip_space(&l))
		one(&l);
	*line = l.line;
	add(&l, PKT_END, "end of file", strchr("end of file", '\0'));
	*tokens = l.token;
	return l.wrong;
}

void
pkt_lex_free(struct pkt_token *tokens)
{
	for (unsigned int i = 0; tokens != NULL; i++) {
		bool last = tokens[i].kind == PKT_END;

		free(tokens[i].text);
		if (last)
			break;
	}
	free(tokens);
}

void
pkt_define(struct pkt_token *t, const char *text)
{
	const char *value = strchr(text, '=');
	size_t n = value != NULL ? (size_t)(value - text) : 0;
	bool quoted;

	if (value++ == NULL)
		return;
	quoted = (value[0] == '"' || value[0] == '`') && strlen(value) > 1;
	for (; t->kind != PKT_END; t++) {
		if (t->kind != PKT_WORD || strlen(t->text) != n || strncmp(t->text, text, n) != 0)
			continue;
		free(t->text);
		t->text = quoted ? strndup(value + 1, strlen(value) - 2) : strdup(value);
		if (t->text == NULL)
			abort();
		t->kind = value[0] == '"' ? PKT_STRING : value[0] == '`' ? PKT_COMMAND
			: number_end(value) > value && *number_end(value) == '\0' ? PKT_NUMBER : PKT_WORD;
	}
}
