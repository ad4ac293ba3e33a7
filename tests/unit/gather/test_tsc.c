/* SPDX-License-Identifier: Apache-2.0 */
/* The counter's frequency against the clock. */
#include <time.h>

#include "gather/parts.h"
#include "gather/scratch.h"

static void factors(void **state)
{
	(void)state;
	assert_int_equal(tsc_khz_from_factors(1u << 30, 31), 2000000);
	assert_int_equal(tsc_khz_from_factors(1553446253, 32), 2764799);
	assert_int_equal(tsc_khz_from_factors(3, 1), 666667); /* nearest */
	assert_int_equal(tsc_khz_from_factors(0, 31), 0);
	assert_int_equal(tsc_khz_from_factors(1, 43), 0);
	assert_int_equal(tsc_khz_from_factors(1u << 31, 44), 0);
	assert_int_equal(tsc_khz_from_factors(1u << 31, UINT32_MAX), 0);
}

#if defined(__x86_64__)
#include <x86intrin.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double measured_khz(void)
{
	uint64_t t0 = now_ns(), c0 = __rdtsc(), t1;

	do
		t1 = now_ns();
	while (t1 - t0 < 20000000);
	return (double)(__rdtsc() - c0) * 1e6 / (double)(t1 - t0);
}

static void like_the_clock(void **state)
{
	uint32_t khz = tsc_khz_from_perf();
	double ratio = 0;

	(void)state;
	if (khz == 0)
		return; /* perf may be forbidden */
	/* Another process may get the CPU between two readings: once of five is enough. */
	for (int i = 0; i < 5 && (ratio < 0.97 || ratio > 1.03); i++)
		ratio = measured_khz() / khz;
	if (ratio < 0.97 || ratio > 1.03)
		fail_msg("%u kHz, measured %f times that", khz, ratio);
}
#else
static void like_the_clock(void **state)
{
	(void)state;
	assert_int_equal(tsc_khz_from_perf(), 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(factors), cmocka_unit_test(like_the_clock)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
