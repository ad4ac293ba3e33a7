/* SPDX-License-Identifier: Apache-2.0 */
/* urunit's texts: one line whatever goes in, exact numbers, lists that stay terminated. */
#include "urunit/text.h"

#include <errno.h>

#include "unit.h"

static void a_text_is_one_line_and_never_overflows(void **state)
{
	struct utext t = {0};

	(void)state;
	utext_add(&t, "a\nb\x1b[31m\x7f\xc3\xa4");
	assert_string_equal(t.s, "a?b?[31m?\xc3\xa4");
	for (int i = 0; i < 1000; i++)
		utext_add(&t, "0123456789");
	assert_int_equal(t.n, UTEXT_BYTES - 1);
	assert_int_equal(strlen(t.s), UTEXT_BYTES - 1);
}

static void numbers_are_written_whole(void **state)
{
	struct utext t = {0};

	(void)state;
	utext_num(&t, 0);
	utext_add(&t, " ");
	utext_num(&t, UINT64_MAX);
	assert_string_equal(t.s, "0 18446744073709551615");
}

static void failures_are_built_of_their_parts(void **state)
{
	struct utext t = {.s = "old", .n = 3};

	(void)state;
	assert_int_equal(utext_fail(&t, EPERM, "a", "b", NULL, "not reached"), -EPERM);
	assert_string_equal(t.s, "ab");
	utext_errno(&t, ENOENT);
	assert_string_equal(t.s, "ab: No such file or directory");
}

static void numbers_are_read_strictly(void **state)
{
	static const char *const bad[] = {"",   " 1", "1 ", "-1", "+1", "0x1", "1a", "18446744073709551616",
					  "256"};
	uint64_t v = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(unum_parse(bad[i], strlen(bad[i]), 10, 255, &v));
	assert_int_equal(v, 77);
	assert_true(unum_parse("0255", 4, 10, 255, &v));
	assert_int_equal(v, 255);
	assert_true(unum_parse("18446744073709551615", 20, 10, UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_false(unum_parse("8", 1, 8, 255, &v));
	assert_true(unum_parse("777", 3, 8, 0777, &v));
	assert_int_equal(v, 0777);
}

static void lists_grow_and_stay_terminated(void **state)
{
	struct uvec v = {0};

	(void)state;
	for (uintptr_t i = 1; i <= 5000; i++) {
		const void *p = (const void *)i;

		assert_int_equal(uvec_add(&v, &p, sizeof(p)), 0);
		assert_null(((void **)v.p)[i]);
	}
	for (uintptr_t i = 1; i <= 5000; i++)
		assert_ptr_equal(((void **)v.p)[i - 1], (void *)i);
	assert_int_equal(v.bytes, 5000 * sizeof(void *));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_one_line_and_never_overflows),
		cmocka_unit_test(numbers_are_written_whole),
		cmocka_unit_test(failures_are_built_of_their_parts),
		cmocka_unit_test(numbers_are_read_strictly),
		cmocka_unit_test(lists_grow_and_stay_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
