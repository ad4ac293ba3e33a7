/* SPDX-License-Identifier: Apache-2.0 */
/* TOML values: each kind in every spelling that is known, and refusals by name. */
#include <errno.h>

#include "common/toml.h"
#include "unit.h"

static struct arena a;

static struct toml_key value(const char *text)
{
	struct strbuf b = STRBUF(&a);
	struct err e = {0};
	struct toml_doc d;

	sb_addf(&b, "k = %s", text);
	assert_ok(toml_parse((struct bytes){b.p, b.len}, "f", &a, &d, &e), e);
	assert_int_equal(d.tables[0].nkeys, 1);
	return d.tables[0].keys[0];
}

static void refused(const char *text, const char *words)
{
	struct strbuf b = STRBUF(&a);
	struct err e = {0};
	struct toml_doc d;

	sb_addf(&b, "k = %s", text);
	assert_fails(toml_parse((struct bytes){b.p, b.len}, "f", &a, &d, &e), e, EINVAL, words);
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void strings(void **state)
{
	static const char *const cases[][2] = {
		{"\"\"", ""},
		{"''", ""},
		{"\"a b\"  # c", "a b"},
		{"\"q\\\"b\\\\s\\/\"", NULL},
		{"\"\\b\\t\\n\\f\\r\\\"\\\\\"", "\b\t\n\f\r\"\\"},
		{"\"\\u0041\\u00e9\\u20AC\\U0001F600\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"'C:\\n \"x\"'", "C:\\n \"x\""},
		{"\"gr\xc3\xbc\xc3\x9f\"", "gr\xc3\xbc\xc3\x9f"},
		{"\"tab\there\"", "tab\there"},
		{"\"# no comment\"", "# no comment"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!cases[i][1]) {
			refused(cases[i][0], "an unknown escape");
			continue;
		}
		assert_int_equal(value(cases[i][0]).kind, TOML_STRING);
		assert_string_equal(value(cases[i][0]).str, cases[i][1]);
	}
	refused("\"open", "the string does not end");
	refused("'open\n'", "the string does not end");
	refused("\"a\\", "an unknown escape");
	refused("\"\"\"x\"\"\"", "strings over several lines");
	refused("'''x'''", "strings over several lines");
	refused("\"\x1b\"", "a control character");
	refused("'\x7f'", "a control character");
	refused("\"\\u00\"", "too few hexadecimal digits");
	refused("\"\\u0000\"", "names no character");
	refused("\"\\ud800\"", "names no character");
	refused("\"\\U00110000\"", "names no character");
}

static void integers(void **state)
{
	static const struct {
		const char *text;
		int64_t v;
	} good[] = {
		{"0", 0},
		{"-0", 0},
		{"+7", 7},
		{"42 # c", 42},
		{"1_000_000", 1000000},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
	};
	static const char *const bases[] = {"0x10",       "0o7",     "0b1",  "1.5", "1e3",
					    "1979-05-27", "7:32:00", "1__0", "1_"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(value(good[i].text).kind, TOML_INTEGER);
		assert_true(value(good[i].text).integer == good[i].v);
	}
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		refused(bases[i], "only decimal integers");
	refused("9223372036854775808", "too large");
	refused("-9223372036854775809", "too large");
	refused("99999999999999999999", "too large");
	refused("007", "may not begin with 0");
	refused("-01", "may not begin with 0");
	refused("+", "a value is expected");
	refused("_1", "a value is expected");
	refused("bare", "a value is expected");
	refused("inf", "a value is expected");
	refused("1 x", "the line should end");
}

static void booleans(void **state)
{
	(void)state;
	assert_int_equal(value("true").kind, TOML_BOOL);
	assert_true(value("true").boolean);
	assert_false(value("false#x").boolean);
	refused("truth", "true or false");
	refused("fals", "true or false");
	refused("True", "a value is expected");
	refused("trueish", "the line should end");
}

static void arrays_of_strings(void **state)
{
	struct toml_key k = value("[ \"a\", 'b' , # comment ]\n  \"c\",\r\n ] # end");

	(void)state;
	assert_int_equal(k.kind, TOML_STRINGS);
	assert_int_equal(k.line, 1);
	assert_int_equal(k.strs.n, 3);
	assert_string_equal(k.strs.v[0], "a");
	assert_string_equal(k.strs.v[2], "c");
	assert_int_equal(value("[]").strs.n, 0);
	assert_int_equal(value("[\n]").strs.n, 0);
	refused("[", "only strings");
	refused("[\"a\"", "',' or ']'");
	refused("[\"a\" \"b\"]", "',' or ']'");
	refused("[,]", "only strings");
	refused("[\"a\",,]", "only strings");
	refused("[1]", "only strings");
	refused("[[\"a\"]]", "only strings");
	refused("[\n\n\"x\n\"]", "f: line 3: the string does not end");
	refused("{a=1}", "inline tables are not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(strings, teardown),
		cmocka_unit_test_teardown(integers, teardown),
		cmocka_unit_test_teardown(booleans, teardown),
		cmocka_unit_test_teardown(arrays_of_strings, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
