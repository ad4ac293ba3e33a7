/* SPDX-License-Identifier: Apache-2.0 */
/* Console sockets. */
#include "shim/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/fd.h"

#define NAME_MAX_BYTES 4096

void console_init(struct console *c)
{
	*c = (struct console){.listener = -1, .master = -1};
}

static void close_socket(struct console *c)
{
	fd_close(&c->listener);
	if (!c->dir)
		return;
	unlink(c->path);
	rmdir(c->dir);
	free(c->dir);
	c->dir = NULL;
}

void console_done(struct console *c)
{
	close_socket(c);
	fd_close(&c->master);
	console_init(c);
}

int console_listen(struct console *c, struct err *e)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dir[sizeof(addr.sun_path)];

	/* The bundle would be the natural place, but its path alone may be longer than a socket's can be. */
	if (!base || *base != '/' || strlen(base) > sizeof(dir) - sizeof("/ptyXXXXXX/pty.sock"))
		base = "/tmp";
	snprintf(dir, sizeof(dir), "%s/ptyXXXXXX", base);
	if (!mkdtemp(dir))
		return err_sys(e, "cannot make a directory in '%s' for the console's socket", base);
	c->dir = strdup(dir);
	if (!c->dir) {
		rmdir(dir);
		return err_oom(e);
	}
	snprintf(c->path, sizeof(c->path), "%.96s/pty.sock", dir);
	memcpy(addr.sun_path, c->path, sizeof(addr.sun_path));
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listener < 0 || bind(c->listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(c->listener, 1) < 0)
		return err_sys(e, "cannot listen on the console's socket '%s'", c->path);
	return 0;
}

/* The one descriptor of a message; others that came with it are closed. */
static int take_fd(struct msghdr *msg)
{
	int ret = -1;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(msg); h; h = CMSG_NXTHDR(msg, h)) {
		int fds[8];
		size_t n;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(h), n * sizeof(int));
		for (size_t i = 0; i < n; i++) {
			if (ret < 0 && n == 1)
				ret = fds[i];
			else
				close(fds[i]);
		}
	}
	return ret;
}

int console_receive(struct console *c, struct err *e)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(8 * sizeof(int))];
	} control;
	char name[NAME_MAX_BYTES];
	struct iovec iov = {name, sizeof(name)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	_cleanup_fd_ int peer = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

	if (peer < 0) {
		close_socket(c);
		return err_set(e, EPROTO, "the runtime has not sent the terminal");
	}
	if (recvmsg(peer, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) >= 0)
		c->master = take_fd(&msg);
	close_socket(c);
	if (c->master < 0 || !isatty(c->master))
		return err_set(e, EPROTO, "the runtime has sent something that is not a terminal");
	if (fcntl(c->master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return err_sys(e, "cannot prepare the terminal");
	return 0;
}

int console_resize(const struct console *c, uint32_t width, uint32_t height, struct err *e)
{
	struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};

	if (c->master < 0)
		return 0;
	if (ioctl(c->master, TIOCSWINSZ, &size) < 0)
		return err_sys(e, "cannot resize the terminal to %ux%u", width, height);
	return 0;
}
