/* SPDX-License-Identifier: Apache-2.0 */
/* The lock, and removing a container's directory. */
#include "runtime/container.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>

#include "common/clock.h"
#include "fake_container.h"

static int open_dir(struct fake *f, const char *id)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->root, id);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void the_lock_is_exclusive_and_bounded(void **state)
{
	struct fake *f = *state;
	struct sigaction before, after;
	struct err e = {0};
	uint64_t start;
	int a, b;

	fake_make(f, "c1", 0);
	a = open_dir(f, "c1");
	b = open_dir(f, "c1");
	assert_false(container_is_locked(b));
	assert_ok(container_lock(a, 0, &e), e);
	assert_true(container_is_locked(b));
	assert_fails(container_lock(b, 0, &e), e, EBUSY, "another urunc command");
	sigaction(SIGALRM, NULL, &before);
	start = clock_monotonic_ms();
	assert_fails(container_lock(b, 150, &e), e, EBUSY, "another urunc command");
	assert_in_range(clock_monotonic_ms() - start, 140, 5000);
	sigaction(SIGALRM, NULL, &after);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	container_unlock(a);
	assert_false(container_is_locked(b));
	assert_ok(container_lock(b, 0, &e), e);
	close(a);
	close(b);
}

/* Killed while it holds the lock, a command takes the lock with it. */
static void a_lock_waits_for_its_owner(void **state)
{
	struct fake *f = *state;
	struct err e = {0};
	int fd, ready[2];
	pid_t pid;
	char c;

	fake_make(f, "c1", 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int mine = open_dir(f, "c1");

		if (container_lock(mine, 0, &e) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	fd = open_dir(f, "c1");
	assert_fails(container_lock(fd, 0, &e), e, EBUSY, "another urunc command");
	kill(pid, SIGKILL);
	assert_ok(container_lock(fd, 10000, &e), e);
	fake_reap(pid);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

static void a_removed_directory_cannot_be_locked(void **state)
{
	struct fake *f = *state;
	struct err e = {0};
	char path[600];
	int fd;

	fake_dir(f, "c1");
	fd = open_dir(f, "c1");
	snprintf(path, sizeof(path), "%s/c1", f->root);
	assert_int_equal(rmdir(path), 0);
	assert_fails(container_lock(fd, 0, &e), e, ENOENT, "removed meanwhile");
	close(fd);
}

static void destroying_takes_all_files(void **state)
{
	struct fake *f = *state;
	struct journal j = {0};
	struct err e = {0};
	int fd;

	fake_make(f, "c1", 0);
	fake_file(f, "c1/gate", "");
	fake_file(f, "c1/.plan.4711", "half");
	fd = open_dir(f, "c1");
	assert_ok(container_destroy(&f->rt, "c1", fd, &j, &e), e);
	assert_false(fake_has(f, "c1"));
	assert_ok(container_destroy(&f->rt, "c1", fd, &j, &e), e); /* a second time is fine */
	close(fd);
}

static void a_stranger_s_directory_stays(void **state)
{
	struct fake *f = *state;
	struct err e = {0};
	int fd;

	fake_dir(f, "c1");
	fake_dir(f, "c1/data");
	fake_file(f, "c1/data/precious", "x");
	fd = open_dir(f, "c1");
	assert_int_not_equal(container_destroy(&f->rt, "c1", fd, NULL, &e), 0);
	assert_true(fake_has(f, "c1/data/precious"));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_lock_is_exclusive_and_bounded, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_lock_waits_for_its_owner, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_removed_directory_cannot_be_locked, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(destroying_takes_all_files, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_stranger_s_directory_stays, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
