/* SPDX-License-Identifier: Apache-2.0 */
/* Every monitor registers itself; names are exact and come in order, however they were linked. */
#include "monitors/monitor.h"

#include "unit.h"

/* Linked after the real ones, and not in the order of their names. */
static const struct monitor_ops last = {.name = "zz-last"}, first = {.name = "aa-first"},
				middle = {.name = "mm"};
MONITOR_REGISTER(last);
MONITOR_REGISTER(first);
MONITOR_REGISTER(middle);

static void by_name(void **state)
{
	(void)state;
	assert_ptr_equal(monitor_find("aa-first"), &first);
	assert_ptr_equal(monitor_find("zz-last"), &last);
	assert_string_equal(monitor_find("qemu")->name, "qemu");
	assert_null(monitor_find("Qemu"));
	assert_null(monitor_find("qemu "));
	assert_null(monitor_find("qem"));
	assert_null(monitor_find(""));
	assert_null(monitor_find(NULL));
}

static void in_order(void **state)
{
	const struct monitor_ops *ops, *before = NULL;
	size_t i = 0, n = 0;

	(void)state;
	while ((ops = monitor_next(&i)) != NULL) {
		n++;
		assert_int_equal(i, n);
		if (before != NULL)
			assert_true(strcmp(before->name, ops->name) < 0); /* so none comes twice */
		else
			assert_ptr_equal(ops, &first);
		before = ops;
	}
	assert_ptr_equal(before, &last);
	assert_true(n >= 4);
	assert_null(monitor_next(&i));
	assert_int_equal(i, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name),
		cmocka_unit_test(in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
