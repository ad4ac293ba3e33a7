/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, formats, and how failures are told. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>

#include "common/log.h"
#include "unit.h"

static void paths(void **state)
{
	struct arena a = {0};
	struct cli c = {.rt = {.arena = &a}};
	const char *path = "x";
	char cwd[4096], expected[5000];
	struct err e = {0};

	(void)state;
	assert_ok(cli_abs(&c, NULL, &path, &e), e);
	assert_null(path);
	assert_ok(cli_abs(&c, "/a/./b", &path, &e), e);
	assert_string_equal(path, "/a/b");
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(expected, sizeof(expected), "%s/b c", cwd);
	assert_ok(cli_abs(&c, "./b c", &path, &e), e);
	assert_string_equal(path, expected);
	arena_release(&a);
}

static void formats(void **state)
{
	struct err e = {0};
	bool json = true;

	(void)state;
	assert_ok(cli_format(NULL, &json, &e), e);
	assert_false(json);
	assert_ok(cli_format("json", &json, &e), e);
	assert_true(json);
	assert_ok(cli_format("table", &json, &e), e);
	assert_false(json);
	assert_fails(cli_format("yaml", &json, &e), e, EINVAL, "invalid format option");
}

/* What cli_fail writes to standard error. */
static const char *told(const struct err *e)
{
	static char buf[2048];
	int fds[2], saved = dup(2);
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], 2);
	cli_fail(e);
	dup2(saved, 2);
	close(saved);
	close(fds[1]);
	n = read(fds[0], buf, sizeof(buf) - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	return buf;
}

static void failures(void **state)
{
	char dir[256], path[300], text[512] = "";
	struct err e = {.code = EIO, .msg = "it \"broke\"\nhere\x1b"}, none = {0};
	int fd;

	(void)state;
	assert_non_null(strstr(told(&e), "level=error msg=\"it \\\"broke\\\"\\nhere"));
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/log", dir);
	assert_ok(log_open(path, true, LOG_LVL_INFO, &none), none);
	assert_string_equal(told(&e), "it \"broke\" here \n"); /* one line of plain text */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_non_null(strstr(text, "{\"level\":\"error\",\"msg\":\"it \\\"broke\\\"\\nhere"));
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, &none), none);
	unit_rmdir(dir);
}

/* As containerd starts it: standard error opened for reading only. */
static void nobody_takes_it(void **state)
{
	struct err e = {.code = EIO, .msg = "x"}, none = {0};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), saved = dup(2);

	(void)state;
	assert_ok(log_open("/dev/null", true, LOG_LVL_INFO, &none), none);
	dup2(null, 2);
	cli_fail(&e);
	dup2(saved, 2);
	assert_ok(log_open(NULL, false, LOG_LVL_INFO, &none), none);
	close(saved);
	close(null);
}

static void printing(void **state)
{
	struct arena a = {0};
	struct strbuf text = STRBUF(&a), nothing = STRBUF(&a), failed = {.oom = true};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), saved;
	struct err e = {0};
	int r;

	(void)state;
	sb_add(&text, "x");
	fflush(stdout);
	saved = dup(1);
	dup2(null, 1);
	r = cli_print(&text, &e);
	dup2(saved, 1);
	close(saved);
	close(null);
	assert_int_equal(r, -EBADF);
	assert_string_equal(e.msg, "cannot write to standard output: Bad file descriptor");
	assert_ok(cli_print(&nothing, &e), e);
	assert_fails(cli_print(&failed, &e), e, ENOMEM, "out of memory");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),           cmocka_unit_test(formats),  cmocka_unit_test(failures),
		cmocka_unit_test(nobody_takes_it), cmocka_unit_test(printing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
