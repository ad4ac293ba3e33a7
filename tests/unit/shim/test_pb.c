/* SPDX-License-Identifier: Apache-2.0 */
/* Messages in arenas. */
#include "unit.h"

#include "proto/shim/task.pb-c.h"
#include "shim/pb.h"

static void there_and_back(void **state)
{
	Pb__StateResponse r = PB__STATE_RESPONSE__INIT, *back;
	struct arena a = {0};
	struct bytes b = {0};

	(void)state;
	r.id = (char *)"c1";
	r.pid = 4711;
	r.terminal = true;
	assert_true(message_write(&r, &a, &b));
	back = message_read(&pb__state_response__descriptor, b.p, b.n, &a);
	assert_non_null(back);
	assert_string_equal(back->id, "c1");
	assert_string_equal(back->exec_id, "");
	assert_int_equal(back->pid, 4711);
	assert_true(back->terminal);
	assert_null(back->exited_at);
	assert_null(message_read(&pb__state_response__descriptor, "\xff", 1, &a));
	arena_release(&a);
}

static void types_with_and_without_a_prefix(void **state)
{
	Pb__Any any = PB__ANY__INIT;

	(void)state;
	any.type_url = (char *)"containerd.runc.v1.Options";
	assert_true(pb_any_is(&any, "containerd.runc.v1.Options"));
	any.type_url = (char *)"type.googleapis.com/containerd.runc.v1.Options";
	assert_true(pb_any_is(&any, "containerd.runc.v1.Options"));
	assert_false(pb_any_is(&any, "runc.v1.Options"));
	assert_false(pb_any_is(NULL, "x"));
}

static void times(void **state)
{
	struct timespec t = {1795311267, 109839806};
	Pb__Timestamp p = pb_time(&t);

	(void)state;
	assert_int_equal(p.seconds, 1795311267);
	assert_int_equal(p.nanos, 109839806);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(types_with_and_without_a_prefix),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
