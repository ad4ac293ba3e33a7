/* SPDX-License-Identifier: Apache-2.0 */
/* Create: mounts, streams, and the runtime's `create`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "runtime/owner.h"
#include "shim/announce.h"
#include "shim/bundle.h"
#include "shim/call.h"
#include "shim/cleanup.h"
#include "shim/exits.h"
#include "shim/failure.h"
#include "shim/groups.h"
#include "shim/image.h"
#include "shim/keep.h"
#include "shim/methods.h"
#include "shim/options.h"
#include "shim/rootfs.h"
#include "shim/shim.h"
#include "shim/task.h"

#define PID_FILE "init.pid"

/* --- in the child --- */

struct creation {
	const struct task *t;
	const Pb__CreateTaskRequest *req;
	const char *root, *pid_file;
};

static int create_container(const void *arg, struct err *e)
{
	const struct creation *c = arg;
	const struct task *t = c->t;
	struct cli_words w = {0};
	struct err ignored = {0};
	int r;

	r = logger_wait(&t->init.io.logger, e);
	if (r == 0 && c->req->n_rootfs)
		r = rootfs_mount(c->req->rootfs, c->req->n_rootfs, c->root, e);
	if (r < 0)
		return r;
	/* A delegate that was asked for by name runs ordinary containers only. */
	if (!t->cli.binary && image_annotate(t->s->grpc_address, t->s->ns, t->id, t->bundle, &ignored) < 0)
		log_debug("%s: what containerd knows of its image is not known: %s", t->id, ignored.msg);
	cli_word(&w, "create");
	cli_word(&w, "--bundle");
	cli_word(&w, t->bundle);
	cli_word(&w, "--pid-file");
	cli_word(&w, c->pid_file);
	if (t->init.io.terminal) {
		cli_word(&w, "--console-socket");
		cli_word(&w, t->init.io.console.path);
	}
	if (t->cli.no_pivot)
		cli_word(&w, "--no-pivot");
	if (t->cli.no_keyring)
		cli_word(&w, "--no-new-keyring");
	cli_word(&w, t->id);
	/* The mounts may have taken us elsewhere. */
	if (chdir(t->bundle) < 0)
		r = err_sys(e, "cannot go to '%s'", t->bundle);
	if (r == 0)
		r = cli_exec(&t->cli, &w, e);
	if (c->req->n_rootfs && rootfs_unmount(c->root, true, &ignored) < 0)
		err_wrap(e, "what was mounted is still there (%s)", ignored.msg);
	return r;
}

/* --- in the shim --- */

/* Everything is taken back, then the caller is told. */
static void cleaned(struct task *t, const struct err *failure)
{
	struct call *c = t->worker;

	if (failure)
		log_warn("%s: cleaning up after a failed create: %s", t->id, failure->msg);
	call_fail(c, CODE_UNKNOWN, "%s", (const char *)c->object);
	work_abandon(t);
	task_free(t);
}

static void fail(struct task *t, const struct err *e)
{
	struct call *c = t->worker;

	c->object = arena_strdup(&c->a, e->msg);
	if (!c->object)
		c->object = (void *)(uintptr_t) "the container could not be created";
	stdio_close(&t->init.io);
	cleanup_start(t, CLEANUP_FORCE, cleaned);
}

/* The runtime says that the container is there. */
static int take_over(struct task *t, struct err *e)
{
	struct proc *p = &t->init;
	struct reaped x;
	int r = bundle_pid(t->bundle, PID_FILE, &p->pid, e);

	if (r == 0)
		r = stdio_run(&p->io, t->s, e);
	if (r < 0)
		return r;
	if (reap_take(t->s, p->pid, &x))
		exits_record(p, &x);
	cli_find_owner(&t->cli, t->id);
	t->private_pids = bundle_has_private_pids(t->bundle);
	if (!p->reaped) {
		groups_find(t);
		oom_watch(t);
	}
	keep_update(t, false);
	return 0;
}

static void created(struct job *j, int wait_status)
{
	Pb__CreateTaskResponse response = PB__CREATE_TASK_RESPONSE__INIT;
	struct task *t = j->owner;
	struct call *c = t->worker;
	struct err e = {0};
	int r = 0;

	t->job = NULL;
	if (wait_status != 0) {
		failure_of(j, wait_status, &t->cli, 0, &e);
		r = err_wrap(&e, "OCI runtime create failed");
	} else {
		r = take_over(t, &e);
	}
	reap_born(t->s);
	t->init.starting = false;
	if (r < 0) {
		fail(t, &e);
		return;
	}
	t->init.state = PROC_CREATED;
	/* Whoever deletes this one asks for the end of the shim, too. */
	t->s->unwanted = false;
	response.pid = (uint32_t)t->init.pid;
	announce_create(t, c->req);
	work_end(t);
	call_reply(c, &response);
	exits_tell(t);
}

static int prepare(struct task *t, const Pb__CreateTaskRequest *req, struct err *e)
{
	int r = options_read(req->options, t->s->ns, t->bundle, &t->cli, e);

	t->mounted = req->n_rootfs > 0;
	if (r == 0)
		r = stdio_ask(&t->init.io, req->stdin, req->stdout, req->stderr, req->terminal, e);
	if (r == 0)
		r = keep_begin(t, e);
	if (r == 0)
		r = stdio_open(&t->init.io, t->s, t->id, &t->cli, e);
	return r;
}

static int begin(struct task *t, struct call *c, struct err *e)
{
	const Pb__CreateTaskRequest *req = c->req;
	struct creation creation = {t, req, arena_printf(&c->a, "%s/rootfs", t->bundle),
				    arena_printf(&c->a, "%s/" PID_FILE, t->bundle)};
	struct job_stdio io;
	int r = creation.root && creation.pid_file ? prepare(t, req, e) : err_oom(e);

	if (r < 0)
		return r;
	io = stdio_for_runtime(&t->init.io);
	reap_birth(t->s);
	r = job_start(t->s, create_container, &creation, &io, created, t, &t->job, e);
	if (r < 0)
		reap_born(t->s);
	else
		t->init.starting = true;
	return r;
}

void rpc_create(struct call *c)
{
	const Pb__CreateTaskRequest *req = c->req;
	struct err e = {0};
	struct task *t;

	if (!id_is_valid(req->id) || *req->bundle != '/') {
		call_fail(c, CODE_INVALID, "the container's id '%.80s' or bundle '%.200s' is not valid",
			  req->id, req->bundle);
		return;
	}
	/* Its socket is gone: nobody would find the container here. */
	if (c->s->leaving) {
		call_fail(c, CODE_UNAVAILABLE, "this shim is about to end: start another one");
		return;
	}
	if (task_find(c->s, req->id)) {
		call_fail(c, CODE_EXISTS, "container %s: already exists", req->id);
		return;
	}
	if (*req->checkpoint) {
		call_fail(c, CODE_UNIMPLEMENTED, "restoring from a checkpoint is not supported");
		return;
	}
	t = task_new(c->s, req->id, req->bundle);
	if (!t) {
		call_fail(c, CODE_EXHAUSTED, "out of memory");
		return;
	}
	if (work_begin(t, c) && begin(t, c, &e) < 0) {
		call_fail(c, CODE_UNKNOWN, "%s", e.msg);
		task_free(t);
	}
}
