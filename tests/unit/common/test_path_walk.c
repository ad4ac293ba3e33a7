/* SPDX-License-Identifier: Apache-2.0 */
/* Where names lead inside a root: one table, for openat2 and for the walk that replaces it. */
#include "common/path_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "common/fd.h"
#include "common/path.h"
#include "unit.h"

struct world {
	char dir[256];
	int fd; /* <dir>/root; <dir>/secret is outside */
};

static void put_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void put_link(int dirfd, const char *name, const char *target)
{
	assert_int_equal(symlinkat(target, dirfd, name), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char name[16], target[16], deep[4000];
	int top, d;

	unit_tmpdir(w->dir);
	top = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_file(top, "secret", "outside");
	put_file(top, "shadow", "outside");
	mkdirat(top, "root", 0755);
	w->fd = openat(top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(top);
	mkdirat(w->fd, "etc", 0755);
	mkdirat(w->fd, "a", 0755);
	mkdirat(w->fd, "a/b", 0755);
	mkdirat(w->fd, "proc", 0755);
	put_file(w->fd, "etc/shadow", "inside");
	put_file(w->fd, "a/b/f", "f");
	put_file(w->fd, "top", "top");
	put_link(w->fd, "abs", "/etc/shadow");
	put_link(w->fd, "up", "../../../../etc/shadow");
	put_link(w->fd, "out", "../secret");
	put_link(w->fd, "a/b/rel", "../../top");
	put_link(w->fd, "a/b/abs", "/a/../top");
	put_link(w->fd, "dirlink", "a/b");
	put_link(w->fd, "slashlink", "/a//b/");
	put_link(w->fd, "self", "self");
	put_link(w->fd, "rootlink", "/");
	put_link(w->fd, "broken", "nowhere");
	put_link(w->fd, "filedot", "top/.");
	mkfifoat(w->fd, "fifo", 0644);
	put_link(w->fd, "l0", "top");
	for (int i = 1; i <= 41; i++) { /* l39: 40 links to follow; l40: 41 */
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(target, sizeof(target), "l%d", i - 1);
		put_link(w->fd, name, target);
	}
	memset(deep, 0, sizeof(deep));
	for (int i = 0; i < 1500; i++)
		memcpy(deep + 2 * i, "./", 2);
	memcpy(deep + 3000, "top", 4);
	put_link(w->fd, "deep", deep);
	d = openat(w->fd, "a/b", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(d);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	path_force_fallback = false;
	close(w->fd);
	unit_rmdir(w->dir);
	free(w);
	return 0;
}

static const struct {
	const char *path;
	int flags;
	const char *same; /* what it must be, named from inside the root; NULL: it fails */
	int error;
} cases[] = {
	{"top", O_RDONLY, "top", 0},
	{"/top", O_RDONLY, "top", 0},
	{"///top", O_RDONLY, "top", 0},
	{"./top", O_RDONLY, "top", 0},
	{"a/b/f", O_RDONLY, "a/b/f", 0},
	{"a//b/./f", O_RDONLY, "a/b/f", 0},
	{"a/../a/b/../b/f", O_RDONLY, "a/b/f", 0},
	{"../../top", O_RDONLY, "top", 0},
	{"/../secret", O_RDONLY, NULL, ENOENT},
	{"../secret", O_RDONLY, NULL, ENOENT},
	{"a/../../secret", O_RDONLY, NULL, ENOENT},
	{"out", O_RDONLY, NULL, ENOENT},
	{"abs", O_RDONLY, "etc/shadow", 0},
	{"up", O_RDONLY, "etc/shadow", 0},
	{"a/b/rel", O_RDONLY, "top", 0},
	{"a/b/abs", O_RDONLY, "top", 0},
	{"dirlink/f", O_RDONLY, "a/b/f", 0},
	{"dirlink/../b/f", O_RDONLY, "a/b/f", 0},
	{"slashlink/f", O_RDONLY, "a/b/f", 0},
	{"rootlink/rootlink/../rootlink/top", O_RDONLY, "top", 0},
	{"rootlink", O_RDONLY | O_DIRECTORY, ".", 0},
	{"/", O_RDONLY | O_DIRECTORY, ".", 0},
	{".", O_RDONLY | O_DIRECTORY, ".", 0},
	{"..", O_RDONLY | O_DIRECTORY, ".", 0},
	{"a/b/..", O_RDONLY, "a", 0},
	{"a/", O_RDONLY, "a", 0},
	{"dirlink/", O_RDONLY, "a/b", 0},
	{"dirlink/", O_RDONLY | O_NOFOLLOW, "a/b", 0},
	{"dirlink", O_RDONLY | O_NOFOLLOW, NULL, ELOOP},
	{"top/", O_RDONLY, NULL, ENOTDIR},
	{"top/.", O_RDONLY, NULL, ENOTDIR},
	{"top/..", O_RDONLY, NULL, ENOTDIR},
	{"filedot", O_RDONLY, NULL, ENOTDIR},
	{"abs/", O_RDONLY, NULL, ENOTDIR},
	{"top/x", O_RDONLY, NULL, ENOTDIR},
	{"top", O_RDONLY | O_DIRECTORY, NULL, ENOTDIR},
	{"none", O_RDONLY, NULL, ENOENT},
	{"none/..", O_RDONLY, NULL, ENOENT},
	{"broken", O_RDONLY, NULL, ENOENT},
	{"", O_RDONLY, NULL, ENOENT},
	{"self", O_RDONLY, NULL, ELOOP},
	{"self/x", O_RDONLY, NULL, ELOOP},
	{"l39", O_RDONLY, "top", 0},
	{"l40", O_RDONLY, NULL, ELOOP},
	{"deep", O_RDONLY, "top", 0},
	{"fifo", O_RDONLY | O_NONBLOCK, "fifo", 0},
	{"fifo", O_PATH, "fifo", 0},
	{"abs", O_PATH, "etc/shadow", 0},
	{"fifo/x", O_RDONLY, NULL, ENOTDIR},
	{"a", O_WRONLY, NULL, EISDIR},
	{"top", O_RDWR, "top", 0},
};

static void check_case(const struct world *w, size_t i)
{
	struct rpath p = {w->fd, cases[i].path};
	struct stat got, want;
	struct err e = {0};
	int fd = -1, r;

	alarm(5);
	r = rpath_open(&p, cases[i].flags, &fd, &e);
	alarm(0);
	if (!cases[i].same) {
		if (r != -cases[i].error || fd != -1)
			fail_msg("'%s': %d '%s', wanted %d", cases[i].path, r, e.msg, -cases[i].error);
		return;
	}
	if (r != 0)
		fail_msg("'%s': %s", cases[i].path, e.msg);
	assert_int_equal(fstat(fd, &got), 0);
	assert_int_equal(fstatat(w->fd, cases[i].same, &want, 0), 0);
	if (got.st_ino != want.st_ino || got.st_dev != want.st_dev)
		fail_msg("'%s' leads to another file than '%s'", cases[i].path, cases[i].same);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void the_kernel_resolves_in_root(void **state)
{
	struct world *w = *state;

	unit_needs_call(openat2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(w, i);
}

static void the_walk_does_the_same(void **state)
{
	struct world *w = *state;

	path_force_fallback = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(w, i);
}

/* Against the real /proc as root of the walk: its plain links pass, those that jump do not. */
static void check_magic(int procfd)
{
	static const char *const jumps[] = {"self/exe",       "self/cwd",
					    "self/root",      "self/root/etc/passwd",
					    "self/fd/1",      "self/ns/net",
					    "thread-self/exe"};
	struct err e = {0};
	int fd = -1;

	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++)
		if (rpath_open(&(struct rpath){procfd, jumps[i]}, O_PATH, &fd, &e) != -ELOOP)
			fail_msg("'%s' is not refused: %s", jumps[i], e.msg);
	assert_ok(rpath_open(&(struct rpath){procfd, "self/status"}, O_RDONLY, &fd, &e), e);
	fd_close(&fd);
	assert_ok(rpath_open(&(struct rpath){procfd, "mounts"}, O_RDONLY, &fd, &e), e);
	fd_close(&fd);
}

static void magic_links_are_refused(void **state)
{
	_cleanup_fd_ int procfd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	check_magic(procfd);
	path_force_fallback = true;
	check_magic(procfd);
}

static void names_too_long_are_refused(void **state)
{
	struct world *w = *state;
	char longname[300], longpath[5000];

	memset(longname, 'x', 256);
	longname[256] = '\0';
	errno = 0;
	assert_int_equal(path_walk(w->fd, longname, O_RDONLY), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	memset(longpath, '/', sizeof(longpath) - 1);
	longpath[sizeof(longpath) - 1] = '\0';
	assert_int_equal(path_walk(w->fd, longpath, O_RDONLY), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void the_walk_leaks_nothing(void **state)
{
	struct world *w = *state;
	unsigned before = open_files();

	path_force_fallback = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(w, i);
	assert_int_equal(open_files(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_kernel_resolves_in_root, setup, teardown),
		cmocka_unit_test_setup_teardown(the_walk_does_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(magic_links_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(names_too_long_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(the_walk_leaks_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
