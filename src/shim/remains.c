/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's `delete --force`, which may take longer than anybody waits for us: killed half-way it would leave things that
 * nobody comes back for. */
#include "shim/remains.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/io.h"
#include "runtime/owner.h"
#include "runtime/spawn.h"
#include "shim/cli.h"
#include "shim/job.h"
#include "shim/rootfs.h"

#define NOT_CALLED 125
/* Who was killed before the end says nothing, so success is said, too. No error's text is this. */
#define DONE "\n"

struct remains {
	struct cli cli;
	const char *id, *bundle;
	int dir;    /* the bundle, opened when we were called */
	int report; /* a pipe: DONE or what has failed, then its end */
};

static void report(const struct remains *d, const char *text)
{
	if (write_all(d->report, text, strlen(text)) < 0)
		return; /* nobody listens any more */
}

static int become_delete(const void *arg, struct err *e)
{
	const struct remains *d = arg;
	struct cli_words w = {0};

	cli_word(&w, "delete");
	cli_word(&w, "--force");
	cli_word(&w, d->id);
	if (cli_exec(&d->cli, &w, e) < 0)
		report(d, e->msg);
	return NOT_CALLED;
}

static void say_why(const struct remains *d, int status, off_t log_from, struct err *e)
{
	int code = spawn_exit_code(status);

	if (status > 0 && !cli_log_error(&d->cli, log_from, e)) {
		if (code == NOT_CALLED)
			return; /* and has been told */
		err_set(e, EIO, "it failed with status %d and has not said why", code);
	}
	report(d, e->msg);
}

/* Our caller has answered long ago, and unmounted what there was then. */
static bool is_late(const struct remains *d)
{
	struct pollfd p = {.fd = d->report};

	return poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

/* Mounted again meanwhile, while nobody had removed the bundle. A new container's may lie there by now, whose root is in
 * use: as long as we hold the old directory, no other has its number. */
static int unmount_late(const struct remains *d, struct err *e)
{
	struct stat held, there;
	char root[PATH_MAX];

	if (fstat(d->dir, &held) < 0 || stat(d->bundle, &there) < 0 || held.st_dev != there.st_dev ||
	    held.st_ino != there.st_ino)
		return 0;
	if ((size_t)snprintf(root, sizeof(root), "%s/rootfs", d->bundle) >= sizeof(root))
		return err_set(e, ENAMETOOLONG, "bundle '%s' has a path that is too long", d->bundle);
	return rootfs_unmount(root, true, e);
}

/* The process that sees it through. */
static _Noreturn void work(const struct remains *d)
{
	off_t from = cli_log_end(&d->cli);
	struct err e = {0};
	int r = child_run(become_delete, d, 0, &e);

	signal(SIGPIPE, SIG_IGN);
	if (is_late(d))
		_exit(unmount_late(d, &e) < 0);
	if (r != 0)
		say_why(d, r, from, &e);
	else
		report(d, DONE);
	_exit(0);
}

/* containerd waits for the end of our streams, not only for ours; whoever ends our session or group does not mean this. */
static _Noreturn void leave(const struct remains *d)
{
	const int keep[] = {d->dir, d->report};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			_exit(1);
	spawn_close_others(keep, 2);
	work(d);
}

static int out_of_time(int wait_ms, struct err *e)
{
	return err_set(e, EBUSY, "it is still at work after %d ms, and goes on alone", wait_ms);
}

/* What is reported until the pipe's end. */
static int listen_to(int fd, int wait_ms, struct err *e)
{
	uint64_t end = clock_monotonic_ms() + (uint64_t)wait_ms;
	char text[ERR_MSG_BYTES] = "";
	size_t n = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_monotonic_ms();
		ssize_t more;

		if (now >= end || poll(&p, 1, (int)(end - now)) == 0)
			return out_of_time(wait_ms, e);
		more = read(fd, text + n, sizeof(text) - 1 - n);
		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	text[n] = '\0';
	if (n == 0)
		return err_set(e, EIO, "nothing was said of its end: whether it has succeeded is not known");
	return strcmp(text, DONE) == 0 ? 0 : err_set(e, EIO, "%s", text);
}

static int run(struct remains *d, int wait_ms, struct err *e)
{
	_cleanup_fd_ int from = -1, to = -1, dir = -1;
	int ends[2];
	pid_t pid;

	d->dir = dir = open(d->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "cannot open bundle '%s'", d->bundle);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	from = ends[0];
	d->report = to = ends[1];
	pid = spawn_clone(0, -1, NULL);
	if (pid < 0)
		return err_sys(e, "cannot make a process");
	if (pid == 0)
		leave(d);
	fd_close(&to);
	return listen_to(from, wait_ms, e);
}

static char *own(const char *s)
{
	return (char *)(uintptr_t)s;
}

int remains_delete(const struct kept *k, const char *id, const char *bundle, int wait_ms, struct err *e)
{
	struct remains d = {.id = id, .bundle = bundle};

	d.cli = (struct cli){.binary = own(k->binary),
			     .root = own(k->root),
			     .log = own(k->log),
			     .owner = (int)k->owner,
			     .systemd_cgroup = k->systemd_cgroup};
	/* The shim may have died before it noted whose it became. */
	if (d.cli.owner == OWNER_NONE)
		cli_find_owner(&d.cli, id);
	return run(&d, wait_ms, e);
}
