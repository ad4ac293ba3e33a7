/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of options. */
#include "cli/amount.h"

#include "unit.h"

static void numbers(void **state)
{
	struct err e = {0};
	int64_t n = 7;

	(void)state;
	assert_ok(amount_number("x", NULL, 0, 9, &n, &e), e);
	assert_ok(amount_number("x", "", 0, 9, &n, &e), e);
	assert_int_equal(n, 7);
	assert_ok(amount_number("x", "9", 0, 9, &n, &e), e);
	assert_int_equal(n, 9);
	assert_ok(amount_number("x", "-1", -1, 9, &n, &e), e);
	assert_int_equal(n, -1);
	assert_ok(amount_number("x", "9223372036854775807", -1, INT64_MAX, &n, &e), e);
	assert_true(n == INT64_MAX);
	assert_fails(amount_number("x", "-2", -1, 9, &n, &e), e, EINVAL,
		     "invalid value '-2' for --x: a number from -1 to 9 is allowed");
	assert_fails(amount_number("x", "10", 0, 9, &n, &e), e, EINVAL, "--x");
	assert_fails(amount_number("x", "1 ", 0, 9, &n, &e), e, EINVAL, "--x");
	assert_fails(amount_number("x", "--1", -9, 9, &n, &e), e, EINVAL, "--x");
	assert_fails(amount_number("x", "9223372036854775808", 0, INT64_MAX, &n, &e), e, EINVAL, "--x");
}

/* What units.RAMInBytes of docker's library makes of them. */
static void bytes(void **state)
{
	static const struct {
		const char *text;
		int64_t n;
	} good[] = {
		{"0", 0},
		{"32", 32},
		{"32b", 32},
		{"32k", 32768},
		{"32K", 32768},
		{"32kb", 32768},
		{"32Ki", 32768},
		{"32KiB", 32768},
		{"512m", 512ll << 20},
		{"1.5g", 3ll << 29},
		{"32 mb", 32ll << 20},
		{"1t", 1ll << 40},
		{"1p", 1ll << 50},
		{"0.5k", 512},
		{"-1", -1},
		{"8191p", 8191ll << 50},
	};
	static const char *const wrong[] =
		{"x",  "-2", "1x", "1kk", "1ib", "1b b", "m", ".5m", "1.2.3", "8192p", "99999999999999999999",
		 "1bb"};
	struct err e = {0};
	int64_t n = 7;

	(void)state;
	assert_ok(amount_bytes("memory", NULL, &n, &e), e);
	assert_int_equal(n, 7);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_ok(amount_bytes("memory", good[i].text, &n, &e), e);
		if (n != good[i].n)
			fail_msg("%s is %lld", good[i].text, (long long)n);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(amount_bytes("memory", wrong[i], &n, &e), e, EINVAL,
			     "for --memory: bytes are allowed");
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"5s", 5000},   {"500ms", 500}, {"1m30s", 90000}, {"1.5h", 5400000},
		    {"1.5s", 1500}, {"2us", 0},     {"0s", 0},        {"1h1m1s1ms", 3661001}};
	static const char *const wrong[] = {"5", "s", "5x", "-5s", "5s ", "99999999999h", "1.5"};
	struct err e = {0};
	int64_t n = 7;

	(void)state;
	assert_ok(amount_time_ms("interval", NULL, &n, &e), e);
	assert_int_equal(n, 7);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_ok(amount_time_ms("interval", good[i].text, &n, &e), e);
		if (n != good[i].ms)
			fail_msg("%s is %lld", good[i].text, (long long)n);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(amount_time_ms("interval", wrong[i], &n, &e), e, EINVAL,
			     "like 5s, 500ms or 1m30s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(bytes),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
