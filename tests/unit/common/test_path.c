/* SPDX-License-Identifier: Apache-2.0 */
/* Paths: lexical cleaning, program search, directories, and what may be opened as a regular file.
 * Where a name leads inside a root is tested for both ways of opening in test_path_walk.c. */
#include "common/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "common/fd.h"
#include "unit.h"

static void cleaning(void **state)
{
	static const char *const cases[][3] = {
		{"/b", "a", "/b/a"},
		{"/b", "/a", "/a"},
		{"/b", "/", "/"},
		{"/", "a", "/a"},
		{"/b", ".", "/b"},
		{"/b", "..", "/"},
		{"/b", "../../..", "/"},
		{"/b/c", "../d", "/b/d"},
		{"/b", "//x///y/", "/x/y"},
		{"/b", "./x/./y", "/b/x/y"},
		{"/b/", "x/", "/b/x"},
		{"/b", "x/../..", "/"},
		{"/b", "", "/b"},
		{"rel", "x", "/rel/x"},
		{"/b", "..a/...", "/b/..a/..."},
		{"/b", ".a", "/b/.a"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(path_join_clean(&a, cases[i][0], cases[i][1]), cases[i][2]);
	arena_release(&a);
}

struct world {
	char dir[256];
	int fd;
	struct arena a;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	unit_tmpdir(w->dir);
	w->fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(w->fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, "12345", 5), 5);
	close(fd);
	mkdirat(w->fd, "dir", 0755);
	mkfifoat(w->fd, "fifo", 0644);
	symlinkat("/file", w->fd, "link");
	symlinkat("/none", w->fd, "broken");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "/proc/self/fd/%d/sock", w->fd);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	path_force_fallback = false;
	close(w->fd);
	unit_rmdir(w->dir);
	arena_release(&w->a);
	free(w);
	return 0;
}

static void check_kinds(struct world *w)
{
	struct err e = {0};
	struct stat st = {0};
	int fd = -1;

	alarm(5); /* opening a FIFO the wrong way would block */
	assert_fails(rpath_open_regular(&(struct rpath){w->fd, "fifo"}, &fd, &st, &e), e, EINVAL, "'fifo'");
	assert_non_null(strstr(e.msg, "is a FIFO, not a regular file"));
	alarm(0);
	assert_fails(rpath_open_regular(&(struct rpath){w->fd, "dir"}, &fd, &st, &e), e, EISDIR,
		     "is a directory");
	assert_fails(rpath_open_regular(&(struct rpath){w->fd, "/"}, &fd, &st, &e), e, EISDIR,
		     "is a directory");
	assert_fails(rpath_open_regular(&(struct rpath){w->fd, "sock"}, &fd, &st, &e), e, EINVAL,
		     "is a socket");
	assert_fails(rpath_open_regular(&(struct rpath){w->fd, "none"}, &fd, &st, &e), e, ENOENT, "'none'");
	assert_fails(rpath_open_regular(&(struct rpath){w->fd, "broken"}, &fd, &st, &e), e, ENOENT,
		     "'broken'");
	if (mknodat(w->fd, "null", S_IFCHR | 0666, makedev(1, 3)) == 0 || errno == EEXIST)
		assert_fails(rpath_open_regular(&(struct rpath){w->fd, "null"}, &fd, &st, &e), e, EINVAL,
			     "is a character device");
	assert_int_equal(fd, -1);
	assert_int_equal(st.st_ino, 0);
	assert_ok(rpath_open_regular(&(struct rpath){w->fd, "/link"}, &fd, &st, &e), e);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fd_close(&fd);
}

static void only_regular_files_pass(void **state)
{
	struct world *w = *state;

	check_kinds(w);
	path_force_fallback = true;
	check_kinds(w);
}

static void programs_are_found(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	const char *p = NULL;
	char search[600], want[300];
	int fd = openat(w->fd, "prog", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	close(fd);
	snprintf(want, sizeof(want), "%s/prog", w->dir);
	snprintf(search, sizeof(search), "/nonexistent::.:%s:/", w->dir);
	assert_ok(path_find_program(&w->a, "prog", search, &p, &e), e);
	assert_string_equal(p, want);
	assert_ok(path_find_program(&w->a, want, NULL, &p, &e), e);
	assert_string_equal(p, want);
	assert_fails(path_find_program(&w->a, "file", search, &p, &e), e, ENOENT, "no executable 'file'");
	assert_fails(path_find_program(&w->a, "dir", search, &p, &e), e, ENOENT, "no executable 'dir'");
	assert_fails(path_find_program(&w->a, "", search, &p, &e), e, ENOENT, "");
	assert_fails(path_find_program(&w->a, "prog", NULL, &p, &e), e, ENOENT, "");
	assert_fails(path_find_program(&w->a, "/nonexistent/x", search, &p, &e), e, ENOENT,
		     "not an executable");
	/* The current directory is never searched, even when the list asks for it. */
	assert_int_equal(fchdir(w->fd), 0);
	assert_fails(path_find_program(&w->a, "prog", ".::", &p, &e), e, ENOENT, "");
	assert_int_equal(chdir("/"), 0);
}

static void directories_are_made(void **state)
{
	struct world *w = *state;
	struct err e = {0};
	struct stat st;
	char path[600];

	snprintf(path, sizeof(path), "%s/dir/x//y/z/", w->dir);
	assert_ok(path_mkdirs(path, 0711, &e), e);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0711);
	assert_ok(path_mkdirs(path, 0700, &e), e);
	snprintf(path, sizeof(path), "%s/dir", w->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755); /* was there: left alone */
	assert_ok(path_mkdirs("/", 0700, &e), e);
	snprintf(path, sizeof(path), "%s/file/x", w->dir);
	assert_fails(path_mkdirs(path, 0700, &e), e, ENOTDIR, "cannot create directory");
	assert_fails(path_mkdirs("", 0700, &e), e, ENOENT, "cannot create directory");
	/* Why it could not be made, not that it is not there. */
	assert_true(path_mkdirs("/sys/urunc-test", 0700, &e) < 0);
	assert_int_not_equal(e.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleaning),
		cmocka_unit_test_setup_teardown(only_regular_files_pass, setup, teardown),
		cmocka_unit_test_setup_teardown(programs_are_found, setup, teardown),
		cmocka_unit_test_setup_teardown(directories_are_made, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
