/* SPDX-License-Identifier: Apache-2.0 */
/* .dockerignore: what stays out, what comes in again, and patterns. */
#include "bunny/ignore.h"

#include "unit.h"

static struct ignore parsed(const char *text, struct arena *a)
{
	struct diags d = DIAGS(a);
	struct ignore ig;

	assert_int_equal(ignore_parse(unit_text(text), a, &ig, &d), 0);
	assert_int_equal(d.n, 0);
	return ig;
}

static void patterns_match_as_docker_does(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool match;
	} cases[] = {
		{"a", "a", true},
		{"a", "b", false},
		{"a", "a/b", false},
		{"*", "a", true},
		{"*", "a/b", false},
		{"*.txt", ".txt", true},
		{"a*c", "abbbc", true},
		{"a*c", "ab/c", false},
		{"?", "\xc3\xb6", true},
		{"?", "/", false},
		{"??", "a", false},
		{"[a-c]x", "bx", true},
		{"[a-c]x", "dx", false},
		{"[^a-c]x", "dx", true},
		{"[^a]", "/", false},
		{"[]-]", "]", true},
		{"[\\]]", "]", true},
		{"arr[[]0].txt", "arr[0].txt", true},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"**", "a/b/c", true},
		{"**/x", "x", true},
		{"**/x", "a/b/x", true},
		{"**/x", "ax", false},
		{"a/**/b", "a/b", true},
		{"a/**/b", "a/x/y/b", true},
		{"a/**/b", "ab", false},
		{"a/**", "a/b", true},
		{"a/**", "a", false},
		{"a**b", "a/x/b", true},
		{"**/*.md", "docs/x.md", true},
		{"", "", true},
		{"", "a", false},
		{"[a", "[a", false},
		{"a\\", "a\\", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (pattern_match(cases[i].pattern, cases[i].path) != cases[i].match)
			fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].path);
}

/* One that follows each way of its own would need longer than the universe is old. */
static void no_pattern_takes_long(void **state)
{
	char path[4096];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_false(pattern_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", path));
	assert_false(pattern_match("**/a**/**/a**/**/a**/**/a**/**/a**/**/a**/**/b", path));
	memset(path, '*', 2000);
	path[2000] = '\0';
	assert_true(pattern_valid(path)); /* all of them are one */
	memset(path, '?', 2000);
	assert_false(pattern_valid(path));
}

static void rules_go_from_top_to_bottom(void **state)
{
	struct arena a = {0};
	struct ignore ig = parsed(
		"# comment\n\n*.md\r\n!README.md\n  /build/  \nsecret\\#\n./a/../b\n!build/keep/this\n**/tmp",
		&a);

	(void)state;
	assert_true(ignore_match(&ig, "x.md"));
	assert_false(ignore_match(&ig, "docs/x.md"));
	assert_false(ignore_match(&ig, "README.md"));
	assert_true(ignore_match(&ig, "build"));
	assert_true(ignore_match(&ig, "build/deep/below"));
	assert_false(ignore_match(&ig, "build/keep/this"));
	assert_false(ignore_match(&ig, "build/keep/this/too"));
	assert_true(ignore_match(&ig, "build/keep/that"));
	assert_true(ignore_match(&ig, "b"));
	assert_false(ignore_match(&ig, "a"));
	assert_true(ignore_match(&ig, "x/y/tmp/z"));
	assert_true(ignore_match(&ig, "secret#"));
	arena_release(&a);
}

static void everything_but(void **state)
{
	struct arena a = {0};
	struct ignore ig = parsed("\xef\xbb\xbf*\n!src\nsrc/*.o\n.\n/\n", &a);

	(void)state;
	assert_int_equal(ig.n, 3);
	assert_true(ignore_match(&ig, "x"));
	assert_false(ignore_match(&ig, "src"));
	assert_false(ignore_match(&ig, "src/a.c"));
	assert_true(ignore_match(&ig, "src/a.o"));
	arena_release(&a);
}

static void an_ignored_directory_is_read_if_something_comes_in_again(void **state)
{
	struct arena a = {0};
	struct ignore ig = parsed("build\n!build/keep/*.c\n!other/**\n", &a), none = parsed("build\n", &a);
	struct ignore deep = parsed("build\n!**/x\n", &a);

	(void)state;
	assert_true(ignore_has_exceptions_below(&ig, "build"));
	assert_true(ignore_has_exceptions_below(&ig, "build/keep"));
	assert_false(ignore_has_exceptions_below(&ig, "build/drop"));
	assert_true(ignore_has_exceptions_below(&ig, "other/deep/down"));
	assert_false(ignore_has_exceptions_below(&none, "build"));
	assert_true(ignore_has_exceptions_below(&deep, "build/a/b"));
	arena_release(&a);
}

static void wrong_lines_are_skipped_with_a_warning(void **state)
{
	static const char text[] = "good\n[bad\nnul\0here\n\\\nalso\n";
	struct arena a = {0};
	struct diags d = DIAGS(&a);
	struct ignore ig;

	(void)state;
	assert_int_equal(ignore_parse((struct bytes){text, sizeof(text) - 1}, &a, &ig, &d), 0);
	assert_int_equal(ig.n, 2);
	assert_int_equal(d.n, 3);
	assert_int_equal(d.errors, 0);
	assert_int_equal(d.v[0].pos.line, 2);
	assert_string_equal(d.v[0].text, "no pattern: the line is skipped");
	assert_string_equal(d.v[1].text, "a NUL byte: the line is skipped");
	assert_int_equal(d.v[2].pos.line, 4);
	assert_true(ignore_match(&ig, "also"));
	arena_release(&a);
}

static void wildcards_are_told(void **state)
{
	(void)state;
	assert_true(pattern_has_wildcards("a*"));
	assert_true(pattern_has_wildcards("[a]"));
	assert_false(pattern_has_wildcards("a.b-c_d/e"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_docker_does),
		cmocka_unit_test(no_pattern_takes_long),
		cmocka_unit_test(rules_go_from_top_to_bottom),
		cmocka_unit_test(everything_but),
		cmocka_unit_test(an_ignored_directory_is_read_if_something_comes_in_again),
		cmocka_unit_test(wrong_lines_are_skipped_with_a_warning),
		cmocka_unit_test(wildcards_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
