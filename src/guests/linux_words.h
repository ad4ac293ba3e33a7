/* SPDX-License-Identifier: Apache-2.0 */
/* Words on a Linux kernel's command line: what it can carry, and how it is quoted. */
#ifndef URUNC_GUESTS_LINUX_WORDS_H
#define URUNC_GUESTS_LINUX_WORDS_H

#include "common/err.h"
#include "common/str.h"

/* A kernel panics when it finds more for its init: arguments, and words of the form NAME=VALUE unknown to it. */
#define LINUX_WORDS_MAX 31
/* Where a word without quotes ends: what a kernel's isspace() says, which knows Latin 1. */
#define LINUX_WORD_ENDS " \t\n\v\f\r\xa0"

/* Appends " WORD" so that the kernel hands init exactly these bytes as one word: quoted with "…" if it has blanks or is
 * empty. -EINVAL for what no quoting can carry: '"', line breaks and other control bytes. what: for the message. */
int linux_word_add(struct strbuf *out, const char *what, const char *word, struct err *e) _must_check_;
/* Every entry as a word that becomes init's environment. -EINVAL also for a name with '.', which the kernel takes for a
 * module's parameter and drops, and for a name that is a kernel parameter; -E2BIG for too many. */
int linux_words_env(struct strbuf *out, const struct strs *env, struct err *e) _must_check_;
/* " -- " and args[1..] for an init that takes them as they are. -E2BIG for too many, -EINVAL for a lone "--". */
int linux_words_args(struct strbuf *out, const struct strs *args, struct err *e) _must_check_;
/* The same for an older urunit, which puts words between '…' together again, with single blanks. */
int linux_words_grouped(struct strbuf *out, const struct strs *args, struct err *e) _must_check_;

#endif
