/* SPDX-License-Identifier: Apache-2.0 */
/* File name patterns of Docker's kind. All ways through a pattern are followed at once, so no pattern takes long. */
#include "bunny/ignore.h"

#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

#define MAX_TOKENS 1024

enum token_kind {
	TOKEN_CHAR,
	TOKEN_ANY,   /* ?: one character but '/' */
	TOKEN_CLASS, /* [a-z] */
	TOKEN_STAR,  /* *: any number of characters but '/' */
	TOKEN_ALL,   /* ** */
	TOKEN_DIRS,  /* **'/': nothing, or something that ends in '/' */
	TOKEN_END,
};

struct token {
	enum token_kind kind;
	uint32_t c;
	const char *set, *set_end; /* TOKEN_CLASS: what is between the brackets */
};

struct pattern {
	struct token v[MAX_TOKENS + 1];
	size_t n;
};

/* The character at s as a number; bytes that are no UTF-8 are characters of their own. */
static uint32_t take(const char **s)
{
	static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t len = utf8_seq(*s, strnlen(*s, 4));
	uint32_t c = (unsigned char)**s;

	if (len == 0) {
		++*s;
		return 0x110000u + c;
	}
	c &= mask[len];
	for (size_t i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)(*s)[i] & 0x3fu);
	*s += len;
	return c;
}

static uint32_t take_escaped(const char **s)
{
	if (**s == '\\' && (*s)[1])
		++*s;
	return take(s);
}

/* s is behind the '['. Where the class's ']' is, or NULL. */
static const char *class_end(const char *s)
{
	if (*s == '^')
		s++;
	for (const char *first = s; *s; s++) {
		if (*s == ']' && s > first)
			return s;
		if (*s == '\\' && s[1])
			s++;
	}
	return NULL;
}

static bool in_class(const struct token *t, uint32_t c)
{
	const char *s = t->set;
	bool not = *s == '^', found = false;

	if (not )
		s++;
	while (s < t->set_end) {
		uint32_t low = take_escaped(&s), high = low;

		if (s + 1 < t->set_end && *s == '-') {
			s++;
			high = take_escaped(&s);
		}
		found |= c >= low && c <= high;
	}
	return c != '/' && found != not ;
}

static bool read_star(const char **s, struct token *t)
{
	if (**s != '*')
		return false;
	++*s;
	t->kind = TOKEN_STAR;
	while (**s == '*') {
		t->kind = TOKEN_ALL;
		++*s;
	}
	if (t->kind == TOKEN_ALL && **s == '/') {
		t->kind = TOKEN_DIRS;
		++*s;
	}
	return true;
}

/* False: no pattern, or too long. */
static bool read_pattern(const char *s, struct pattern *p)
{
	p->n = 0;
	while (*s) {
		struct token *t = &p->v[p->n];

		if (p->n++ == MAX_TOKENS)
			return false;
		*t = (struct token){.kind = TOKEN_CHAR};
		if (read_star(&s, t))
			continue;
		if (*s == '[') {
			t->kind = TOKEN_CLASS;
			t->set = ++s;
			t->set_end = class_end(s);
			if (!t->set_end)
				return false;
			s = t->set_end + 1;
		} else if (*s == '?') {
			t->kind = TOKEN_ANY;
			s++;
		} else if (*s == '\\' && !s[1]) {
			return false;
		} else {
			t->c = take_escaped(&s);
		}
	}
	p->v[p->n] = (struct token){.kind = TOKEN_END};
	return true;
}

/* Token i is next, and with it all that may be next because i may stand for nothing. */
static void enter(const struct pattern *p, size_t i, bool *set)
{
	while (!set[i]) {
		set[i] = true;
		if (p->v[i].kind != TOKEN_STAR && p->v[i].kind != TOKEN_ALL && p->v[i].kind != TOKEN_DIRS)
			return;
		i++;
	}
}

static void step(const struct pattern *p, size_t i, uint32_t c, bool *next)
{
	const struct token *t = &p->v[i];

	switch (t->kind) {
	case TOKEN_CHAR:
		if (t->c == c)
			enter(p, i + 1, next);
		break;
	case TOKEN_ANY:
		if (c != '/')
			enter(p, i + 1, next);
		break;
	case TOKEN_CLASS:
		if (in_class(t, c))
			enter(p, i + 1, next);
		break;
	case TOKEN_STAR:
		if (c != '/')
			enter(p, i, next);
		break;
	case TOKEN_ALL:
		enter(p, i, next);
		break;
	case TOKEN_DIRS:
		/* What follows comes behind a '/'; while in here, only this token goes on. */
		next[i] = true;
		if (c == '/')
			enter(p, i + 1, next);
		break;
	case TOKEN_END:
		break;
	}
}

bool pattern_match(const char *pattern, const char *path)
{
	struct pattern p;
	bool sets[2][MAX_TOKENS + 1], *now = sets[0], *next = sets[1];

	if (!read_pattern(pattern, &p))
		return false;
	memset(now, 0, p.n + 1);
	enter(&p, 0, now);
	while (*path) {
		uint32_t c = take(&path);
		bool *spare = now;

		memset(next, 0, p.n + 1);
		for (size_t i = 0; i < p.n; i++)
			if (now[i])
				step(&p, i, c, next);
		now = next;
		next = spare;
	}
	return now[p.n];
}

bool pattern_valid(const char *pattern)
{
	struct pattern p;

	return read_pattern(pattern, &p);
}

bool pattern_has_wildcards(const char *s)
{
	return strpbrk(s, "*?[") != NULL;
}
