/* SPDX-License-Identifier: Apache-2.0 */
/* Terminals: size, owner, adoption, and the way to an engine's socket. */
#include "runtime/console.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "unit.h"

static void a_new_terminal(void **state)
{
	char name[CONSOLE_NAME_BYTES];
	struct winsize ws = {0};
	int master = -1, slave = -1;
	struct err e = {0};
	struct stat st, by_name;

	(void)state;
	assert_ok(console_open(120, 40, getuid(), &master, &slave, name, &e), e);
	assert_int_equal(fcntl(master, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(slave, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(ioctl(slave, TIOCGWINSZ, &ws), 0);
	assert_int_equal(ws.ws_col, 120);
	assert_int_equal(ws.ws_row, 40);
	assert_int_equal(fstat(slave, &st), 0);
	assert_int_equal(st.st_uid, getuid());
	assert_int_equal(strncmp(name, "/dev/pts/", 9), 0);
	assert_int_equal(stat(name, &by_name), 0);
	assert_int_equal(by_name.st_rdev, st.st_rdev);
	close(master);
	close(slave);
}

static void the_container_s_own(void **state)
{
	char name[CONSOLE_NAME_BYTES], text[8] = "";
	int master, slave, status;
	struct err e = {0};
	pid_t pid;

	(void)state;
	assert_ok(console_open(0, 0, getuid(), &master, &slave, name, &e), e);
	pid = fork();
	if (pid == 0) {
		if (console_adopt(slave, &e) == 0)
			_exit(1); /* not a session leader yet */
		if (setsid() < 0 || console_adopt(slave, &e) < 0)
			_exit(2);
		if (tcgetpgrp(0) != getpid() || !isatty(0) || !isatty(1) || !isatty(2) ||
		    write(1, "hello\n", 6) != 6)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(master, text, 7), 7);
	assert_string_equal(text, "hello\r\n");
	close(master);
	close(slave);
}

static void a_descriptor_is_sent(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char dir[256], buf[64] = "", control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {buf, sizeof(buf) - 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};
	struct err e = {0};
	struct stat sent, got;
	int fd, server, conn, received;

	(void)state;
	unit_tmpdir(dir);
	fd = open(dir, O_RDONLY | O_CLOEXEC);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir);
	server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_fails(fd_send_to(addr.sun_path, fd, "x", "console socket", &e), e, ECONNREFUSED,
		     "console socket: cannot connect to '");
	assert_int_equal(listen(server, 1), 0);
	assert_ok(fd_send_to(addr.sun_path, fd, "/dev/pts/7", "console socket", &e), e);
	conn = accept(server, NULL, NULL);
	assert_int_equal(recvmsg(conn, &msg, 0), 10);
	assert_string_equal(buf, "/dev/pts/7");
	memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	assert_int_equal(fstat(fd, &sent), 0);
	assert_int_equal(fstat(received, &got), 0);
	assert_int_equal(sent.st_ino, got.st_ino);
	close(received);
	close(conn);
	close(server);
	close(fd);
	unit_rmdir(dir);
}

static void wrong_sockets(void **state)
{
	char path[200];
	struct err e = {0};

	(void)state;
	assert_fails(fd_send_to("/nonexistent/s", 0, "x", "console socket", &e), e, ENOENT,
		     "console socket: cannot connect to '/nonexistent/s'");
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_fails(fd_send_to(path, 0, "x", "pidfd socket", &e), e, ENAMETOOLONG,
		     "has a path of more than 107 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_terminal),
		cmocka_unit_test(the_container_s_own),
		cmocka_unit_test(a_descriptor_is_sent),
		cmocka_unit_test(wrong_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
