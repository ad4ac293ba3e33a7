/* SPDX-License-Identifier: Apache-2.0 */
/* One word of a guest's command line, quoted so that the guest's own splitting gives it back whole. */
#ifndef URUNC_GUESTS_QUOTE_H
#define URUNC_GUESTS_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

/* How much of a value a message may show: it may be a secret. */
#define QUOTE_SHOWN_BYTES 64

/* As a POSIX shell would read it, without using backslashes, which not every splitter knows: plain words as they are,
 * others '…', a ' as "'". The text " -- " never appears, since monitors look for it to put words of their own before
 * it. Every byte can be carried; an empty word becomes ''. */
void quote_shell(struct strbuf *out, const char *word);
/* A backslash before every blank, tab, line break and backslash. Nothing for an empty word. */
void quote_backslash(struct strbuf *out, const char *word);
/* Plain words as they are, others "…" with the escapes of C for line breaks, quotes and backslashes. */
void quote_double(struct strbuf *out, const char *word);

/* "process.args[3]" into buf, for messages; returns buf. */
#define QUOTE_LABEL_BYTES 40
const char *quote_label(char *buf, const char *list, size_t i);
/* The bytes of an environment entry's name that a message may show, for "%.*s". */
int quote_name_bytes(const char *entry);

#endif
