/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and their processes as the shim keeps them. */
#ifndef URUNC_SHIM_TASK_H
#define URUNC_SHIM_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "cgroup/place.h"
#include "common/arena.h"
#include "common/err.h"
#include "shim/cli.h"
#include "shim/loop.h"
#include "shim/oom.h"
#include "shim/reap.h"
#include "shim/stdio.h"

struct shim;
struct call;
struct job;

enum proc_state { PROC_CREATING, PROC_CREATED, PROC_RUNNING, PROC_STOPPED };

/* The init process of a container, or one that was started beside it. */
struct proc {
	struct proc *next; /* execs of the same task */
	struct task *task;
	char *exec_id; /* NULL: the init process */
	pid_t pid;
	enum proc_state state;
	bool starting; /* its Create or Start is on its way: an end is told after that */
	bool reaped;   /* it has ended; told (PROC_STOPPED) when the order of events allows it */
	bool failed;   /* its Start failed: who waits gets an answer */
	uint32_t exit_status;
	struct timespec exited_at;
	struct stdio io;
	char *spec; /* of an exec: JSON */
	size_t spec_n;
	struct call *waiters;
};

struct task {
	struct task *next;
	struct shim *s;
	char *id, *bundle;
	struct cli cli;
	struct proc init, *execs;
	bool private_pids; /* ends with its init process, by the kernel */
	bool mounted;      /* Create had mounts for its root */
	bool paused, pausing, killing_rest;
	bool ending;   /* deleted before it was started: its end is waited for */
	bool cleaning; /* the job takes everything back, and keeps its own time */
	struct arena memory;
	struct cgroup_place groups; /* of its init process, in memory; version 0: not known */
	struct oom oom;
	/* One change at a time: the call that works, its child, and those behind it. */
	struct call *worker, *queue;
	struct job *job;
	uint64_t work_began_ms;
	struct timer impatience;
	void (*cleaned)(struct task *t, const struct err *failure);
};

/* A new one, in the shim's list; NULL when memory is gone. */
struct task *task_new(struct shim *s, const char *id, const char *bundle);
/* The last one of a shim that nobody wants any more takes the shim with it. */
void task_free(struct task *t);
struct task *task_find(const struct shim *s, const char *id);

/* NULL exec_id or "": the init process. */
struct proc *task_proc(struct task *t, const char *exec_id);
struct proc *task_add_exec(struct task *t, const char *exec_id);
void task_remove_exec(struct proc *p);

/* The process that a request is about, of a container that exists; else the request is answered (NOT_FOUND) and NULL
 * is returned. */
struct proc *call_proc(struct call *c, const char *id, const char *exec_id);
struct task *call_task(struct call *c, const char *id);

/* Whether a name may be part of a path. */
bool id_is_valid(const char *id);

/* The init process has ended: a Delete may have waited for that. */
void delete_sees_end(struct task *t);

/* --- one change at a time --- */

/* false: another one is at work, and this call is run again after it. */
bool work_begin(struct task *t, struct call *c);
/* The call that worked is over: before it is answered. */
void work_end(struct task *t);
/* Answers all that wait for a task that is no more. */
void work_abandon(struct task *t);

#endif
