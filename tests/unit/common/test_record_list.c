/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about tables: the least size is what an all-zero object really takes. */
#include "common/record_list.h"

#include "record_example.h"
#include "unit.h"

static void the_least_size_is_met_by_zero(void **state)
{
	struct example x = {0};
	struct inner y = {0};
	struct arena a = {0};
	struct strbuf b = STRBUF(&a), c = STRBUF(&a);

	(void)state;
	record_encode(&rec_example, &x, &b);
	assert_int_equal(record_min_bytes(&rec_example), b.len);
	record_encode(&rec_inner, &y, &c);
	assert_int_equal(record_min_bytes(&rec_inner), c.len);
	arena_release(&a);
}

static void names_are_counted(void **state)
{
	(void)state;
	assert_int_equal(record_enum_count(&example_fields[9]), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_size_is_met_by_zero),
		cmocka_unit_test(names_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
