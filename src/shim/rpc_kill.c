/* SPDX-License-Identifier: Apache-2.0 */
/* Kill: by the runtime for a container, at once for a process beside it. Never waits for another change. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "shim/call.h"
#include "shim/failure.h"
#include "shim/methods.h"
#include "shim/shim.h"
#include "shim/task.h"
#include "proto/shim/task.pb-c.h"

/* A runtime that has not killed by then is not waited for. */
#define KILL_MS 10000

struct killing {
	const struct task *t;
	const Pb__KillRequest *req;
	off_t log_from;
	char number[16];
	char id[SHIM_ID_MAX + 1];
	pid_t pid; /* tells it from a later container of the same name */
};

static int kill_container(const void *arg, struct err *e)
{
	const struct killing *k = arg;
	struct cli_words w = {0};

	cli_word(&w, "kill");
	if (k->req->all)
		cli_word(&w, "--all");
	cli_word(&w, k->t->id);
	cli_word(&w, k->number);
	return cli_exec(&k->t->cli, &w, e);
}

static bool says_finished(const char *text)
{
	return strstr(text, "os: process already finished") || strstr(text, "container not running") ||
	       strcasestr(text, "no such process") || strstr(text, "does not exist");
}

static void failed(struct call *c, struct task *t, struct job *j, int wait_status)
{
	const struct killing *k = c->object;
	struct err e = {0};

	failure_of(j, wait_status, &t->cli, k->log_from, &e);
	if (t->init.reaped || says_finished(e.msg))
		call_fail(c, CODE_NOT_FOUND, "process already finished: not found");
	else if (k->req->signal == SIGKILL && kill(t->init.pid, SIGKILL) == 0)
		/* What the runtime could not do, the kernel can: the number is the process's own until it is collected. */
		call_reply(c, NULL);
	else
		call_fail(c, CODE_UNKNOWN, "unknown error after kill: %s", e.msg);
}

static void killed(struct job *j, int wait_status)
{
	struct call *c = j->owner;
	const struct killing *k = c->object;
	/* The container may have been deleted meanwhile, and another one be called like it. */
	struct task *t = task_find(c->s, k->id);

	if (wait_status == 0)
		call_reply(c, NULL);
	else if (t && t->init.pid == k->pid)
		failed(c, t, j, wait_status);
	else
		call_fail(c, CODE_NOT_FOUND, "process already finished: not found");
}

static void kill_init(struct task *t, struct call *c)
{
	const Pb__KillRequest *req = c->req;
	struct killing *k = arena_alloc(&c->a, sizeof(*k));
	struct job *j = NULL;
	struct err e = {0};

	if (t->init.reaped) {
		call_fail(c, CODE_NOT_FOUND, "process already finished: not found");
		return;
	}
	if (!k) {
		call_fail(c, CODE_EXHAUSTED, "out of memory");
		return;
	}
	*k = (struct killing){.t = t, .req = req, .log_from = cli_log_end(&t->cli), .pid = t->init.pid};
	snprintf(k->number, sizeof(k->number), "%u", req->signal);
	snprintf(k->id, sizeof(k->id), "%s", t->id);
	c->object = k;
	if (job_start(t->s, kill_container, k, NULL, killed, c, &j, &e) < 0)
		call_fail(c, CODE_UNKNOWN, "%s", e.msg);
	else
		job_kill_after(j, KILL_MS);
}

static void kill_added(struct proc *p, struct call *c)
{
	const Pb__KillRequest *req = c->req;

	if (p->pid <= 0)
		call_fail(c, CODE_PRECONDITION, "process %s not created", p->exec_id);
	else if (p->reaped)
		call_fail(c, CODE_NOT_FOUND, "process already finished: not found");
	else if (kill(p->pid, (int)req->signal) < 0)
		call_fail(c, errno == ESRCH ? CODE_NOT_FOUND : CODE_UNKNOWN,
			  "cannot send signal %u to process %s: %s", req->signal, p->exec_id, strerror(errno));
	else
		call_reply(c, NULL);
}

void rpc_kill(struct call *c)
{
	const Pb__KillRequest *req = c->req;
	struct proc *p = call_proc(c, req->id, req->exec_id);

	if (!p)
		return;
	if (req->signal > 64)
		call_fail(c, CODE_INVALID, "there is no signal %u", req->signal);
	else if (p->exec_id)
		kill_added(p, c);
	else
		kill_init(p->task, c);
}
