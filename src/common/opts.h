/* SPDX-License-Identifier: Apache-2.0 */
/* Command line options, described by tables. Accepts what runc, crun and Go's flag package accept: --flag value,
 * --flag=value, -flag value, -flag=value, -f value. */
#ifndef URUNC_COMMON_OPTS_H
#define URUNC_COMMON_OPTS_H

#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

enum opt_kind {
	OPT_BOOL,     /* bool; --flag, --flag=true, --flag=false */
	OPT_STR,      /* const char * */
	OPT_LIST,     /* struct strv, made with STRV(arena) at the first one: each value is added */
	OPT_TRISTATE, /* const char *: true, false or auto, as the next word or after '='; alone it means true */
};

struct opt {
	const char *name;
	char letter;      /* 0 = none */
	int kind;         /* enum opt_kind */
	size_t off;       /* in the target struct */
	const char *arg;  /* what the help calls the value, NULL for OPT_BOOL */
	const char *help; /* NULL: accepted for other programs' sake, not shown */
};

struct opt_table {
	const struct opt *v;
	size_t n;
};
#define OPT_TABLE(a_) ((struct opt_table){(a_), sizeof(a_) / sizeof((a_)[0])})

enum {
	OPTS_STOP_AT_WORD = 1u << 0, /* the first word that is no option ends the options */
	OPTS_LENIENT = 1u << 1,      /* unknown options are taken as switches */
};

/* Reads words[0..n) into target. What is not an option goes to *ret_rest (borrowed from words, in order); *ret_used is how
 * many words were looked at (less than n only with OPTS_STOP_AT_WORD). "--" ends the options. */
int opts_parse(struct opt_table t, unsigned flags, const char *const *words, size_t n, void *target,
	       struct arena *a, struct strs *ret_rest, size_t *ret_used, struct err *e) _must_check_;

/* The table as lines of help. */
void opts_help(struct opt_table t, struct strbuf *out);

#endif
