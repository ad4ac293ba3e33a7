/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of one container come one after the other; a runtime that hangs does not keep it for ever. */
#include "common/clock.h"
#include "proto/shim/task.pb-c.h"
#include "shim/call.h"
#include "shim/job.h"
#include "shim/methods.h"
#include "shim/shim.h"
#include "shim/task.h"

/* How long a Delete lets a runtime that is at work go on. */
#define PATIENCE_MS 10000

static void out_of_patience(struct timer *t)
{
	struct task *task = (struct task *)((char *)t - offsetof(struct task, impatience));

	if (task->job && !task->cleaning)
		job_kill(task->job);
}

static void hurry(struct task *t)
{
	uint64_t worked = clock_monotonic_ms() - t->work_began_ms;

	/* One that is at work keeps its own time. */
	if (t->worker->method->run == rpc_delete)
		return;
	/* Nobody deletes what is being created, unless its creator has given up. */
	if (t->init.state == PROC_CREATING || worked >= PATIENCE_MS)
		timer_set(&t->impatience, &t->s->loop, 0, out_of_patience);
	else
		timer_set(&t->impatience, &t->s->loop, PATIENCE_MS - worked, out_of_patience);
}

/* Of the container: a process beside it is no reason to end what is at work. */
static bool is_delete_of_all(const struct call *c)
{
	const Pb__DeleteRequest *req = c->req;

	return c->method->run == rpc_delete && !*req->exec_id;
}

static bool delete_waits(const struct task *t)
{
	for (const struct call *c = t->queue; c; c = c->queued)
		if (is_delete_of_all(c))
			return true;
	return false;
}

bool work_begin(struct task *t, struct call *c)
{
	struct call **p;

	if (!t->worker) {
		t->worker = c;
		t->work_began_ms = clock_monotonic_ms();
		if (delete_waits(t))
			hurry(t);
		return true;
	}
	for (p = &t->queue; *p;)
		p = &(*p)->queued;
	*p = c;
	c->queued = NULL;
	if (delete_waits(t))
		hurry(t);
	return false;
}

/* The next one starts anew: it finds the container as it is then. */
static void run_next(struct timer *timer)
{
	struct task *t = (struct task *)((char *)timer - offsetof(struct task, impatience));
	struct call *c = t->queue;

	if (!c || t->worker)
		return;
	t->queue = c->queued;
	c->queued = NULL;
	/* Should this one be answered at once, it is the next one's turn. */
	if (t->queue)
		timer_set(&t->impatience, &t->s->loop, 0, run_next);
	c->method->run(c);
}

void work_end(struct task *t)
{
	t->worker = NULL;
	t->job = NULL;
	timer_clear(&t->impatience);
	if (t->queue)
		timer_set(&t->impatience, &t->s->loop, 0, run_next);
}

void work_abandon(struct task *t)
{
	struct call *c = t->queue;

	t->queue = NULL;
	while (c) {
		struct call *next = c->queued;

		call_fail(c, CODE_NOT_FOUND, "container %s: not found", t->id);
		c = next;
	}
}
