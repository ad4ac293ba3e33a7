/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources: every limit, with -1 where OCI means unlimited. */
#include "spec_test.h"

#define R(members) "{\"linux\":{\"resources\":{" members "}}}"

static void every_member_is_read(void **state)
{
	struct arena a = {0};
	struct oci_spec s = spec_of(
		&a,
		R("\"memory\":{\"limit\":134217728,\"swap\":-1,\"reservation\":1024,\"disableOOMKiller\":true},"
		  "\"cpu\":{\"shares\":512,\"quota\":-1,\"period\":18446744073709551615,\"cpus\":\"0-3\",\"mems\":\"0\"},"
		  "\"pids\":{\"limit\":-1},\"blockIO\":{\"weight\":1000},"
		  "\"devices\":[{\"allow\":true,\"type\":\"b\",\"major\":8,\"minor\":0,\"access\":\"rw\"},{\"type\":\"a\"}],"
		  "\"unified\":{\"memory.high\":\"max\",\"io.max\":\"8:0 rbps=1\"}"));

	(void)state;
	assert_int_equal(s.resources.memory_limit_bytes, 134217728);
	assert_int_equal(s.resources.memory_swap_bytes, -1);
	assert_int_equal(s.resources.memory_reservation_bytes, 1024);
	assert_true(s.resources.disable_oom_killer);
	assert_int_equal(s.resources.cpu_shares, 512);
	assert_int_equal(s.resources.cpu_quota_us, -1);
	assert_true(s.resources.cpu_period_us == UINT64_MAX);
	assert_string_equal(s.resources.cpuset_cpus, "0-3");
	assert_string_equal(s.resources.cpuset_mems, "0");
	assert_int_equal(s.resources.pids_limit, -1);
	assert_int_equal(s.resources.blkio_weight, 1000);
	assert_int_equal(s.resources.devices.n, 2);
	assert_true(s.resources.devices.v[0].allow);
	assert_string_equal(s.resources.devices.v[0].access, "rw");
	assert_int_equal(s.resources.devices.v[0].minor, 0);
	assert_false(s.resources.devices.v[1].allow);
	assert_int_equal(s.resources.devices.v[1].minor, -1);
	assert_null(s.resources.devices.v[1].access);
	assert_int_equal(s.resources.unified.n, 2);
	assert_string_equal(s.resources.unified.v[0].key, "memory.high");
	assert_string_equal(s.resources.unified.v[1].value, "8:0 rbps=1");
	s = spec_of(&a, R("\"memory\":{\"limit\":-1},\"pids\":null"));
	assert_int_equal(s.resources.memory_limit_bytes, -1);
	assert_int_equal(s.resources.pids_limit, 0);
	arena_release(&a);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct spec_refusal bad[] = {
		{R("\"memory\":5"), "linux.resources.memory must be an object"},
		{R("\"memory\":{\"limit\":-2}"), "linux.resources.memory.limit is -2"},
		{R("\"memory\":{\"limit\":\"64M\"}"),
		 "linux.resources.memory.limit must be an integer, not a string"},
		{R("\"memory\":{\"limit\":1e9}"), "linux.resources.memory.limit must be an integer"},
		{R("\"memory\":{\"limit\":18446744073709551615}"), "not a number above"},
		{R("\"memory\":{\"swap\":true}"), "linux.resources.memory.swap"},
		{R("\"cpu\":{\"shares\":-1}"), "linux.resources.cpu.shares is -1"},
		{R("\"cpu\":{\"period\":-1}"), "linux.resources.cpu.period must be an integer, 0 or more"},
		{R("\"cpu\":{\"cpus\":0}"), "linux.resources.cpu.cpus must be a string"},
		{R("\"pids\":[]"), "linux.resources.pids must be an object"},
		{R("\"pids\":{\"limit\":\"9\"}"), "linux.resources.pids.limit must be an integer"},
		{R("\"blockIO\":{\"weight\":65536}"), "linux.resources.blockIO.weight is 65536"},
		{R("\"devices\":[{\"type\":\"x\"}]"),
		 "linux.resources.devices[0].type is 'x', allowed are a, c and b"},
		{R("\"devices\":[{\"access\":\"rwx\"}]"), "linux.resources.devices[0].access is 'rwx'"},
		{R("\"devices\":[{\"major\":4294967296}]"), "linux.resources.devices[0].major"},
		{R("\"unified\":{\"a\":5}"), "linux.resources.unified.a must be a string"},
	};
	struct arena a = {0};

	(void)state;
	assert_refused(&a, bad, COUNT(bad));
	arena_release(&a);
}

/* As `update` gets them. */
static void alone(void **state)
{
	struct spec_resources r = {.pids_limit = 7};
	struct arena a = {0};
	struct err e = {0};

	(void)state;
	assert_ok(spec_parse_resources(unit_text("{\"cpu\":{\"quota\":5},\"network\":{}}\n"), "x", &a, &r, &e),
		  e);
	assert_int_equal(r.cpu_quota_us, 5);
	assert_int_equal(r.pids_limit, 0);
	assert_fails(spec_parse_resources(unit_text("[]"), "x", &a, &r, &e), e, EINVAL,
		     "x must be an object, not an array");
	assert_fails(spec_parse_resources(unit_text("{"), "x", &a, &r, &e), e, EINVAL, "x");
	assert_fails(spec_parse_resources(unit_text("{\"pids\":{\"limit\":\"1\"}}"), "x", &a, &r, &e), e,
		     EINVAL, "linux.resources.pids.limit");
	assert_int_equal(r.cpu_quota_us, 5);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_read),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
