/* SPDX-License-Identifier: Apache-2.0 */
/* Logging programs. */
#include "shim/logger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/proc.h"
#include "runtime/spawn.h"
#include "shim/job.h"
#include "shim/shim.h"
#include "shim/uri.h"

#define READY_MS 10000
#define GRACE_MS 12000

void logger_init(struct logger *l)
{
	*l = (struct logger){.pidfd = -1, .ready = -1, .writers = {-1, -1}};
}

/* What the program gets: descriptors 3, 4 and 5, two variables, and the query as its words. */
static _Noreturn void become(const struct uri *uri, const char *id, const char *ns, int fds[3])
{
	static struct arena a;
	const char *env[] = {arena_printf(&a, "CONTAINER_ID=%s", id),
			     arena_printf(&a, "CONTAINER_NAMESPACE=%s", ns), NULL};
	struct strv v = STRV(&a);
	struct err e = {0};
	struct strs argv;

	spawn_reset_signals(SPAWN_ALL_SIGNALS);
	/* First away from 3 to 5, which they may be themselves. */
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], 3 + i) < 0)
			_exit(127);
	fd_close_from(6);
	strv_add(&v, uri->path);
	for (size_t i = 0; i < uri->query.n; i++)
		strv_add(&v, uri->query.v[i]);
	if (strv_done(&v, &argv, &e) == 0)
		execve(uri->path, (char *const *)(uintptr_t)argv.v, (char *const *)(uintptr_t)env);
	_exit(127);
}

static int make_pipes(int read_ends[3], int write_ends[3], struct err *e)
{
	for (int i = 0; i < 3; i++) {
		int fds[2];

		if (pipe2(fds, O_CLOEXEC) < 0)
			return err_sys(e, "cannot make a pipe for the logger");
		read_ends[i] = fds[0];
		write_ends[i] = fds[1];
	}
	return 0;
}

/* The ends which stay with us. */
static int keep_ends(struct logger *l, int read_ends[3], int write_ends[3], int *out, int *err, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		l->writers[i] = fcntl(write_ends[i], F_DUPFD_CLOEXEC, 3);
		if (l->writers[i] < 0)
			return err_sys(e, "cannot copy a pipe's descriptor");
	}
	*out = fd_steal(&write_ends[0]);
	if (err)
		*err = fd_steal(&write_ends[1]);
	l->ready = fd_steal(&read_ends[2]);
	return 0;
}

static void close_all(int fds[3])
{
	for (int i = 0; i < 3; i++)
		fd_close(&fds[i]);
}

int logger_start(struct logger *l, struct shim *s, const char *id, const struct uri *uri, int *out, int *err,
		 struct err *e)
{
	int read_ends[3] = {-1, -1, -1}, write_ends[3] = {-1, -1, -1}, r;

	l->s = s;
	l->needs_a_byte = uri->kind == URI_BINARY_V2;
	r = make_pipes(read_ends, write_ends, e);
	if (r == 0) {
		pid_t pid = spawn_clone(0, -1, &l->pidfd);

		if (pid == 0) {
			int fds[3] = {read_ends[0], read_ends[1], write_ends[2]};

			become(uri, id, s->ns, fds);
		}
		if (pid < 0)
			r = err_sys(e, "cannot make a process for the logger");
	}
	if (r == 0)
		r = keep_ends(l, read_ends, write_ends, out, err, e);
	close_all(read_ends);
	close_all(write_ends);
	return r;
}

int logger_wait(const struct logger *l, struct err *e)
{
	struct pollfd p = {.fd = l->ready, .events = POLLIN};
	char byte;
	ssize_t n;

	if (l->ready < 0)
		return 0;
	if (poll(&p, 1, READY_MS) <= 0)
		return err_set(e, ETIMEDOUT, "the logging program did not become ready within %d s",
			       READY_MS / 1000);
	n = read(l->ready, &byte, 1);
	if (n < 0)
		return err_sys(e, "cannot hear from the logging program");
	if (n == 0 && l->needs_a_byte)
		return err_set(e, EIO, "the logging program ended before it was ready");
	return 0;
}

void logger_has_started(struct logger *l)
{
	fd_close(&l->ready);
}

/* In a child of ours, so that the shim need not remember it. */
static int see_off(const void *arg, struct err *e)
{
	const int *pidfd = arg;

	(void)e;
	if (pidfd_wait_exit(*pidfd, GRACE_MS) < 0)
		pidfd_signal(*pidfd, SIGKILL);
	return 0;
}

static void nothing_more(struct job *j, int wait_status)
{
	(void)j;
	(void)wait_status;
}

void logger_close(struct logger *l)
{
	struct job_stdio io = JOB_STDIO;
	struct err ignored = {0};

	fd_close(&l->ready);
	fd_close(&l->writers[0]);
	fd_close(&l->writers[1]);
	if (l->pidfd < 0)
		return;
	io.keep = l->pidfd;
	if (pidfd_signal(l->pidfd, SIGTERM) == 0 &&
	    job_start(l->s, see_off, &l->pidfd, &io, nothing_more, NULL, NULL, &ignored) < 0)
		pidfd_signal(l->pidfd, SIGKILL);
	fd_close(&l->pidfd);
}
