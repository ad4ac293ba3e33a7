/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON: what is refused, where errors point, and typed members. */
#include "common/json.h"

#include <errno.h>

#include "unit.h"

static struct arena a;

static int setup(void **state)
{
	(void)state;
	json_use_arena(&a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static json_t *parse(const char *s)
{
	struct err e = {0};
	json_t *o = NULL;

	assert_ok(json_parse(unit_text(s), "x.json", &o, &e), e);
	return o;
}

static void malformed_documents_say_where(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"", "x.json: is empty"},
		{"{", "x.json: line 1 column 1"},
		{"{\n \"a\": tru\n}", "x.json: line 2 column 9"},
		{"{\"a\":1,\n\"a\":2}", "x.json: line 2 column 3: duplicate object key"},
		{"{} x", "x.json: line 1 column 4"},
		{"{}{}", "x.json: line 1"},
		{"nonsense", "x.json: line 1"},
		{"\"scalar\"", "x.json: line 1"},
		{"[1,]", "x.json: line 1"},
		{"{'a':1}", "x.json: line 1"},
		{"// no\n{}", "x.json: line 1"},
		{"{\"a\":\"\\u0000\"}", "x.json: line 1 column 7: \\u0000 is not allowed"},
		{"{\"\\u0000\":1}", "\\u0000 is not allowed"},
		{"[\"\xff\"]", "x.json: line 1"},
		{"[\"\t\"]", "x.json: line 1"},
		{"[01]", "x.json: line 1"},
		{"[\"open", "x.json: line 1"},
		{"[\"open\\", "x.json: line 1"},
		{"[99999999999999999999]", "too big integer"},
		{"[-9223372036854775809]", "too big"},
		{"\xef\xbb\xbf{}", "x.json: line 1"},
	};
	struct err e = {0};
	json_t *o = (json_t *)1;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(json_parse(unit_text(bad[i].text), "x.json", &o, &e), e, EINVAL, bad[i].words);
	assert_fails(json_parse((struct bytes){"[\"a\0b\"]", 7}, "x.json", &o, &e), e, EINVAL, "line 1");
	assert_fails(json_parse((struct bytes){"{}\0", 3}, "x.json", &o, &e), e, EINVAL, "line 1");
	assert_ptr_equal(o, (json_t *)1);
}

static void depth_is_bounded_before_anything_recurses(void **state)
{
	struct err e = {0};
	char *text = malloc(200001);
	json_t *o;

	(void)state;
	memset(text, '[', 100000);
	memset(text + 100000, ']', 100000);
	text[200000] = '\0';
	assert_fails(json_parse(unit_text(text), "x", &o, &e), e, EINVAL,
		     "x: line 1 column 65: nested more than 64");
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = '\0';
	assert_ok(json_parse(unit_text(text), "x", &o, &e), e);
	/* brackets in strings and closed ones do not count */
	assert_ok(json_parse(unit_text(
				     "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"]"),
			     "x", &o, &e),
		  e);
	free(text);
}

static void unsigned_numbers_keep_all_64_bits(void **state)
{
	static const char text[] =
		"{\"a\":18446744073709551615,\"b\":9223372036854775808, \"c\": 9223372036854775807,"
		"\"d\":-9223372036854775808,\"s\":\"18446744073709551615\",\"l\":[18446744073709551614]}";
	const json_t *o = parse(text), *l = NULL;
	struct err e = {0};
	struct strs strs;
	const char *s = NULL;
	int64_t n = 0;
	uint64_t v = 0;

	(void)state;
	assert_ok(json_get_u64(o, "", "a", &v, &e), e);
	assert_true(v == UINT64_MAX);
	assert_ok(json_get_u64(o, "", "b", &v, &e), e);
	assert_true(v == (uint64_t)INT64_MAX + 1);
	assert_ok(json_get_u64(o, "", "c", &v, &e), e);
	assert_true(v == INT64_MAX);
	assert_ok(json_get_int(o, "", "d", INT64_MIN, 0, &n, &e), e);
	assert_true(n == INT64_MIN);
	assert_ok(json_get_str(o, "", "s", &s, &e), e);
	assert_string_equal(s, "18446744073709551615");
	assert_ok(json_get_arr(o, "", "l", &l, &e), e);
	assert_true(json_u64(json_array_get(l, 0), &v));
	assert_true(v == UINT64_MAX - 1);
	/* such a number is no string, no int64 and no negative number */
	assert_fails(json_get_str(o, "w", "a", &s, &e), e, EINVAL,
		     "w.a must be a string, not a number above 2^63-1");
	assert_fails(json_get_int(o, "w", "a", 0, 9, &n, &e), e, EINVAL, "not a number above");
	assert_fails(json_get_u64(o, "w", "d", &v, &e), e, EINVAL, "w.d must be an integer, 0 or more");
	assert_fails(json_get_u64(o, "w", "s", &v, &e), e, EINVAL, "not a string");
	assert_fails(json_get_strs(o, "w", "l", &a, &strs, &e), e, EINVAL, "w.l[0] must be a string");
}

static void members_have_types(void **state)
{
	const json_t *o = parse(
		"{\"s\":\"x\",\"i\":-3,\"r\":1.5,\"b\":true,\"f\":false,\"n\":null,\"o\":{},\"l\":[\"p\",\"q\"],"
		"\"m\":[\"p\",1]}");
	const json_t *sub = NULL;
	struct strs list = {0};
	struct err e = {0};
	const char *s = "unset";
	int64_t i = 9;
	bool b = true;

	(void)state;
	assert_ok(json_get_str(o, "", "none", &s, &e), e);
	assert_ok(json_get_str(o, "", "n", &s, &e), e);
	assert_string_equal(s, "unset");
	assert_ok(json_get_str(o, "", "s", &s, &e), e);
	assert_string_equal(s, "x");
	assert_ok(json_get_int(o, "", "i", -3, -3, &i, &e), e);
	assert_int_equal(i, -3);
	assert_ok(json_get_bool(o, "", "f", &b, &e), e);
	assert_false(b);
	assert_ok(json_get_obj(o, "", "o", &sub, &e), e);
	assert_non_null(sub);
	assert_ok(json_get_strs(o, "", "l", &a, &list, &e), e);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[1], "q");
	assert_null(list.v[2]);
	assert_fails(json_get_str(o, "p.q", "i", &s, &e), e, EINVAL, "p.q.i must be a string, not an integer");
	assert_fails(json_get_str(o, "", "o", &s, &e), e, EINVAL, "o must be a string, not an object");
	assert_fails(json_get_int(o, "", "r", 0, 9, &i, &e), e, EINVAL,
		     "r must be an integer, not a number with a fraction");
	assert_fails(json_get_int(o, "p", "i", 0, 9, &i, &e), e, EINVAL, "p.i is -3, allowed is 0 to 9");
	assert_fails(json_get_int(o, "", "s", 0, 9, &i, &e), e, EINVAL, "not a string");
	assert_fails(json_get_bool(o, "", "l", &b, &e), e, EINVAL, "l must be true or false, not an array");
	assert_fails(json_get_obj(o, "", "b", &sub, &e), e, EINVAL, "b must be an object, not a boolean");
	assert_fails(json_get_arr(o, "", "b", &sub, &e), e, EINVAL, "b must be an array");
	assert_fails(json_get_strs(o, "w", "m", &a, &list, &e), e, EINVAL,
		     "w.m[1] must be a string, not an integer");
	assert_int_equal(i, -3);
	assert_int_equal(list.n, 2);
}

static void the_tree_lives_in_the_arena(void **state)
{
	size_t before = a.used_bytes;
	json_t *o = parse("{\"k\":[1,2,{\"x\":\"y\"}]}");

	(void)state;
	assert_true(a.used_bytes > before);
	json_decref(o); /* frees nothing and breaks nothing */
	assert_true(a.used_bytes > before);
}

static void chance_meets_only_clean_answers(void **state)
{
	static const char seedtext[] =
		"{\"a\":[1,2.5,-3e2,\"x\\n\\u00e9\",null,true],\"b\":{\"c\":18446744073709551615},\"d\":\"\"}";
	uint64_t seed = 3;
	unsigned good = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		unsigned char text[sizeof(seedtext)];
		size_t n = unit_mutate(&seed, (unsigned char *)memcpy(text, seedtext, sizeof(seedtext)),
				       sizeof(seedtext) - 1);
		/* an exact copy on the heap: the sanitizer sees one byte too far */
		char *exact = malloc(n ? n : 1);
		struct err e = {0};
		json_t *o = NULL;
		int r;

		memcpy(exact, text, n);
		r = json_parse((struct bytes){exact, n}, "x", &o, &e);
		if (r == 0)
			good++;
		else if (r != -EINVAL || e.code != EINVAL || strncmp(e.msg, "x: ", 3) != 0)
			fail_msg("%d '%s'", r, e.msg);
		assert_true((r == 0) == (o != NULL));
		free(exact);
		arena_release(&a);
	}
	assert_true(good > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(malformed_documents_say_where, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_is_bounded_before_anything_recurses, setup, teardown),
		cmocka_unit_test_setup_teardown(unsigned_numbers_keep_all_64_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(members_have_types, setup, teardown),
		cmocka_unit_test_setup_teardown(the_tree_lives_in_the_arena, setup, teardown),
		cmocka_unit_test_setup_teardown(chance_meets_only_clean_answers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
