/* SPDX-License-Identifier: Apache-2.0 */
/* One-line texts, numbers and lists without stdio and without malloc. */
#ifndef URUNC_URUNIT_TEXT_H
#define URUNC_URUNIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTEXT_BYTES 512

/* A text under construction, always NUL-terminated and one line: control bytes become '?', what does
 * not fit is cut. Zero-initialise. */
struct utext {
	char s[UTEXT_BYTES];
	size_t n;
};

void utext_add(struct utext *t, const char *s);
void utext_addn(struct utext *t, const char *s, size_t n);
void utext_num(struct utext *t, uint64_t v);
/* Adds ": " and the name of a positive errno value. */
void utext_errno(struct utext *t, int code);
/* Sets the text to a, b, c, d in a row (NULL ends early) and returns -code. */
int utext_fail(struct utext *t, int code, const char *a, const char *b, const char *c, const char *d);

/* Writes "urunit: <text>\n" to standard error with one call. */
void usay(const char *text);
/* As usay, with a, b in a row and ": <errno name>" when code is not 0. */
void usay_about(const char *a, const char *b, int code);

/* Exactly n digits of base 8 or 10 giving at most max. False leaves *ret alone. */
bool unum_parse(const char *s, size_t n, unsigned base, uint64_t max, uint64_t *ret);

/* A growing array in its own mapping; always zero beyond its end, so a vector of pointers is
 * NULL-terminated. Zero-initialise. */
struct uvec {
	void *p;
	size_t bytes, cap;
};
/* Appends n bytes copied from item: 0 or -ENOMEM. */
int uvec_add(struct uvec *v, const void *item, size_t n);

/* n zeroed bytes that are never given back, or NULL. Whole pages: not for small things. */
void *umem_map(size_t n);

#endif
