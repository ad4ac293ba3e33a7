/* SPDX-License-Identifier: Apache-2.0 */
/* Being told to stop in the middle of `create` or `run`. */
#include "runtime/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"

static struct {
	int fd; /* 0 = not armed: standard input is never ours */
	int signo;
	sigset_t before;
} state;

int interrupt_arm(struct err *e)
{
	static const int stops[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	struct sigaction act;
	sigset_t set;

	if (state.fd > 0)
		return 0;
	sigemptyset(&set);
	/* What the caller ignores (nohup) stays ignored: blocked, it would be kept for us all the same. */
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		if (sigaction(stops[i], NULL, &act) == 0 && act.sa_handler != SIG_IGN)
			sigaddset(&set, stops[i]);
	state.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (state.fd < 0) {
		state.fd = 0;
		return err_sys(e, "cannot take signals");
	}
	state.signo = 0;
	sigprocmask(SIG_BLOCK, &set, &state.before);
	return 0;
}

int interrupt_fd(void)
{
	return state.fd > 0 ? state.fd : -1;
}

int interrupt_check(struct err *e)
{
	struct signalfd_siginfo info;
	int signo = 0;

	/* All of them: a second one, sent along with the first, must not disturb the cleaning up. */
	while (state.fd > 0 && read(state.fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		signo = signo ? signo : (int)info.ssi_signo;
	if (!signo)
		return 0;
	if (!state.signo)
		state.signo = signo;
	return err_set(e, EINTR, "interrupted by signal %d", signo);
}

int interrupt_wait(int fd, struct err *e)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};

	if (p[1].fd < 0)
		return 0;
	for (;;) {
		int r;

		if (poll(p, 2, -1) < 0) {
			if (errno != EINTR)
				return err_sys(e, "cannot wait for the container's process");
			continue;
		}
		r = p[1].revents ? interrupt_check(e) : 0;
		if (r < 0)
			return r;
		if (p[0].revents)
			return 0;
	}
}

void interrupt_forget(void)
{
	if (state.fd <= 0)
		return;
	fd_close(&state.fd);
	state.fd = 0;
	state.signo = 0;
	sigprocmask(SIG_SETMASK, &state.before, NULL);
}

void interrupt_finish(void)
{
	sigset_t set;

	if (!state.signo)
		return;
	log_warn("interrupted by signal %d: what was begun is undone", state.signo);
	sigemptyset(&set);
	sigaddset(&set, state.signo);
	raise(state.signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
