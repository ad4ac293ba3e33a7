/* SPDX-License-Identifier: Apache-2.0 */
/* A container of another boot makes room, one that is going is not taken for one that is coming. */
#include "runtime/state.h"

#include <stdarg.h>

#include "fake_container.h"

/* wrap: openat */
static bool racing; /* somebody deletes the container just before its journal is opened */
int __real_openat(int dirfd, const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap_openat(int dirfd, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	va_start(ap, flags);
	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (racing && strcmp(path, JOURNAL_FILE) == 0) {
		assert_int_equal(unlinkat(dirfd, PLAN_FILE, 0), 0);
		assert_int_equal(unlinkat(dirfd, JOURNAL_FILE, 0), 0);
	}
	return __real_openat(dirfd, path, flags, mode);
}

static void a_container_that_is_going_does_not_exist(void **state)
{
	struct container c = CONTAINER_NULL, deleter = CONTAINER_NULL;
	struct fake *f = *state;
	struct err e = {0};

	fake_make(f, "c1", getpid());
	assert_ok(container_get(&f->rt, "c1", OPEN_LOCK, &deleter, &e), e);
	racing = true;
	assert_fails(container_get(&f->rt, "c1", 0, &c, &e), e, ENOENT, "container does not exist");
	racing = false;
	assert_int_equal(c.dirfd, -1);
	container_done(&deleter);
}

static void what_another_boot_left_makes_room(void **state)
{
	struct container c = CONTAINER_NULL;
	struct fake *f = *state;
	struct err e = {0};
	bool same = false;
	int fd, other = -7, journal;

	strcpy(f->boot_id, "00000000-0000-0000-0000-000000000000");
	fake_make(f, "c1", getpid());
	fake_note(f, "c1", "created", NULL);
	fake_file(f, "c1/gate", "");
	assert_ok(container_make_dir(&f->rt, "c1", &fd, &journal, &e), e);
	close(journal);
	assert_true(container_is_locked(fd) || container_lock(fd, 0, &e) == 0);
	assert_false(fake_has(f, "c1/plan"));
	assert_false(fake_has(f, "c1/gate"));
	/* The new one is of this boot: it does not make room. */
	assert_ok(container_write(fd, &f->head, &f->plan, &f->arena, &e), e);
	close(fd);
	assert_ok(container_get(&f->rt, "c1", 0, &c, &e), e);
	assert_int_equal(c.journal.pid, 0);
	assert_ok(container_same_boot(&c, &same, &e), e);
	assert_true(same && c.journal.boot_id);
	container_done(&c);
	assert_fails(container_make_dir(&f->rt, "c1", &other, &journal, &e), e, EEXIST, "already exists");
	assert_int_equal(other, -7);
}

/* Waits until the child sleeps: in this test it has nothing to sleep in but the lock. */
static void wait_for_sleep(pid_t pid)
{
	char path[64], line[512] = "";

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int i = 0; i < 1000 && !strstr(line, ") S "); i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, line, sizeof(line) - 1);

		close(fd);
		line[n > 0 ? n : 0] = '\0';
		usleep(2000);
	}
	assert_non_null(strstr(line, ") S "));
}

static void a_stale_one_that_somebody_works_on_is_waited_for(void **state)
{
	struct container deleter = CONTAINER_NULL;
	struct fake *f = *state;
	struct err e = {0};
	int status;
	pid_t pid;

	strcpy(f->boot_id, "00000000-0000-0000-0000-000000000000");
	fake_make(f, "c1", getpid());
	assert_ok(container_get(&f->rt, "c1", OPEN_LOCK, &deleter, &e), e);
	pid = fork();
	if (pid == 0) {
		int fd = -1, journal = -1;

		container_done(&deleter); /* the lock belongs to the descriptor that both have */
		_exit(container_make_dir(&f->rt, "c1", &fd, &journal, &e) == 0 ? 0 : 1);
	}
	wait_for_sleep(pid);
	assert_int_equal(container_destroy(&f->rt, "c1", deleter.dirfd, NULL, &e), 0);
	container_done(&deleter);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(fake_has(f, "c1/plan"));
}

/* Without a plan: the directories that were this container's alone, none of a parent or of a whole hierarchy. */
static void the_group_is_known_from_the_journal(void **state)
{
	struct journal_undo undo[] = {{JOURNAL_CGROUP, "/x/"},
				      {JOURNAL_CGROUP, "/x/c1"},
				      {JOURNAL_CGROUP, "/proc"},
				      {JOURNAL_CGROUP, "c1"},
				      {JOURNAL_CGROUP, "/y/c1"}};
	struct container c = CONTAINER_NULL;
	struct fake *f = *state;
	struct err e = {0};

	c.journal.undo.v = undo;
	c.journal.undo.n = sizeof(undo) / sizeof(undo[0]);
	assert_ok(container_salvage_cgroup(&c, &f->arena, &e), e);
	assert_int_equal(c.head.cgroup.dirs.n, 2);
	assert_string_equal(c.head.cgroup.dirs.v[0].path, "/x/c1");
	assert_string_equal(c.head.cgroup.dirs.v[0].mountpoint, "/x");
	assert_string_equal(c.head.cgroup.dirs.v[1].path, "/y/c1");
	c = CONTAINER_NULL;
	c.journal.undo.v = undo;
	c.journal.undo.n = sizeof(undo) / sizeof(undo[0]);
	c.journal.boot_id = "another";
	assert_ok(container_salvage_cgroup(&c, &f->arena, &e), e);
	assert_int_equal(c.head.cgroup.dirs.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_container_that_is_going_does_not_exist, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(what_another_boot_left_makes_room, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(a_stale_one_that_somebody_works_on_is_waited_for, fake_setup,
						fake_teardown),
		cmocka_unit_test_setup_teardown(the_group_is_known_from_the_journal, fake_setup,
						fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
