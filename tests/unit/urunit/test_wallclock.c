/* SPDX-License-Identifier: Apache-2.0 */
/* When the clock is set, and to what. */
#include "urunit/wallclock.h"

#include "unit.h"

#define S 1000000000ll

static void only_forward(void **state)
{
	(void)state;
	/* started at 100.5 s, up for 2 s: it is at least 102.5 s */
	assert_true(uwallclock_behind(100500, 2 * S, 101 * S) == 102500000000ll);
	assert_true(uwallclock_behind(100500, 2 * S, 0) == 102500000000ll);
	assert_true(uwallclock_behind(100500, 2 * S, 102500000000ll) == 0);
	assert_true(uwallclock_behind(100500, 2 * S, 200 * S) == 0);
}

static void nothing_told_nothing_done(void **state)
{
	(void)state;
	assert_true(uwallclock_behind(0, 2 * S, 0) == 0);
	assert_true(uwallclock_behind(UINT64_MAX, 2 * S, 0) == 0);
	assert_true(uwallclock_behind(INT64_MAX / 1000000, INT64_MAX, 0) == 0);
	uwallclock_set(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_forward),
		cmocka_unit_test(nothing_told_nothing_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
