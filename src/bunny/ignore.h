/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of the context stay out (.dockerignore, .bunnyignore), and the patterns of COPY. Pure. */
#ifndef URUNC_BUNNY_IGNORE_H
#define URUNC_BUNNY_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "bunny/diag.h"
#include "common/arena.h"
#include "common/str.h"

/* The patterns of a .dockerignore or .bunnyignore. */
struct ignore_rule;
struct ignore {
	struct ignore_rule *rules;
	size_t n;
};
/* `d` gets a warning for each pattern that is wrong. */
int ignore_parse(struct bytes text, struct arena *a, struct ignore *ret, struct diags *d) _must_check_;
/* path is relative to the context, cleaned. Does it, or a directory above it, stay out? */
bool ignore_match(const struct ignore *ig, const char *path);
/* May something below the directory come in again by a later "!" rule? If not, an ignored directory need not be read. */
bool ignore_has_exceptions_below(const struct ignore *ig, const char *dir);

/* One pattern of Docker's kind (*, ?, [a-z], **, \x) against a whole path. */
bool pattern_match(const char *pattern, const char *path);
bool pattern_valid(const char *pattern); /* at most 1024 characters, classes closed */
bool pattern_has_wildcards(const char *s);

#endif
