/* SPDX-License-Identifier: Apache-2.0 */
/* Errors and warnings: how they look, what they sum up to, which word was meant. */
#include "bunny/diag.h"

#include "unit.h"

static const char *rendered(const struct diag *d, const char *text, size_t n, struct arena *a)
{
	const struct source source = {"f", {text, n}};
	struct strbuf out = STRBUF(a);
	const char *ret;
	struct err e = {0};

	diag_render(d, &source, &out);
	assert_ok(sb_done(&out, &ret, &e), e);
	return ret;
}

static void a_caret_stands_under_the_place(void **state)
{
	static const char text[] = "one\ntw\xc3\xb6 three\r\nfour";
	const struct diag d = {DIAG_ERROR, {2, 6, 5}, "no such number", "write 3"};
	const struct diag last = {DIAG_WARNING, {3, 1, 0}, "the last", NULL};
	struct arena a = {0};

	(void)state;
	assert_string_equal(rendered(&d, text, strlen(text), &a), "f:2:6: error: no such number\n"
								  "    tw\xc3\xb6 three\n"
								  "        ^~~~~\n"
								  "    hint: write 3\n");
	assert_string_equal(rendered(&last, text, strlen(text), &a),
			    "f:3:1: warning: the last\n    four\n    ^\n");
	arena_release(&a);
}

static void a_place_that_is_not_there_shows_no_line(void **state)
{
	const struct diag none = {DIAG_ERROR, {0}, "no place", NULL},
			  beyond = {DIAG_ERROR, {9, 1, 1}, "beyond", NULL};
	struct arena a = {0};

	(void)state;
	assert_string_equal(rendered(&none, "x", 1, &a), "f: error: no place\n");
	assert_string_equal(rendered(&beyond, "x\n", 2, &a), "f:9:1: error: beyond\n");
	arena_release(&a);
}

static void nothing_of_a_file_reaches_the_terminal_raw(void **state)
{
	static const char text[] = "a\x1b[2J\xff\x00\xc2\x9b\tb";
	const struct diag d = {DIAG_ERROR, {1, 11, 1}, "bad \x1b", NULL};
	struct arena a = {0};

	(void)state;
	assert_string_equal(rendered(&d, text, sizeof(text) - 1, &a),
			    "f:1:11: error: bad ?\n    a?[2J??? b\n             ^\n");
	arena_release(&a);
}

static void a_long_line_is_cut_around_the_place(void **state)
{
	char text[5000];
	const struct diag d = {DIAG_ERROR, {1, 2501, 3}, "here", NULL};
	const char *out, *line, *below;
	struct arena a = {0};

	(void)state;
	memset(text, 'y', sizeof(text));
	memcpy(text + 2500, "abc", 3);
	out = rendered(&d, text, sizeof(text), &a);
	assert_true(strlen(out) < 500);
	assert_non_null(strstr(out, "    ...yyy"));
	assert_non_null(strstr(out, "yabcy"));
	assert_non_null(strstr(out, "yyy...\n"));
	line = strchr(out, '\n') + 1;
	below = strchr(line, '\n') + 1;
	assert_int_equal(strchr(below, '^') - below, strstr(line, "abc") - line);
	arena_release(&a);
}

static void errors_sum_up_to_one_line(void **state)
{
	const struct source source = {"file", {"x", 1}};
	struct arena a = {0};
	struct diags d = DIAGS(&a);
	struct err e = {0};

	(void)state;
	assert_ok(diags_result(&d, &source, &e), e);
	diag_warn(&d, (struct src_pos){1, 1, 1}, NULL, "only a warning");
	assert_ok(diags_result(&d, &source, &e), e);
	diag_error(&d, (struct src_pos){2, 3, 1}, NULL, "first %d", 1);
	assert_fails(diags_result(&d, &source, &e), e, EINVAL, "file:2:3: first 1");
	diag_error(&d, (struct src_pos){0}, NULL, "second");
	assert_fails(diags_result(&d, &source, &e), e, EINVAL, "file:2:3: first 1 (and 1 more)");
	arena_release(&a);
}

static void programs_get_json(void **state)
{
	const struct source source = {"a \"file\"", {"x", 1}};
	struct arena a = {0};
	struct diags d = DIAGS(&a);
	struct strbuf out = STRBUF(&a);

	(void)state;
	diag_error(&d, (struct src_pos){2, 3, 1}, "do\nthis", "no '%s'", "\x1b");
	diag_warn(&d, (struct src_pos){0}, NULL, "careful");
	diags_json(&d, &source, &out);
	assert_string_equal(out.p,
			    "{\"level\":\"error\",\"file\":\"a \\\"file\\\"\",\"line\":2,\"column\":3,"
			    "\"text\":\"no '\\u001b'\",\"hint\":\"do\\nthis\"}\n"
			    "{\"level\":\"warning\",\"file\":\"a \\\"file\\\"\",\"text\":\"careful\"}\n");
	arena_release(&a);
}

static void at_most_a_hundred_are_kept(void **state)
{
	struct arena a = {0};
	struct diags d = DIAGS(&a);
	struct strbuf out = STRBUF(&a);
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 250; i++)
		diag_error(&d, (struct src_pos){0}, NULL, "number %d", i);
	assert_int_equal(d.n, DIAG_MAX);
	assert_int_equal(d.errors, 250);
	diags_render(&d, NULL, &out);
	assert_non_null(strstr(out.p, "error: number 99\n... and 150 more of them\n"));
	assert_fails(diags_result(&d, NULL, &e), e, EINVAL, "number 0 (and 249 more)");
	arena_release(&a);
}

static void the_nearest_word_is_found(void **state)
{
	const char *words[] = {"framework", "version", "monitor", "architecture", "arch", "rootfs.ext2"};
	const struct strs l = {words, 6};
	static const struct {
		const char *word, *near;
	} cases[] = {{"framwork", "framework"},
		     {"FRAMEWORK", "framework"},
		     {"moniotr", "monitor"},
		     {"verison", "version"},
		     {"arc", "arch"},
		     {"nginx_rootfs.ext2", "rootfs.ext2"},
		     {"monitor", NULL},
		     {"labels", NULL},
		     {"x", NULL},
		     {"", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *near = nearest_word(cases[i].word, &l);

		if (!streq(near, cases[i].near))
			fail_msg("'%s' is near '%s', not '%s'", cases[i].word, near, cases[i].near);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_caret_stands_under_the_place),
		cmocka_unit_test(a_place_that_is_not_there_shows_no_line),
		cmocka_unit_test(nothing_of_a_file_reaches_the_terminal_raw),
		cmocka_unit_test(a_long_line_is_cut_around_the_place),
		cmocka_unit_test(errors_sum_up_to_one_line),
		cmocka_unit_test(programs_get_json),
		cmocka_unit_test(at_most_a_hundred_are_kept),
		cmocka_unit_test(the_nearest_word_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
