/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's cgroup lies: runc's rules, and nothing outside the hierarchy. */
#include "machine/cgroup_path.h"

#include <errno.h>

#include "unit.h"

static const char *where(struct arena *a, uint32_t version, const char *wanted, const char *self)
{
	struct err e = {0};
	const char *path = NULL;

	assert_ok(cgroup_path_decide(a, version, wanted, "c1", self, &path, &e), e);
	return path;
}

static void absolute_paths_are_taken_from_the_top(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(where(&a, 1, "/default/c1", "/own"), "/default/c1");
	assert_string_equal(where(&a, 2, "/default//x/./c1/", "/own"), "/default/x/c1");
	assert_string_equal(where(&a, 1, "/k8s:io/c1", "/"), "/k8s:io/c1");
	arena_release(&a);
}

static void relative_and_absent_ones_from_our_own(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(where(&a, 1, NULL, "/own"), "/own/c1");
	assert_string_equal(where(&a, 1, "", "/"), "/c1");
	assert_string_equal(where(&a, 1, "group/x", "/own"), "/own/group/x");
	/* v2: a group with processes (ours) cannot have controlled children, so theirs lies beside it. */
	assert_string_equal(where(&a, 2, NULL, "/user/own"), "/user/c1");
	assert_string_equal(where(&a, 2, "group", "/"), "/group");
	arena_release(&a);
}

static void dotdot_ends_at_the_root(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(where(&a, 1, "../../x", "/a/b"), "/a/b/x");
	assert_string_equal(where(&a, 2, "/../../etc", "/a"), "/etc");
	arena_release(&a);
}

static void what_cannot_be_meant_is_refused(void **state)
{
	struct arena a = {0};
	struct err e;
	const char *path = "untouched";

	(void)state;
	assert_fails(cgroup_path_decide(&a, 1, "../..", "c1", "/", &path, &e), e, EINVAL,
		     "root of the hierarchy");
	assert_fails(cgroup_path_decide(&a, 2, "/", "c1", "/", &path, &e), e, EINVAL, "root of the hierarchy");
	assert_fails(cgroup_path_decide(&a, 1, "system.slice:urunc:c1", "c1", "/", &path, &e), e, EINVAL,
		     "cgroupfs");
	assert_fails(cgroup_path_decide(&a, 1, "a:b:c:d", "c1", "/", &path, &e), e, EINVAL,
		     "slice:prefix:name");
	assert_fails(cgroup_path_decide(&a, 1, "/a\nb", "c1", "/", &path, &e), e, EINVAL, "control byte");
	assert_string_equal(path, "untouched");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absolute_paths_are_taken_from_the_top),
		cmocka_unit_test(relative_and_absent_ones_from_our_own),
		cmocka_unit_test(dotdot_ends_at_the_root),
		cmocka_unit_test(what_cannot_be_meant_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
