/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes, where the file system has them. */
#include "common/xattr.h"

#include <fcntl.h>
#include <sys/xattr.h>

#include "unit.h"

static int only_a(const char *name, void *arg, struct err *e)
{
	(void)arg, (void)e;
	return streq(name, "user.a");
}

static int none_may(const char *name, void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, EOPNOTSUPP, "no %s", name);
}

static void kept_left_out_and_refused(void **state)
{
	char dir[] = "./xattr.XXXXXX";
	struct arena a = {0};
	struct err e = {0};
	struct xattr *v;
	size_t n = 99;
	int top, fd, has;

	(void)state;
	assert_non_null(mkdtemp(dir));
	top = open(dir, O_RDONLY | O_DIRECTORY);
	fd = openat(top, "f", O_WRONLY | O_CREAT, 0644);
	symlinkat("nowhere", top, "l");
	has = fsetxattr(fd, "user.a", "1\0002", 3, 0) == 0 && fsetxattr(fd, "user.b", "", 0, 0) == 0;
	assert_ok(xattr_read(top, "l", NULL, NULL, &a, &v, &n, &e), e);
	assert_int_equal(n, 0);
	if (has) {
		assert_ok(xattr_read(top, "f", only_a, NULL, &a, &v, &n, &e), e);
		assert_int_equal(n, 1);
		assert_string_equal(v[0].name, "user.a");
		assert_memory_equal(v[0].value, "1\0002", 3);
		assert_ok(xattr_read(top, "f", NULL, NULL, &a, &v, &n, &e), e);
		assert_int_equal(n, 2);
		assert_fails(xattr_read(top, "f", none_may, NULL, &a, &v, &n, &e), e, EOPNOTSUPP, "no user.");
	}
	assert_fails(xattr_read(top, "gone", NULL, NULL, &a, &v, &n, &e), e, ENOENT, "'gone'");
	unlinkat(top, "f", 0);
	unlinkat(top, "l", 0);
	rmdir(dir);
	close(fd);
	close(top);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(kept_left_out_and_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
