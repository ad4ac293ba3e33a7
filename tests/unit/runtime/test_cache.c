/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of images: whole or not there, bounded, never taken from who has it. */
#include "runtime/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/fd.h"
#include "common/proc.h"
#include "gather/scratch.h"

#define K1 "11aa"
#define K2 "22bb"

static int opened(struct scratch *s)
{
	int fd = -1;

	assert_ok(cache_open(scratch_path(s, "a/cache"), &fd, &s->e), s->e);
	return fd;
}

static void put(struct scratch *s, int cache, const char *key, size_t n)
{
	_cleanup_fd_ int fd = -1;
	char *p = calloc(1, n);

	memset(p, 'x', n);
	assert_ok(cache_new_file(cache, &fd, &s->e), s->e);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_ok(cache_name_file(fd, arena_printf(&s->a, "%s/a/cache/%s.erofs", s->dir, key), &s->e), s->e);
	free(p);
}

static bool there(struct scratch *s, const char *name)
{
	return access(arena_printf(&s->a, "%s/a/cache/%s", s->dir, name), F_OK) == 0;
}

static int need_root(void)
{
	return geteuid() == 0; /* names for nameless files are its alone */
}

static void taken_under_another_name(void **state)
{
	struct scratch *s = *state;
	_cleanup_fd_ int cache = opened(s), again = -1;
	const char *mine = scratch_path(s, "a/cache/use/mine");
	struct stat st;

	assert_int_equal(stat(scratch_path(s, "a/cache"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_ok(cache_open(scratch_path(s, "a/cache"), &again, &s->e), s->e);
	if (!need_root())
		skip();
	assert_int_equal(cache_take(cache, K1 ".erofs", mine, &s->e), -ENOENT);
	mode_t was = umask(077); /* an engine's: the monitor's user reads images all the same */
	put(s, cache, K1, 10);
	umask(was);
	assert_ok(cache_take(cache, K1 ".erofs", mine, &s->e), s->e);
	assert_int_equal(stat(mine, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mode & 0777, 0444);
	assert_fails(cache_take(cache, "../x.erofs", mine, &s->e), s->e, EINVAL, "no name");
}

static void an_unfinished_file_leaves_nothing(void **state)
{
	struct scratch *s = *state;
	_cleanup_fd_ int cache = opened(s);
	int fd = -1;

	assert_ok(cache_new_file(cache, &fd, &s->e), s->e);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(rmdir(scratch_path(s, "a/cache/use")), 0);
	assert_int_equal(rmdir(scratch_path(s, "a/cache")), 0);
}

static void the_oldest_goes_first(void **state)
{
	const struct timespec old[2] = {{1, 0}, {1, 0}}, older[2] = {{0, 5}, {0, 5}};
	struct scratch *s = *state;
	_cleanup_fd_ int cache = opened(s);

	if (!need_root())
		skip();
	put(s, cache, K1, 100000);
	put(s, cache, K2, 100000);
	put(s, cache, "33", 100000);
	assert_ok(cache_take(cache, "33.erofs", scratch_path(s, "a/cache/use/x"), &s->e), s->e);
	assert_int_equal(utimensat(cache, K1 ".erofs", old, 0), 0);
	assert_int_equal(utimensat(cache, K2 ".erofs", older, 0), 0);
	assert_int_equal(utimensat(cache, "33.erofs", older, 0), 0);
	assert_ok(cache_trim(cache, 400000, &s->a, &s->e), s->e);
	assert_true(there(s, K2 ".erofs"));
	/* The file of another boot's container is given back first; 33 is nobody's then. */
	assert_false(there(s, "use/x"));
	assert_ok(cache_take(cache, "33.erofs", scratch_path(s, "a/cache/use/x"), &s->e), s->e);
	{
		char boot[BOOT_ID_BYTES];

		assert_ok(boot_id_read(boot, &s->e), s->e);
		assert_int_equal(renameat(cache, "use/x", cache, arena_printf(&s->a, "use/%s-x", boot)), 0);
	}
	assert_ok(cache_trim(cache, 250000, &s->a, &s->e), s->e);
	assert_false(there(s, K2 ".erofs"));
	assert_true(there(s, K1 ".erofs"));
	assert_ok(cache_trim(cache, 0, &s->a, &s->e), s->e);
	assert_false(there(s, K1 ".erofs"));
	assert_true(there(s, "33.erofs"));
}

/* One builder at a time; who waits goes on when the other has finished or died. */
static void a_lock_is_waited_for(void **state)
{
	struct scratch *s = *state;
	_cleanup_fd_ int cache = opened(s), lock = -1;
	int up[2], go[2], status;
	char c;
	pid_t pid;

	unit_needs_call(clone3);
	assert_true(pipe2(up, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		if (cache_lock(cache, K1 ".erofs", &lock, NULL) < 0 || write(up[1], "x", 1) != 1 ||
		    read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(up[0], &c, 1), 1);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_ok(cache_lock(cache, K1 ".erofs", &lock, &s->e), s->e);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 2; i++) {
		close(up[i]);
		close(go[i]);
	}
}

/* The error says which setting it is. */
static void nothing_can_be_written(void **state)
{
	struct scratch *s = *state;
	int fd = -1, status;
	pid_t pid;

	scratch_text(s, "file", "");
	assert_fails(cache_open(scratch_path(s, "file/cache"), &fd, &s->e), s->e, ENOTDIR,
		     "[runtime] cache_dir");
	unit_needs_root();
	assert_ok(path_mkdirs(scratch_path(s, "ro/use"), 0755, &s->e), s->e);
	pid = fork();
	if (pid == 0) {
		const char *ro = scratch_path(s, "ro");

		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount(ro, ro, NULL, MS_BIND, NULL) < 0 ||
		    mount(NULL, ro, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
			_exit(2);
		_exit(cache_open(ro, &fd, &s->e) != -EROFS || !strstr(s->e.msg, "[runtime] cache_dir"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(taken_under_another_name), scratch_test(an_unfinished_file_leaves_nothing),
		scratch_test(the_oldest_goes_first),    scratch_test(a_lock_is_waited_for),
		scratch_test(nothing_can_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
