/* SPDX-License-Identifier: Apache-2.0 */
/* Time as text: the calendar of libc, without libc's files. */
#include "common/clock.h"

#include <time.h>

#include "unit.h"

static void dates_agree_with_libc(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		time_t s = (time_t)(unit_random(&seed) % 16725225600ULL); /* until 2500 */
		char want[40], got[40];
		struct tm tm;

		gmtime_r(&s, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		clock_rfc3339((uint64_t)s * 1000000000ULL, 0, got, sizeof(got));
		assert_string_equal(got, want);
	}
}

static void known_moments(void **state)
{
	char buf[40];

	(void)state;
	clock_rfc3339(0, 0, buf, sizeof(buf));
	assert_string_equal(buf, "1970-01-01T00:00:00Z");
	clock_rfc3339(951782399999999999ULL, 1, buf, sizeof(buf));
	assert_string_equal(buf, "2000-02-28T23:59:59.999999999Z");
	clock_rfc3339(951782400000000001ULL, 1, buf, sizeof(buf));
	assert_string_equal(buf, "2000-02-29T00:00:00.000000001Z");
	memset(buf, 'x', sizeof(buf));
	clock_rfc3339(0, 0, buf, 5);
	assert_string_equal(buf, "1970");
}

static void clocks_run(void **state)
{
	uint64_t m = clock_monotonic_ms(), n = clock_realtime_ns();

	(void)state;
	assert_true(clock_monotonic_ms() >= m);
	assert_true(n / 1000000000 >= (uint64_t)time(NULL) - 2 && n / 1000000000 <= (uint64_t)time(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_agree_with_libc),
		cmocka_unit_test(known_moments),
		cmocka_unit_test(clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
