/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's cgroup lies, for every form of cgroupsPath. */
#include "machine/cgroup_path.h"

#include <errno.h>

#include "unit.h"

static void forms(void **state)
{
	static const struct {
		uint32_t version;
		const char *wanted, *self, *path;
	} t[] = {
		{1, "/a/c1", "/user", "/a/c1"},
		{2, "/a/c1", "/user/x", "/a/c1"},
		{1, NULL, "/", "/id"},
		{1, "", "/user", "/user/id"},
		{1, NULL, "/user/x", "/user/x/id"},
		{2, NULL, "/", "/id"},
		{2, NULL, "/user", "/id"},
		{2, NULL, "/user/x", "/user/id"}, /* beside urunc, not below it */
		{1, "rel/c1", "/user", "/user/rel/c1"},
		{2, "rel/c1", "/user/x", "/user/rel/c1"},
		{1, "/a/../../b", "/", "/b"},
		{1, "../../b", "/user/x", "/user/x/b"},
		{2, "../../b", "/user/x", "/user/b"},
		{1, "/a//b/./c/", "/", "/a/b/c"},
		{1, "/a:b", "/", "/a:b"},
		{1, "/a b", "/", "/a b"},
		{1, "...", "/u", "/u/..."},
		{1, "system.slice:docker:c1", "/u", "/u/system.slice:docker:c1"},
		{2, "system.slice:docker:c1", "/u/x", "/u/system.slice:docker:c1"},
		{1, ":", "/", "/:"},
	};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *path = NULL;

		assert_ok(cgroup_path_decide(&a, t[i].version, false, t[i].wanted, "id", t[i].self, &path, &e),
			  e);
		assert_string_equal(path, t[i].path);
	}
	arena_release(&a);
}

static void refused(void **state)
{
	static const struct {
		const char *wanted, *words;
	} t[] = {
		{"/", "names the root"},    {"..", "names the root"}, {"/a/..", "names the root"},
		{".", "names the root"},    {"//", "names the root"}, {"/a\nb", "control byte"},
		{"/a\x7f", "control byte"}, {"a\tb", "control byte"},
	};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *path = "untouched";

		assert_fails(cgroup_path_decide(&a, 1 + (uint32_t)(i % 2), false, t[i].wanted, "id", "/",
						&path, &e),
			     e, EINVAL, t[i].words);
		assert_string_equal(path, "untouched");
		assert_null(strchr(e.msg, '\n'));
	}
	arena_release(&a);
}

/* Whatever is asked for: absolute, below the hierarchy's root, never the root itself. */
static void any_path_stays_inside(void **state)
{
	static const char bytes[] = "/../..//.a:b";
	uint64_t seed = 3;
	struct arena a = {0};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char wanted[16] = {0};
		size_t n = unit_random(&seed) % 15;
		const char *path = NULL;

		for (size_t i = 0; i < n; i++)
			wanted[i] = bytes[(unit_random(&seed) >> 8) % (sizeof(bytes) - 1)];
		if (cgroup_path_decide(&a, 1 + (uint32_t)(round % 2), false, wanted, "id", "/u/x", &path,
				       NULL) < 0)
			continue;
		assert_int_equal(path[0], '/');
		assert_true(path[1] != '\0' && !str_ends(path, "/"));
		assert_null(strstr(path, "//"));
		assert_null(strstr(path, "/../"));
		assert_false(str_ends(path, "/.."));
	}
	arena_release(&a);
}

static void of_a_unit(void **state)
{
	struct arena a = {0};
	struct err e = {0};
	const char *path;

	(void)state;
	assert_ok(cgroup_path_decide(&a, 2, true, "a-b.slice:p:n", "id", "/u/x", &path, &e), e);
	assert_string_equal(path, "/a.slice/a-b.slice/p-n.scope");
	assert_fails(cgroup_path_decide(&a, 2, true, "/a/b", "id", "/", &path, &e), e, EINVAL,
		     "slice:prefix:name");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(refused),
		cmocka_unit_test(of_a_unit),
		cmocka_unit_test(any_path_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
