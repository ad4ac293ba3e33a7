/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes as people write them. */
#include "bunny/size.h"

#include "unit.h"

static void good_ones(void **state)
{
	static const struct {
		const char *text;
		uint64_t want;
	} all[] = {{NULL, 0},           {"1", 1},         {"512k", 512 << 10}, {"60M", 60 << 20},
		   {"60MiB", 60 << 20}, {"1GB", 1 << 30}, {"2T", 2ull << 40}};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint64_t v = 99;

		assert_ok(size_parse(all[i].text, "--size", &v, &e), e);
		assert_int_equal(v, all[i].want);
	}
}

static void bad_ones(void **state)
{
	static const char *const all[] = {"", "M", "-1", "0", "1.5G", "1X", "1Mx", "99999999999T", " 1"};
	uint64_t v = 99;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_fails(size_parse(all[i], "--size", &v, &e), e, EINVAL, "such as 60M");
	assert_int_equal(v, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good_ones), cmocka_unit_test(bad_ones)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
