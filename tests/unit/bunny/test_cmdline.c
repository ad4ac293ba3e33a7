/* SPDX-License-Identifier: Apache-2.0 */
/* A command line and its words. */
#include "bunny/cmdline.h"

#include "unit.h"

static void check(const char *text, size_t n, const char *const *words, bool open)
{
	struct arena a = {0};
	struct err e = {0};
	struct strs l;
	bool got_open;

	assert_ok(cmdline_split(text, &a, &l, &got_open, &e), e);
	if (l.n != n || got_open != open)
		fail_msg("'%s': %zu words, open %d", text, l.n, got_open);
	for (size_t i = 0; i < n; i++)
		if (!streq(l.v[i], words[i]))
			fail_msg("'%s': word %zu is '%s', not '%s'", text, i, l.v[i], words[i]);
	arena_release(&a);
}
#define CHECK(text, open, ...)                                                                               \
	check(text, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__},   \
	      open)

static void blanks_separate(void **state)
{
	(void)state;
	check("", 0, NULL, false);
	check(" \t\n", 0, NULL, false);
	CHECK("a", false, "a");
	CHECK("  redis-server  /conf/redis.conf\n", false, "redis-server", "/conf/redis.conf");
}

static void quotes_keep_words_together(void **state)
{
	(void)state;
	CHECK("nginx -g 'daemon off;' -c x", false, "nginx", "-g", "daemon off;", "-c", "x");
	CHECK("a \"b \\\"c\\\" \\\\ \\n\" d", false, "a", "b \"c\" \\ \\n", "d");
	CHECK("--o='a  b' c", false, "--o=a  b", "c");
	CHECK("'' \"\"", false, "", "");
}

static void other_quotes_are_letters(void **state)
{
	(void)state;
	CHECK("{\"a\":\"b c\"}", false, "{\"a\":\"b", "c\"}");
	CHECK("{ \"net\":{ \"x\" }", false, "{", "\"net\":{", "x", "}");
	CHECK("it's", false, "it's");
	CHECK("'a'b", false, "'a'b");
	CHECK("a\\ b", false, "a\\", "b");
}

static void an_open_quote_ends_with_the_text(void **state)
{
	(void)state;
	CHECK("/urunit nginx -g 'daemon off;error_log stderr debug;", true, "/urunit", "nginx", "-g",
	      "daemon off;error_log stderr debug;");
	CHECK("'", true, "");
	CHECK("\"a\\\"", true, "a\"");
}

static void joining_puts_one_blank_between(void **state)
{
	const char *words[] = {"a", "b c", ""};
	struct arena a = {0};
	struct err e = {0};
	const char *text;

	(void)state;
	assert_ok(cmdline_join(&(struct strs){words, 3}, &a, &text, &e), e);
	assert_string_equal(text, "a b c ");
	assert_ok(cmdline_join(&(struct strs){NULL, 0}, &a, &text, &e), e);
	assert_string_equal(text, "");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_separate),
		cmocka_unit_test(quotes_keep_words_together),
		cmocka_unit_test(other_quotes_are_letters),
		cmocka_unit_test(an_open_quote_ends_with_the_text),
		cmocka_unit_test(joining_puts_one_blank_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
