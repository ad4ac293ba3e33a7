/* SPDX-License-Identifier: Apache-2.0 */
/* The list of containers, and their processes. */
#include "shim/task.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "shim/call.h"
#include "shim/exits.h"
#include "shim/job.h"
#include "shim/shim.h"

bool id_is_valid(const char *id)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t n = strlen(id);

	return n > 0 && n <= SHIM_ID_MAX && strspn(id, allowed) == n && id[0] != '.' && id[0] != '-';
}

struct task *task_new(struct shim *s, const char *id, const char *bundle)
{
	struct task *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->s = s;
	t->init.task = t;
	stdio_init(&t->init.io);
	oom_init(&t->oom);
	t->id = strdup(id);
	t->bundle = strdup(bundle);
	t->next = s->tasks;
	s->tasks = t;
	if (!t->id || !t->bundle) {
		task_free(t);
		return NULL;
	}
	return t;
}

static void proc_done(struct proc *p)
{
	/* Whoever still waits, for one that was never started perhaps, waits no longer. */
	exits_answer(p);
	stdio_done(&p->io);
	free(p->exec_id);
	free(p->spec);
}

void task_free(struct task *t)
{
	struct shim *s = t->s;

	job_forget(t->s, t);
	while (t->execs)
		task_remove_exec(t->execs);
	proc_done(&t->init);
	oom_done(&t->oom);
	timer_clear(&t->impatience);
	for (struct task **p = &t->s->tasks; *p; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	cli_done(&t->cli);
	arena_release(&t->memory);
	free(t->id);
	free(t->bundle);
	free(t);
	if (s->unwanted && !s->tasks && !s->leaving)
		shim_leave(s);
}

struct task *task_find(const struct shim *s, const char *id)
{
	for (struct task *t = s->tasks; t; t = t->next)
		if (streq(t->id, id))
			return t;
	return NULL;
}

struct proc *task_proc(struct task *t, const char *exec_id)
{
	if (!exec_id || !*exec_id)
		return &t->init;
	for (struct proc *p = t->execs; p; p = p->next)
		if (streq(p->exec_id, exec_id))
			return p;
	return NULL;
}

struct proc *task_add_exec(struct task *t, const char *exec_id)
{
	struct proc *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->exec_id = strdup(exec_id);
	if (!p->exec_id) {
		free(p);
		return NULL;
	}
	p->task = t;
	p->state = PROC_CREATED;
	stdio_init(&p->io);
	p->next = t->execs;
	t->execs = p;
	return p;
}

void task_remove_exec(struct proc *p)
{
	for (struct proc **at = &p->task->execs; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	proc_done(p);
	free(p);
}

struct task *call_task(struct call *c, const char *id)
{
	struct task *t = task_find(c->s, id);

	if (t && t->init.state != PROC_CREATING)
		return t;
	call_fail(c, CODE_NOT_FOUND, "container %.*s not created: not found", SHIM_ID_MAX, id);
	return NULL;
}

struct proc *call_proc(struct call *c, const char *id, const char *exec_id)
{
	struct task *t = call_task(c, id);
	struct proc *p = t ? task_proc(t, exec_id) : NULL;

	if (t && !p)
		call_fail(c, CODE_NOT_FOUND, "process %.*s of container %s: not found", SHIM_ID_MAX, exec_id,
			  t->id);
	return p;
}
