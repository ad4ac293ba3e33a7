/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the user what is going on: a line that changes on a terminal, plain lines elsewhere, JSON lines, or nothing. Always on
 * standard error: standard output is for results. */
#ifndef URUNC_BUNNY_REPORT_H
#define URUNC_BUNNY_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum report_form { REPORT_PLAIN, REPORT_TTY, REPORT_JSON, REPORT_QUIET };

struct report {
	enum report_form form;
	bool open; /* a step has begun */
	char what[200];
	uint64_t bytes; /* of the step so far */
	int64_t begun_ms, shown_ms;
};

/* Quiet wins over JSON; otherwise by what standard error is, and TERM. */
void report_begin(struct report *r, bool quiet, bool json);
/* A step begins, and the one before is done. */
void report_step(struct report *r, const char *fmt, ...) _printf_(2, 3);
void report_bytes(uint64_t n, void *report); /* a rope_progress */
void report_done(struct report *r);
/* One line that is not a step. Warnings are told in each form but quiet. */
void report_note(struct report *r, const char *fmt, ...) _printf_(2, 3);
void report_warn(struct report *r, const char *fmt, ...) _printf_(2, 3);
/* Why it failed; in every form. */
void report_fail(struct report *r, const char *msg);

#endif
