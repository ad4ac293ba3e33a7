/* SPDX-License-Identifier: Apache-2.0 */
/* Messages go through an arena and come back whole; what is no message is refused in words. */
#include "grpc/pb.h"

#include "proto/buildkit/ops.pb-c.h"
#include "unit.h"

static struct arena arena;

static void there_and_back(void **state)
{
	Llb__FileActionCopy copy = LLB__FILE_ACTION_COPY__INIT, *got;
	struct err e = {0};
	struct bytes b;

	(void)state;
	copy.src = pb_str("/a");
	copy.dest = pb_str("/b/");
	copy.mode = -1;
	copy.timestamp = -1;
	copy.create_dest_path = true;
	assert_ok(pb_pack(&copy.base, &arena, &b, &e), e);
	/* A negative number takes ten bytes, a field with nothing in it none. */
	assert_int_equal(b.n, 4 + 5 + 11 + 2 + 11);
	got = pb_unpack(&llb__file_action_copy__descriptor, b, &arena, &e);
	assert_non_null(got);
	assert_string_equal(got->src, "/a");
	assert_string_equal(got->dest, "/b/");
	assert_int_equal(got->mode, -1);
	assert_true(got->create_dest_path);
	assert_false(got->follow_symlink);
	/* Of nothing comes an empty one. */
	got = pb_unpack(&llb__file_action_copy__descriptor, (struct bytes){"", 0}, &arena, &e);
	assert_non_null(got);
	assert_string_equal(got->src, "");
}

static void no_message(void **state)
{
	static const uint8_t bad[][6] = {{0x0a, 0x7f, 'x'},
					 {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
					 {0x0b, 0, 0, 0, 0, 0}};
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e = (struct err){0};
		assert_null(pb_unpack(&llb__file_action_copy__descriptor,
				      (struct bytes){bad[i], sizeof(bad[i])}, &arena, &e));
		assert_int_equal(e.code, EPROTO);
		assert_string_equal(e.msg, "6 bytes are no message 'llb.FileActionCopy'");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(no_message),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	arena_release(&arena);
	return r;
}
