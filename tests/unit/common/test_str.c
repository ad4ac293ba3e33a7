/* SPDX-License-Identifier: Apache-2.0 */
/* Builders, lists and strict parsers. */
#include <errno.h>

#include "unit.h"

static const char *json_of(struct arena *a, const char *s, size_t n)
{
	struct strbuf b = STRBUF(a);
	const char *text;

	sb_json_str(&b, s, n);
	assert_int_equal(sb_done(&b, &text, NULL), 0);
	return text;
}

static void a_text_grows(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};
	const char *text, *empty;
	char big[600];

	(void)state;
	assert_ok(sb_done(&b, &empty, &e), e);
	assert_string_equal(empty, "");
	memset(big, 'z', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	sb_add(&b, "a");
	sb_addc(&b, 'b');
	sb_addn(&b, "cd", 1);
	sb_addf(&b, "%03d", 7);
	sb_addf(&b, "%s", big);
	for (int i = 0; i < 1000; i++)
		sb_addc(&b, 'q');
	assert_ok(sb_done(&b, &text, &e), e);
	assert_int_equal(b.len, 6 + 599 + 1000);
	assert_int_equal(strlen(text), b.len);
	assert_memory_equal(text, "abc007zz", 8);
	assert_string_equal(text + b.len - 3, "qqq");
	arena_release(&a);
}

static void failure_is_sticky(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct strv l = STRV(&a);
	struct err e = {0};
	const char *text = "untouched";
	struct strs list = {0};

	(void)state;
	sb_add(&b, "x");
	sb_addn(&b, "x", SIZE_MAX - 1);
	sb_add(&b, "y");
	assert_fails(sb_done(&b, &text, &e), e, ENOMEM, "out of memory");
	assert_string_equal(text, "untouched");
	strv_add(&l, "a");
	strv_add(&l, NULL);
	strv_add(&l, "b");
	assert_fails(strv_done(&l, &list, &e), e, ENOMEM, "out of memory");
	assert_null(list.v);
	arena_release(&a);
}

static void a_buffer_without_arena_has_a_fixed_size(void **state)
{
	char room[8];
	struct strbuf b = {.p = room, .cap = sizeof(room)};

	(void)state;
	sb_add(&b, "1234567");
	assert_false(b.oom);
	assert_string_equal(room, "1234567");
	sb_addc(&b, '8');
	assert_true(b.oom);
	assert_string_equal(room, "1234567");
}

static void json_strings_are_escaped(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(json_of(&a, "plain", 5), "\"plain\"");
	assert_string_equal(json_of(&a, "", 0), "\"\"");
	assert_string_equal(json_of(&a, "a\"b\\c\n\r\t\b\f", 10), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\"");
	assert_string_equal(json_of(&a, "\0\x01\x1f\x7f", 4), "\"\\u0000\\u0001\\u001f\\u007f\"");
	assert_string_equal(json_of(&a, "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 12),
			    "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
	assert_string_equal(json_of(&a, "\xc2\x9b", 2), "\"\\u009b\"");
	assert_string_equal(json_of(&a,
				    "\xff"
				    "a\xc3",
				    3),
			    "\"\xef\xbf\xbd"
			    "a\xef\xbf\xbd\"");
	assert_string_equal(json_of(&a, "\xed\xa0\x80", 3), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	arena_release(&a);
}

static void a_list_keeps_words_whole(void **state)
{
	struct arena a = {0};
	struct strv l = STRV(&a);
	struct strs s;
	struct err e = {0};
	char word[] = "one two";

	(void)state;
	strv_add(&l, word);
	word[0] = 'X'; /* a copy was taken */
	for (int i = 0; i < 100; i++)
		strv_addf(&l, "n=%d", i);
	strv_add(&l, "");
	assert_ok(strv_done(&l, &s, &e), e);
	assert_int_equal(s.n, 102);
	assert_string_equal(s.v[0], "one two");
	assert_string_equal(s.v[100], "n=99");
	assert_string_equal(s.v[101], "");
	assert_null(s.v[102]);
	l = STRV(&a);
	assert_ok(strv_done(&l, &s, &e), e);
	assert_int_equal(s.n, 0);
	assert_null(s.v[0]);
	arena_release(&a);
}

static void small_questions(void **state)
{
	(void)state;
	assert_true(streq("a", "a"));
	assert_false(streq("a", "b"));
	assert_true(streq(NULL, NULL));
	assert_false(streq(NULL, "a"));
	assert_false(streq("a", NULL));
	assert_true(str_starts("abc", "ab"));
	assert_true(str_starts("abc", ""));
	assert_false(str_starts("a", "ab"));
	assert_false(str_starts(NULL, "a"));
	assert_true(str_ends("abc", "bc"));
	assert_false(str_ends("c", "bc"));
	assert_false(str_ends(NULL, "c"));
}

static void numbers_are_whole_and_in_range(void **state)
{
	static const char *const bad[] =
		{"",  "-1", "+1", " 1", "1 ", "1a", "0x1", "18446744073709551616", "99999999999999999999",
		 "9", "21"};
	uint64_t v = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(str_u64(bad[i], 10, 20, &v));
	assert_false(str_u64(NULL, 0, 1, &v));
	assert_int_equal(v, 5);
	assert_true(str_u64("10", 10, 20, &v));
	assert_int_equal(v, 10);
	assert_true(str_u64("0020", 10, 20, &v));
	assert_int_equal(v, 20);
	assert_true(str_u64("18446744073709551615", 0, UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
}

static void environment_look_up(void **state)
{
	const char *v[] = {"PATHX=no", "PATH", "PATH=/bin:=", "PATH=second", "E="};
	struct strs env = {v, 5};

	(void)state;
	assert_string_equal(env_get(&env, "PATH"), "/bin:=");
	assert_string_equal(env_get(&env, "E"), "");
	assert_null(env_get(&env, "NONE"));
	assert_null(env_get(&env, "PAT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_grows),
		cmocka_unit_test(failure_is_sticky),
		cmocka_unit_test(a_buffer_without_arena_has_a_fixed_size),
		cmocka_unit_test(json_strings_are_escaped),
		cmocka_unit_test(a_list_keeps_words_whole),
		cmocka_unit_test(small_questions),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(environment_look_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
