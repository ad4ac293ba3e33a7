/* SPDX-License-Identifier: Apache-2.0 */
/* "0-3,7" */
#include "common/cpulist.h"

#include "unit.h"

static void good(void **state)
{
	static const struct {
		const char *text;
		uint32_t n, end;
	} t[] = {{"0", 1, 1},     {"0-3,7", 5, 8}, {"7,0-3", 5, 8},     {"3,3,2-4", 3, 5},
		 {"0-1\n", 2, 2}, {"5-5", 1, 6},   {"65535", 1, 65536}, {"0-65535", 65536, 65536}};
	struct cpulist l;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(cpulist_parse(t[i].text, &l));
		assert_int_equal(l.n, t[i].n);
		assert_int_equal(l.end, t[i].end);
	}
	assert_true(cpulist_parse("1-2,9", &l));
	assert_true(!cpulist_has(&l, 0) && cpulist_has(&l, 1) && cpulist_has(&l, 2) && cpulist_has(&l, 9));
	assert_false(cpulist_has(&l, 8) || cpulist_has(&l, 10) || cpulist_has(&l, 65536));
}

static void bad(void **state)
{
	static const char *const t[] = {"",
					"\n",
					"x",
					"1,",
					",1",
					"1-",
					"-1",
					"2-1",
					"1 2",
					"65536",
					"0-65536",
					"1;2",
					"99999999999999",
					"1\n2",
					"0x1"};
	struct cpulist l;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (cpulist_parse(t[i], &l))
			fail_msg("'%s' is taken", t[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
