/* SPDX-License-Identifier: Apache-2.0 */
/* Confinement survives its binary form; a damaged one is refused. */
#include "machine/confine.h"

#include <errno.h>

#include "unit.h"

static void a_box_operation_survives(void **state)
{
	struct box_op in = {.kind = BOX_INITRD,
			    .dst = "/initrd",
			    .src = "/i",
			    .mode = 0400,
			    .uid = 1,
			    .gid = 2,
			    .major = 3,
			    .minor = 4,
			    .dev = 1ull << 40,
			    .ino = 6,
			    .data = {"ab\0", 3},
			    .optional = true,
			    .host_src = "/u",
			    .host_bytes = 8,
			    .tail = {"t", 1}};
	struct box_op out;
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	record_encode(&rec_box_op, &in, &b);
	assert_ok(record_decode(&rec_box_op, b.p, b.len, &a, &out, &e), e);
	assert_int_equal(out.kind, BOX_INITRD);
	assert_string_equal(out.src, "/i");
	assert_true(out.mode == 0400 && out.uid == 1 && out.gid == 2 && out.major == 3 && out.minor == 4);
	assert_true(out.dev == 1ull << 40 && out.ino == 6 && out.optional);
	assert_true(out.data.n == 3 && out.tail.n == 1 && out.host_bytes == 8);
	assert_string_equal(out.host_src, "/u");
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(record_decode(&rec_box_op, b.p, n, &a, &out, &e), -EBADMSG);
	arena_release(&a);
}

static void a_cgroup_survives(void **state)
{
	struct cgroup_dir dirs[] = {{"cpu,cpuacct", "/m", "/m/x"}};
	struct cgroup_setting settings[] = {{"cpu", "cpu.shares", "2", true},
					    {NULL, "cpu.max", "max 1", false}};
	struct device_rule devices[] = {{true, "c", 136, -1, "rwm"}};
	struct confine_cgroup in = {1, "/x", {dirs, 1}, {settings, 2}, {devices, 1}, 99}, out;
	struct arena a = {0};
	struct strbuf b = STRBUF(&a);
	struct err e = {0};

	(void)state;
	record_encode(&rec_confine_cgroup, &in, &b);
	assert_ok(record_decode(&rec_confine_cgroup, b.p, b.len, &a, &out, &e), e);
	assert_string_equal(out.dirs.v[0].path, "/m/x");
	assert_true(out.settings.n == 2 && out.settings.v[0].optional && !out.settings.v[1].controller);
	assert_string_equal(out.settings.v[1].value, "max 1");
	assert_true(out.devices.v[0].allow && out.devices.v[0].minor == -1);
	assert_int_equal(out.memory_limit_bytes, 99);
	arena_release(&a);
}

static void credentials_and_namespaces_survive(void **state)
{
	uint32_t groups[] = {5};
	struct rlimit_value limits[] = {{"RLIMIT_CORE", 0, ~0ull}};
	struct confine_creds in = {1, 2, {groups, 1}, {limits, 1}, true, -998, 077}, out;
	struct confine_ns ns = {NS_CGROUP, "/proc/1/ns/cgroup"}, ns_out;
	struct arena a = {0};
	struct strbuf b = STRBUF(&a), c = STRBUF(&a);
	struct err e = {0};

	(void)state;
	record_encode(&rec_confine_creds, &in, &b);
	assert_ok(record_decode(&rec_confine_creds, b.p, b.len, &a, &out, &e), e);
	assert_true(out.uid == 1 && out.gid == 2 && out.groups.v[0] == 5 && out.umask == 077);
	assert_true(out.has_oom_score_adj && out.oom_score_adj == -998);
	assert_true(out.rlimits.v[0].hard == ~0ull);
	record_encode(&rec_confine_ns, &ns, &c);
	assert_ok(record_decode(&rec_confine_ns, c.p, c.len, &a, &ns_out, &e), e);
	assert_int_equal(ns_out.kind, NS_CGROUP);
	assert_string_equal(ns_out.path, "/proc/1/ns/cgroup");
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_box_operation_survives),
		cmocka_unit_test(a_cgroup_survives),
		cmocka_unit_test(credentials_and_namespaces_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
