/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as values: a fixed-size text and an errno, built on the caller's stack. */
#ifndef URUNC_COMMON_ERR_H
#define URUNC_COMMON_ERR_H

#include <stddef.h>

#define ERR_MSG_BYTES 504

/*
 * One failure. `code` is a positive errno value, 0 while nothing failed. `msg` is one line of text
 * for the user: object, value, what was allowed, what to change. Never allocated, so it works when
 * memory is gone. Initialise with `struct err e = {0}`.
 */
struct err {
	int code;
	char msg[ERR_MSG_BYTES];
};

#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(a, b) __attribute__((format(printf, a, b)))

/* Sets code and text (truncated to fit; control bytes stay, the log escapes them). Returns -code.
 * A NULL e is allowed: then only the return value is made. */
int err_set(struct err *e, int code, const char *fmt, ...) _printf_(3, 4);

/* As err_set with the current errno, appending ": <strerror>". Returns -errno (never 0). */
int err_sys(struct err *e, const char *fmt, ...) _printf_(2, 3);

/* Puts "<text>: " before the message already there. Returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...) _printf_(2, 3);

/* -ENOMEM with a fixed text. */
int err_oom(struct err *e);

#endif
