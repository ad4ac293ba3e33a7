/* SPDX-License-Identifier: Apache-2.0 */
/* A logging program of the client's that gets the output by pipes of its own: binary:// and binary-v2://. */
#ifndef URUNC_SHIM_LOGGER_H
#define URUNC_SHIM_LOGGER_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"
#include "shim/loop.h"

struct shim;
struct uri;

struct logger {
	struct shim *s;
	int pidfd;
	int ready;         /* it says here that it is ready */
	bool needs_a_byte; /* binary-v2: the end of the pipe alone is a failure */
	int writers[2]; /* our copies of the pipes' write ends: until Delete, so that it sees no end before */
};

void logger_init(struct logger *l);
/* Starts it; *out and *err become the write ends for the runtime. err may be NULL: it gets both pipes nevertheless, since
 * programs written in Go take descriptor 4 for theirs without a look. */
int logger_start(struct logger *l, struct shim *s, const char *id, const struct uri *uri, int *out, int *err,
		 struct err *e) _must_check_;
/* In the child that will run the container: waits until the logger is ready. */
int logger_wait(const struct logger *l, struct err *e) _must_check_;
/* The runtime runs: the ready pipe is of no use any more. */
void logger_has_started(struct logger *l);
/* Ends it: it sees the end of its pipes, then TERM, and KILL after a while. Does not wait. */
void logger_close(struct logger *l);

#endif
