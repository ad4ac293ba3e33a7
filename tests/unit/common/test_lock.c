/* SPDX-License-Identifier: Apache-2.0 */
/* A lock is had when it is free, when it becomes free in time, and not after that time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fd.h"
#include "common/lock.h"
#include "unit.h"

static char path[] = "/tmp/urunc-lock-XXXXXX";

static int another(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void what_is_free_is_had(void **state)
{
	_cleanup_fd_ int one = another();

	(void)state;
	assert_int_equal(lock_within(one, 0), 0);
	assert_int_equal(lock_within(one, 100), 0); /* it is ours already */
}

static void not_after_its_time(void **state)
{
	_cleanup_fd_ int one = another(), two = another();
	uint64_t begin = clock_monotonic_ms();
	struct itimerval left;
	struct sigaction now;

	(void)state;
	assert_int_equal(lock_within(one, 0), 0);
	assert_int_equal(lock_within(two, 0), -EWOULDBLOCK);
	assert_int_equal(lock_within(two, 150), -EWOULDBLOCK);
	assert_true(clock_monotonic_ms() - begin >= 150);
	assert_int_equal(getitimer(ITIMER_REAL, &left), 0);
	assert_int_equal(left.it_value.tv_sec + left.it_value.tv_usec, 0);
	assert_int_equal(sigaction(SIGALRM, NULL, &now), 0);
	assert_true(now.sa_handler == SIG_DFL);
}

static void what_becomes_free_is_had(void **state)
{
	_cleanup_fd_ int two = another();
	int pair[2], status;
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int one = another();

		if (flock(one, LOCK_EX) < 0 || write(pair[1], "x", 1) != 1)
			_exit(1);
		poll(NULL, 0, 200);
		_exit(0); /* and the lock goes */
	}
	assert_int_equal(read(pair[0], &c, 1), 1);
	assert_int_equal(lock_within(two, 60000), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(pair[0]);
	close(pair[1]);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}
static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_free_is_had),
		cmocka_unit_test(not_after_its_time),
		cmocka_unit_test(what_becomes_free_is_had),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
