/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a monitor for its version: a process of its own that can neither hang nor flood us. */
#include "gather/version.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "machine/machine.h"

#define PARTS 3
#define PART_MAX 999u
#define MAJOR_MAX 4000u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at text[*i], which moves behind them. Never larger than a little above MAJOR_MAX. */
static uint32_t take_number(const char *text, size_t n, size_t *i)
{
	uint32_t v = 0;

	for (; *i < n && is_digit(text[*i]); (*i)++)
		v = v > MAJOR_MAX ? v : v * 10 + (uint32_t)(text[*i] - '0');
	return v;
}

uint32_t version_parse(const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t part[PARTS] = {0};
		int parts = 0;

		if (!is_digit(text[i])) {
			i++;
			continue;
		}
		part[parts++] = take_number(text, n, &i);
		while (parts < PARTS && i + 1 < n && text[i] == '.' && is_digit(text[i + 1])) {
			i++;
			part[parts++] = take_number(text, n, &i);
		}
		if (parts > 1 && part[0] <= MAJOR_MAX && part[1] <= PART_MAX && part[2] <= PART_MAX)
			return VERSION(part[0], part[1], part[2]);
	}
	return 0;
}

static void become(const char *path, int out)
{
	const char *name = strrchr(path, '/');
	char *argv[] = {(char *)(name ? name + 1 : path), (char *)"--version", NULL};
	char *envp[] = {NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	setpgid(0, 0);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || chdir("/") < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(127);
	fd_close_from(STDERR_FILENO + 1);
	execve(path, argv, envp);
	_exit(127);
}

/* Until the version is there, all is read, or time is over. */
static uint32_t read_version(int fd, int timeout_ms)
{
	uint64_t deadline = clock_monotonic_ms() + (uint64_t)timeout_ms;
	char text[VERSION_MAX_BYTES];
	size_t n = 0;

	while (n < sizeof text) {
		uint64_t now = clock_monotonic_ms();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		const char *line_end;
		ssize_t r;

		if (now >= deadline || (poll(&p, 1, (int)(deadline - now)) < 0 && errno != EINTR))
			break;
		r = read(fd, text + n, sizeof text - n);
		if (r < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (r <= 0)
			break;
		n += (size_t)r;
		/* The last line may be cut in the middle of the number. */
		line_end = memrchr(text, '\n', n);
		if (line_end && version_parse(text, (size_t)(line_end - text)))
			break;
	}
	return version_parse(text, n);
}

uint32_t version_ask(const char *path, int timeout_ms)
{
	_cleanup_fd_ int ours = -1, theirs = -1;
	uint32_t version;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return 0;
	ours = fds[0];
	theirs = fds[1];
	/* Only our end must not block. */
	if (fcntl(theirs, F_SETFL, 0) < 0)
		return 0;
	/* libc's fork() has handlers to keep, which would cost every process of ours a page for life. */
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0)
		return 0;
	if (pid == 0)
		become(path, theirs);
	setpgid(pid, pid); /* whoever comes first: a wrapper's own children go with it */
	fd_close(&theirs);
	version = read_version(ours, timeout_ms);
	/* It has said what it had to say; not reaped yet, so the number is its own. */
	if (kill(-pid, SIGKILL) < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return version;
}
