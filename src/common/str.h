/* SPDX-License-Identifier: Apache-2.0 */
/* Growing strings and string lists in an arena, and strict parsers. */
#ifndef URUNC_COMMON_STR_H
#define URUNC_COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

/* A finished list of strings (borrowed or in an arena). v may be NULL when n is 0. NULL-terminated
 * when it came from strv_done. */
struct strs {
	const char **v;
	size_t n;
};

/* A finished run of bytes. */
struct bytes {
	const void *p;
	size_t n;
};

/* A finished list of numbers. */
struct u32s {
	uint32_t *v;
	size_t n;
};

/* A text under construction. Failure is sticky: add freely, look at the end. */
struct strbuf {
	struct arena *a;
	char *p; /* always NUL-terminated once something was added */
	size_t len, cap;
	bool oom;
};
#define STRBUF(arena_) ((struct strbuf){.a = (arena_)})

void sb_add(struct strbuf *b, const char *s);
void sb_addn(struct strbuf *b, const void *p, size_t n);
void sb_addc(struct strbuf *b, char c);
void sb_addf(struct strbuf *b, const char *fmt, ...) _printf_(2, 3);
/* A JSON string literal with quotes; control bytes, quote and backslash escaped; invalid UTF-8
 * bytes become U+FFFD. */
void sb_json_str(struct strbuf *b, const char *s, size_t n);
/* 0 and the text ("" if nothing was added), or -ENOMEM. */
int sb_done(struct strbuf *b, const char **ret, struct err *e) _must_check_;

/* A list under construction; failure sticky as above. One call = one element, never split. */
struct strv {
	struct arena *a;
	const char **v;
	size_t n, cap;
	bool oom;
};
#define STRV(arena_) ((struct strv){.a = (arena_)})

void strv_add(struct strv *l, const char *s); /* copies s; NULL s counts as out of memory */
void strv_addf(struct strv *l, const char *fmt, ...) _printf_(2, 3);
int strv_done(struct strv *l, struct strs *ret, struct err *e) _must_check_;

bool streq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Whole string, decimal, no sign, no blanks, min..max inclusive. False leaves *ret alone. */
bool str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret);
bool str_is_utf8(const char *s, size_t n);
/* Looks "KEY" up in a list of KEY=VALUE; NULL if absent. */
const char *env_get(const struct strs *env, const char *key);

#endif
