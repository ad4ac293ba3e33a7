/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up annotations, and hooks on their way through the plan. */
#include "spec_test.h"

static void annotations_are_found_by_their_whole_name(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of(&a, "{\"annotations\":{\"a.b\":\"1\",\"a\":\"2\",\"e\":\"\"}}");

	(void)state;
	assert_string_equal(spec_annotation(&s, "a"), "2");
	assert_string_equal(spec_annotation(&s, "a.b"), "1");
	assert_string_equal(spec_annotation(&s, "e"), "");
	assert_null(spec_annotation(&s, "a.b.c"));
	assert_null(spec_annotation(&s, ""));
	arena_release(&a);
}

static void hooks_limits_and_pairs_travel(void **state)
{
	static const char *argv[] = {"x", "a b"}, *env[] = {"A=1"};
	struct spec_hook hook = {"/bin/x", {argv, 2}, {env, 1}, 30}, h;
	struct spec_rlimit lim = {"RLIMIT_NOFILE", 5, UINT64_MAX}, l;
	struct spec_kv kv = {"k", "v"}, k;
	struct arena a = {0};
	struct strbuf b = STRBUF(&a), c = STRBUF(&a), d = STRBUF(&a);
	struct err e = {0};

	(void)state;
	record_encode(&rec_spec_hook, &hook, &b);
	assert_ok(record_decode(&rec_spec_hook, b.p, b.len, &a, &h, &e), e);
	assert_string_equal(h.path, "/bin/x");
	assert_int_equal(h.args.n, 2);
	assert_string_equal(h.args.v[1], "a b");
	assert_string_equal(h.env.v[0], "A=1");
	assert_int_equal(h.timeout_s, 30);
	record_encode(&rec_spec_rlimit, &lim, &c);
	assert_ok(record_decode(&rec_spec_rlimit, c.p, c.len, &a, &l, &e), e);
	assert_string_equal(l.type, "RLIMIT_NOFILE");
	assert_true(l.soft == 5 && l.hard == UINT64_MAX);
	record_encode(&rec_spec_kv, &kv, &d);
	assert_ok(record_decode(&rec_spec_kv, d.p, d.len, &a, &k, &e), e);
	assert_string_equal(k.key, "k");
	assert_string_equal(k.value, "v");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(annotations_are_found_by_their_whole_name),
		cmocka_unit_test(hooks_limits_and_pairs_travel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
