/* SPDX-License-Identifier: Apache-2.0 */
/* Containerfiles between their parts: lines (cf_lex.c), words and variables (cf_words.c), steps (containerfile.c) and
 * what becomes of them (cf_expand.c). Only for these. */
#ifndef URUNC_BUNNY_CF_H
#define URUNC_BUNNY_CF_H

#include "bunny/front.h"

#define CF_MAX_WORDS 4096 /* of one instruction */
#define CF_MAX_VARS 2048
#define CF_MAX_LABELS 1024
#define CF_MAX_VALUE_BYTES (64u << 10)   /* of one word after expansion */
#define CF_MAX_EXPANDED_BYTES (8u << 20) /* of all of them */

enum cf_kind {
	CF_ADD,
	CF_ARG,
	CF_CMD,
	CF_COPY,
	CF_ENTRYPOINT,
	CF_ENV,
	CF_EXPOSE,
	CF_FROM,
	CF_HEALTHCHECK,
	CF_LABEL,
	CF_MAINTAINER,
	CF_ONBUILD,
	CF_RUN,
	CF_SHELL,
	CF_STOPSIGNAL,
	CF_USER,
	CF_VOLUME,
	CF_WORKDIR,
};

/* A piece of an instruction and where it is in the instruction's text. */
struct cf_word {
	const char *text;
	size_t off;
};

/* --name or --name=value */
struct cf_flag {
	const char *name, *value; /* value: NULL if there is none */
	size_t off;
};

struct cf_heredoc {
	const char *name;
	bool expand;     /* its name had no quotes: variables in it are replaced */
	bool strip_tabs; /* <<- */
	size_t off;
	struct bytes bytes;
};

/* One instruction. text is the whole of it with the continuation lines joined; at[i] is where its byte i is in the
 * file, so that every piece of it has a place. */
struct cf_step {
	enum cf_kind kind;
	const char *keyword; /* in capitals */
	const char *text;
	const uint32_t *at;
	size_t n;
	size_t args; /* where in text the arguments begin, behind the flags */
	struct cf_flag *flags;
	size_t nflags;
	struct cf_word *words; /* the arguments; of JSON: the strings */
	size_t nwords;
	bool json;
	bool pairs; /* ENV and LABEL: words are key=value; otherwise words are one key and one value */
	struct cf_heredoc *docs;
	size_t ndocs;
	char escape;
};

struct cf_file {
	struct cf_step *steps;
	size_t nsteps;
};

/* Reads all instructions and takes them apart. What is wrong goes to f->d, and reading goes on with the next one. */
int cf_read(struct front *f, struct cf_file *ret) _must_check_;

/* Where byte `off` of the step's text is in the file; width for the caret. */
struct src_pos cf_pos(const struct front *f, const struct cf_step *s, size_t off, size_t width);
struct src_pos cf_step_pos(const struct front *f, const struct cf_step *s); /* its keyword */
const struct cf_flag *cf_flag(const struct cf_step *s, const char *name);   /* NULL if it is not there */

/* --- variables --- */

struct cf_var {
	const char *name, *value; /* value: NULL if it is declared only */
};

struct cf_vars {
	struct cf_var *v;
	size_t n, cap;
};

/* Sets or replaces. */
void cf_set(struct front *f, struct cf_vars *vars, const char *name, const char *value);
const struct cf_var *cf_find(const struct cf_vars *vars, const char *name);

/* Variables as a word sees them: env goes before args. */
struct cf_scope {
	const struct cf_vars *env, *args;
	size_t *expanded; /* bytes so far, of the whole file */
};

/* A word with quotes taken away, escapes resolved and variables put in; "" and an error if that cannot be done. */
const char *cf_expand(struct front *f, const struct cf_step *s, const struct cf_word *w,
		      const struct cf_scope *scope);
/* A heredoc's bytes with variables put in; quotes mean nothing there. */
struct bytes cf_expand_doc(struct front *f, const struct cf_step *s, const struct cf_heredoc *doc,
			   const struct cf_scope *scope);

/* The variables that are there without being declared: TARGETPLATFORM and its like. */
void cf_platform_args(struct front *f, struct cf_vars *vars);
/* The value of --build-arg NAME, or NULL. *ret_given: it is there at all. */
const char *cf_build_arg(const struct recipe_options *opt, const char *name, bool *ret_given);

/* What a file says before its first FROM and the stages need later. */
struct cf_globals {
	struct cf_vars args;
};

/* Where COPY takes its files from, as --from in stage `index` says; images are added to the recipe. False: it is wrong,
 * which is told if `report`. */
bool cf_copy_from(struct front *f, const struct cf_step *s, size_t index, bool report, struct from *ret);

#endif
