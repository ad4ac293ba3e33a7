/* SPDX-License-Identifier: Apache-2.0 */
/* What main hands to the commands, and what a command is. */
#ifndef URUNC_CLI_CLI_H
#define URUNC_CLI_CLI_H

#include "common/opts.h"
#include "common/err.h"
#include "common/str.h"
#include "runtime/container.h"
#include "runtime/delegate.h"

struct cli {
	struct runtime rt;
	struct delegate_call call; /* how we were called, should the container be a delegate's */
};

enum {
	CMD_STOP_AT_WORD = OPTS_STOP_AT_WORD,
	CMD_LENIENT = OPTS_LENIENT,
	CMD_HIDDEN = 1u << 8, /* not in the list of commands */
};

struct command {
	const char *name;
	const char *args; /* "<container-id> [signal]" */
	const char *summary;
	struct opt_table opts;
	size_t opts_bytes;      /* of the struct that run() gets as opts, zeroed before */
	int min_args, max_args; /* max -1 = any number */
	unsigned flags;         /* CMD_* */
	/* The exit code (>= 0), or -errno with *e filled in; -EREMOTE: args[0] belongs to a delegate, hand the command
	 * over (main does that). */
	int (*run)(struct cli *c, const void *opts, const struct strs *args, struct err *e);
};

extern const struct command cmd_create, cmd_run, cmd_start, cmd_state, cmd_kill, cmd_delete, cmd_list, cmd_ps,
	cmd_spec, cmd_features, cmd_plan, cmd_pause, cmd_resume, cmd_exec, cmd_update, cmd_events,
	cmd_checkpoint, cmd_restore;

/* Looks a command up by its name; NULL if there is none. */
const struct command *command_find(const char *name);
/* Walks them in the order of the help text; NULL at the end. */
const struct command *command_next(size_t *i);

/* Absolute, cleaned form of a path argument; NULL stays NULL. */
int cli_abs(struct cli *c, const char *path, const char **ret, struct err *e) _must_check_;
/* Writes to standard output. */
int cli_print(const struct strbuf *text, struct err *e) _must_check_;
/* "table" or "json". */
int cli_format(const char *format, bool *ret_json, struct err *e) _must_check_;
/* Tells of a failure: to the log, and as plain text to standard error when the log is elsewhere. */
void cli_fail(const struct err *e);

/* help.c */
void help_global(struct opt_table globals, struct strbuf *out);
void help_command(const struct command *cmd, struct strbuf *out);

#endif
