/* SPDX-License-Identifier: Apache-2.0 */
/* The options which create and run share. */
#ifndef URUNC_CLI_CMD_CREATE_H
#define URUNC_CLI_CMD_CREATE_H

#include <stdbool.h>

#include "cli/cli.h"
#include "runtime/create.h"

struct cmd_create_opts {
	const char *bundle, *console_socket, *pid_file, *pidfd_socket, *preserve_fds;
	bool no_new_keyring, no_pivot, no_subreaper;
	bool detach, keep; /* run only */
};

#define CREATE_OPT(name_, letter_, kind_, member_, arg_, help_)                                              \
	{                                                                                                    \
		name_, letter_, kind_, offsetof(struct cmd_create_opts, member_), arg_, help_                \
	}

/* preserve-fds: a guest has no use for the caller's descriptors, and none of them may reach the monitor. */
#define CREATE_OPTS                                                                                          \
	CREATE_OPT("bundle", 'b', OPT_STR, bundle, "DIR",                                                    \
		   "bundle directory (default: the working directory)"),                                     \
		CREATE_OPT("console-socket", 0, OPT_STR, console_socket, "PATH",                             \
			   "socket that gets the terminal's master"),                                        \
		CREATE_OPT("pid-file", 0, OPT_STR, pid_file, "FILE", "file to write the process id to"),     \
		CREATE_OPT("pidfd-socket", 0, OPT_STR, pidfd_socket, "PATH",                                 \
			   "socket that gets a pidfd of the process"),                                       \
		CREATE_OPT("no-new-keyring", 0, OPT_BOOL, no_new_keyring, NULL,                              \
			   "keep the caller's session keyring"),                                             \
		CREATE_OPT("no-pivot", 0, OPT_BOOL, no_pivot, NULL, "accepted for runc's sake"),             \
		CREATE_OPT("no-subreaper", 0, OPT_BOOL, no_subreaper, NULL, "accepted for runc's sake"),     \
		CREATE_OPT("preserve-fds", 0, OPT_STR, preserve_fds, "N", "accepted for runc's sake")

/* Makes the paths absolute. */
int create_opts_fill(struct cli *c, const struct cmd_create_opts *o, const char *id, struct create_opts *ret,
		     struct err *e) _must_check_;

#endif
