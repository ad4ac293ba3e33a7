/* SPDX-License-Identifier: Apache-2.0 */
/* runc's log: one record a line, text or JSON, to --log or standard error. Only cli, shim and the
 * supervisor loop log; everything below returns errors. */
#ifndef URUNC_COMMON_LOG_H
#define URUNC_COMMON_LOG_H

#include <stdbool.h>

#include "common/err.h"

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/* path NULL: standard error. The file is opened O_APPEND|O_CREAT|O_CLOEXEC 0644 at once and errors are
 * told. Text form: time="RFC3339" level=error msg="…" ; JSON: {"level":"error","msg":"…","time":"…"}.
 * Control bytes, quotes and newlines are escaped: a record is one line, one write(2). Forgets what log_syslog and
 * log_before_first set. */
int log_open(const char *path, bool json, enum log_level level, struct err *e) _must_check_;
/* Changes what is left out from now on. */
void log_set_level(enum log_level level);
/* Whether records go to the local syslog, too. */
void log_syslog(bool on);
/* Calls fn once, before the first record: so that settings need not be read by those who have nothing to say. */
void log_before_first(void (*fn)(void *arg), void *arg);
/* "panic" "fatal" "error" "warn" "warning" "info" "debug" "trace"; false for anything else. */
bool log_level_parse(const char *word, enum log_level *ret);
void log_msg(enum log_level level, const char *fmt, ...) _printf_(2, 3);
bool log_to_stderr(void);
int log_fd(void); /* -1 if none */
/* Library code that wants to say something without failing calls these (debug unless told). */
#define log_debug(...) log_msg(LOG_LVL_DEBUG, __VA_ARGS__)
#define log_warn(...) log_msg(LOG_LVL_WARN, __VA_ARGS__)

#endif
