/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program for its output. */
#include "runtime/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "runtime/spawn.h"

static _Noreturn void become(const char *path, const struct strs *argv, int out, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	spawn_die_with(parent);
	spawn_reset_signals(SPAWN_ALL_SIGNALS);
	if (null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(null, 2) >= 0) {
		spawn_close_others(NULL, 0);
		execve(path, (char *const *)(uintptr_t)argv->v, environ);
	}
	_exit(127);
}

int capture_output(const char *path, const struct strs *argv, struct arena *a, struct bytes *ret,
		   struct err *e)
{
	_cleanup_fd_ int in = -1, out = -1;
	struct bytes text = {0};
	int fds[2], status, r;
	pid_t pid, self = getpid();

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	in = fds[0];
	out = fds[1];
	pid = spawn_clone(0, -1, NULL);
	if (pid < 0)
		return err_sys(e, "cannot make a process for '%s'", path);
	if (pid == 0)
		become(path, argv, out, self);
	fd_close(&out);
	r = read_all(in, CAPTURE_MAX_BYTES, a, &text, path, e);
	/* Too much, or unreadable: it ends by itself when nobody reads. */
	fd_close(&in);
	status = spawn_reap(pid);
	if (r < 0)
		return r;
	if (status < 0)
		return err_set(e, -status, "cannot wait for '%s'", path);
	if (status != 0)
		return err_set(e, EIO, "'%s' failed with status %d", path, spawn_exit_code(status));
	*ret = text;
	return 0;
}
