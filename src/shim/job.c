/* SPDX-License-Identifier: Apache-2.0 */
/* Forked children with an outbox. */
#include "shim/job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/log.h"
#include "common/proc.h"
#include "runtime/spawn.h"
#include "shim/shim.h"

#define OUTPUT_MAX_BYTES (1u << 20)
#define JOB_FAILED 125
/* Stands before an error text of ours, behind whatever another program wrote. */
#define ERROR_MARK '\001'

int memory_file(const void *p, size_t n, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = memfd_create("urunc-shim", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, "cannot make a file in memory");
	r = write_all(fd, p, n);
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_set(e, r < 0 ? -r : errno, "cannot fill a file in memory");
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* A program that never stops writing must not fill the machine's memory: it has this much and no more. */
static int make_outbox(int *ret, struct err *e)
{
	_cleanup_fd_ int fd = memfd_create("urunc-shim", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, OUTPUT_MAX_BYTES) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) < 0)
		return err_sys(e, "cannot make a file in memory for a child's output");
	*ret = fd_steal(&fd);
	return 0;
}

static void tell(int fd, const char *text)
{
	const char mark = ERROR_MARK;

	if (write_all(fd, &mark, 1) == 0 && write_all(fd, text, strlen(text)) == 0)
		return;
}

static _Noreturn void child(job_fn *fn, const void *arg, const struct job_stdio *io, int outbox, pid_t parent)
{
	const int keep[] = {outbox, io->keep, log_fd()};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct err e = {0};
	int r = -1;

	spawn_die_with(parent);
	spawn_reset_signals(SPAWN_ALL_SIGNALS);
	if (null >= 0 && dup2(io->in >= 0 ? io->in : null, 0) >= 0 &&
	    dup2(io->out >= 0 ? io->out : outbox, 1) >= 0 && dup2(io->err >= 0 ? io->err : outbox, 2) >= 0) {
		spawn_close_others(keep, 3);
		r = fn(arg, &e);
	}
	if (r >= 0)
		_exit(r);
	tell(outbox, e.msg);
	_exit(JOB_FAILED);
}

int job_start(struct shim *s, job_fn *fn, const void *arg, const struct job_stdio *io,
	      void (*done)(struct job *, int), void *owner, struct job **ret, struct err *e)
{
	const struct job_stdio none = JOB_STDIO;
	struct job *j = calloc(1, sizeof(*j));
	pid_t self = getpid();
	int r;

	if (!j)
		return err_oom(e);
	*j = (struct job){.s = s, .out = -1, .done = done, .owner = owner};
	r = make_outbox(&j->out, e);
	if (r < 0) {
		free(j);
		return r;
	}
	j->pid = spawn_clone(0, -1, NULL);
	if (j->pid == 0)
		child(fn, arg, io ? io : &none, j->out, self);
	if (j->pid < 0) {
		r = err_sys(e, "cannot make a process");
		fd_close(&j->out);
		free(j);
		return r;
	}
	j->next = s->jobs;
	s->jobs = j;
	if (ret)
		*ret = j;
	return 0;
}

void job_kill(struct job *j)
{
	kill(j->pid, SIGKILL);
}

static void nobody_cares(struct job *j, int wait_status)
{
	(void)j;
	(void)wait_status;
}

void job_forget(struct shim *s, const void *owner)
{
	for (struct job *j = s->jobs; j; j = j->next)
		if (j->owner == owner)
			j->done = nobody_cares;
}

static void limit_reached(struct timer *t)
{
	job_kill((struct job *)((char *)t - offsetof(struct job, limit)));
}

void job_kill_after(struct job *j, uint64_t ms)
{
	timer_set(&j->limit, &j->s->loop, ms, limit_reached);
}

int job_output(const struct job *j, struct arena *a, struct bytes *ret, struct err *e)
{
	off_t n = lseek(j->out, 0, SEEK_CUR);
	char *p;

	if (n < 0 || n > OUTPUT_MAX_BYTES)
		n = OUTPUT_MAX_BYTES;
	p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return err_oom(e);
	n = pread(j->out, p, (size_t)n, 0);
	if (n < 0)
		return err_sys(e, "cannot read a child's output");
	p[n] = '\0';
	*ret = (struct bytes){p, (size_t)n};
	return 0;
}

bool job_error(const struct job *j, struct err *e)
{
	char text[ERR_MSG_BYTES];
	off_t n = lseek(j->out, 0, SEEK_CUR), from = n > ERR_MSG_BYTES - 1 ? n - (ERR_MSG_BYTES - 1) : 0;
	ssize_t got = pread(j->out, text, sizeof(text) - 1, from);
	const char *mark;

	if (got > n - from)
		got = (ssize_t)(n - from);
	mark = got > 0 ? memrchr(text, ERROR_MARK, (size_t)got) : NULL;
	if (!mark)
		return false;
	text[got] = '\0';
	err_set(e, EIO, "%s", mark + 1);
	return true;
}

/* --- in children --- */

int child_run(job_fn *fn, const void *arg, int limit_ms, struct err *e)
{
	_cleanup_fd_ int pidfd = -1;
	pid_t self = getpid(), pid = spawn_clone(0, -1, &pidfd);

	if (pid < 0)
		return err_sys(e, "cannot make a process");
	if (pid == 0) {
		struct err mine = {0};
		int r;

		spawn_die_with(self);
		r = fn(arg, &mine);
		if (r < 0)
			tell(2, mine.msg);
		_exit(r < 0 ? JOB_FAILED : r);
	}
	if (limit_ms > 0 && pidfd_wait_exit(pidfd, limit_ms) < 0)
		pidfd_signal(pidfd, SIGKILL);
	return spawn_reap(pid);
}

void child_pause(int ms)
{
	_cleanup_fd_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct itimerspec when = {.it_value = {ms / 1000, ms % 1000 * 1000000L}};
	uint64_t n;

	if (fd >= 0 && timerfd_settime(fd, 0, &when, NULL) == 0 && read(fd, &n, sizeof(n)) < 0)
		return;
}
