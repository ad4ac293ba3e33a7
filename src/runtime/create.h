/* SPDX-License-Identifier: Apache-2.0 */
/* `urunc create`: from a bundle to a process that waits at the gate. */
#ifndef URUNC_RUNTIME_CREATE_H
#define URUNC_RUNTIME_CREATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"
#include "runtime/container.h"

struct create_opts {
	const char *id;
	const char *bundle;         /* absolute */
	const char *pid_file;       /* absolute, NULL = none */
	const char *console_socket; /* absolute, NULL = none */
	const char *pidfd_socket;   /* absolute, NULL = none */
	bool no_new_keyring;
	bool keep_console; /* the caller (`run`) keeps the terminal's master itself */
};

struct created {
	pid_t pid;
	int pidfd;
	int console; /* the terminal's master with keep_console, else -1 */
	bool terminal;
};

/* 0: created. 1: not ours, *ret_delegate says what the configuration wishes; nothing was done, but that
 * the bundle of a Knative queue-proxy may have been changed (knative.h). Negative: failed, and
 * everything is undone. Changes the working directory. From the first effect on it looks for signals by interrupt.h: one
 * that comes before the end undoes everything and then ends the process. Afterwards they stay armed. */
int runtime_create(const struct runtime *rt, const struct create_opts *o, struct created *ret,
		   const char **ret_delegate, struct err *e) _must_check_;

#endif
