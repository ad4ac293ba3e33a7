/* SPDX-License-Identifier: Apache-2.0 */
/* Pid files: the bare number, replaced in one step, nothing else left behind. */
#include "runtime/pidfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "unit.h"

static void the_bare_number(void **state)
{
	char dir[256], path[300], text[32] = "";
	struct err e = {0};
	struct dirent *ent;
	struct stat st;
	int fd, files = 0;
	mode_t old = umask(022);
	DIR *d;

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/init.pid", dir);
	assert_ok(pidfile_write(path, 1234567, &e), e);
	assert_ok(pidfile_write(path, 42, &e), e); /* an old one is replaced */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof(text) - 1), 2);
	assert_string_equal(text, "42");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	close(fd);
	d = opendir(dir);
	while ((ent = readdir(d)))
		files += ent->d_name[0] != '.' || ent->d_name[1] == 'i';
	closedir(d);
	assert_int_equal(files, 1);
	umask(old);
	unit_rmdir(dir);
}

static void no_such_directory(void **state)
{
	struct err e = {0};

	(void)state;
	assert_fails(pidfile_write("/nonexistent/p", 1, &e), e, ENOENT, "pid file: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bare_number),
		cmocka_unit_test(no_such_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
