/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments with blanks in them that were cut at the blanks, by a kernel or a builder, and are told by their quotes. */
#ifndef URUNC_COMMON_WORDS_H
#define URUNC_COMMON_WORDS_H

#include <stddef.h>

/* How the quotes of one argument stand. */
enum words_kind {
	WORDS_PLAIN,  /* one word, as it is */
	WORDS_QUOTED, /* begins with ' or ", ends with the same */
	WORDS_OPEN,   /* begins so, and is never closed: all the rest is in it */
};

/*
 * How many of words[0..n), n > 0, are one argument: those from one that begins with ' or " to the first that ends with the
 * same. A quote inside a word, or one that is a whole word, is ordinary text. Nothing escapes a quote.
 */
size_t words_group(const char *const *words, size_t n, enum words_kind *ret);

/* Bytes that the argument made of words[0..n) takes at most, its NUL byte included. */
size_t words_bytes(const char *const *words, size_t n);

/* Writes it: the words with single blanks between them, without the quotes around them. to may begin at words[0] if n is 1. */
void words_join(const char *const *words, size_t n, enum words_kind kind, char *to);

#endif
