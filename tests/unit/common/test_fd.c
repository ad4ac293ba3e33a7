/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: closed once, handed over, cleared, moved. */
#include "common/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void close_is_idempotent_and_keeps_errno(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), copy = fd;

	(void)state;
	errno = EXDEV;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_false(is_open(copy));
	errno = EXDEV;
	fd_close(&fd);
	assert_int_equal(errno, EXDEV);
	fd = 9999; /* not open: EBADF must not be seen */
	fd_close(&fd);
	assert_int_equal(errno, EXDEV);
}

static int open_and_steal(int *seen)
{
	_cleanup_fd_ int kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
	_cleanup_fd_ int lost = open("/dev/null", O_RDONLY | O_CLOEXEC);

	*seen = lost;
	return fd_steal(&kept);
}

static void cleanup_closes_but_not_what_was_stolen(void **state)
{
	int lost = -1, fd = open_and_steal(&lost);

	(void)state;
	assert_true(is_open(fd));
	assert_false(is_open(lost));
	close(fd);
}

/* What touches the standard streams or all descriptors runs in a child; its exit status is the answer. */
static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int child_close_from(void)
{
	int low = open("/dev/null", O_RDONLY | O_CLOEXEC), high = fcntl(low, F_DUPFD, 200);

	if (low < 0 || high < 200)
		return 1;
	fd_close_from(high);
	if (!is_open(low) || is_open(high))
		return 2;
	fd_close_from(low);
	return is_open(low) ? 3 : 0;
}

static void close_from_closes_upwards(void **state)
{
	(void)state;
	assert_int_equal(in_child(child_close_from), 0);
}

static void move_makes_it_pass_exec(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), to = fcntl(fd, F_DUPFD_CLOEXEC, 100), old = fd;
	struct err e = {0};

	(void)state;
	close(to);
	assert_ok(fd_move(fd, to, &e), e);
	assert_false(is_open(old));
	assert_int_equal(fcntl(to, F_GETFD), 0);
	fcntl(to, F_SETFD, FD_CLOEXEC);
	assert_ok(fd_move(to, to, &e), e);
	assert_int_equal(fcntl(to, F_GETFD), 0);
	close(to);
	assert_fails(fd_move(to, 101, &e), e, EBADF, "cannot move descriptor");
	assert_fails(fd_move(to, to, &e), e, EBADF, "cannot keep descriptor");
}

static int child_sanitize(void)
{
	struct err e = {0};

	close(0);
	close(2);
	if (fd_sanitize_stdio(&e) < 0 || !is_open(0) || !is_open(2) || fcntl(0, F_GETFD) || fcntl(2, F_GETFD))
		return 1;
	return write(2, "x", 1) == 1 ? 0 : 2; /* into /dev/null */
}

static void closed_standard_streams_are_filled(void **state)
{
	(void)state;
	assert_int_equal(in_child(child_sanitize), 0);
}

static void connections_to_sockets(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	_cleanup_fd_ int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_fd_ int first = -1, second = -1;
	char dir[256], path[300], text[200];
	struct err e = {0};

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_fails(fd_connect(path, 20000, &first, &e), e, ENOENT, path);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.100s", path);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_fails(fd_connect(path, 20000, &first, &e), e, ECONNREFUSED, path);
	assert_int_equal(listen(listener, 0), 0);
	assert_ok(fd_connect(path, 20000, &first, &e), e);
	assert_int_equal(fcntl(first, F_GETFD), FD_CLOEXEC);
	assert_false(fcntl(first, F_GETFL) & O_NONBLOCK);
	/* The queue is full, and nobody takes anything out of it. */
	assert_fails(fd_connect(path, 50, &second, &e), e, ETIMEDOUT, "takes no connection");
	assert_fails(fd_connect(path, 0, &second, &e), e, ETIMEDOUT, "takes no connection");
	assert_int_equal(second, -1);
	second = accept(listener, NULL, NULL);
	fd_close(&first);
	assert_ok(fd_connect(path, 0, &first, &e), e);
	assert_true(fcntl(first, F_GETFL) & O_NONBLOCK);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_fails(fd_connect(text, 0, &second, &e), e, ENAMETOOLONG, "more than 107 bytes");
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close_is_idempotent_and_keeps_errno),
		cmocka_unit_test(cleanup_closes_but_not_what_was_stolen),
		cmocka_unit_test(close_from_closes_upwards),
		cmocka_unit_test(move_makes_it_pass_exec),
		cmocka_unit_test(closed_standard_streams_are_filled),
		cmocka_unit_test(connections_to_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
