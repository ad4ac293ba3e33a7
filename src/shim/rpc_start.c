/* SPDX-License-Identifier: Apache-2.0 */
/* Start: of a container, and of processes that were added to a delegated one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/io.h"
#include "common/json.h"
#include "shim/announce.h"
#include "shim/bundle.h"
#include "shim/call.h"
#include "shim/exits.h"
#include "shim/failure.h"
#include "shim/methods.h"
#include "shim/shim.h"
#include "shim/task.h"

/* What a started process needs after its child has ended; lies in the call's arena. */
struct starting {
	struct proc *p;
	off_t log_from;
	const char *pid_file, *pid_path, *spec_path;
};

static void finish(struct proc *p, struct call *c, int r, const struct err *e)
{
	Pb__StartResponse response = PB__START_RESPONSE__INIT;
	struct task *t = p->task;

	p->starting = false;
	if (r == 0) {
		p->state = PROC_RUNNING;
		announce_start(p);
		response.pid = (uint32_t)p->pid;
	}
	work_end(t);
	if (r == 0)
		call_reply(c, &response);
	else
		call_fail(c, CODE_UNKNOWN, "%s", e->msg);
	exits_tell(t);
}

/* --- the container --- */

static int start_container(const void *arg, struct err *e)
{
	const struct task *t = arg;
	struct cli_words w = {0};

	cli_word(&w, "start");
	cli_word(&w, t->id);
	return cli_exec(&t->cli, &w, e);
}

static void started(struct job *j, int wait_status)
{
	struct task *t = j->owner;
	struct call *c = t->worker;
	const struct starting *s = c->object;
	struct err e = {0};
	int r = 0;

	if (wait_status != 0) {
		failure_of(j, wait_status, &t->cli, s->log_from, &e);
		r = err_wrap(&e, "OCI runtime start failed");
	}
	finish(&t->init, c, r, &e);
}

static void start_init(struct task *t, struct call *c, struct starting *s)
{
	struct err e = {0};

	if (t->init.state != PROC_CREATED || t->init.reaped) {
		work_end(t);
		call_fail(c, CODE_UNKNOWN, "cannot start container %s: it is %s", t->id,
			  t->init.state == PROC_RUNNING && !t->init.reaped ? "running already" : "stopped");
		return;
	}
	s->log_from = cli_log_end(&t->cli);
	t->init.starting = true;
	if (job_start(t->s, start_container, t, NULL, started, t, &t->job, &e) < 0)
		finish(&t->init, c, -1, &e);
}

/* --- a process beside it --- */

/* The runtime takes the terminal from the file, the client said it in its request: the latter counts. */
static int write_spec(const struct proc *p, const char *path, struct err *e)
{
	struct arena a = {0};
	json_t *spec = NULL;
	const char *text;
	int r;

	json_use_arena(&a);
	r = json_parse((struct bytes){p->spec, p->spec_n}, "the process", &spec, e);
	if (r == 0 && !json_is_object(spec))
		r = err_set(e, EINVAL, "the process is no JSON object");
	if (r == 0 && json_object_set_new(spec, "terminal", json_boolean(p->io.terminal)) < 0)
		r = err_oom(e);
	text = r == 0 ? json_dumps(spec, JSON_COMPACT) : NULL;
	if (r == 0)
		r = text ? file_write(AT_FDCWD, path, O_CREAT | O_EXCL | O_NOFOLLOW, text, strlen(text), e)
			 : err_oom(e);
	arena_release(&a);
	return r;
}

static int start_exec(const void *arg, struct err *e)
{
	const struct starting *s = arg;
	const struct proc *p = s->p;
	struct cli_words w = {0};
	int r = logger_wait(&p->io.logger, e);

	if (r == 0)
		r = write_spec(p, s->spec_path, e);
	if (r < 0)
		return r;
	cli_word(&w, "exec");
	cli_word(&w, "--process");
	cli_word(&w, s->spec_path);
	if (p->io.terminal) {
		cli_word(&w, "--console-socket");
		cli_word(&w, p->io.console.path);
	}
	cli_word(&w, "--detach");
	cli_word(&w, "--pid-file");
	cli_word(&w, s->pid_path);
	cli_word(&w, p->task->id);
	return cli_exec(&p->task->cli, &w, e);
}

static void exec_failed(struct starting *s, struct call *c, struct err *e)
{
	stdio_close(&s->p->io);
	/* It runs, but without its streams. */
	if (s->p->pid > 0 && !s->p->reaped)
		kill(s->p->pid, SIGKILL);
	if (s->pid_path)
		unlink(s->pid_path);
	s->p->failed = true;
	exits_answer(s->p);
	finish(s->p, c, -1, e);
}

static void exec_started(struct job *j, int wait_status)
{
	struct task *t = j->owner;
	struct call *c = t->worker;
	struct starting *s = c->object;
	struct err e = {0};
	struct reaped x;
	int r = 0;

	unlink(s->spec_path);
	if (wait_status != 0) {
		failure_of(j, wait_status, &t->cli, s->log_from, &e);
		r = err_wrap(&e, "OCI runtime exec failed");
	}
	if (r == 0)
		r = bundle_pid(t->bundle, s->pid_file, &s->p->pid, &e);
	if (r == 0 && reap_take(t->s, s->p->pid, &x))
		exits_record(s->p, &x);
	if (r == 0)
		r = stdio_run(&s->p->io, t->s, &e);
	reap_born(t->s);
	if (r < 0)
		exec_failed(s, c, &e);
	else
		finish(s->p, c, 0, NULL);
}

static void start_added(struct proc *p, struct call *c, struct starting *s)
{
	struct task *t = p->task;
	struct job_stdio io;
	struct err e = {0};
	int r;

	if (t->init.reaped || t->init.state != PROC_RUNNING || p->state != PROC_CREATED || p->failed) {
		work_end(t);
		call_fail(c, CODE_PRECONDITION, "cannot start process %s: %s", p->exec_id,
			  p->state == PROC_CREATED && !p->failed
				  ? "the container's init process is not running"
				  : "it was started before");
		return;
	}
	s->p = p;
	s->log_from = cli_log_end(&t->cli);
	s->pid_file = arena_printf(&c->a, "%s.pid", p->exec_id);
	s->pid_path = arena_printf(&c->a, "%s/%s.pid", t->bundle, p->exec_id);
	s->spec_path = arena_printf(&c->a, "%s/%s-process.json", t->bundle, p->exec_id);
	p->starting = true;
	r = s->pid_file && s->pid_path && s->spec_path ? stdio_open(&p->io, t->s, p->exec_id, &t->cli, &e)
						       : err_oom(&e);
	if (r == 0) {
		io = stdio_for_runtime(&p->io);
		reap_birth(t->s);
		r = job_start(t->s, start_exec, s, &io, exec_started, t, &t->job, &e);
		if (r < 0)
			reap_born(t->s);
	}
	if (r < 0)
		exec_failed(s, c, &e);
}

void rpc_start(struct call *c)
{
	const Pb__StartRequest *req = c->req;
	struct proc *p = call_proc(c, req->id, req->exec_id);
	struct starting *s;

	if (!p || !work_begin(p->task, c))
		return;
	s = arena_alloc(&c->a, sizeof(*s));
	c->object = s;
	if (!s) {
		work_end(p->task);
		call_fail(c, CODE_EXHAUSTED, "out of memory");
	} else if (p->exec_id) {
		start_added(p, c, s);
	} else {
		start_init(p->task, c, s);
	}
}
