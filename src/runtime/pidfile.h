/* SPDX-License-Identifier: Apache-2.0 */
/* Pid files as engines read them. */
#ifndef URUNC_RUNTIME_PIDFILE_H
#define URUNC_RUNTIME_PIDFILE_H

#include <sys/types.h>

#include "common/err.h"

/* Decimal without newline, under its name in one step (never seen half-written), mode 0644. */
int pidfile_write(const char *path, pid_t pid, struct err *e) _must_check_;

#endif
