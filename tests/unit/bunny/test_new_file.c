/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are whole or not there; and what is no regular file stays what it is. */
#include "bunny/new_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char dir[] = "/tmp/new-file.XXXXXX";
static struct arena a;

static int setup(void **state)
{
	(void)state;
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int clean(void **state)
{
	struct dirent *d;
	DIR *all = opendir(".");

	(void)state;
	while (all && (d = readdir(all)))
		unlink(d->d_name);
	closedir(all);
	arena_release(&a);
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void has(const char *path, const char *text)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, buf, sizeof(buf) - 1) >= 0);
	close(fd);
	assert_string_equal(buf, text);
}

static size_t count(void)
{
	size_t n = 0;
	DIR *all = opendir(".");

	while (readdir(all))
		n++;
	closedir(all);
	return n - 2;
}

static void write_to(const char *path, const char *text)
{
	struct new_file f = NEW_FILE;
	struct err e = {0};

	assert_ok(new_file_begin(path, &a, &f, &e), e);
	assert_int_equal(write(f.fd, text, strlen(text)), strlen(text));
	assert_ok(new_file_end(&f, &a, &e), e);
	assert_int_equal(f.fd, -1);
}

static void new_and_again(void **state)
{
	(void)state;
	write_to("f", "one");
	has("f", "one");
	write_to("f", "two");
	has("f", "two");
	write_to("./f", "three");
	has("f", "three");
	assert_int_equal(count(), 1);
}

static void dropped_in_the_middle(void **state)
{
	struct new_file f = NEW_FILE;
	struct err e = {0};

	(void)state;
	put("f", "old");
	assert_ok(new_file_begin("f", &a, &f, &e), e);
	assert_int_equal(write(f.fd, "half", 4), 4);
	assert_int_equal(count(), 1);
	has("f", "old");
	new_file_drop(&f);
	assert_ok(new_file_begin("new", &a, &f, &e), e);
	new_file_drop(&f);
	assert_int_equal(count(), 1);
	has("f", "old");
}

static void a_link_stays_one(void **state)
{
	struct stat st;

	(void)state;
	put("f", "old");
	assert_int_equal(symlink("f", "l"), 0);
	write_to("l", "new");
	has("f", "new");
	assert_int_equal(lstat("l", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(count(), 2);
}

/* Once `-o /dev/null` put a file there. */
static void a_fifo_stays_one(void **state)
{
	char buf[8] = "";
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mkfifo("p", 0600), 0);
	fd = open("p", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	write_to("p", "bytes");
	assert_int_equal(read(fd, buf, sizeof(buf)), 5);
	close(fd);
	assert_string_equal(buf, "bytes");
	assert_int_equal(lstat("p", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	write_to("/dev/null", "bytes");
	assert_int_equal(lstat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

static void nowhere(void **state)
{
	struct new_file f = NEW_FILE;
	struct err e = {0};

	(void)state;
	assert_fails(new_file_begin("nosuch/f", &a, &f, &e), e, ENOENT, "nosuch/f");
	assert_fails(new_file_begin("/", &a, &f, &e), e, EISDIR, "'/'");
	assert_int_equal(f.fd, -1);
}

/* /proc has no nameless files. */
static void a_file_system_without_nameless_files(void **state)
{
	struct new_file f = NEW_FILE;
	struct err e = {0};

	(void)state;
	assert_true(new_file_begin("/proc/self/f", &a, &f, &e) < 0);
	assert_non_null(strstr(e.msg, "/proc/self/f"));
	assert_int_equal(f.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(new_and_again, setup, clean),
		cmocka_unit_test_setup_teardown(dropped_in_the_middle, setup, clean),
		cmocka_unit_test_setup_teardown(a_link_stays_one, setup, clean),
		cmocka_unit_test_setup_teardown(a_fifo_stays_one, setup, clean),
		cmocka_unit_test_setup_teardown(nowhere, setup, clean),
		cmocka_unit_test_setup_teardown(a_file_system_without_nameless_files, setup, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
