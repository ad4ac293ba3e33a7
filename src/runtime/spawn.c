/* SPDX-License-Identifier: Apache-2.0 */
/* Making processes: clone3, and what a fresh child puts in order before it goes on. */
#include "runtime/spawn.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fd.h"

#define KEEP_MAX 64

pid_t spawn_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd)
{
	struct clone_args args;
	int pidfd = -1;
	long pid;

	memset(&args, 0, sizeof(args));
	args.flags = flags;
	args.exit_signal = SIGCHLD;
	if (ret_pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uintptr_t)&pidfd;
	}
	if (cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (unsigned)cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid > 0 && ret_pidfd)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

int spawn_reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

int spawn_exit_code(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

void spawn_unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void spawn_reset_signals(uint64_t which)
{
	/* The kernel's own structure, all zero: default action, no flags, empty mask. Not libc's sigaction: that refuses
	 * its two internal real-time signals, and its posix_spawn (which make and others use) leaves just those ignored. */
	static const unsigned char dfl[64];

	for (int s = 1; s < NSIG; s++)
		if (which & 1ull << (s - 1) && s != SIGKILL && s != SIGSTOP)
			syscall(SYS_rt_sigaction, s, dfl, NULL, (size_t)(NSIG - 1) / 8);
	spawn_unblock_signals();
}

/* The kernel's own set. */
static const uint64_t every_signal = UINT64_MAX;

void spawn_block_signals(void)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &every_signal, NULL, sizeof(every_signal));
}

int spawn_signalfd(void)
{
	return (int)syscall(SYS_signalfd4, -1, &every_signal, sizeof(every_signal),
			    SFD_CLOEXEC | SFD_NONBLOCK);
}

bool spawn_is_own_pipe(const struct signalfd_siginfo *s)
{
	return s->ssi_signo == SIGPIPE && s->ssi_pid == (uint32_t)getpid();
}

void spawn_die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
}

static void close_span(int first, int last)
{
	if (first > last)
		return;
	if (syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0u) == 0)
		return;
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

void spawn_close_others(const int *keep, size_t n)
{
	int next = 3;

	if (n > KEEP_MAX)
		n = KEEP_MAX;
	/* The smallest kept descriptor not yet passed, again and again: the list is short. */
	for (;;) {
		int least = -1;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= next && (least < 0 || keep[i] < least))
				least = keep[i];
		if (least < 0)
			break;
		close_span(next, least - 1);
		next = least + 1;
	}
	fd_close_from(next);
}
