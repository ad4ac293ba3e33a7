/* SPDX-License-Identifier: Apache-2.0 */
/* The module list: order, parameters, comments, and where it is looked for. */
#include "urunit/modules.h"

#include <errno.h>

#include "unit.h"

static void lines_are_paths_with_parameters(void **state)
{
	char list[] = "/a.ko\n# no module\n\n \t/b.ko  x=1 y=\"2 3\"\n/c.ko \n\t\n/d.ko";
	static const char *const want[][2] = {{"/a.ko", ""},
					      {"/b.ko", "x=1 y=\"2 3\""},
					      {"/c.ko", ""},
					      {"/d.ko", ""}};
	const char *path, *params;
	char *cursor = list;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(umod_next(&cursor, &path, &params), 1);
		assert_string_equal(path, want[i][0]);
		assert_string_equal(params, want[i][1]);
	}
	assert_int_equal(umod_next(&cursor, &path, &params), 0);
	assert_int_equal(umod_next(&cursor, &path, &params), 0);
}

static void an_empty_list_has_no_modules(void **state)
{
	char none[] = "", comments[] = "#\n#x\n\n";
	const char *path, *params;
	char *cursor = none;

	(void)state;
	assert_int_equal(umod_next(&cursor, &path, &params), 0);
	cursor = comments;
	assert_int_equal(umod_next(&cursor, &path, &params), 0);
}

static void mutations_stay_inside_the_list(void **state)
{
	static const char seed[] = "/lib/a.ko\n#c\n/b.ko x=1\n\n/c.ko\ty z\n";
	uint64_t random = 0x5eed0003;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char buf[sizeof(seed)];
		const char *path, *params;
		size_t n, found = 0;
		char *list, *cursor;

		memcpy(buf, seed, sizeof(seed));
		n = unit_mutate(&random, buf, sizeof(seed) - 1);
		list = malloc(n + 1);
		memcpy(list, buf, n);
		list[n] = '\0';
		for (cursor = list; umod_next(&cursor, &path, &params); found++) {
			assert_true(path >= list && path + strlen(path) <= list + n);
			assert_true(params >= list && params + strlen(params) <= list + n);
			assert_true(*path && *path != '#' && !strpbrk(path, " \t\n") && !strchr(params, '\n'));
		}
		assert_true(found <= 8);
		free(list);
	}
}

static void the_list_lies_beside_urunit(void **state)
{
	char buf[64], small[21];

	(void)state;
	assert_int_equal(umod_list_path("/urunit", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/urunit.modules");
	assert_int_equal(umod_list_path("/boot/x/urunit", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/boot/x/urunit.modules");
	assert_int_equal(umod_list_path("urunit", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "/urunit.modules");
	assert_int_equal(umod_list_path("/boot/urunit", small, 20), -ENAMETOOLONG);
	assert_int_equal(umod_list_path("/abcd/x", small, 21), 0);
	assert_string_equal(small, "/abcd/urunit.modules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_paths_with_parameters),
		cmocka_unit_test(an_empty_list_has_no_modules),
		cmocka_unit_test(mutations_stay_inside_the_list),
		cmocka_unit_test(the_list_lies_beside_urunit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
