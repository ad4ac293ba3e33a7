/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the application with the user, limits, directory and environment it was promised. */
#ifndef URUNC_URUNIT_APP_H
#define URUNC_URUNIT_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "urunit/config.h"
#include "urunit/text.h"

#define UAPP_NOT_FOUND 127      /* exit status when there is no such program */
#define UAPP_NOT_EXECUTABLE 126 /* … when it cannot be run, or its surroundings cannot be made */

struct uapp {
	char **args; /* NULL-terminated, at least one */
	char **env;  /* NULL-terminated */
	const struct uconf *conf;
	bool tty; /* own standard input as controlling terminal */
};

/* The value of NAME in a list of NAME=VALUE; NULL if absent. */
const char *uapp_env_get(char *const *env, const char *name);

/*
 * Forks and execs in a new session. 0 and the pid once the program runs, or -errno with one line in
 * *why and the exit status that stands for it in *ret_status. All signals are unblocked for it.
 */
int uapp_start(const struct uapp *a, pid_t *ret, uint8_t *ret_status, struct utext *why);

#endif
