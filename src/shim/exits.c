/* SPDX-License-Identifier: Apache-2.0 */
/* Recording and telling ends. */
#include "shim/exits.h"

#include <stddef.h>

#include "common/log.h"
#include "runtime/owner.h"
#include "shim/announce.h"
#include "shim/call.h"
#include "shim/job.h"
#include "shim/keep.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "shim/task.h"
#include "proto/shim/task.pb-c.h"

/* --- those who wait --- */

static void answer(struct call *c, const struct proc *p)
{
	Pb__WaitResponse r = PB__WAIT_RESPONSE__INIT;
	Pb__Timestamp when = pb_time(&p->exited_at);

	r.exit_status = p->exit_status;
	r.exited_at = p->reaped ? &when : NULL;
	c->drop = NULL;
	call_reply(c, &r);
}

/* Somebody waits no longer. */
static void drop_waiter(struct call *c)
{
	struct proc *p = c->object;

	for (struct call **at = &p->waiters; *at; at = &(*at)->queued)
		if (*at == c) {
			*at = c->queued;
			break;
		}
	c->drop = NULL;
}

void exits_wait(struct proc *p, struct call *c)
{
	if (p->state == PROC_STOPPED || p->failed) {
		answer(c, p);
		return;
	}
	c->object = p;
	c->drop = drop_waiter;
	c->queued = p->waiters;
	p->waiters = c;
}

void exits_answer(struct proc *p)
{
	while (p->waiters) {
		struct call *c = p->waiters;

		p->waiters = c->queued;
		answer(c, p);
	}
}

/* --- telling --- */

static void tell_one(struct proc *p)
{
	p->state = PROC_STOPPED;
	if (!p->exec_id) {
		keep_exit(p->task);
		p->task->paused = p->task->pausing = false;
		oom_last_look(p->task);
	}
	announce_exit(p);
	exits_answer(p);
}

static void rest_is_dead(struct job *j, int wait_status)
{
	struct task *t = j->owner;

	(void)wait_status;
	t->killing_rest = false;
	t->private_pids = true;
	exits_tell(t);
}

static int kill_rest(const void *arg, struct err *e)
{
	const struct task *t = arg;
	struct cli_words w = {0};

	cli_word(&w, "kill");
	cli_word(&w, "--all");
	cli_word(&w, t->id);
	cli_word(&w, "9");
	return cli_exec(&t->cli, &w, e);
}

#define KILL_REST_MS 5000

/* Without a PID namespace of its own, what the init process has started lives on: it dies before the end is told. */
static bool rest_is_being_killed(struct task *t)
{
	struct err e = {0};
	struct job *j = NULL;

	if (t->private_pids || t->cli.owner == OWNER_US)
		return false;
	if (t->killing_rest)
		return true;
	if (job_start(t->s, kill_rest, t, NULL, rest_is_dead, t, &j, &e) < 0) {
		log_warn("%s: %s", t->id, e.msg);
		return false;
	}
	job_kill_after(j, KILL_REST_MS);
	t->killing_rest = true;
	return true;
}

static bool an_exec_runs(const struct task *t)
{
	for (const struct proc *p = t->execs; p; p = p->next)
		if (p->starting || p->state == PROC_RUNNING)
			return true;
	return false;
}

void exits_tell(struct task *t)
{
	for (struct proc *p = t->execs; p; p = p->next)
		if (p->reaped && !p->starting && p->state != PROC_STOPPED)
			tell_one(p);
	if (!t->init.reaped || t->init.starting || t->init.state == PROC_STOPPED ||
	    t->init.state == PROC_CREATING)
		return;
	if (!rest_is_being_killed(t) && !an_exec_runs(t))
		tell_one(&t->init);
}

/* --- recording --- */

void exits_record(struct proc *p, const struct reaped *x)
{
	p->reaped = true;
	p->exit_status = (uint32_t)x->status;
	p->exited_at = x->when;
}

static struct proc *find(struct shim *s, pid_t pid)
{
	for (struct task *t = s->tasks; t; t = t->next) {
		if (t->init.pid == pid && !t->init.reaped)
			return &t->init;
		for (struct proc *p = t->execs; p; p = p->next)
			if (p->pid == pid && !p->reaped)
				return p;
	}
	return NULL;
}

bool exits_process(struct shim *s, const struct reaped *x)
{
	struct proc *p = find(s, x->pid);

	if (!p)
		return false;
	exits_record(p, x);
	exits_tell(p->task);
	if (!p->exec_id)
		delete_sees_end(p->task);
	return true;
}
