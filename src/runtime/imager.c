/* SPDX-License-Identifier: Apache-2.0 */
/* A child that opens what is to be read, arranges two descriptors and becomes urunc-image. */
#include "runtime/imager.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/proc.h"
#include "runtime/interrupt.h"
#include "runtime/spawn.h"

#define ROOT_FD 3
#define OUT_FD 4
#define STASH_FD 10
#define SAID_MAX_BYTES 400
#define STATUS_NO_SPACE 2
#define STATUS_TOO_BIG 3

/* --- in the child --- */

static int open_view(const struct imager_job *j, struct arena *a, int *ret_fd, struct err *e)
{
	const char *options = arena_printf(a, "lowerdir=%s", j->lower);

	if (!options)
		return err_oom(e);
	/* What is unmounted on the host meanwhile must not stay mounted here: a device would be in use. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, "cannot make a mount namespace");
	if (chdir(j->base) < 0)
		return err_sys(e, "cannot enter '%s'", j->base);
	if (mount("overlay", j->mount_at, "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, options) <
	    0)
		return err_sys(e, "cannot mount the layers of the container root '%.200s'", j->lower);
	*ret_fd = open(j->mount_at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(e, "cannot open the layers of the container root") : 0;
}

static int open_tree_root(const struct imager_job *j, struct arena *a, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int base = -1;

	if (j->lower && strchr(j->lower, ':'))
		return open_view(j, a, ret_fd, e);
	base = open(j->lower ? j->base : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*ret_fd = openat(base,
			 j->lower  ? j->lower
			 : j->root ? j->root
				   : "/",
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(e, "cannot open '%s'", j->lower ? j->lower : j->root) : 0;
}

static int arrange(int root, int out, struct err *e)
{
	int high_root = fcntl(root, F_DUPFD_CLOEXEC, STASH_FD),
	    high_out = fcntl(out, F_DUPFD_CLOEXEC, STASH_FD);

	if (high_root < 0 || high_out < 0 || dup2(high_root, ROOT_FD) < 0 || dup2(high_out, OUT_FD) < 0)
		return err_sys(e, "cannot hand over descriptors");
	spawn_close_others((const int[]){ROOT_FD, OUT_FD}, 2);
	return 0;
}

static _Noreturn void become(const struct imager_job *j, int say, pid_t parent, struct arena *a)
{
	static char *const no_env[] = {NULL};
	struct err e = {0};
	int root = -1, r;

	spawn_die_with(parent);
	interrupt_forget();
	spawn_reset_signals(SPAWN_ALL_SIGNALS);
	r = dup2(say, STDERR_FILENO) < 0 ? err_sys(&e, "cannot hand over a pipe") : 0;
	if (r == 0)
		r = open_tree_root(j, a, &root, &e);
	if (r == 0)
		r = arrange(root, j->out_fd, &e);
	if (r == 0) {
		execve(j->program, (char *const *)(uintptr_t)j->words.v, no_env);
		err_sys(&e, "cannot run it");
	}
	_exit(write_all(STDERR_FILENO, e.msg, strlen(e.msg)) < 0 ? 1
	      : e.code == ENOSPC                                 ? STATUS_NO_SPACE
								 : 1);
}

/* --- in create --- */

/* What it says until it is gone; only a line of it. */
static int listen_to(int fd, char said[SAID_MAX_BYTES], struct err *e)
{
	char more[512];
	size_t n = 0;

	for (;;) {
		int r = interrupt_wait(fd, e);
		ssize_t got;

		if (r < 0)
			return r;
		got = read(fd, more, sizeof(more));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		for (ssize_t i = 0; i < got && n + 1 < SAID_MAX_BYTES; i++)
			said[n++] = more[i];
	}
	said[n] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return 0;
}

int imager_run(const struct imager_job *j, struct arena *a, struct err *e)
{
	_cleanup_fd_ int in = -1, out = -1, pidfd = -1;
	char said[SAID_MAX_BYTES] = "";
	pid_t pid, self = getpid();
	int fds[2], status, r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	pid = spawn_clone(0, -1, &pidfd);
	if (pid == 0)
		become(j, out, self, a);
	if (pid < 0)
		return err_sys(e, "cannot make a process for '%s'", j->program);
	fd_close(&out);
	r = listen_to(in, said, e);
	if (r < 0)
		pidfd_signal(pidfd, SIGKILL);
	status = spawn_reap(pid);
	if (r < 0)
		return r;
	if (status == 0)
		return 0;
	r = spawn_exit_code(status);
	return err_set(e,
		       r == STATUS_NO_SPACE  ? ENOSPC
		       : r == STATUS_TOO_BIG ? E2BIG
					     : EIO,
		       "the guest's disk cannot be made of the container root: %s",
		       *said ? said : "urunc-image died");
}

int imager_lock(int fd, struct err *e)
{
	_cleanup_fd_ int pidfd = -1;
	pid_t pid, self = getpid();
	int r;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_sys(e, "cannot lock the cache of images");
	/* The lock is of the open file, which the child shares: it waits, we have it. */
	pid = spawn_clone(0, -1, &pidfd);
	if (pid == 0) {
		spawn_die_with(self);
		_exit(flock(fd, LOCK_EX) < 0);
	}
	if (pid < 0)
		return err_sys(e, "cannot make a process");
	r = interrupt_wait(pidfd, e);
	if (r < 0)
		pidfd_signal(pidfd, SIGKILL);
	if (spawn_reap(pid) != 0 && r == 0)
		r = err_set(e, EIO, "cannot lock the cache of images");
	return r;
}
