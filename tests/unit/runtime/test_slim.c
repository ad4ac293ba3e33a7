/* SPDX-License-Identifier: Apache-2.0 */
/* A waiting process gives its pages back, and still waits like poll. */
#include "runtime/slim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "unit.h"

static void it_is_poll(void **state)
{
	struct pollfd p;
	uint64_t start;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p = (struct pollfd){.fd = fds[0], .events = POLLIN};
	assert_int_equal(slim_poll(&p, 1, 0), 0);
	start = clock_monotonic_ms();
	assert_int_equal(slim_poll(&p, 1, 1050), 0);
	assert_in_range(clock_monotonic_ms() - start, 1049, 5000);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(slim_poll(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN);
	assert_int_equal(slim_poll((struct pollfd *)1, 1, 0), -EFAULT);
	close(fds[0]);
	close(fds[1]);
}

/* Resident KiB of what matches in /proc/PID/smaps; what: the end of a mapping's first line. */
static long resident(pid_t pid, const char *what)
{
	char path[64], line[512];
	bool here = false;
	long sum = 0, n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strchr(line, '-') && !strchr(line, ':'))
			here = false;
		if (strstr(line, " r-xp ") || strstr(line, " rw-p ") || strstr(line, " r--p "))
			here = str_ends(line, what) &&
			       (strcmp(what, "[stack]") == 0 || strstr(line, " r-xp "));
		if (here && sscanf(line, "Rss: %ld", &n) == 1)
			sum += n;
	}
	fclose(f);
	return sum;
}

static __attribute__((noinline)) void use_stack(void)
{
	volatile char deep[300 << 10];

	for (size_t i = 0; i < sizeof(deep); i += 512)
		deep[i] = 1;
}

static void code_and_stack_are_given_back(void **state)
{
	int wait[2], ready[2];
	pid_t pid;
	char c;

	(void)state;
	unit_needs("code that runs where it is mapped", resident(getpid(), "/test_slim") > 0);
	assert_int_equal(pipe(wait), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		struct pollfd p = {.fd = wait[0], .events = POLLIN};

		use_stack();
		slim_stack();
		if (write(ready[1], "x", 1) != 1 || slim_poll(&p, 1, -1) != 1)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	for (int i = 0; i < 1000 && resident(pid, "/test_slim") > 200; i++)
		usleep(5000);
	assert_in_range(resident(pid, "/test_slim"), 1, 200);
	assert_in_range(resident(pid, "[stack]"), 1, 64);
	assert_int_equal(write(wait[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &(int){0}, 0), pid);
	close(wait[0]);
	close(wait[1]);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_poll),
		cmocka_unit_test(code_and_stack_are_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
