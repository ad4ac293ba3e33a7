/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a call as gRPC writes it. */
#include "grpc/status.h"

#include "unit.h"

static void codes_have_names_and_numbers(void **state)
{
	(void)state;
	assert_string_equal(grpc_code_name(0), "OK");
	assert_string_equal(grpc_code_name(5), "NOT_FOUND");
	assert_string_equal(grpc_code_name(16), "UNAUTHENTICATED");
	assert_string_equal(grpc_code_name(17), "UNKNOWN");
	assert_string_equal(grpc_code_name(-1), "UNKNOWN");
	assert_int_equal(grpc_code_errno(5), ENOENT);
	assert_int_equal(grpc_code_errno(6), EEXIST);
	assert_int_equal(grpc_code_errno(12), ENOSYS);
	for (int i = 1; i < 40; i++)
		assert_true(grpc_code_errno(i) > 0);
}

static void a_message_is_percent_encoded(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"plain", "plain"},
		{"%41%42c", "ABc"},
		{"100%25", "100%"},
		{"a%0Ab", "a\nb"},
		{"%c3%A9", "\xc3\xa9"},
		{"%", "%"},
		{"%4", "%4"},
		{"%4g", "%4g"},
		{"%%41", "%A"},
		{"nul%00end", "nul end"},
	};
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(grpc_message_decode(&a, pairs[i][0], strlen(pairs[i][0])), pairs[i][1]);
	arena_release(&a);
}

static void a_binary_value_may_lack_its_padding(void **state)
{
	struct arena a = {0};
	struct bytes got;

	(void)state;
	for (int i = 0; i < 2; i++) {
		got = grpc_binary_decode(&a, i ? "Zg" : "Zg==", i ? 2 : 4);
		assert_int_equal(got.n, 1);
		assert_memory_equal(got.p, "f", 1);
	}
	assert_int_equal(grpc_binary_decode(&a, "", 0).n, 0);
	assert_int_equal(grpc_binary_decode(&a, "a b", 3).n, 0);
	assert_int_equal(grpc_binary_decode(&a, "Z", 1).n, 0);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_have_names_and_numbers),
		cmocka_unit_test(a_message_is_percent_encoded),
		cmocka_unit_test(a_binary_value_may_lack_its_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
