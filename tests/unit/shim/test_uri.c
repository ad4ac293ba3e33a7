/* SPDX-License-Identifier: Apache-2.0 */
/* Log destinations: what is understood and what is refused. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "shim/uri.h"

static struct arena a;

static struct uri parsed(const char *text)
{
	struct err e = {0};
	struct uri u;

	assert_ok(uri_parse(text, &a, &u, &e), e);
	return u;
}

static void paths_and_schemes(void **state)
{
	(void)state;
	assert_int_equal(parsed("/run/x-stdout").kind, URI_FIFO);
	assert_string_equal(parsed("/run/x%20y").path, "/run/x%20y");
	assert_string_equal(parsed("").path, "");
	assert_int_equal(parsed("fifo:///run/f").kind, URI_FIFO);
	assert_string_equal(parsed("fifo:///run/f").path, "/run/f");
	assert_int_equal(parsed("file:///var/log/a%20b").kind, URI_FILE);
	assert_string_equal(parsed("file:///var/log/a%20b").path, "/var/log/a b");
	assert_int_equal(parsed("binary:///bin/l").kind, URI_BINARY);
	assert_int_equal(parsed("binary-v2:///bin/l").kind, URI_BINARY_V2);
}

static void a_query_becomes_words_in_its_order(void **state)
{
	struct uri u = parsed("binary:///l?_DIR=/var/l%2Fx&id=a+b&empty&none=&id=second");
	const char *want[] = {"_DIR", "/var/l/x", "id", "a b", "empty", "", "none", ""};

	(void)state;
	assert_string_equal(u.path, "/l");
	assert_int_equal(u.query.n, 8);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(u.query.v[i], want[i]);
}

static void what_is_refused(void **state)
{
	struct err e = {0};
	struct uri u;

	(void)state;
	assert_fails(uri_parse("syslog:///x", &a, &u, &e), e, EINVAL,
		     "fifo, file, binary and binary-v2 are known");
	assert_fails(uri_parse("relative", &a, &u, &e), e, EINVAL, "neither an absolute path nor a URI");
	assert_fails(uri_parse("file://relative", &a, &u, &e), e, EINVAL, "must name an absolute path");
	assert_fails(uri_parse("file:///a%zz", &a, &u, &e), e, EINVAL, "must name an absolute path");
	assert_fails(uri_parse("file:///a%", &a, &u, &e), e, EINVAL, "must name an absolute path");
	assert_fails(uri_parse("file:///a%00", &a, &u, &e), e, EINVAL, "must name an absolute path");
	assert_fails(uri_parse("binary:///a?x=%1", &a, &u, &e), e, EINVAL, "broken escape");
}

static void a_log_is_made_with_its_parents_and_appended_to(void **state)
{
	char dir[256], path[512], text[16] = "";
	struct err e = {0};
	struct stat st;
	int fd = -1;

	(void)state;
	unit_tmpdir(dir);
	snprintf(path, sizeof(path), "%s/a/b/log", dir);
	for (int i = 0; i < 2; i++) {
		assert_ok(uri_open_log(path, &fd, &e), e);
		assert_int_equal(write(fd, "line\n", 5), 5);
		close(fd);
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 10);
	assert_string_equal(text, "line\nline\n");
	close(fd);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_fails(uri_open_log(path, &fd, &e), e, ENXIO, path); /* and is not waited for */
	unit_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_schemes),
		cmocka_unit_test(a_query_becomes_words_in_its_order),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(a_log_is_made_with_its_parents_and_appended_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
