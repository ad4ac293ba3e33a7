/* SPDX-License-Identifier: Apache-2.0 */
/* Delete: of a container that has ended or was never started, and of processes that were added to one. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "shim/announce.h"
#include "shim/call.h"
#include "shim/cleanup.h"
#include "shim/exits.h"
#include "shim/keep.h"
#include "shim/methods.h"
#include "proto/shim/task.pb-c.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "shim/task.h"

/* What the process has written last gets this long to reach its reader; a grandchild that keeps the stream open does not
 * hold it back for longer. */
#define DRAIN_MS 10000
/* A container that was deleted before it was started is killed by that; its end takes a moment to arrive. */
#define END_MS 5000

static void reply(struct call *c, const struct proc *p)
{
	Pb__DeleteResponse r = PB__DELETE_RESPONSE__INIT;
	Pb__Timestamp when = pb_time(&p->exited_at);

	r.pid = (uint32_t)p->pid;
	r.exit_status = p->exit_status;
	r.exited_at = p->reaped ? &when : NULL;
	call_reply(c, &r);
}

/* --- the container --- */

static void gone(struct task *t)
{
	struct call *c = t->worker;

	/* Whatever it had beside its init process went with it: nothing holds its end back. */
	t->private_pids = true;
	exits_tell(t);
	announce_delete(t);
	keep_update(t, true);
	reply(c, &t->init);
	work_abandon(t);
	task_free(t);
}

static void end_is_overdue(struct timer *timer)
{
	gone((struct task *)((char *)timer - offsetof(struct task, impatience)));
}

void delete_sees_end(struct task *t)
{
	if (t->ending && t->init.reaped)
		timer_set(&t->impatience, &t->s->loop, 0, end_is_overdue);
}

static void cleaned(struct task *t, const struct err *failure)
{
	struct call *c = t->worker;

	if (failure) {
		work_end(t);
		call_fail(c, CODE_UNKNOWN, "cannot delete container %s: %s", t->id, failure->msg);
		return;
	}
	if (t->init.reaped || t->init.pid <= 0) {
		gone(t);
		return;
	}
	/* Its number is its own until it is collected. */
	kill(t->init.pid, SIGKILL);
	t->ending = true;
	timer_set(&t->impatience, &t->s->loop, END_MS, end_is_overdue);
}

static void remove_now(struct task *t)
{
	bool never_started = t->init.state == PROC_CREATED;

	t->init.io.drained = NULL;
	stdio_close(&t->init.io);
	for (struct proc *p = t->execs; p; p = p->next)
		stdio_close(&p->io);
	cleanup_start(t, never_started ? CLEANUP_FORCE : CLEANUP_PLAIN, cleaned);
}

static void drain_is_over(struct timer *timer)
{
	remove_now((struct task *)((char *)timer - offsetof(struct task, impatience)));
}

static void drained(struct stdio *io)
{
	struct task *t = io->owner;

	io->drained = NULL;
	timer_clear(&t->impatience);
	/* Not from within the stream that has just ended. */
	timer_set(&t->impatience, &t->s->loop, 0, drain_is_over);
}

static void delete_init(struct task *t, struct call *c)
{
	if (t->init.state == PROC_RUNNING) {
		work_end(t);
		call_fail(c, CODE_PRECONDITION, "cannot delete a running process of container %s", t->id);
		return;
	}
	if (!stdio_flows(&t->init.io) || t->init.state == PROC_CREATED) {
		remove_now(t);
		return;
	}
	t->init.io.owner = t;
	t->init.io.drained = drained;
	timer_set(&t->impatience, &t->s->loop, DRAIN_MS, drain_is_over);
}

/* --- a process beside it --- */

static void delete_added(struct proc *p, struct call *c)
{
	struct task *t = p->task;
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s.pid", t->bundle, p->exec_id);

	if (p->state == PROC_RUNNING || p->starting) {
		work_end(t);
		call_fail(c, CODE_PRECONDITION, "cannot delete the running process %s of container %s",
			  p->exec_id, t->id);
		return;
	}
	if (n > 0 && (size_t)n < sizeof(path))
		unlink(path);
	exits_answer(p);
	work_end(t);
	reply(c, p);
	task_remove_exec(p);
}

void rpc_delete(struct call *c)
{
	const Pb__DeleteRequest *req = c->req;
	struct task *t = task_find(c->s, req->id);
	struct proc *p;

	/* A Create that is on its way is ended, and leaves nothing to delete. */
	if (t && t->init.state == PROC_CREATING) {
		work_begin(t, c);
		return;
	}
	p = call_proc(c, req->id, req->exec_id);
	if (!p || !work_begin(p->task, c))
		return;
	if (p->exec_id)
		delete_added(p, c);
	else
		delete_init(p->task, c);
}
