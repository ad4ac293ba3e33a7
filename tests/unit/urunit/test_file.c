/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories: bounds at N and N+1, only regular files, nothing that blocks. */
#include "urunit/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "unit.h"

static char dir[256];

static int setup(void **state)
{
	(void)state;
	unit_tmpdir(dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unit_rmdir(dir);
	return 0;
}

static const char *in_dir(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const void *p, size_t n)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	close(fd);
}

static void a_file_is_read_whole_and_terminated(void **state)
{
	char *p = NULL;
	size_t n = 0;

	(void)state;
	put("f", "a\0bcd", 5);
	assert_int_equal(ufile_read(in_dir("f"), 5, &p, &n), 0);
	assert_int_equal(n, 5);
	assert_memory_equal(p, "a\0bcd", 6);
	ufile_free(p, 5);
	put("f", "", 0);
	assert_int_equal(ufile_read(in_dir("f"), 0, &p, &n), 0);
	assert_int_equal(n, 0);
	ufile_free(p, 0);
	/* a kernel file, whose size says nothing */
	assert_int_equal(ufile_read("/proc/self/status", 1 << 16, &p, &n), 0);
	assert_true(n > 100 && strlen(p) == n);
	ufile_free(p, 1 << 16);
}

static void what_is_too_long_or_no_file_is_refused(void **state)
{
	char *p = NULL;
	size_t n = 7;

	(void)state;
	put("f", "123456", 6);
	assert_int_equal(ufile_read(in_dir("f"), 5, &p, &n), -EFBIG);
	assert_int_equal(ufile_read(dir, 5, &p, &n), -EINVAL);
	assert_int_equal(ufile_read("/dev/zero", 5, &p, &n), -EINVAL);
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(ufile_read(in_dir("fifo"), 5, &p, &n), -EINVAL);
	assert_int_equal(ufile_read(in_dir("none"), 5, &p, &n), -ENOENT);
	assert_null(p);
	assert_int_equal(n, 7);
}

static void attributes_are_first_lines(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(mkdir(in_dir("vda"), 0755), 0);
	put("vda/serial", "abc\nrest\n", 9);
	assert_true(ufile_attr(dir, "vda", "serial", buf, sizeof(buf)));
	assert_string_equal(buf, "abc");
	put("vda/serial", "0123456789", 10);
	assert_true(ufile_attr(dir, "vda", "serial", buf, sizeof(buf)));
	assert_string_equal(buf, "0123456");
	put("vda/serial", "", 0);
	assert_true(ufile_attr(dir, "vda", "serial", buf, sizeof(buf)));
	assert_string_equal(buf, "");
	assert_false(ufile_attr(dir, "vda", "name", buf, sizeof(buf)));
	assert_false(ufile_attr(dir, "..", "", buf, sizeof(buf)));
}

struct seen {
	size_t n;
	const char *stop;
};

static bool see(const char *where, const char *name, void *arg)
{
	struct seen *s = arg;

	assert_string_equal(where, dir);
	assert_string_not_equal(name, ".");
	assert_string_not_equal(name, "..");
	s->n++;
	return s->stop && strcmp(s->stop, name) == 0;
}

static void directories_are_walked_whole_or_until_found(void **state)
{
	struct seen all = {0}, one = {.stop = "entry-00777"};
	char name[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "entry-%05d", i);
		put(name, "", 0);
	}
	assert_false(udir_each(dir, see, &all));
	assert_int_equal(all.n, 1000);
	assert_true(udir_each(dir, see, &one));
	assert_true(one.n <= 1000);
	assert_false(udir_each("/nonexistent", see, &all));
}

static void missing_directories_are_made(void **state)
{
	struct stat st;

	(void)state;
	umask(022);
	assert_int_equal(udir_make(in_dir("a/b//c/")), 0);
	assert_int_equal(stat(in_dir("a/b/c"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(udir_make(in_dir("a/b")), 0);
	assert_int_equal(udir_make("/"), 0);
	put("a/f", "", 0);
	assert_int_equal(udir_make(in_dir("a/f/g")), -ENOTDIR);
	assert_int_equal(udir_make(""), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_read_whole_and_terminated, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_too_long_or_no_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(attributes_are_first_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(directories_are_walked_whole_or_until_found, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_directories_are_made, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
