/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors as owned values: close once, hand over, clear the table before exec. */
#include "common/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_steal(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}

/* The hard limit bounds what may be open; a limit lowered after opening is covered by the floor. */
static void close_one_by_one(int first)
{
	rlim_t end = 65536;
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_max > end)
		end = lim.rlim_max;
	if (end > (rlim_t)1 << 20)
		end = (rlim_t)1 << 20;
	for (int fd = first; (rlim_t)fd < end; fd++)
		close(fd);
}

void fd_close_from(int first)
{
	if (first < 0)
		first = 0;
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) < 0)
		close_one_by_one(first);
}

int fd_move(int fd, int to, struct err *e)
{
	if (fd == to) {
		if (fcntl(fd, F_SETFD, 0) < 0)
			return err_sys(e, "cannot keep descriptor %d over exec", fd);
		return 0;
	}
	if (dup2(fd, to) < 0)
		return err_sys(e, "cannot move descriptor %d to %d", fd, to);
	close(fd);
	return 0;
}

/* One question instead of three. A limit below three descriptors refuses it. */
static bool stdio_is_open(void)
{
	struct pollfd p[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	return poll(p, 3, 0) >= 0 && !((p[0].revents | p[1].revents | p[2].revents) & POLLNVAL);
}

int fd_sanitize_stdio(struct err *e)
{
	if (stdio_is_open())
		return 0;
	for (int want = 0; want <= 2; want++) {
		int got;

		if (fcntl(want, F_GETFD) >= 0)
			continue;
		/* Lands on the lowest free number, which is `want`. No O_CLOEXEC: like any standard
		 * stream it has to be there after exec. */
		got = open("/dev/null", O_RDWR | O_NOCTTY);
		if (got < 0)
			return err_sys(e, "cannot open /dev/null in place of closed descriptor %d", want);
		if (got != want) {
			close(got);
			return err_set(e, EBADF, "cannot fill closed descriptor %d: got %d", want, got);
		}
	}
	return 0;
}

int fd_connect(const char *path, int timeout_ms, int *ret_fd, struct err *e)
{
	const struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	_cleanup_fd_ int fd = -1;

	if (n >= sizeof(addr.sun_path))
		return err_set(e, ENAMETOOLONG, "socket '%.64s...' has a path of more than %zu bytes", path,
			       sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, n + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (timeout_ms ? 0 : SOCK_NONBLOCK), 0);
	if (fd < 0 || (timeout_ms && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0))
		return err_sys(e, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		if (errno == EAGAIN)
			return err_set(e, ETIMEDOUT,
				       "cannot connect to '%s': whoever listens there takes no connection",
				       path);
		return err_sys(e, "cannot connect to '%s'", path);
	}
	*ret_fd = fd_steal(&fd);
	return 0;
}
