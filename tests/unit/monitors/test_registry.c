/* SPDX-License-Identifier: Apache-2.0 */
/* Every monitor that was linked in is found, by its exact name only, and listed in order. */
#include "monitors/monitor.h"

#include "unit.h"

static void names_are_exact(void **state)
{
	(void)state;
	assert_non_null(monitor_find("qemu"));
	assert_string_equal(monitor_find("qemu")->name, "qemu");
	assert_null(monitor_find("qemu "));
	assert_null(monitor_find("QEMU"));
	assert_null(monitor_find(""));
	assert_null(monitor_find(NULL));
}

static void the_walk_meets_each_once_in_order(void **state)
{
	const struct monitor_ops *ops, *last = NULL;
	size_t n = 0;
	int met = 0;

	(void)state;
	for (size_t i = 0; (ops = monitor_next(&i)); last = ops) {
		n++;
		assert_int_equal(i, n);
		assert_ptr_equal(monitor_find(ops->name), ops);
		met += streq(ops->name, "qemu");
		if (last)
			assert_true(strcmp(last->name, ops->name) < 0);
	}
	assert_int_equal(met, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_exact),
		cmocka_unit_test(the_walk_meets_each_once_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
