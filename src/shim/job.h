/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever may block is done by a forked child, while the shim goes on. */
#ifndef URUNC_SHIM_JOB_H
#define URUNC_SHIM_JOB_H

#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"
#include "shim/loop.h"

struct shim;
struct job;

/* Runs in the child, which sees a copy of everything and dies with the shim. Returns an exit code, or -errno with a
 * text that the shim gets to read. May exec. */
typedef int job_fn(const void *arg, struct err *e);

struct job {
	struct job *next;
	struct shim *s;
	pid_t pid;
	int out; /* what the child wrote: a file of memory */
	struct timer limit;
	void (*done)(struct job *j, int wait_status); /* the job is freed afterwards */
	void *owner;
};

struct job_stdio {
	int in, out, err; /* -1: /dev/null, and the job's own file */
	int keep;         /* one more that the child needs until it execs, or -1 */
};
#define JOB_STDIO ((struct job_stdio){-1, -1, -1, -1})

/* Starts fn in a child; done is called when that has ended. The descriptors stay the caller's. */
int job_start(struct shim *s, job_fn *fn, const void *arg, const struct job_stdio *io,
	      void (*done)(struct job *, int), void *owner, struct job **ret, struct err *e) _must_check_;
/* Ends it: at once, or unless it has ended by itself in time. done is still called. */
void job_kill(struct job *j);
void job_kill_after(struct job *j, uint64_t ms);
/* The owner goes away: `done` of its jobs is not called any more. */
void job_forget(struct shim *s, const void *owner);
/* What the child has written, NUL-terminated. */
int job_output(const struct job *j, struct arena *a, struct bytes *ret, struct err *e) _must_check_;
/* The text of the error which fn has returned; false when it has not. */
bool job_error(const struct job *j, struct err *e);

/* A file of memory that holds p[n], to be read from its beginning; O_CLOEXEC. */
int memory_file(const void *p, size_t n, int *ret_fd, struct err *e) _must_check_;

/* --- for children --- */

/* Forks once more and waits for fn: its wait status, or -errno. limit_ms: it is killed after that; 0 = never. */
int child_run(job_fn *fn, const void *arg, int limit_ms, struct err *e) _must_check_;
/* Waits on a timer. */
void child_pause(int ms);

#endif
