/* SPDX-License-Identifier: Apache-2.0 */
/* Words into arguments: where a group ends, and what is left of its quotes. */
#include "common/words.h"

#include "unit.h"

static void check(size_t n, const char *const *words, size_t want_n, int want_kind, const char *want)
{
	enum words_kind kind = WORDS_PLAIN;
	char got[64];
	size_t len = words_group(words, n, &kind);

	assert_int_equal(len, want_n);
	assert_int_equal(kind, want_kind);
	assert_true(words_bytes(words, len) <= sizeof(got));
	words_join(words, len, kind, got);
	assert_string_equal(got, want);
	assert_true(strlen(got) < words_bytes(words, len));
}

#define WORDS(...)                                                                                           \
	sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (const char *const[])                   \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	}

static void groups(void **state)
{
	(void)state;
	check(WORDS("a", "b"), 1, WORDS_PLAIN, "a");
	check(WORDS(""), 1, WORDS_PLAIN, "");
	check(WORDS("'a", "b'", "c"), 2, WORDS_QUOTED, "a b");
	check(WORDS("\"a", "'b'", "c\""), 3, WORDS_QUOTED, "a 'b' c");
	check(WORDS("'a'", "b'"), 1, WORDS_QUOTED, "a");
	check(WORDS("''", "b'"), 1, WORDS_QUOTED, "");
	check(WORDS("'a", "'", "c"), 2, WORDS_QUOTED, "a ");
	check(WORDS("'a", "", "c'"), 3, WORDS_QUOTED, "a  c");
	check(WORDS("'a", "b\"", "c"), 3, WORDS_OPEN, "a b\" c");
	check(WORDS("'a"), 1, WORDS_OPEN, "a");
	check(WORDS("'", "b'"), 1, WORDS_PLAIN, "'");
	check(WORDS("-o='a", "b'"), 1, WORDS_PLAIN, "-o='a");
}

static void one_word_in_its_place(void **state)
{
	char text[] = "'abc'";
	const char *word = text;

	(void)state;
	words_join(&word, 1, WORDS_QUOTED, text);
	assert_string_equal(text, "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(one_word_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
