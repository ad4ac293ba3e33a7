/* SPDX-License-Identifier: Apache-2.0 */
/* What a front end or a decision has to say about a user's file: every error and warning of one run, with its place. */
#ifndef URUNC_BUNNY_DIAG_H
#define URUNC_BUNNY_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* A place in the file that a recipe was read from. line and col begin at 1, col counts bytes; line 0: no place. width is
 * how many bytes the caret underlines (0 counts as 1). */
struct src_pos {
	unsigned line, col, width;
};

/* The file itself: its name as the user gave it and its bytes, for showing lines. */
struct source {
	const char *name;
	struct bytes text;
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	struct src_pos pos;
	const char *text; /* one line */
	const char *hint; /* what to do, or NULL */
};

/* All of one run, in the order they were found. Adding never fails visibly: running out of memory is remembered in oom,
 * and more than DIAG_MAX are counted, not kept. Start with DIAGS(arena). */
#define DIAG_MAX 100
struct diags {
	struct arena *a;
	struct diag *v;
	size_t n, cap;
	size_t errors;  /* of all that were added, kept or not */
	size_t dropped; /* beyond DIAG_MAX */
	bool oom;
};
#define DIAGS(arena_) ((struct diags){.a = (arena_)})

void diag_error(struct diags *d, struct src_pos pos, const char *hint, const char *fmt, ...) _printf_(4, 5);
void diag_warn(struct diags *d, struct src_pos pos, const char *hint, const char *fmt, ...) _printf_(4, 5);

/* "file:line:col: error: text", the line of the file with a caret below, "hint: ...": each on a line of its own. Bytes of
 * the file that are no printable text come out as '?', long lines are cut around the place. source may be NULL. */
void diag_render(const struct diag *d, const struct source *source, struct strbuf *out);
/* Text of a file for a terminal: nothing in it is a control byte. */
void diag_show_text(const char *s, struct strbuf *out);
/* All of them, then how many were dropped. */
void diags_render(const struct diags *d, const struct source *source, struct strbuf *out);
/* The same for programs: a line of JSON each, with level, file, line, column, text and hint as far as there are such. */
void diags_json(const struct diags *d, const struct source *source, struct strbuf *out);
/* 0 if there were no errors; otherwise -EINVAL (-ENOMEM) with "<file>:<line>:<col>: <first error>" and how many more. */
int diags_result(const struct diags *d, const struct source *source, struct err *e) _must_check_;

/* The word of the list that is nearest to s and near enough to be meant (at most a third of it wrong), or NULL. Never s itself. */
const char *nearest_word(const char *s, const struct strs *words);

#endif
