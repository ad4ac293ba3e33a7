/* SPDX-License-Identifier: Apache-2.0 */
/* Pause, Resume, Update and Checkpoint: one call of the runtime each. */
#include <string.h>

#include "common/fd.h"
#include "proto/shim/runtime.pb-c.h"
#include "proto/shim/task.pb-c.h"
#include "runtime/owner.h"
#include "shim/announce.h"
#include "shim/call.h"
#include "shim/failure.h"
#include "shim/methods.h"
#include "shim/pb.h"
#include "shim/shim.h"
#include "shim/task.h"

/* One change on its way, in the call's arena. */
struct change {
	const struct task *t;
	struct cli_words words;
	const char *name;
	off_t log_from;
	void (*done)(struct task *t, struct call *c, bool ok); /* before the answer */
};

static int run(const void *arg, struct err *e)
{
	const struct change *g = arg;

	return cli_exec(&g->t->cli, &g->words, e);
}

static void changed(struct job *j, int wait_status)
{
	struct task *t = j->owner;
	struct call *c = t->worker;
	const struct change *g = c->object;
	struct err e = {0};

	if (wait_status != 0)
		failure_of(j, wait_status, &t->cli, g->log_from, &e);
	if (g->done)
		g->done(t, c, wait_status == 0);
	work_end(t);
	if (wait_status == 0)
		call_reply(c, NULL);
	else
		call_fail(c, CODE_UNKNOWN, "OCI runtime %s failed: %s", g->name, e.msg);
}

static struct change *begin(struct task *t, struct call *c, const char *name)
{
	struct change *g = arena_alloc(&c->a, sizeof(*g));

	if (!g) {
		work_end(t);
		call_fail(c, CODE_EXHAUSTED, "out of memory");
		return NULL;
	}
	*g = (struct change){.t = t, .name = name, .log_from = cli_log_end(&t->cli)};
	c->object = g;
	cli_word(&g->words, name);
	return g;
}

static bool start(struct task *t, struct call *c, const struct job_stdio *io)
{
	struct err e = {0};

	if (job_start(t->s, run, c->object, io, changed, t, &t->job, &e) == 0)
		return true;
	work_end(t);
	call_fail(c, CODE_UNKNOWN, "%s", e.msg);
	return false;
}

static void refuse(struct task *t, struct call *c, const char *what, const char *why)
{
	work_end(t);
	call_fail(c, CODE_UNKNOWN, "cannot %s container %s: it is %s", what, t->id, why);
}

/* --- pause and resume --- */

static void paused(struct task *t, struct call *c, bool ok)
{
	(void)c;
	t->pausing = false;
	/* It may have ended meanwhile. */
	if (!ok || t->init.reaped)
		return;
	t->paused = true;
	announce_paused(t, true);
}

static void resumed(struct task *t, struct call *c, bool ok)
{
	(void)c;
	if (!ok)
		return;
	t->paused = false;
	announce_paused(t, false);
}

static void pause_or_resume(struct task *t, struct call *c, bool pause)
{
	struct change *g;

	if (t->init.state != PROC_RUNNING || t->init.reaped || t->paused == pause) {
		refuse(t, c, pause ? "pause" : "resume",
		       t->init.reaped                  ? "stopped"
		       : t->init.state != PROC_RUNNING ? "not running"
		       : pause                         ? "paused already"
						       : "not paused");
		return;
	}
	g = begin(t, c, pause ? "pause" : "resume");
	if (!g)
		return;
	cli_word(&g->words, t->id);
	g->done = pause ? paused : resumed;
	t->pausing = start(t, c, NULL) && pause;
}

void rpc_pause(struct call *c)
{
	const Pb__PauseRequest *req = c->req;
	struct task *t = call_task(c, req->id);

	if (t && work_begin(t, c))
		pause_or_resume(t, c, true);
}

void rpc_resume(struct call *c)
{
	const Pb__ResumeRequest *req = c->req;
	struct task *t = call_task(c, req->id);

	if (t && work_begin(t, c))
		pause_or_resume(t, c, false);
}

/* --- update --- */

void rpc_update(struct call *c)
{
	const Pb__UpdateTaskRequest *req = c->req;
	struct task *t = call_task(c, req->id);
	struct job_stdio io = JOB_STDIO;
	_cleanup_fd_ int input = -1;
	struct err e = {0};
	struct change *g;

	if (!t || !work_begin(t, c))
		return;
	if (t->init.reaped) {
		refuse(t, c, "update", "stopped");
		return;
	}
	g = begin(t, c, "update");
	if (!g)
		return;
	if (memory_file(req->resources ? req->resources->value.data : (const uint8_t *)"{}",
			req->resources ? req->resources->value.len : 2, &input, &e) < 0) {
		work_end(t);
		call_fail(c, CODE_UNKNOWN, "%s", e.msg);
		return;
	}
	cli_word(&g->words, "--resources");
	cli_word(&g->words, "-");
	cli_word(&g->words, t->id);
	io.in = input;
	start(t, c, &io);
}

/* --- checkpoint --- */

static void checkpointed(struct task *t, struct call *c, bool ok)
{
	const Pb__CheckpointTaskRequest *req = c->req;

	if (ok)
		announce_checkpointed(t, req->path);
}

static void add_words(struct cli_words *w, const Pb__CheckpointOptions *o)
{
	if (o->open_tcp)
		cli_word(w, "--tcp-established");
	if (o->external_unix_sockets)
		cli_word(w, "--ext-unix-sk");
	if (o->terminal)
		cli_word(w, "--shell-job");
	if (o->file_locks)
		cli_word(w, "--file-locks");
	if (*o->cgroups_mode) {
		cli_word(w, "--manage-cgroups-mode");
		cli_word(w, o->cgroups_mode);
	}
	for (size_t i = 0; i < o->n_empty_namespaces && i < 4; i++) {
		cli_word(w, "--empty-ns");
		cli_word(w, o->empty_namespaces[i]);
	}
	if (!o->exit)
		cli_word(w, "--leave-running");
}

static void checkpoint(struct task *t, struct call *c, const Pb__CheckpointTaskRequest *req)
{
	Pb__CheckpointOptions defaults = PB__CHECKPOINT_OPTIONS__INIT, *o = &defaults;
	struct change *g = begin(t, c, "checkpoint");

	if (!g)
		return;
	if (req->options && req->options->value.len)
		o = message_read(&pb__checkpoint_options__descriptor, req->options->value.data,
				 req->options->value.len, &c->a);
	if (!o) {
		work_end(t);
		call_fail(c, CODE_INVALID, "the options of the checkpoint cannot be decoded");
		return;
	}
	cli_word(&g->words, "--image-path");
	cli_word(&g->words, *o->image_path ? o->image_path : req->path);
	cli_word(&g->words, "--work-path");
	cli_word(&g->words, *o->work_path ? o->work_path : arena_printf(&c->a, "%s/work", t->bundle));
	add_words(&g->words, o);
	cli_word(&g->words, t->id);
	g->done = checkpointed;
	start(t, c, NULL);
}

void rpc_checkpoint(struct call *c)
{
	const Pb__CheckpointTaskRequest *req = c->req;
	struct task *t = call_task(c, req->id);

	if (!t)
		return;
	if (t->cli.owner == OWNER_US) {
		call_fail(c, CODE_UNIMPLEMENTED, "checkpoint is not supported for virtual machines");
		return;
	}
	if (!work_begin(t, c))
		return;
	if (t->init.state != PROC_RUNNING || t->init.reaped)
		refuse(t, c, "checkpoint", t->init.reaped ? "stopped" : "not running");
	else
		checkpoint(t, c, req);
}
