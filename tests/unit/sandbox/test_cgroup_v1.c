/* SPDX-License-Identifier: Apache-2.0 */
/* v1: which file in which hierarchy gets what, and what is said when one is missing. */
#include "sandbox/cgroup_internal.h"

#include "fake_tree.h"
#include "unit.h"

static struct fake_tree *two(void **state)
{
	struct fake_tree *t = *state;

	fake_tree_dir(t, 1, "memory", "memory", "/g");
	fake_tree_dir(t, 1, "cpu,cpuacct", "cpu", "/g");
	fake_tree_mkdir(t, "memory/g");
	fake_tree_mkdir(t, "cpu/g");
	return t;
}

static void use(struct fake_tree *t, struct cgroup_setting *v, size_t n)
{
	t->cg.settings.v = v;
	t->cg.settings.n = n;
}

static void hierarchy_by_controller(void **state)
{
	struct fake_tree *t = two(state);

	assert_ptr_equal(cg_v1_dir(&t->cg, "memory"), &t->dirs[0]);
	assert_ptr_equal(cg_v1_dir(&t->cg, "cpu"), &t->dirs[1]);
	assert_ptr_equal(cg_v1_dir(&t->cg, "cpuacct"), &t->dirs[1]);
	assert_null(cg_v1_dir(&t->cg, "cpuset"));
}

static void settings_go_where_they_belong(void **state)
{
	struct cgroup_setting v[] = {{"memory", "memory.limit_in_bytes", "4096", false},
				     {"cpu", "cpu.shares", "9", false}};
	struct fake_tree *t = two(state);
	struct err e = {0};

	fake_tree_put(t, "memory/g/memory.limit_in_bytes", "");
	fake_tree_put(t, "cpu/g/cpu.shares", "");
	use(t, v, 2);
	assert_ok(cg_v1_configure(&t->cg, false, &e), e);
	fake_tree_is(t, "memory/g/memory.limit_in_bytes", "4096");
	fake_tree_is(t, "cpu/g/cpu.shares", "9");
}

static void missing_controller(void **state)
{
	struct cgroup_setting v[] = {{"pids", "pids.max", "5", true}, {"blkio", "blkio.weight", "10", false}};
	struct fake_tree *t = two(state);
	struct err e = {0};

	use(t, v, 1);
	assert_ok(cg_v1_configure(&t->cg, false, &e), e);
	use(t, v, 2);
	assert_fails(cg_v1_configure(&t->cg, false, &e), e, ENOENT,
		     "'blkio' is not mounted, but blkio.weight = 10 needs it");
}

static void missing_file(void **state)
{
	struct cgroup_setting v[] = {{"memory", "memory.kmem.limit_in_bytes", "1", true},
				     {"memory", "memory.x", "1", false}};
	struct fake_tree *t = two(state);
	struct err e = {0};

	use(t, v, 1);
	assert_ok(cg_v1_configure(&t->cg, false, &e), e);
	use(t, v, 2);
	assert_fails(cg_v1_configure(&t->cg, false, &e), e, ENOENT, "cannot write '1' to memory.x");
}

static void cpuset_from_the_parents(void **state)
{
	struct fake_tree *t = *state;
	struct err e = {0};

	fake_tree_dir(t, 1, "cpuset", "cs", "/p/g");
	fake_tree_mkdir(t, "cs/p");
	fake_tree_mkdir(t, "cs/p/g");
	fake_tree_put(t, "cs/cpuset.cpus", "0-7\n");
	fake_tree_put(t, "cs/cpuset.mems", "0\n");
	fake_tree_put(t, "cs/p/cpuset.cpus", "");
	fake_tree_put(t, "cs/p/cpuset.mems", "1\n"); /* set before: stays */
	fake_tree_put(t, "cs/p/g/cpuset.cpus", "");
	fake_tree_put(t, "cs/p/g/cpuset.mems", "");
	assert_ok(cg_v1_configure(&t->cg, false, &e), e);
	fake_tree_is(t, "cs/p/cpuset.cpus", "0-7");
	fake_tree_is(t, "cs/p/g/cpuset.cpus", "0-7");
	fake_tree_is(t, "cs/p/cpuset.mems", "1");
	fake_tree_is(t, "cs/p/g/cpuset.mems", "1");
}

static void device_rules(void **state)
{
	struct device_rule rules[] = {{true, "c", 10, 232, "rw"},
				      {true, "b", 8, -1, "r"},
				      {false, "b", 8, 1, "r"}};
	struct fake_tree *t = *state;
	struct err e = {0};

	t->cg.devices.v = rules;
	t->cg.devices.n = 1;
	fake_tree_dir(t, 1, "memory", "memory", "/g");
	assert_fails(cg_v1_configure(&t->cg, false, &e), e, ENOENT, "'devices' is not mounted");
	fake_tree_dir(t, 1, "devices", "dev", "/g");
	fake_tree_mkdir(t, "dev/g");
	fake_tree_put(t, "dev/g/devices.deny", "");
	fake_tree_put(t, "dev/g/devices.allow", "");
	assert_ok(cg_v1_configure(&t->cg, false, &e), e);
	fake_tree_is(t, "dev/g/devices.deny", "a");
	fake_tree_is(t, "dev/g/devices.allow", "c 10:232 rw");
	t->cg.devices.n = 2;
	fake_tree_put(t, "dev/g/devices.allow", "");
	assert_ok(cg_v1_configure(&t->cg, false, &e), e);
	fake_tree_is(t, "dev/g/devices.allow", "c 10:232 rwb 8:* r"); /* one descriptor, two writes */
	t->cg.devices.n = 3;
	assert_fails(cg_v1_configure(&t->cg, false, &e), e, EINVAL, "cannot deny b 8:1 out of the wider rule");
	rules[2].major = 9; /* beside it, not in it */
	assert_ok(cg_v1_configure(&t->cg, false, &e), e);
}

static void attach_names_the_group(void **state)
{
	struct fake_tree *t = two(state);
	struct err e = {0};

	fake_tree_put(t, "memory/g/cgroup.procs", "");
	fake_tree_put(t, "cpu/g/cgroup.procs", "");
	fake_tree_put(t, "memory/g/tasks", "");
	assert_ok(cg_v1_attach(&t->cg, 77, &e), e);
	fake_tree_is(t, "memory/g/cgroup.procs", "77");
	fake_tree_is(t, "cpu/g/cgroup.procs", "77");
	fake_tree_put(t, "cpu/g/cgroup.procs", "");
	assert_ok(cg_v1_attach(&t->cg, 0, &e), e);
	fake_tree_is(t, "memory/g/tasks", "0");
	fake_tree_is(t, "cpu/g/cgroup.procs", "0"); /* has no tasks: a cgroup2 mount */
	t->dirs[0].path = "/none";
	assert_fails(cg_v1_attach(&t->cg, 77, &e), e, ENOENT, "cgroup '/none': cannot move process 77");
}

static void freezer(void **state)
{
	struct fake_tree *t = *state;
	struct err e = {0};

	fake_tree_dir(t, 1, "memory", "memory", "/g");
	assert_fails(cg_v1_freeze(&t->cg, true, 10, &e), e, ENOTSUP, "'freezer' is not mounted");
	fake_tree_dir(t, 1, "freezer", "f", "/g");
	fake_tree_mkdir(t, "f/g");
	fake_tree_put(t, "f/g/freezer.state", "THAWED");
	assert_ok(cg_v1_freeze(&t->cg, true, 10, &e), e);
	fake_tree_is(t, "f/g/freezer.state", "FROZEN");
	assert_ok(cg_v1_freeze(&t->cg, false, 10, &e), e);
	/* A plain file keeps the tail of a longer text: a state that is never reached. The attempt is taken back. */
	fake_tree_put(t, "f/g/freezer.state", "THAWED...");
	assert_fails(cg_v1_freeze(&t->cg, true, 10, &e), e, ETIMEDOUT, "not frozen");
	fake_tree_is(t, "f/g/freezer.state", "THAWED...");
}

#define with_tree(f) cmocka_unit_test_setup_teardown(f, fake_tree_setup, fake_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tree(hierarchy_by_controller), with_tree(settings_go_where_they_belong),
		with_tree(missing_controller),      with_tree(missing_file),
		with_tree(cpuset_from_the_parents), with_tree(device_rules),
		with_tree(attach_names_the_group),  with_tree(freezer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
