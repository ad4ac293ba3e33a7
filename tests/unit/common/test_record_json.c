/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON text: exact spelling, compact and indented. */
#include "common/record.h"
#include "record_example.h"
#include "unit.h"

static const char *json_of(struct arena *a, const struct record *r, const void *x, int indent)
{
	struct strbuf b = STRBUF(a);
	struct err e = {0};
	const char *text;

	record_to_json(r, x, indent, &b);
	assert_ok(sb_done(&b, &text, &e), e);
	return text;
}

static void compact(void **state)
{
	struct example x = example_full(), zero = {0};
	struct arena a = {0};

	(void)state;
	assert_string_equal(json_of(&a, &rec_example, &x, 0),
			    "{\"flag\":true,\"u32\":4294967295,\"i32\":-2147483648,\"u64\":18446744073709551615,"
			    "\"i64\":-9223372036854775808,\"str\":\"\",\"strs\":[\"one\",\"\",\"three \\\"3\\\"\"],"
			    "\"u32s\":[0,7,4294967295],\"bytes\":{\"base64\":\"AP8=\"},\"color\":\"blue\","
			    "\"rec\":{\"name\":\"r\",\"n\":9},\"opt\":{\"name\":\"opt\",\"n\":1},"
			    "\"recs\":[{\"name\":null,\"n\":2},{\"name\":\"b\\n\",\"n\":3}]}");
	assert_string_equal(
		json_of(&a, &rec_example, &zero, 0),
		"{\"flag\":false,\"u32\":0,\"i32\":0,\"u64\":0,\"i64\":0,\"str\":null,\"strs\":[],\"u32s\":[],"
		"\"bytes\":\"\",\"color\":\"red\",\"rec\":{\"name\":null,\"n\":0},\"opt\":null,\"recs\":[]}");
	arena_release(&a);
}

static void indented(void **state)
{
	struct example x = {.strs = {(const char *[]){"w"}, 1}};
	struct inner one[] = {{"n", 1}};
	struct arena a = {0};
	const char *s;

	(void)state;
	x.recs.v = one;
	x.recs.n = 1;
	s = json_of(&a, &rec_example, &x, 2);
	assert_memory_equal(s, "{\n  \"flag\": false,\n  \"u32\": 0,\n", 31);
	assert_non_null(strstr(s, "\n  \"strs\": [\n    \"w\"\n  ],\n  \"u32s\": [],\n"));
	assert_non_null(strstr(s, "\n  \"rec\": {\n    \"name\": null,\n    \"n\": 0\n  },\n"));
	assert_non_null(
		strstr(s, "\n  \"recs\": [\n    {\n      \"name\": \"n\",\n      \"n\": 1\n    }\n  ]\n}"));
	arena_release(&a);
}

static void bytes_are_text_only_when_they_can_be_read(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		const char *json;
	} cases[] = {
		{"line\n\ttab\r\n", 11, "\"bytes\":\"line\\n\\ttab\\r\\n\""},
		{"caf\xc3\xa9", 5, "\"bytes\":\"caf\xc3\xa9\""},
		{"a\0", 2, "\"bytes\":{\"base64\":\"YQA=\"}"},
		{"\x1b[1m", 4, "\"bytes\":{\"base64\":\"G1sxbQ==\"}"},
		{"\x7f", 1, "\"bytes\":{\"base64\":\"fw==\"}"},
		{"\xc3", 1, "\"bytes\":{\"base64\":\"ww==\"}"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct example x = {.bytes = {cases[i].p, cases[i].n}};

		assert_non_null(strstr(json_of(&a, &rec_example, &x, 0), cases[i].json));
	}
	arena_release(&a);
}

static void a_wrong_enum_is_shown(void **state)
{
	struct example x = {.color = 3}, y = {.color = -1};
	struct arena a = {0};

	(void)state;
	assert_non_null(strstr(json_of(&a, &rec_example, &x, 0), "\"color\":3,"));
	assert_non_null(strstr(json_of(&a, &rec_example, &y, 0), "\"color\":-1,"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compact),
		cmocka_unit_test(indented),
		cmocka_unit_test(bytes_are_text_only_when_they_can_be_read),
		cmocka_unit_test(a_wrong_enum_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
