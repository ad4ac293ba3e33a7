/* SPDX-License-Identifier: Apache-2.0 */
/* The part of TOML 1.0 that a configuration file needs, read strictly.
 * Known: comments, tables with bare or quoted names ([a."b c"]), bare or quoted keys, basic and literal strings on one
 * line, decimal integers, booleans, arrays of strings (over several lines too). Everything else that TOML
 * has (dotted keys, floats, dates, inline tables, arrays of tables, multi-line strings) is refused by name. */
#ifndef URUNC_COMMON_TOML_H
#define URUNC_COMMON_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

#define TOML_MAX_TABLES 128
#define TOML_MAX_KEYS 1024

enum toml_kind { TOML_STRING, TOML_INTEGER, TOML_BOOL, TOML_STRINGS };
extern const char *const toml_kind_names[]; /* "a string", … for messages */

struct toml_key {
	const char *name;
	unsigned line;
	enum toml_kind kind;
	const char *str; /* TOML_STRING; no NUL inside */
	int64_t integer;
	bool boolean;
	struct strs strs;
};

struct toml_table {
	struct strs path; /* [a.b]: "a", "b"; the keys before any header have an empty path */
	unsigned line;
	struct toml_key *keys;
	size_t nkeys;
};

/* tables[0] is always the one without a header. Order is the file's. */
struct toml_doc {
	struct toml_table *tables;
	size_t ntables;
};

/* Parses a whole document. -EINVAL with "<what>: line N: …" for anything malformed, not known, or defined
 * twice (keys, tables, a name as both); -ENOMEM. */
int toml_parse(struct bytes text, const char *what, struct arena *a, struct toml_doc *ret, struct err *e)
	_must_check_;

#endif
