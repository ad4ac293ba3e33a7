/* SPDX-License-Identifier: Apache-2.0 */
/* The ways of quoting: exact texts, and that no byte is lost. */
#include "guests/quote.h"

#include "unit.h"

typedef void quoter(struct strbuf *, const char *);

static void quotes(quoter *f, const char *word, const char *want)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};
	const char *got;

	f(&b, word);
	assert_ok(sb_done(&b, &got, &e), e);
	assert_string_equal(got, want);
	arena_release(&a);
}

static void shell(void **state)
{
	static const char *const t[][2] = {
		{"plain-word_1./:=,+@%", "plain-word_1./:=,+@%"},
		{"", "''"},
		{"a b", "'a b'"},
		{"a\tb\nc", "'a\tb\nc'"},
		{"it's", "'it'\"'\"'s'"},
		{"'", "''\"'\"''"},
		{"say \"x\"", "'say \"x\"'"},
		{"end\\", "'end\\'"},
		{"#", "'#'"},
		{"[x]", "'[x]'"},
		{"\xc3\xa4", "'\xc3\xa4'"},
		{"--", "--"},
		/* Nothing that looks like the separator. */
		{"a -- b", "'a -''- b'"},
		{" -- ", "' -''- '"},
		{" -- -- ", "' -''- -''- '"},
		{"a --", "'a --'"},
		{" --x ", "' --x '"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		quotes(quote_shell, t[i][0], t[i][1]);
		assert_true(strstr(t[i][1], " -- ") == NULL);
	}
}

static void backslash(void **state)
{
	(void)state;
	quotes(quote_backslash, "A=b", "A=b");
	quotes(quote_backslash, "A=b c\td\ne", "A=b\\ c\\\td\\\ne");
	quotes(quote_backslash, "A=\\", "A=\\\\");
	quotes(quote_backslash, "A=\"'$", "A=\"'$");
}

static void c_like(void **state)
{
	(void)state;
	quotes(quote_double, "/app", "/app");
	quotes(quote_double, "", "\"\"");
	quotes(quote_double, "a b;c", "\"a b;c\"");
	quotes(quote_double, "\a\b\f\n\r\t\v", "\"\\a\\b\\f\\n\\r\\t\\v\"");
	quotes(quote_double, "it's \"q\" \\", "\"it's \\\"q\\\" \\\\\"");
}

static void labels(void **state)
{
	char buf[QUOTE_LABEL_BYTES], name[100];

	(void)state;
	assert_string_equal(quote_label(buf, "process.args", 12), "process.args[12]");
	assert_string_equal(quote_label(buf, "process.args", (size_t)-1),
			    "process.args[18446744073709551615]");
	assert_int_equal(quote_name_bytes("PATH=/bin"), 4);
	assert_int_equal(quote_name_bytes("NOVALUE"), 7);
	memset(name, 'N', sizeof(name));
	name[99] = '\0';
	assert_int_equal(quote_name_bytes(name), QUOTE_SHOWN_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shell),
		cmocka_unit_test(backslash),
		cmocka_unit_test(c_like),
		cmocka_unit_test(labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
