/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor. It runs without privileges in the box, next to a monitor that may be hostile and in front of a guest
 * that is: whatever comes over the control channel is bounded and can only end the conversation. */
#include "runtime/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/ctl.h"
#include "common/fd.h"
#include "monitors/monitor.h"
#include "runtime/slim.h"
#include "runtime/spawn.h"

#define DAEMON_GRACE_MS 5000 /* from the end of a daemon that has lost its monitor to that of the monitor */
#define MAX_LAST_READS 1024  /* a socket's buffer, in pieces of one frame */
#define MAX_API_READS 32     /* at one turn; the rest waits for the next */

struct sup {
	const struct supervise_conf *c;
	int ctl; /* -1 when there is none, or when it has ended */
	int api; /* the monitor's control socket, likewise */
	struct ctl_reader reader;
	bool ready; /* the guest hears signals */
	bool exit_seen;
	uint8_t exit_kind, exit_value;
	bool error_shown;
	uint64_t pending; /* signals for the guest, bit signo - 1: each waits once, however often it came */
	bool resize;      /* the terminal's size has to be told */
	bool blocked;     /* the channel took no more: wait until it is writable */
	int asked;        /* the signal by which a stop was asked for, 0 = none */
	int early;        /* a stop was asked for by this signal before the guest hears any, 0 = not */
	uint64_t deadline_ms; /* when the monitor is killed, or with early, its stop policy applied; 0 = not set */
	unsigned daemons_gone; /* bit set of 1 << their index */
	bool ended;
	int status; /* of the monitor, once ended */
};

void supervise_block_signals(void)
{
	/* Inherited as "ignore" it would make the kernel reap our children. To be set before there is a child: setting
	 * it throws away one that is pending. */
	signal(SIGCHLD, SIG_DFL);
	spawn_block_signals();
}

/* One line for people; left out when nobody takes it, for this process must never block on its output. */
static void say(const char *what, const uint8_t *text, size_t n)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	char line[512];
	int len = snprintf(line, sizeof(line), "urunc: %s", what);

	for (size_t i = 0; i < n && (size_t)len < sizeof(line) - 1; i++)
		line[len++] = text[i] < 0x20 || text[i] == 0x7f ? '?' : (char)text[i];
	line[len++] = '\n';
	if (poll(&p, 1, 0) == 1 && p.revents & POLLOUT && write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

static void set_deadline(struct sup *s)
{
	if (s->deadline_ms == 0)
		s->deadline_ms = clock_monotonic_ms() + s->c->grace_ms;
}

static void kill_monitor(struct sup *s, int signo)
{
	/* A child that is not reaped yet: the number is its own. */
	if (!s->ended)
		kill(s->c->monitor, signo);
}

/* --- signals --- */

static bool means_stop(int signo)
{
	return signo == SIGTERM || signo == SIGINT || signo == SIGQUIT || signo == SIGHUP ||
	       signo == SIGABRT || signo == SIGPWR ||
	       signo == SIGRTMIN + 3; /* the last two: what init systems take for "halt" */
}

/* --- the guest's power button --- */

/* Whatever the monitor makes of its path in the box: nothing here waits for it. */
static int connect_api(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		fd_close(&fd);
	return fd;
}

/* The connection stays: some monitors forget a request whose sender is gone. False when it was not taken whole. */
static bool press_button(struct sup *s)
{
	size_t len = strlen(s->c->message);
	ssize_t r;

	if (s->api < 0 && s->c->api_fd < 0 && s->c->api_path[0])
		s->api = connect_api(s->c->api_path);
	if (s->api < 0)
		return false;
	do
		r = send(s->api, s->c->message, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r == (ssize_t)len;
}

/* The monitor's answers and events tell us nothing, but they must not pile up in it. */
static void drain_api(struct sup *s)
{
	char buf[512];
	ssize_t n = 1;

	for (int reads = 0; reads < MAX_API_READS && n > 0; reads++)
		n = recv(s->api, buf, sizeof(buf), MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		fd_close(&s->api);
}

/* The guest cannot hear signals: do what the stop policy says. */
static void apply_policy(struct sup *s, int signo)
{
	if (!means_stop(signo))
		return;
	s->asked = signo;
	switch (s->c->stop_action) {
	case STOP_SIGNAL_MONITOR:
		kill_monitor(s, s->c->stop_signo);
		break;
	case STOP_MESSAGE:
		if (press_button(s))
			break;
		kill_monitor(s, SIGKILL);
		return;
	default:
		kill_monitor(s, SIGKILL);
		return;
	}
	set_deadline(s);
}

/* The guest hears signals, or never will: no longer to be waited for. */
static void early_is_over(struct sup *s)
{
	if (!s->early)
		return;
	s->early = 0;
	s->deadline_ms = 0;
}

static void ctl_lost(struct sup *s)
{
	uint64_t left = s->pending;

	fd_close(&s->ctl);
	s->pending = 0;
	early_is_over(s);
	if (s->exit_seen)
		return;
	for (int signo = 1; signo <= 64; signo++)
		if (left & 1ull << (signo - 1))
			apply_policy(s, signo);
}

/* One frame: true when it is gone or the channel is, false when it has to wait. Frames are far smaller than any socket
 * buffer, so they go whole or not at all. */
static bool send_frame(struct sup *s, uint8_t type, const void *payload, uint16_t n)
{
	uint8_t frame[CTL_HEADER_BYTES + 8];
	size_t len = ctl_frame_put(frame, type, payload, n);
	ssize_t r;

	do
		r = send(s->ctl, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EAGAIN) {
		s->blocked = true;
		return false;
	}
	if (r != (ssize_t)len)
		ctl_lost(s);
	return true;
}

static void send_size(struct sup *s)
{
	struct winsize ws;
	uint8_t size[4];

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0 || ws.ws_row == 0) {
		s->resize = false;
		return;
	}
	size[0] = (uint8_t)ws.ws_col;
	size[1] = (uint8_t)(ws.ws_col >> 8);
	size[2] = (uint8_t)ws.ws_row;
	size[3] = (uint8_t)(ws.ws_row >> 8);
	if (send_frame(s, CTL_RESIZE, size, sizeof(size)))
		s->resize = false;
}

static void flush(struct sup *s)
{
	s->blocked = false;
	if (!s->ready || s->exit_seen)
		return;
	if (s->resize && s->ctl >= 0)
		send_size(s);
	for (int signo = 1; signo <= 64 && s->ctl >= 0 && !s->blocked; signo++) {
		uint64_t bit = 1ull << (signo - 1);
		uint8_t payload = (uint8_t)signo;

		if (s->pending & bit && send_frame(s, CTL_SIGNAL, &payload, 1))
			s->pending &= ~bit;
	}
}

/* One that ends well has lost its monitor, which is then about to end itself; that it is not is hardly possible. */
static void daemon_ended(struct sup *s, size_t i, int status)
{
	s->daemons_gone |= 1u << i;
	if (s->ended || s->exit_seen || s->asked)
		return;
	if (status == 0) {
		if (s->deadline_ms == 0)
			s->deadline_ms = clock_monotonic_ms() + DAEMON_GRACE_MS;
		return;
	}
	say("virtiofsd has failed, so the guest is stopped", NULL, 0);
	kill_monitor(s, SIGKILL);
}

static void end_daemons(const struct sup *s)
{
	for (size_t i = 0; i < s->c->ndaemons; i++) {
		if (s->daemons_gone & 1u << i)
			continue;
		kill(s->c->daemons[i], SIGKILL);
		spawn_reap(s->c->daemons[i]);
	}
}

static void reap(struct sup *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->c->monitor) {
			s->ended = true;
			s->status = status;
		}
		for (size_t i = 0; i < s->c->ndaemons; i++)
			if (pid == s->c->daemons[i])
				daemon_ended(s, i, status);
	}
}

static void wait_for_guest(struct sup *s, int signo)
{
	s->pending |= 1ull << (signo - 1);
	/* A guest that hangs before it hears us must not be immortal. What is under way already goes on. */
	if (s->ready || s->deadline_ms || !means_stop(signo))
		return;
	s->early = signo;
	set_deadline(s);
}

static void on_deadline(struct sup *s)
{
	int signo = s->early;

	if (signo) {
		early_is_over(s);
		apply_policy(s, signo);
		return;
	}
	kill_monitor(s, SIGKILL);
	s->deadline_ms = UINT64_MAX;
}

static void on_signal(struct sup *s, int signo, bool by_kernel)
{
	if (signo == SIGCHLD) {
		reap(s);
		return;
	}
	if (s->exit_seen)
		return;
	if (signo == SIGWINCH) {
		s->resize = s->c->terminal;
		/* A window that has changed is told of by its size; what somebody sends is a signal like others. */
		if (by_kernel) {
			flush(s);
			return;
		}
	}
	if (s->c->ctl_expected && s->ctl >= 0)
		wait_for_guest(s, signo);
	else
		apply_policy(s, signo);
	flush(s);
}

static void read_signals(struct sup *s, int sigfd)
{
	struct signalfd_siginfo info;

	while (read(sigfd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo >= 1 && info.ssi_signo <= 64 && !spawn_is_own_pipe(&info))
			on_signal(s, (int)info.ssi_signo, info.ssi_code == SI_KERNEL);
}

/* --- the guest --- */

static void on_frame(struct sup *s, const struct ctl_frame *f)
{
	switch (f->type) {
	case CTL_READY:
		if (s->ready)
			return;
		s->ready = true;
		early_is_over(s);
		s->resize = s->c->terminal;
		flush(s);
		return;
	case CTL_EXIT:
		if (f->len < 2 || s->exit_seen)
			return;
		s->exit_seen = true;
		s->exit_kind = f->payload[0];
		s->exit_value = f->payload[1];
		s->pending = 0;
		early_is_over(s);
		set_deadline(s);
		return;
	case CTL_ERROR:
		if (!s->error_shown)
			say("guest: ", f->payload, f->len);
		s->error_shown = true;
		return;
	default:
		return;
	}
}

/* One read. False when there is nothing more for now. */
static bool read_guest(struct sup *s)
{
	struct ctl_frame f;
	uint8_t *p;
	size_t room = ctl_reader_space(&s->reader, &p);
	ssize_t n;
	int r;

	do
		n = recv(s->ctl, p, room, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		ctl_lost(s);
		return false;
	}
	ctl_reader_add(&s->reader, (size_t)n);
	while ((r = ctl_reader_next(&s->reader, &f)) > 0)
		on_frame(s, &f);
	if (r < 0 && s->ctl >= 0)
		ctl_lost(s);
	return s->ctl >= 0;
}

/* --- the loop --- */

static int time_left(const struct sup *s)
{
	uint64_t now;

	if (s->deadline_ms == 0)
		return -1;
	now = clock_monotonic_ms();
	if (s->deadline_ms <= now)
		return 0;
	return s->deadline_ms - now > INT32_MAX ? INT32_MAX : (int)(s->deadline_ms - now);
}

static void loop(struct sup *s, int sigfd)
{
	while (!s->ended) {
		struct pollfd p[] = {
			{.fd = sigfd, .events = POLLIN},
			{.fd = s->ctl, .events = (short)(POLLIN | (s->blocked ? POLLOUT : 0))},
			{.fd = s->api, .events = POLLIN},
		};

		if (slim_poll(p, sizeof(p) / sizeof(p[0]), time_left(s)) < 0)
			continue;
		if (p[0].revents)
			read_signals(s, sigfd);
		if (p[1].revents & POLLOUT)
			flush(s);
		if (p[1].revents & ~POLLOUT && s->ctl >= 0)
			read_guest(s);
		if (p[2].revents && s->api >= 0)
			drain_api(s);
		if (s->deadline_ms && time_left(s) == 0)
			on_deadline(s);
	}
}

/* Is this the end that the monitor comes to when it is told to stop? */
static bool was_stopped(const struct sup *s)
{
	if (!s->asked || s->c->stop_action != STOP_SIGNAL_MONITOR)
		return false;
	if (WIFSIGNALED(s->status))
		return WTERMSIG(s->status) == s->c->stop_signo;
	if (WEXITSTATUS(s->status) == 0)
		return s->c->zero_is_signal;
	return (uint32_t)WEXITSTATUS(s->status) == s->c->stop_code;
}

/* The debug exit device makes 2 * value + 1 of what the guest wrote. 0 cannot be told from a failure of the monitor
 * itself, whose status is 1: where another value means success, it is none. */
static int guest_value(const struct sup *s, int code)
{
	int value = code >> 1;

	if (s->c->exit_ok < 0)
		return value;
	if (value == s->c->exit_ok)
		return 0;
	return value ? value : 1;
}

static int exit_code(const struct sup *s)
{
	int code;

	if (s->exit_seen)
		return s->exit_kind == CTL_SIGNALED ? (128 + s->exit_value) & 0xff : s->exit_value;
	if (was_stopped(s))
		return 128 + s->asked;
	code = spawn_exit_code(s->status);
	if (s->c->filtered && WIFSIGNALED(s->status) && WTERMSIG(s->status) == SIGSYS)
		say("the monitor did something that its system call filter does not allow, and was killed "
		    "(--security-opt seccomp=unconfined runs it without)",
		    NULL, 0);
	if (s->c->exit_port && WIFEXITED(s->status) && code % 2)
		return guest_value(s, code);
	if (code != 0)
		return code;
	if (s->ready || s->c->ctl_expected) {
		say(s->ready ? "the guest ended without telling its program's exit status (did it crash?)"
			     : "the guest ended before its program was started",
		    NULL, 0);
		return 255;
	}
	return 0;
}

int supervise(const struct supervise_conf *c)
{
	struct sup s = {.c = c, .ctl = c->ctl_fd, .api = c->api_fd};
	_cleanup_fd_ int sigfd = -1;

	sigfd = spawn_signalfd();
	if (sigfd < 0) {
		kill(c->monitor, SIGKILL);
		return 255;
	}
	/* As pid 1 of a namespace we inherit orphans anyway. */
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	slim_stack();
	reap(&s);
	loop(&s, sigfd);
	end_daemons(&s);
	/* What the guest said last may still be in the socket; a process that goes on writing must not hold us up. */
	for (int reads = 0; reads < MAX_LAST_READS && s.ctl >= 0 && read_guest(&s); reads++)
		;
	return exit_code(&s);
}
