/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: number and text always, truncated rather than lost. */
#include <errno.h>

#include "unit.h"

static void set_gives_number_and_text(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, EINVAL, "key '%s' is %d", "k", 3), -EINVAL);
	assert_int_equal(e.code, EINVAL);
	assert_string_equal(e.msg, "key 'k' is 3");
	assert_int_equal(err_set(NULL, ENOENT, "nobody reads this"), -ENOENT);
}

static void a_failure_never_looks_like_success(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_set(&e, 0, "x"), -EIO);
	assert_int_equal(err_set(&e, -5, "x"), -EIO);
	errno = 0;
	assert_int_equal(err_sys(&e, "x"), -EIO);
	e = (struct err){0};
	assert_true(err_wrap(&e, "nothing inside") < 0);
}

static void sys_appends_the_reason(void **state)
{
	struct err e = {0};

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(&e, "cannot open '%s'", "/x"), -ENOENT);
	assert_string_equal(e.msg, "cannot open '/x': No such file or directory");
	errno = 9999;
	assert_int_equal(err_sys(&e, "odd"), -9999);
	assert_string_equal(e.msg, "odd: Unknown error");
}

static void wrap_puts_words_before(void **state)
{
	struct err e = {0};

	(void)state;
	err_set(&e, EPERM, "inner");
	assert_int_equal(err_wrap(&e, "%s", "middle"), -EPERM);
	assert_int_equal(err_wrap(&e, "outer"), -EPERM);
	assert_string_equal(e.msg, "outer: middle: inner");
	assert_true(err_wrap(NULL, "x") < 0);
}

static void long_texts_are_cut(void **state)
{
	char big[2 * ERR_MSG_BYTES];
	struct err e = {0};

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, EINVAL, "%s", big);
	assert_int_equal(strlen(e.msg), ERR_MSG_BYTES - 1);
	err_wrap(&e, "outer");
	assert_int_equal(strlen(e.msg), ERR_MSG_BYTES - 1);
	assert_memory_equal(e.msg, "outer: aaa", 10);
	errno = ENOENT;
	err_sys(&e, "%s", big);
	assert_int_equal(strlen(e.msg), ERR_MSG_BYTES - 1);
	assert_int_equal(err_oom(&e), -ENOMEM);
	assert_string_equal(e.msg, "out of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_gives_number_and_text),
		cmocka_unit_test(a_failure_never_looks_like_success),
		cmocka_unit_test(sys_appends_the_reason),
		cmocka_unit_test(wrap_puts_words_before),
		cmocka_unit_test(long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
