/* SPDX-License-Identifier: Apache-2.0 */
/* Other programs: engines' clients and skopeo. */
#ifndef URUNC_BUNNY_CHILD_H
#define URUNC_BUNNY_CHILD_H

#include <stdbool.h>

#include "bunny/rope.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

/* Is there such a program in PATH (or, as root's own are often not, in /usr/sbin and /sbin)? */
bool child_exists(const char *name, struct arena *a);

struct child_io {
	const struct rope *in; /* becomes its standard input; NULL: /dev/null */
	rope_progress *progress;
	void *arg;
	int out;         /* its standard output; -1: /dev/null */
	const char *dir; /* where it works; NULL: where we are */
};
/* Runs argv (argv[0] is looked for as above) and waits. -EIO unless it exits with 0; then *e ends with the last line that it
 * wrote to standard error. -ENOENT: no such program. */
int child_run(const struct strs *argv, const struct child_io *io, struct arena *a, struct err *e) _must_check_;
/* The same; its standard output, at most max bytes. */
int child_read(const struct strs *argv, size_t max, struct arena *a, struct bytes *ret, struct err *e)
	_must_check_;

#endif
