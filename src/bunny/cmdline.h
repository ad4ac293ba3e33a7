/* SPDX-License-Identifier: Apache-2.0 */
/* A command line as one text, split into words. */
#ifndef URUNC_BUNNY_CMDLINE_H
#define URUNC_BUNNY_CMDLINE_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* Blanks separate. A ' or " at the beginning of a word, or behind its '=', begins a part that goes to the next such quote if
 * that ends the word; in "..." \" and \\ stand for themselves. Other quotes and backslashes are letters: {"a":"b"} stays
 * as it is. *ret_open: a quoted part was not closed; it ends where the text ends. */
int cmdline_split(const char *text, struct arena *a, struct strs *ret, bool *ret_open, struct err *e)
	_must_check_;

/* With one blank between each. */
int cmdline_join(const struct strs *words, struct arena *a, const char **ret, struct err *e) _must_check_;

#endif
