/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes: lists with limits and paths, maps without nulls, words, ids. */
#include "oci/spec_reader.h"

#include "spec_test.h"

static struct arena a;

static json_t *parse(const char *text)
{
	struct err e = {0};
	json_t *o = NULL;

	json_use_arena(&a);
	assert_ok(json_parse(unit_text(text), "t", &o, &e), e);
	return o;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static int read_number(struct spec_reader *in, const json_t *o, const char *where, void *ret, struct err *e)
{
	(void)in;
	return spec_get_u32(o, where, "n", 99, ret, e);
}

static void lists(void **state)
{
	static const struct spec_list_desc d = {"list", 3, sizeof(uint32_t), read_number};
	struct spec_reader in = {.a = &a};
	struct u32s out = {NULL, 7};
	struct err e = {0};

	(void)state;
	assert_ok(spec_read_list(&in, parse("{}"), "", &d, &out, &e), e);
	assert_ok(spec_read_list(&in, parse("{\"list\":[]}"), "", &d, &out, &e), e);
	assert_int_equal(out.n, 7); /* absent and empty leave it alone */
	assert_ok(spec_read_list(&in, parse("{\"list\":[{\"n\":5},{},{\"n\":6}]}"), "", &d, &out, &e), e);
	assert_int_equal(out.n, 3);
	assert_int_equal(out.v[0], 5);
	assert_int_equal(out.v[1], 0);
	assert_int_equal(out.v[2], 6);
	assert_fails(spec_read_list(&in, parse("{\"list\":[{},{},{},{}]}"), "w", &d, &out, &e), e, EINVAL,
		     "w.list has 4 entries, at most 3 are allowed");
	assert_fails(spec_read_list(&in, parse("{\"list\":[{},{\"n\":100}]}"), "w", &d, &out, &e), e, EINVAL,
		     "w.list[1].n is 100, allowed is 0 to 99");
	assert_fails(spec_read_list(&in, parse("{\"list\":[null]}"), "", &d, &out, &e), e, EINVAL,
		     "list[0] must be an object, not null");
	assert_int_equal(out.n, 3);
}

static void maps(void **state)
{
	struct spec_reader in = {.a = &a};
	struct {
		struct spec_kv *v;
		size_t n;
	} out = {NULL, 0};
	struct err e = {0};

	(void)state;
	assert_ok(spec_read_map(&in, parse("{\"m\":{\"b\":\"1\",\"x\":null,\"a\":\"\"}}"), "", "m", &out, &e),
		  e);
	assert_int_equal(out.n, 2);
	assert_string_equal(out.v[0].key, "b"); /* the document's order */
	assert_string_equal(out.v[1].key, "a");
	assert_string_equal(out.v[1].value, "");
	assert_fails(spec_read_map(&in, parse("{\"m\":{\"a\":{}}}"), "w", "m", &out, &e), e, EINVAL,
		     "w.m.a must be a string, not an object");
}

static void words_and_paths(void **state)
{
	json_t *o = parse("{\"w\":\"x\",\"empty\":\"\",\"p\":\"/a\",\"r\":\"a\"}");
	const char *s = "unset";
	struct err e = {0};

	(void)state;
	assert_ok(spec_get_word(o, "", "empty", &s, &e), e);
	assert_string_equal(s, "unset");
	assert_ok(spec_get_word(o, "", "w", &s, &e), e);
	assert_string_equal(s, "x");
	assert_ok(spec_get_abspath(o, "", "none", &s, &e), e);
	assert_string_equal(s, "x");
	assert_ok(spec_get_abspath(o, "", "p", &s, &e), e);
	assert_string_equal(s, "/a");
	assert_fails(spec_get_abspath(o, "w", "r", &s, &e), e, EINVAL,
		     "w.r is 'a', it must be an absolute path");
	assert_fails(spec_get_abspath(o, "w", "empty", &s, &e), e, EINVAL, "w.empty is ''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lists, teardown),
		cmocka_unit_test_teardown(maps, teardown),
		cmocka_unit_test_teardown(words_and_paths, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
