/* SPDX-License-Identifier: Apache-2.0 */
/* Single values: paths, booleans, names, lists for messages. */
#include <errno.h>

#include "plan/internal.h"
#include "unit.h"

static void paths(void **state)
{
	static const char *const good[] = {"/boot/vmlinuz", "kernel", "a/b/c", "/a..b/...",
					   "/A_z-0.9/x",    "..x",    "/-k",   "a/-b"};
	static const char *const bad[] = {"/a b",  "/a,b", "/a\tb",   "/a\nb", "/a:b",      "/a=b", "/a%b",
					  "/a\\b", "/a'b", "/a\"b",   "/\x7f", "/\xc3\xa4", "-a",   "/..",
					  "..",    "a/..", "/a/../b", "./a",   "/./a",      "/a/.", "//a",
					  "/a//b", "/a/",  "a/",      ".",     "",          "/a*",  "/a?",
					  "/a;b",  "/$a",  "~/a",     "/a|b",  "/a{b",      "/a[b"};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(metadata_check_path("key", good[i], false, &e), e);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(metadata_check_path("key", bad[i], false, &e), e, EINVAL, "key: '");
}

static void every_byte(void **state)
{
	struct err e = {0};

	(void)state;
	for (int c = 1; c < 256; c++) {
		char s[] = {'/', 'a', (char)c, 'b', 0};
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    strchr("._-/", c) != NULL;

		assert_int_equal(metadata_check_path("key", s, false, &e) == 0, fine);
	}
}

static void the_root_itself(void **state)
{
	struct err e = {0};

	(void)state;
	assert_ok(metadata_check_path("key", "/", true, &e), e);
	assert_fails(metadata_check_path("key", "/", false, &e), e, EINVAL, "key: '/' is a directory");
	assert_fails(metadata_check_path("key", "//", true, &e), e, EINVAL, "not a clean path");
}

static void longest_path(void **state)
{
	static char s[4098] = "/";
	struct err e = {0};

	(void)state;
	memset(s + 1, 'a', 4095);
	assert_ok(metadata_check_path("key", s, false, &e), e);
	s[4096] = 'a';
	assert_fails(metadata_check_path("key", s, false, &e), e, EINVAL, "key is 4097 bytes long");
}

/* The advice in the message is itself accepted. */
static void a_dash_may_follow_a_slash(void **state)
{
	struct err e = {0};

	(void)state;
	assert_fails(metadata_check_path("key", "-kernel", false, &e), e, EINVAL, "write '/' before it");
	assert_ok(metadata_check_path("key", "/-kernel", false, &e), e);
}

static void booleans(void **state)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
	static const char *const bad[] = {"",      "yes",   "no",    "2",  "tRUE",
					  " true", "true ", "TRUE ", "01", "on"};
	struct err e = {0};
	bool b;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		b = false;
		assert_ok(metadata_check_bool("key", yes[i], &b, &e), e);
		assert_true(b);
		assert_ok(metadata_check_bool("key", no[i], &b, &e), e);
		assert_false(b);
	}
	b = true;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(metadata_check_bool("key", bad[i], &b, &e), e, EINVAL, "is not a boolean");
	assert_true(b);
}

static void known_names(void **state)
{
	static const char *const guests[] = {"unikraft", "rumprun", "mirage", "mewz", "linux", "hermit"};
	static const char *const monitors[] = {"qemu", "firecracker", "hvt", "spt", "cloud-hypervisor"};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_true(metadata_knows_guest(guests[i]));
	for (size_t i = 0; i < 5; i++)
		assert_true(metadata_knows_monitor(monitors[i]));
	assert_false(metadata_knows_guest("Linux") || metadata_knows_guest("") ||
		     metadata_knows_guest("qemu"));
	assert_false(metadata_knows_monitor("QEMU") || metadata_knows_monitor("") ||
		     metadata_knows_monitor("linux"));
}

static void lists(void **state)
{
	static const char *const three[] = {"a", "b", "c", NULL}, *const none[] = {NULL};
	struct arena a = {0};

	(void)state;
	assert_string_equal(list_names(&a, three), "a, b, c");
	assert_string_equal(list_names(&a, none), "");
	assert_non_null(strstr(list_guests(&a), "linux"));
	assert_non_null(strstr(list_monitors(&a), "qemu"));
	assert_false(str_starts(list_monitors(&a), ","));
	/* Of the monitors a guest could run on, those that are there. */
	assert_non_null(strstr(list_monitors_of(&a, guest_find("linux")), "qemu"));
	arena_release(&a);
}

static void device_names(void **state)
{
	static const char *const bad[] = {"",    "a b", "net-0",    "net_0", "a,b",
					  "a=b", "a\n", "\xc3\xa4", "net:0", "."};
	char name[69];
	struct err e = {0};

	(void)state;
	memset(name, 'Z', 68);
	name[68] = '\0';
	assert_fails(metadata_check_device("key", name, &e), e, EINVAL, "allowed: 1 to 67 of A-Z a-z 0-9");
	name[67] = '\0';
	assert_int_equal(metadata_check_device("key", name, &e), 0);
	assert_int_equal(metadata_check_device("key", "service", &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(metadata_check_device("key", bad[i], &e), e, EINVAL, "key: '");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(the_root_itself),
		cmocka_unit_test(longest_path),
		cmocka_unit_test(a_dash_may_follow_a_slash),
		cmocka_unit_test(booleans),
		cmocka_unit_test(known_names),
		cmocka_unit_test(lists),
		cmocka_unit_test(device_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
