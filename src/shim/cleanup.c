/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting and unmounting. */
#include "shim/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "runtime/spawn.h"
#include "shim/failure.h"
#include "shim/job.h"
#include "shim/rootfs.h"
#include "shim/shim.h"
#include "shim/task.h"

/* A runtime that does not come back has this long; the mounts are taken away without it. */
#define DELETE_MS 30000

struct removal {
	const struct task *t;
	enum cleanup how;
	char root[4096];
};

static int become_delete(const void *arg, struct err *e)
{
	const struct removal *d = arg;
	struct cli_words w = {0};

	cli_word(&w, "delete");
	if (d->how == CLEANUP_FORCE)
		cli_word(&w, "--force");
	cli_word(&w, d->t->id);
	return cli_exec(&d->t->cli, &w, e);
}

static int call_runtime(const struct removal *d, struct err *e)
{
	off_t from = cli_log_end(&d->t->cli);
	int r = child_run(become_delete, d, DELETE_MS, e);

	if (r <= 0)
		return r;
	if (!cli_log_error(&d->t->cli, from, e))
		err_set(e, EIO, "the runtime's delete failed with status %d", spawn_exit_code(r));
	/* Somebody else was faster. */
	return strcasestr(e->msg, "does not exist") ? 0 : -EIO;
}

static int remove_container(const void *arg, struct err *e)
{
	const struct removal *d = arg;
	struct err second = {0};
	int r = call_runtime(d, e), u = 0;

	if (d->t->mounted)
		u = rootfs_unmount(d->root, d->how == CLEANUP_FORCE, r < 0 ? &second : e);
	return r < 0 ? r : u;
}

static void removed(struct job *j, int wait_status)
{
	struct task *t = j->owner;
	struct err e = {0};

	t->job = NULL;
	t->cleaning = false;
	if (wait_status != 0)
		failure_of(j, wait_status, &t->cli, cli_log_end(&t->cli), &e);
	t->cleaned(t, wait_status != 0 ? &e : NULL);
}

void cleanup_start(struct task *t, enum cleanup how, void (*done)(struct task *t, const struct err *failure))
{
	struct removal d = {.t = t, .how = how};
	struct err e = {0};
	int n = snprintf(d.root, sizeof(d.root), "%s/rootfs", t->bundle);

	t->cleaned = done;
	if (n < 0 || (size_t)n >= sizeof(d.root))
		err_set(&e, ENAMETOOLONG, "the bundle's path is too long");
	else
		t->cleaning = job_start(t->s, remove_container, &d, NULL, removed, t, &t->job, &e) == 0;
	if (!t->cleaning)
		done(t, &e);
}
