/* SPDX-License-Identifier: Apache-2.0 */
/* Each name at the place that the kernel's headers give it. */
#include "machine/rlimit.h"

#include <sys/resource.h>

#include "unit.h"

static void by_number(void **state)
{
	const char *const want[] = {
		[RLIMIT_CPU] = "RLIMIT_CPU",           [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
		[RLIMIT_DATA] = "RLIMIT_DATA",         [RLIMIT_STACK] = "RLIMIT_STACK",
		[RLIMIT_CORE] = "RLIMIT_CORE",         [RLIMIT_RSS] = "RLIMIT_RSS",
		[RLIMIT_NPROC] = "RLIMIT_NPROC",       [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
		[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",   [RLIMIT_AS] = "RLIMIT_AS",
		[RLIMIT_LOCKS] = "RLIMIT_LOCKS",       [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
		[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
		[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",     [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
	};

	(void)state;
	for (size_t i = 0; i < RLIM_NLIMITS; i++)
		assert_string_equal(rlimit_names[i], want[i]);
	assert_null(rlimit_names[RLIM_NLIMITS]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(by_number)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
