/* SPDX-License-Identifier: Apache-2.0 */
/* The key `blocks`: every element is judged as strictly as `block` is. */
#include "plan/toys.h"

static void elements(void **state)
{
	struct world *w = *state;
	struct metadata m = {0};

	assert_ok(blocks_parse("x",
			       "[{\"path\": \"/a\", \"mountPoint\": \"/\", \"id\": \"A1\", \"readonly\": true}, {\"path\": \"b\"}]",
			       &w->a, &m, &w->e),
		  w->e);
	assert_int_equal(m.blocks.n, 2);
	assert_string_equal(m.blocks.v[0].path, "/a");
	assert_string_equal(m.blocks.v[0].mount_point, "/");
	assert_string_equal(m.blocks.v[0].id, "A1");
	assert_true(m.blocks.v[0].readonly);
	assert_string_equal(m.blocks.v[1].path, "b");
	assert_true(m.blocks.v[1].mount_point == NULL && m.blocks.v[1].id == NULL && !m.blocks.v[1].readonly);
	assert_ok(blocks_parse("x", "[]", &w->a, &m, &w->e), w->e);
	assert_int_equal(m.blocks.n, 0);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"", "x"},
		{"{}", "must be an array of objects"},
		{"[1]", "x[0] must be an object"},
		{"[{}]", "x[0].path is missing"},
		{"[{\"path\": \"\"}]", "x[0].path is missing"},
		{"[{\"path\": 1}]", "x[0].path must be"},
		{"[{\"path\": \"/\"}]", "x[0].path: '/' is a directory"},
		{"[{\"path\": \"/a/../b\"}]", "x[0].path: '/a/../b' is not a clean path"},
		{"[{\"path\": \"/a,readonly=off\"}]", "character that is not allowed"},
		{"[{\"path\": \"-a\"}]", "begins with '-'"},
		{"[{\"path\": \"/a\", \"mountPoint\": \"/x y\"}]", "x[0].mountPoint"},
		{"[{\"path\": \"/a\", \"mountPoint\": \"\"}]", "x[0].mountPoint"},
		{"[{\"path\": \"/a\", \"id\": \"a,b\"}]", "x[0].id"},
		{"[{\"path\": \"/a\", \"id\": \"\"}]", "x[0].id"},
		{"[{\"path\": \"/a\", \"ro\": true}]", "x[0]: 'ro' is not known"},
		{"[{\"path\": \"/a\"}, {\"path\": \"/a\"}]", "elements 0 and 1 have the same"},
		{"[{\"path\": \"/a\", \"id\": \"i\"}, {\"path\": \"/b\", \"id\": \"i\"}]", "elements 0 and 1"},
		{"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", "at most 16"},
	};
	struct world *w = *state;
	struct metadata m = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(blocks_parse("x", bad[i].text, &w->a, &m, &w->e), w->e, EINVAL, bad[i].words);
	assert_null(m.blocks.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		toy_test(elements),
		toy_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
