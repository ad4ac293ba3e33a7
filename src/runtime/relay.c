/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes and signals between the caller of `urunc run` and the container. */
#include "runtime/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/proc.h"
#include "runtime/spawn.h"

#define LAST_WORDS_MS 10000

/* One direction: what was read and not yet written. from is -1 after its end, to after its loss. */
struct flow {
	int from, to;
	char buf[4096];
	size_t off, len;
};

struct relay {
	int pidfd, console, sigfd;
	struct flow in, out;
};

void relay_block_signals(void)
{
	spawn_block_signals();
}

void relay_copy_size(int console)
{
	struct winsize ws;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0)
		ioctl(console, TIOCSWINSZ, &ws);
}

static void raw_terminal(struct termios *ret_saved, bool *ret_is_saved)
{
	struct termios raw;

	*ret_is_saved = tcgetattr(STDIN_FILENO, ret_saved) == 0;
	if (!*ret_is_saved)
		return;
	raw = *ret_saved;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static struct pollfd flow_poll(const struct flow *f)
{
	if (f->len)
		return (struct pollfd){.fd = f->to, .events = POLLOUT};
	return (struct pollfd){.fd = f->from, .events = POLLIN};
}

static void flow_write(struct flow *f)
{
	ssize_t n = write(f->to, f->buf + f->off, f->len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		/* Nobody takes it: go on reading, so that the container does not hang, and throw it away. */
		f->len = 0;
		return;
	}
	f->off += (size_t)n;
	f->len -= (size_t)n;
}

static void flow_read(struct flow *f)
{
	ssize_t n = read(f->from, f->buf, sizeof(f->buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	f->off = 0;
	f->len = n > 0 ? (size_t)n : 0;
	/* 0: end of input; EIO: the other side of the terminal is closed. */
	if (n <= 0)
		f->from = -1;
}

static void flow_step(struct flow *f, short revents)
{
	if (!revents)
		return;
	if (f->len)
		flow_write(f);
	else
		flow_read(f);
}

static void on_signals(struct relay *r)
{
	struct signalfd_siginfo info;

	while (read(r->sigfd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
		case SIGURG:
			break;
		case SIGWINCH:
			if (r->console >= 0)
				relay_copy_size(r->console);
			break;
		case SIGPIPE:
			if (spawn_is_own_pipe(&info))
				break;
			pidfd_signal(r->pidfd, SIGPIPE);
			break;
		default:
			pidfd_signal(r->pidfd, (int)info.ssi_signo);
		}
	}
}

/* What the container wrote before its end is still in the terminal. A reader that takes nothing for LAST_WORDS_MS is
 * not waited for. */
static void last_words(struct relay *r)
{
	for (struct flow *f = &r->out; f->from >= 0 || f->len;) {
		struct pollfd p = {.fd = f->to, .events = POLLOUT};
		int n;

		if (!f->len) {
			flow_read(f);
			if (!f->len)
				return;
			continue;
		}
		n = poll(&p, 1, LAST_WORDS_MS);
		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		if (n > 0)
			flow_write(f);
	}
}

static int loop(struct relay *r, struct err *e)
{
	for (;;) {
		struct pollfd p[4] = {
			{.fd = r->sigfd, .events = POLLIN},
			{.fd = r->pidfd, .events = POLLIN},
			flow_poll(&r->in),
			flow_poll(&r->out),
		};

		if (poll(p, 4, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(e, "cannot wait for the container");
		}
		if (p[0].revents)
			on_signals(r);
		flow_step(&r->in, p[2].revents);
		flow_step(&r->out, p[3].revents);
		if (p[1].revents)
			return 0;
	}
}

int relay_until_end(int pidfd, int console, struct err *e)
{
	struct relay r = {
		.pidfd = pidfd,
		.console = console,
		.in = {.from = console >= 0 ? STDIN_FILENO : -1, .to = console},
		.out = {.from = console, .to = STDOUT_FILENO},
	};
	_cleanup_fd_ int sigfd = -1;
	struct termios saved;
	bool is_saved = false;
	int ret;

	/* Again: putting a mask back, as the log does, has unblocked what libc keeps for itself. */
	spawn_block_signals();
	sigfd = spawn_signalfd();
	if (sigfd < 0)
		return err_sys(e, "cannot take signals");
	r.sigfd = sigfd;
	/* What is typed may be more than the container's terminal has room for. */
	if (console >= 0 && fcntl(console, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return err_sys(e, "cannot set up the container's terminal");
	if (console >= 0)
		raw_terminal(&saved, &is_saved);
	ret = loop(&r, e);
	if (console >= 0)
		last_words(&r);
	/* We may be in the background by now; SIGTTOU is blocked, so this works all the same. */
	if (is_saved)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	return ret;
}
