/* SPDX-License-Identifier: Apache-2.0 */
/* What is written comes back; what a crash tore off does not count; undoing goes backwards and goes on. */
#include "runtime/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/fd.h"
#include "unit.h"

/* wrap: cgroup_remove */
static char removed[8][64];
static size_t nremoved;
int __wrap_cgroup_remove(const char *path, struct err *e);
int __wrap_cgroup_remove(const char *path, struct err *e)
{
	snprintf(removed[nremoved++], sizeof(removed[0]), "%s", path);
	return strstr(path, "bad") ? err_set(e, EBUSY, "'%s' is in use", path) : 0;
}

static int parse(const char *text, struct arena *a, struct journal *j, struct err *e)
{
	char *copy = arena_strdup(a, text);

	return journal_parse(copy, strlen(text), a, j, e);
}

static void lines_come_back(void **state)
{
	static const char nasty[] = "/sys/fs/cgroup/a b\nprocess 1 1\t%41\x7f\xc3\xa4";
	struct arena a = {0};
	struct err e = {0};
	struct journal j;
	char dir[256];
	struct stat st;
	int dirfd, fd;

	(void)state;
	unit_tmpdir(dir);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(journal_read(dirfd, &a, &j, &e), e); /* none yet */
	assert_int_equal(j.pid, 0);
	assert_ok(journal_open(dirfd, &fd, &e), e);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_ok(journal_add(fd, "cgroup", nasty, &e), e);
	assert_ok(journal_add_process(fd, 4711, UINT64_MAX, "b-1", &e), e);
	assert_ok(journal_add(fd, "created", NULL, &e), e);
	close(fd);
	assert_ok(journal_open(dirfd, &fd, &e), e); /* appends */
	assert_ok(journal_add(fd, "starting", NULL, &e), e);
	close(fd);
	assert_ok(journal_read(dirfd, &a, &j, &e), e);
	assert_int_equal(j.undo.n, 1);
	assert_string_equal(j.undo.v[0].arg, nasty);
	assert_int_equal(j.pid, 4711);
	assert_string_equal(j.boot_id, "b-1");
	assert_true(j.start_time == UINT64_MAX);
	assert_true(j.created && j.starting && !j.started);
	close(dirfd);
	unit_rmdir(dir);
	arena_release(&a);
}

static void a_torn_line_does_not_count(void **state)
{
	static const char whole[] = "cgroup /a\nprocess 5 6 b\ncreated\nstarting\nstarted\n";
	struct arena a = {0};
	struct err e = {0};
	struct journal j;

	(void)state;
	for (size_t n = 0; n <= strlen(whole); n++) {
		char *copy = arena_strndup(&a, whole, n);

		assert_ok(journal_parse(copy, n, &a, &j, &e), e);
		assert_int_equal(j.undo.n, n >= 10);
		assert_int_equal(j.pid, n >= 24 ? 5 : 0);
		assert_int_equal(j.created, n >= 32);
		assert_int_equal(j.starting, n >= 41);
		assert_int_equal(j.started, n >= 49);
	}
	arena_release(&a);
}

static void strange_lines(void **state)
{
	static const char *const bad[] = {"process 5 6\n",     "process 5 6 \n",
					  "process 5\n",       "process x 6 b\n",
					  "process 0 6 b\n",   "process 5 -6 b\n",
					  "process 5 6 b 7\n", "process 99999999999 6 b\n",
					  "boot \n",           "boot a b\n",
					  "cgroup %4\n",       "cgroup %00\n",
					  "cgroup %zz\n",      "mounted %0\n"};
	struct arena a = {0};
	struct err e = {0};
	struct journal j;

	(void)state;
	assert_ok(parse("tap urunc0\n\ncreatedx\n  created\ncgroup\n", &a, &j, &e), e);
	assert_int_equal(j.undo.n, 0);
	assert_false(j.created);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(parse(bad[i], &a, &j, &e), e, EBADMSG, "journal: bad line");
	arena_release(&a);
}

/* Of what was taken away twice and given back once, nothing is left to do; other entries stay, whatever their words. */
static void what_is_mounted_again(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct journal j;

	(void)state;
	assert_ok(parse("unmount a%20b\nunmount c\ncgroup c\nunmount c\nmounted c\n", &a, &j, &e), e);
	assert_int_equal(j.undo.n, 2);
	assert_string_equal(j.undo.v[0].arg, "a b");
	assert_int_equal(j.undo.v[1].kind, JOURNAL_CGROUP);
	assert_ok(parse("mounted a%20b\nunmount a%20b\n", &a, &j, &e), e);
	assert_int_equal(j.undo.n, 1);
	arena_release(&a);
}

static void any_bytes_are_survived(void **state)
{
	static const char seed[] = "cgroup /a%20b\nprocess 5 6 b\ncreated\nunmount /c\nmounted /c\nstarted\n";
	uint64_t chance = 7;
	struct arena a = {0};

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char buf[sizeof(seed)];
		struct journal j = {0};
		struct err e = {0};
		size_t n;

		memcpy(buf, seed, sizeof(seed));
		n = unit_mutate(&chance, buf, sizeof(seed) - 1);
		if (journal_parse(arena_memdup(&a, buf, n), n, &a, &j, &e) < 0)
			assert_true(e.code == EBADMSG);
		arena_release(&a);
	}
}

static void undoing_goes_backwards_and_goes_on(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct journal j;

	(void)state;
	assert_ok(parse("cgroup /1\ncgroup /bad2\ncgroup /3\ncgroup /bad4\n", &a, &j, &e), e);
	nremoved = 0;
	assert_fails(journal_replay(&j, &e), e, EBUSY, "'/bad4' is in use"); /* the first failure is told */
	assert_int_equal(nremoved, 4);
	assert_string_equal(removed[0], "/bad4");
	assert_string_equal(removed[1], "/3");
	assert_string_equal(removed[2], "/bad2");
	assert_string_equal(removed[3], "/1");
	arena_release(&a);
}

static void too_long_is_refused(void **state)
{
	char path[5000], dir[256];
	struct err e = {0};
	struct stat st;
	int dirfd, fd;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	unit_tmpdir(dir);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(journal_open(dirfd, &fd, &e), e);
	assert_fails(journal_add(fd, "cgroup", path, &e), e, ENAMETOOLONG, "too long");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 0);
	path[4000] = '\0';
	assert_ok(journal_add(fd, "cgroup", path, &e), e);
	close(fd);
	close(dirfd);
	unit_rmdir(dir);
}

/* As on a disk that is full for a moment. */
static void half_a_line_of_a_full_disk_does_not_stay(void **state)
{
	struct rlimit before, small;
	struct arena a = {0};
	struct err e = {0};
	struct journal j;
	char dir[256];
	struct stat st;
	int dirfd, fd;

	(void)state;
	unit_tmpdir(dir);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(journal_open(dirfd, &fd, &e), e);
	assert_ok(journal_add(fd, "cgroup", "/a", &e), e);
	assert_int_equal(fstat(fd, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)st.st_size + 4;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_fails(journal_add(fd, "unlink", "/some/file", &e), e, EFBIG,
		     "cannot write the container's journal");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_ok(journal_add(fd, "cgroup", "/b", &e), e);
	close(fd);
	assert_ok(journal_read(dirfd, &a, &j, &e), e);
	assert_int_equal(j.undo.n, 2);
	assert_string_equal(j.undo.v[1].arg, "/b");
	close(dirfd);
	unit_rmdir(dir);
	arena_release(&a);
}

static void the_boot_and_the_creator_come_first(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	struct journal j;
	char dir[256];
	int dirfd, fd;

	(void)state;
	unit_tmpdir(dir);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(journal_open(dirfd, &fd, &e), e);
	assert_ok(journal_add_creator(fd, 4712, 77, "b-1", &e), e);
	close(fd);
	assert_ok(journal_read(dirfd, &a, &j, &e), e);
	assert_int_equal(j.creator, 4712);
	assert_int_equal(j.creator_start_time, 77);
	assert_string_equal(j.boot_id, "b-1");
	assert_int_equal(j.pid, 0);
	assert_fails(parse("creator 1\n", &a, &j, &e), e, EBADMSG, "creator 1");
	assert_fails(parse("creator 0 1 b\n", &a, &j, &e), e, EBADMSG, "creator 0");
	close(dirfd);
	unit_rmdir(dir);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_back),
		cmocka_unit_test(a_torn_line_does_not_count),
		cmocka_unit_test(strange_lines),
		cmocka_unit_test(what_is_mounted_again),
		cmocka_unit_test(any_bytes_are_survived),
		cmocka_unit_test(undoing_goes_backwards_and_goes_on),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(half_a_line_of_a_full_disk_does_not_stay),
		cmocka_unit_test(the_boot_and_the_creator_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
