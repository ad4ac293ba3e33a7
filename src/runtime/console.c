/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-terminals, without libc's helpers (those look up groups and would need NSS). */
#include "runtime/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/fd.h"

/* For an engine that listens and accepts nothing. */
#define CONNECT_MS 10000

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int open_slave(int master, char *name, int *ret_slave, struct err *e)
{
	int unlock = 0, slave;
	unsigned int number;

	if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		return err_sys(e, "cannot unlock the new terminal");
	snprintf(name, CONSOLE_NAME_BYTES, "/dev/pts/%u", number);
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	/* Kernels before 4.13 know the peer by name only. */
	if (slave < 0)
		slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_sys(e, "cannot open the new terminal '%s'", name);
	*ret_slave = slave;
	return 0;
}

int console_open(uint32_t width, uint32_t height, uid_t uid, int *ret_master, int *ret_slave,
		 char ret_name[CONSOLE_NAME_BYTES], struct err *e)
{
	_cleanup_fd_ int master = -1, slave = -1;
	int r;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0)
		return err_sys(e, "cannot make a terminal");
	r = open_slave(master, ret_name, &slave, e);
	if (r < 0)
		return r;
	if (width && height) {
		struct winsize ws = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};

		if (ioctl(master, TIOCSWINSZ, &ws) < 0)
			return err_sys(e, "cannot set the terminal's size to %ux%u", width, height);
	}
	if (fchown(slave, uid, (gid_t)-1) < 0)
		return err_sys(e, "cannot give the terminal '%s' to user %u", ret_name, (unsigned)uid);
	*ret_master = fd_steal(&master);
	*ret_slave = fd_steal(&slave);
	return 0;
}

int console_adopt(int slave, struct err *e)
{
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return err_sys(e, "cannot make the terminal the container's own");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			return err_sys(e, "cannot make the terminal descriptor %d", fd);
	return 0;
}

int fd_send_to(const char *path, int fd, const char *payload, const char *what, struct err *e)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)(uintptr_t)payload, strlen(payload)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	_cleanup_fd_ int sock = -1;
	ssize_t n;
	int r;

	r = fd_connect(path, CONNECT_MS, &sock, e);
	if (r < 0)
		return err_wrap(e, "%s", what);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(e, "cannot send to %s '%s'", what, path) : 0;
}
