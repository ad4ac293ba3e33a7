/* SPDX-License-Identifier: Apache-2.0 */
/* What is no loop device. With real ones: tests/cli/blocks.bats. */
#include "storage/loop.h"

#include "unit.h"

static void no_loop_device(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(loop_vanishes("/dev/null"));
	assert_false(loop_vanishes("/no/such/device"));
	assert_fails(loop_set_vanishes("/no/such/device", true, &e), e, ENOENT, "'/no/such/device'");
	assert_fails(loop_set_vanishes("/dev/null", true, &e), e, ENOTTY, "'/dev/null'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_loop_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
