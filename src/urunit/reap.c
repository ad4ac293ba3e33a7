/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 does while the application runs: reaps, and passes signals on. */
#include "urunit/reap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "urunit/console.h"
#include "urunit/text.h"

struct watch {
	pid_t app;
	struct uport *port;
	bool machine, ended;
	struct uend end;
};

struct uend ureap_end(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return (struct uend){CTL_SIGNALED, (uint8_t)WTERMSIG(wait_status)};
	return (struct uend){CTL_EXITED, (uint8_t)WEXITSTATUS(wait_status)};
}

int ureap_translate(int signo, bool machine)
{
	switch (signo) {
	case SIGINT:
	case SIGPWR:
		return machine ? SIGTERM : signo;
	case SIGCHLD:
	case SIGALRM: /* our own deadlines */
	case SIGPIPE:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGCONT:
		return 0;
	default:
		return signo;
	}
}

int ureap_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void reap(struct watch *w)
{
	int status = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != w->app)
			continue;
		w->ended = true;
		w->end = ureap_end(status);
	}
}

/* The number cannot belong to anybody else: only we reap, and `ended` is set at once. */
static void pass_on(const struct watch *w, int signo)
{
	if (signo && !w->ended && kill(w->app, signo) < 0)
		usay_about("cannot signal the application", "", errno);
}

static void hear_signals(struct watch *w, int fd)
{
	struct signalfd_siginfo s;

	while (read(fd, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGCHLD)
			reap(w);
		else
			pass_on(w, ureap_translate((int)s.ssi_signo, w->machine));
	}
}

static void hear_orders(struct watch *w)
{
	struct uorder o = {0};

	uport_flush(w->port);
	while (uport_order(w->port, &o)) {
		if (o.kind == UORDER_SIGNAL)
			pass_on(w, o.signo);
		else
			uconsole_resize(o.cols, o.rows);
	}
}

static int watch_fds(int signal_fd, const struct uport *port)
{
	/* The port edge-triggered: one whose host end is closed reports a hang-up all the time. */
	struct epoll_event signals = {.events = EPOLLIN, .data.fd = signal_fd};
	struct epoll_event orders = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = port->fd};
	int ep = signal_fd < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0)
		return -1;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, signal_fd, &signals) < 0) {
		close(ep);
		return -1;
	}
	if (port->fd >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, port->fd, &orders) < 0)
		usay_about("cannot wait on the control channel", "", errno);
	return ep;
}

/* A kernel that was made as small as it goes has neither signalfd nor epoll: then the channel has a signal, too. */
static void run_by_signals(struct watch *w)
{
	int fd = w->port->fd, flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
	siginfo_t si;
	sigset_t all;

	if (flags >= 0 && (fcntl(fd, F_SETOWN, getpid()) < 0 || fcntl(fd, F_SETFL, flags | O_ASYNC) < 0))
		usay_about("cannot wait on the control channel", "", errno);
	sigfillset(&all);
	/* What came before there was a signal for it. */
	hear_orders(w);
	reap(w);
	while (!w->ended) {
		int signo = sigwaitinfo(&all, &si);

		if (signo == SIGCHLD)
			reap(w);
		else if (signo == SIGIO)
			hear_orders(w);
		else if (signo > 0)
			pass_on(w, ureap_translate(signo, w->machine));
	}
	fcntl(fd, F_SETFL, flags);
}

static void run_by_events(struct watch *w, int ep, int signal_fd)
{
	/* It may have ended before anybody watched. */
	reap(w);
	while (!w->ended) {
		struct epoll_event e[2];
		int n = epoll_wait(ep, e, 2, -1);

		for (int i = 0; i < n; i++) {
			if (e[i].data.fd == signal_fd)
				hear_signals(w, signal_fd);
			else
				hear_orders(w);
		}
	}
}

struct uend ureap_run(pid_t app, int signal_fd, struct uport *port, bool machine)
{
	struct watch w = {.app = app, .port = port, .machine = machine};
	int ep = watch_fds(signal_fd, port);

	if (ep < 0) {
		run_by_signals(&w);
		return w.end;
	}
	run_by_events(&w, ep, signal_fd);
	close(ep);
	return w.end;
}
