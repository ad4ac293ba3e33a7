/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of metadata: which paths and booleans pass. */
#include "plan_test.h"

static int path(const char *value, bool root, struct err *e)
{
	*e = (struct err){0};
	return metadata_check_path("annotation 'x'", value, root, e);
}

static void good_paths(void **state)
{
	static const char *const good[] = {"/boot/vmlinuz", "kernel",    "/.boot/kernel",
					   "a/b-c_d.1",     "/a..b/..c", "/-x"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(path(good[i], false, &e), e);
	assert_ok(path("/", true, &e), e);
}

static void paths_that_are_no_names_in_the_root(void **state)
{
	static const char *const bad[] = {"/",           "-x",          "..",        "../x",
					  "/a/../b",     "/a/..",       ".",         "./a",
					  "/a//b",       "/a/",         "//a",       "fd:3",
					  "/k,ro=on",    "/k -drive x", "/k\n",      "json:{}",
					  "nbd:1.2.3.4", "/a=b",        "/\xc3\xa9", "/a\\b",
					  "/a%20b",      "~/x",         "/a'b",      "/a\"b",
					  "/a;b",        "/$(x)",       ""};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(path(bad[i], false, &e), -EINVAL);
		assert_true(str_starts(e.msg, "annotation 'x': "));
		assert_null(strchr(bad[i], '\n') ? NULL : strchr(e.msg, '\n'));
	}
}

static void the_length_has_a_limit(void **state)
{
	static char s[4098];
	struct err e;

	(void)state;
	memset(s, 'a', 4097);
	assert_fails(path(s, false, &e), e, EINVAL, "4097 bytes");
	s[4096] = '\0';
	assert_ok(path(s, false, &e), e);
}

static void booleans_as_go_reads_them(void **state)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
	static const char *const bad[] = {"TRUE ", "yes", "2", "", "tRUE", "on", "false\n"};
	struct err e = {0};
	bool b;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		b = false;
		assert_ok(metadata_check_bool("x", yes[i], &b, &e), e);
		assert_true(b);
		assert_ok(metadata_check_bool("x", no[i], &b, &e), e);
		assert_false(b);
	}
	b = true;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(metadata_check_bool("x", bad[i], &b, &e), e, EINVAL,
			     "is not a boolean (allowed: true");
	assert_true(b);
}

static void lists_for_messages(void **state)
{
	const char *const names[] = {"a", "b", NULL};
	struct arena a = {0};

	(void)state;
	assert_string_equal(list_names(&a, names), "a, b");
	assert_string_equal(list_names(&a, names + 2), "");
	assert_non_null(strstr(list_guests(&a), "linux"));
	assert_non_null(strstr(list_monitors(&a), "qemu"));
	assert_non_null(strstr(list_monitors_of(&a, guest_find("linux")), "qemu"));
	assert_true(metadata_knows_guest("mewz") && metadata_knows_guest("linux") &&
		    !metadata_knows_guest("Linux"));
	assert_true(metadata_knows_monitor("spt") && !metadata_knows_monitor("runc"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_paths),
		cmocka_unit_test(paths_that_are_no_names_in_the_root),
		cmocka_unit_test(the_length_has_a_limit),
		cmocka_unit_test(booleans_as_go_reads_them),
		cmocka_unit_test(lists_for_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
