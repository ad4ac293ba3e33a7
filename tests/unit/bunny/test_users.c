/* SPDX-License-Identifier: Apache-2.0 */
/* Users of a root by name. */
#include "bunny/users.h"

#include "bunny/tree.h"

static void names_and_numbers(void **state)
{
	struct arena a = {0};
	struct fs fs = tree_new(&a);
	uint32_t uid = 0, gid = 0;
	struct err e = {0};

	(void)state;
	tree_put(&fs, "etc/passwd",
		 "root:x:0:0:root:/root:/bin/sh\nredis:x:999:998::/:/bin/false\nbad:x:y:1::/:\nshort:x\n");
	tree_put(&fs, "etc/group", "root:x:0:\nredis:x:998:a,b");
	assert_ok(users_uid(&fs, "redis", &uid, &gid, &e), e);
	assert_int_equal(uid, 999);
	assert_int_equal(gid, 998);
	assert_ok(users_uid(&fs, "12", &uid, &gid, &e), e);
	assert_int_equal(uid, 12);
	assert_int_equal(gid, 12);
	assert_ok(users_gid(&fs, "redis", &gid, &e), e);
	assert_int_equal(gid, 998);
	assert_fails(users_uid(&fs, "red", &uid, &gid, &e), e, ENOENT, "no user 'red'");
	assert_fails(users_uid(&fs, "bad", &uid, &gid, &e), e, ENOENT, "no user 'bad'");
	assert_fails(users_uid(&fs, "short", &uid, &gid, &e), e, ENOENT, "no user");
	assert_fails(users_gid(&fs, "none", &gid, &e), e, ENOENT, "no group 'none'");
	assert_fails(users_uid(&fs, "4294967295", &uid, &gid, &e), e, ENOENT, "no user");
	arena_release(&a);
}

/* Images without such files are the rule here. */
static void root_needs_no_file(void **state)
{
	struct arena a = {0};
	struct fs fs = tree_new(&a);
	uint32_t uid = 1, gid = 1;
	struct err e = {0};

	(void)state;
	assert_ok(users_uid(&fs, "root", &uid, &gid, &e), e);
	assert_int_equal(uid, 0);
	assert_int_equal(gid, 0);
	gid = 1;
	assert_ok(users_gid(&fs, "root", &gid, &e), e);
	assert_int_equal(gid, 0);
	tree_put(&fs, "etc/passwd", "root:x:5:6::/:\n");
	assert_ok(users_uid(&fs, "root", &uid, &gid, &e), e);
	assert_int_equal(uid, 5);
	assert_int_equal(gid, 6);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names_and_numbers),
					   cmocka_unit_test(root_needs_no_file)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
