/* SPDX-License-Identifier: Apache-2.0 */
/* Words for a Linux kernel: whole and exact, or refused. The expected forms were booted. */
#include "guests/linux_words.h"

#include <errno.h>

#include "unit.h"

static const char *word(struct arena *a, const char *s)
{
	struct strbuf b = STRBUF(a);
	struct err e = {0};

	assert_ok(linux_word_add(&b, "w", s, &e), e);
	return b.p;
}

static void blanks_are_quoted(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_string_equal(word(&a, "plain"), " plain");
	assert_string_equal(word(&a, "a b"), " \"a b\"");
	assert_string_equal(word(&a, "--opt=x\ty"), " \"--opt=x\ty\"");
	assert_string_equal(word(&a, ""), " \"\"");
	assert_string_equal(word(&a, "it's[x]\\"), " it's[x]\\");
	assert_string_equal(word(&a, "\xc3\xa9"), " \xc3\xa9");
	arena_release(&a);
}

static void what_no_quoting_carries_is_refused(void **state)
{
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e;

	(void)state;
	assert_fails(linux_word_add(&b, "process.args[1]", "a\"b", &e), e, EINVAL,
		     "process.args[1] has a double quote");
	assert_fails(linux_word_add(&b, "w", "a\nb", &e), e, EINVAL, "line break");
	assert_fails(linux_word_add(&b, "w", "a\rb", &e), e, EINVAL, "line break");
	assert_fails(linux_word_add(&b, "w", "a\033b", &e), e, EINVAL, "control byte");
	assert_int_equal(b.len, 0);
	arena_release(&a);
}

static void environment(void **state)
{
	const char *good[] = {"PATH=/bin", "A=1 init=/bin/sh", "HOME=/h"};
	const char *dot[] = {"a.b=c"}, *kernel[] = {"init=/bin/sh"}, *ro[] = {"ro="};
	const char *many[32];
	struct strs env = {good, 3};
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	assert_ok(linux_words_env(&b, &env, &e), e);
	assert_string_equal(b.p, " PATH=/bin \"A=1 init=/bin/sh\" HOME=/h");
	assert_fails(linux_words_env(&b, &(struct strs){dot, 1}, &e), e, EINVAL, "'a.b'");
	assert_fails(linux_words_env(&b, &(struct strs){kernel, 1}, &e), e, EINVAL, "'init' would be taken");
	assert_fails(linux_words_env(&b, &(struct strs){ro, 1}, &e), e, EINVAL, "'ro' would be taken");
	for (size_t i = 0; i < 32; i++)
		many[i] = "A=b";
	assert_ok(linux_words_env(&b, &(struct strs){many, 31}, &e), e);
	assert_fails(linux_words_env(&b, &(struct strs){many, 32}, &e), e, E2BIG, "at most 31");
	arena_release(&a);
}

static void arguments(void **state)
{
	const char *good[] = {"/app", "-c", "x y"}, *dashes[] = {"/app", "--"}, *many[33];
	struct arena a = {0};
	struct strbuf b = STRBUF(&a), none = STRBUF(&a);
	struct err e = {0};

	(void)state;
	assert_ok(linux_words_args(&b, &(struct strs){good, 3}, &e), e);
	assert_string_equal(b.p, " -- -c \"x y\"");
	assert_ok(linux_words_args(&none, &(struct strs){good, 1}, &e), e);
	assert_int_equal(none.len, 0);
	assert_fails(linux_words_args(&b, &(struct strs){dashes, 2}, &e), e, EINVAL,
		     "process.args[1] is '--'");
	for (size_t i = 0; i < 33; i++)
		many[i] = "x";
	assert_ok(linux_words_args(&b, &(struct strs){many, 32}, &e), e);
	assert_fails(linux_words_args(&b, &(struct strs){many, 33}, &e), e, E2BIG, "32 words");
	arena_release(&a);
}

static void groups_for_an_older_urunit(void **state)
{
	const char *good[] = {"/urunit", "/bin/nginx", "-g", " daemon  off;\terror_log x; "};
	const char *both[] = {"/urunit", "it's a"}, *empty[] = {"/urunit", " "},
		   *quote[] = {"/urunit", "a\"b"};
	const char *one_long[] = {"/urunit",
				  "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2"};
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	assert_ok(linux_words_grouped(&b, &(struct strs){good, 4}, &e), e);
	assert_string_equal(b.p, " -- /bin/nginx -g 'daemon off; error_log x;'");
	assert_fails(linux_words_grouped(&b, &(struct strs){both, 2}, &e), e, EINVAL, "replace_urunit");
	assert_fails(linux_words_grouped(&b, &(struct strs){empty, 2}, &e), e, EINVAL, "is empty");
	assert_fails(linux_words_grouped(&b, &(struct strs){quote, 2}, &e), e, EINVAL, "double quote");
	/* The kernel counts words, not groups. */
	assert_fails(linux_words_grouped(&b, &(struct strs){one_long, 2}, &e), e, E2BIG, "32 words");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_are_quoted),
		cmocka_unit_test(what_no_quoting_carries_is_refused),
		cmocka_unit_test(environment),
		cmocka_unit_test(arguments),
		cmocka_unit_test(groups_for_an_older_urunit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
