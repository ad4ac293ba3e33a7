/* SPDX-License-Identifier: Apache-2.0 */
/* What main hands to bunny's commands, and what a command is. */
#ifndef URUNC_BUNNY_CMD_H
#define URUNC_BUNNY_CMD_H

#include "bunny/report.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/opts.h"
#include "common/str.h"

struct bunny {
	struct arena *a;
	struct report report;
	const char *name; /* how we were called: "bunny", "bima" or "pun" */
	int64_t epoch;    /* SOURCE_DATE_EPOCH, else 0 */
};

struct bunny_command {
	const char *name, *args, *summary;
	struct opt_table opts;
	size_t opts_bytes;      /* of the struct that run() gets, zeroed before */
	int min_args, max_args; /* max -1 = any number */
	/* The exit code (>= 0), or -errno with *e filled in. */
	int (*run)(struct bunny *b, const void *opts, const struct strs *args, struct err *e);
};

extern const struct bunny_command cmd_build, cmd_check, cmd_convert, cmd_bundle, cmd_inspect, cmd_push,
	cmd_mkinitrd, cmd_mkfs, cmd_llb, cmd_frontend, cmd_frontend_image;

/* Looks a command up; NULL if there is none. In the order of the help text; NULL at the end. */
const struct bunny_command *bunny_command_find(const char *name);
const struct bunny_command *bunny_command_next(size_t *i);

void bunny_help(struct strbuf *out);
void bunny_command_help(const struct bunny_command *cmd, struct strbuf *out);
/* Writes to standard output. */
int bunny_print(const struct strbuf *text, struct err *e) _must_check_;

#endif
