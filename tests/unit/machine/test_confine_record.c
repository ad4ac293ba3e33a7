/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of confinement keep every member on their way to the gate. */
#include "machine/confine.h"

#include "machine/round.h"

static void namespaces(void **state)
{
	struct confine_ns ns = {NS_TIME, "/proc/1/ns/time"}, back = {0};
	struct arena a = {0};

	(void)state;
	round_trip(&rec_confine_ns, &ns, &back, &a);
	assert_int_equal(back.kind, NS_TIME);
	assert_string_equal(back.path, "/proc/1/ns/time");
	arena_release(&a);
}

static void cgroup(void **state)
{
	struct cgroup_dir dir = {"cpu,cpuacct", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu/x"};
	struct cgroup_setting set = {"cpu", "cpu.shares", "77", true};
	struct device_rule dev = {true, "c", 136, -1, "rwm"};
	const char *words[] = {"/dev/char/1:3 rwm"};
	struct unit_property property = {"DeviceAllow", UNIT_DEVICES, 7, "text", {words, 1}};
	struct confine_unit unit = {"x.scope", "y.slice", "of x", {&property, 1}};
	struct confine_cgroup cg = {.version = 1,
				    .path = "/x",
				    .dirs = {&dir, 1},
				    .settings = {&set, 1},
				    .devices = {&dev, 1},
				    .memory_limit_bytes = UINT64_MAX,
				    .unit = &unit};
	struct confine_cgroup back = {0};
	struct arena a = {0};

	(void)state;
	round_trip(&rec_confine_cgroup, &cg, &back, &a);
	assert_int_equal(back.version, 1);
	assert_string_equal(back.path, "/x");
	assert_string_equal(back.dirs.v[0].names, "cpu,cpuacct");
	assert_string_equal(back.dirs.v[0].mountpoint, "/sys/fs/cgroup/cpu");
	assert_string_equal(back.dirs.v[0].path, "/sys/fs/cgroup/cpu/x");
	assert_string_equal(back.settings.v[0].controller, "cpu");
	assert_string_equal(back.settings.v[0].value, "77");
	assert_true(back.settings.v[0].optional && back.devices.v[0].allow);
	assert_int_equal(back.devices.v[0].major, 136);
	assert_int_equal(back.devices.v[0].minor, -1);
	assert_string_equal(back.devices.v[0].access, "rwm");
	assert_true(back.memory_limit_bytes == UINT64_MAX);
	assert_string_equal(back.unit->name, "x.scope");
	assert_string_equal(back.unit->slice, "y.slice");
	assert_string_equal(back.unit->description, "of x");
	assert_int_equal(back.unit->properties.n, 1);
	assert_int_equal(back.unit->properties.v[0].kind, UNIT_DEVICES);
	assert_int_equal(back.unit->properties.v[0].number, 7);
	assert_string_equal(back.unit->properties.v[0].list.v[0], words[0]);
	arena_release(&a);
}

static void box_op(void **state)
{
	struct box_add add = {"a/b", "/src", "/label", 7, 8, 9, 10, 11};
	struct box_op op = {.kind = BOX_INITRD,
			    .dst = "/initrd",
			    .src = "/boot/initrd",
			    .mode = 0400,
			    .uid = 1,
			    .gid = 2,
			    .major = 3,
			    .minor = 4,
			    .dev = 5,
			    .ino = UINT64_MAX,
			    .data = {"a\0\xff", 3},
			    .optional = true,
			    .host_src = "/host",
			    .host_bytes = 6,
			    .tail = {"\0", 1},
			    .adds = {&add, 1},
			    .host_base = "/base",
			    .one_archive = true};
	struct box_op back = {0};
	struct arena a = {0};

	(void)state;
	round_trip(&rec_box_op, &op, &back, &a);
	assert_int_equal(back.kind, BOX_INITRD);
	assert_string_equal(back.dst, "/initrd");
	assert_string_equal(back.src, "/boot/initrd");
	assert_int_equal(back.mode, 0400);
	assert_int_equal(back.uid * 1000 + back.gid * 100 + back.major * 10 + back.minor, 1234);
	assert_int_equal(back.dev, 5);
	assert_true(back.ino == UINT64_MAX && back.optional);
	assert_int_equal(back.data.n, 3);
	assert_memory_equal(back.data.p, "a\0\xff", 3);
	assert_string_equal(back.host_src, "/host");
	assert_int_equal(back.host_bytes, 6);
	assert_int_equal(back.tail.n, 1);
	assert_string_equal(back.adds.v[0].name, "a/b");
	assert_string_equal(back.adds.v[0].source, "/src");
	assert_string_equal(back.adds.v[0].label, "/label");
	assert_int_equal(back.adds.v[0].max_bytes * 10 + back.adds.v[0].max_entries, 78);
	assert_int_equal(back.adds.v[0].dev * 100 + back.adds.v[0].ino * 10 + back.adds.v[0].kind,
			 900 + 100 + 11);
	assert_string_equal(back.host_base, "/base");
	assert_true(back.one_archive);
	arena_release(&a);
}

static void credentials(void **state)
{
	uint32_t groups[] = {7, UINT32_MAX};
	struct rlimit_value limit = {"RLIMIT_NOFILE", 1, UINT64_MAX};
	struct confine_creds c = {.uid = 1,
				  .gid = 2,
				  .groups = {groups, 2},
				  .rlimits = {&limit, 1},
				  .has_oom_score_adj = true,
				  .oom_score_adj = -1000,
				  .umask = 077};
	struct confine_creds back = {0};
	struct arena a = {0};

	(void)state;
	round_trip(&rec_confine_creds, &c, &back, &a);
	assert_int_equal(back.uid, 1);
	assert_int_equal(back.gid, 2);
	assert_int_equal(back.groups.n, 2);
	assert_true(back.groups.v[1] == UINT32_MAX && back.has_oom_score_adj);
	assert_string_equal(back.rlimits.v[0].type, "RLIMIT_NOFILE");
	assert_int_equal(back.rlimits.v[0].soft, 1);
	assert_true(back.rlimits.v[0].hard == UINT64_MAX);
	assert_int_equal(back.oom_score_adj, -1000);
	assert_int_equal(back.umask, 077);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces),
		cmocka_unit_test(cgroup),
		cmocka_unit_test(box_op),
		cmocka_unit_test(credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
