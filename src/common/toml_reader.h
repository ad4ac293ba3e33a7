/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the TOML reader share; nobody else includes it. */
#ifndef URUNC_COMMON_TOML_READER_H
#define URUNC_COMMON_TOML_READER_H

#include "common/toml.h"

struct toml_reader {
	const char *s;
	size_t n, i;
	unsigned line;
	const char *what;
	struct arena *a;
	struct toml_doc doc;
	struct toml_key *keys; /* of all tables, one after another */
	size_t nkeys;
};

/* "<what>: line N: <text>"; -EINVAL. */
int toml_fail(struct toml_reader *in, struct err *e, const char *text);
char toml_peek(const struct toml_reader *in); /* '\0' at the end: NUL is not in the text */
void toml_blanks(struct toml_reader *in);
/* Blanks, a comment, and the end of the line or of the text. */
int toml_line_end(struct toml_reader *in, struct err *e) _must_check_;
/* A basic or literal string; the reader stands on its quote. */
int toml_read_string(struct toml_reader *in, const char **ret, struct err *e) _must_check_;
/* Fills kind and value of k. */
int toml_read_value(struct toml_reader *in, struct toml_key *k, struct err *e) _must_check_;

#endif
