/* SPDX-License-Identifier: Apache-2.0 */
/* Starting other programs, and why they failed. */
#include "bunny/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"

#define SEARCH_MORE "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
#define TALK_BYTES 65536

static int find(const char *name, struct arena *a, const char **ret, struct err *e)
{
	const char *path = getenv("PATH");
	const char *search = path ? arena_printf(a, "%s:" SEARCH_MORE, path) : SEARCH_MORE;

	return search ? path_find_program(a, name, search, ret, e) : err_oom(e);
}

bool child_exists(const char *name, struct arena *a)
{
	const char *path;

	return find(name, a, &path, NULL) == 0;
}

_Noreturn static void become(const char *path, const struct strs *argv, const char *dir, int in, int out,
			     int err)
{
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2 && (!dir || chdir(dir) == 0)) {
		fd_close_from(3);
		execv(path, (char *const *)argv->v);
	}
	_exit(127);
}

/* What programs of logrus write as time="..." level=fatal msg="...": the last part is for people. */
static const char *message(char *line)
{
	char *begin = line ? strstr(line, "msg=\"") : NULL, *end = begin ? strrchr(begin, '"') : NULL;

	if (!begin || end <= begin + 4)
		return line ? line : "";
	*end = '\0';
	begin += 5;
	/* Its quotes are behind backslashes. */
	for (char *from = begin, *to = begin; (*to = *from) != '\0'; from++)
		to += from[0] != '\\' || from[1] != '"';
	return begin;
}

/* The last line that is not empty. */
static const char *last_line(int fd, struct arena *a)
{
	struct bytes text;
	const char *begin;
	size_t n;

	off_t size = lseek(fd, 0, SEEK_END);

	if (lseek(fd, size > TALK_BYTES ? size - TALK_BYTES : 0, SEEK_SET) < 0 ||
	    read_all(fd, SIZE_MAX / 2, a, &text, "what it said", NULL) < 0)
		return "";
	n = text.n;
	while (n > 0 && strchr("\r\n ", ((const char *)text.p)[n - 1]))
		n--;
	begin = n ? memrchr(text.p, '\n', n) : NULL;
	begin = begin ? begin + 1 : text.p;
	return message(arena_strndup(a, begin, (size_t)((const char *)text.p + n - begin)));
}

static int wait_for(pid_t pid, const char *name, int talk, struct arena *a, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_sys(e, "cannot wait for %s", name);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, EIO, "%s was ended by signal %d", name, WTERMSIG(status));
	return err_set(e, EIO, "%s failed (status %d): %s", name, WEXITSTATUS(status), last_line(talk, a));
}

static int feed(int to, const struct child_io *io, struct err *e)
{
	struct rope_out out = {.fd = to, .progress = io->progress, .arg = io->arg};

	return io->in ? rope_write(io->in, &out, e) : 0;
}

int child_run(const struct strs *argv, const struct child_io *io, struct arena *a, struct err *e)
{
	_cleanup_fd_ int talk = memfd_create("stderr", MFD_CLOEXEC),
			 null = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_fd_ int to_child = -1, from_us = -1;
	struct err feeding = {0};
	const char *path;
	int r = find(argv->v[0], a, &path, e), fed, ends[2];
	pid_t pid;

	if (r < 0)
		return r;
	if (talk < 0 || null < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot start %s", argv->v[0]);
	from_us = ends[0];
	to_child = ends[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start %s", argv->v[0]);
	if (pid == 0)
		become(path, argv, io->dir, io->in ? from_us : null, io->out >= 0 ? io->out : null, talk);
	fd_close(&from_us);
	fed = feed(to_child, io, &feeding);
	fd_close(&to_child);
	r = wait_for(pid, argv->v[0], talk, a, e);
	/* That it stopped reading is told better by itself. */
	return r < 0 ? r : fed < 0 ? err_set(e, feeding.code, "%s", feeding.msg) : 0;
}

int child_read(const struct strs *argv, size_t max, struct arena *a, struct bytes *ret, struct err *e)
{
	_cleanup_fd_ int out = memfd_create("stdout", MFD_CLOEXEC);
	int r;

	if (out < 0)
		return err_sys(e, "cannot make a file in memory");
	r = child_run(argv, &(struct child_io){.out = out}, a, e);
	if (r < 0)
		return r;
	return lseek(out, 0, SEEK_SET) < 0 ? err_sys(e, "cannot read what %s wrote", argv->v[0])
					   : read_all(out, max, a, ret, argv->v[0], e);
}
