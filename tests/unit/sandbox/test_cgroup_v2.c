/* SPDX-License-Identifier: Apache-2.0 */
/* v2: handing controllers down, settings, and waiting for events. */
#include "sandbox/cgroup_internal.h"

#include "fake_tree.h"
#include "unit.h"

static struct fake_tree *deep(void **state)
{
	struct fake_tree *t = *state;

	fake_tree_dir(t, 2, "", "cg", "/p/g");
	fake_tree_mkdir(t, "cg/p");
	fake_tree_mkdir(t, "cg/p/g");
	fake_tree_put(t, "cg/cgroup.controllers", "cpuset cpu io memory pids\n");
	fake_tree_put(t, "cg/cgroup.subtree_control", "");
	fake_tree_put(t, "cg/p/cgroup.controllers", "cpu memory pids\n");
	fake_tree_put(t, "cg/p/cgroup.subtree_control", "");
	return t;
}

static void controllers_level_by_level(void **state)
{
	struct fake_tree *t = deep(state);
	struct err e = {0};

	assert_ok(cg_v2_configure(&t->cg, &e), e);
	fake_tree_is(t, "cg/cgroup.subtree_control", "+cpu +memory +pids");
	fake_tree_is(t, "cg/p/cgroup.subtree_control", "+cpu +memory +pids");
}

static void only_what_is_missing(void **state)
{
	struct cgroup_setting v[] = {{NULL, "io.max", "x", true}, {NULL, "cgroup.max.depth", "1", true}};
	struct fake_tree *t = deep(state);
	struct err e = {0};

	t->cg.settings.v = v;
	t->cg.settings.n = 2;
	fake_tree_put(t, "cg/cgroup.subtree_control", "memory pids cpu\n");
	assert_ok(cg_v2_configure(&t->cg, &e), e);
	fake_tree_is(t, "cg/cgroup.subtree_control", "+ioory pids cpu"); /* "+io" written over a plain file */
	fake_tree_is(t, "cg/p/cgroup.subtree_control", "+cpu +memory +pids"); /* has no io to give */
}

static void nothing_to_do(void **state)
{
	struct fake_tree *t = deep(state);
	struct err e = {0};

	fake_tree_put(t, "cg/p/cgroup.subtree_control", "memory pids cpu\n");
	assert_ok(cg_v2_configure(&t->cg, &e), e);
	fake_tree_is(t, "cg/cgroup.subtree_control", "");
	fake_tree_is(t, "cg/p/cgroup.subtree_control", "memory pids cpu");
}

static void settings_are_written(void **state)
{
	struct cgroup_setting v[] = {{NULL, "memory.max", "4096", false}, {NULL, "io.weight", "5", false}};
	struct fake_tree *t = deep(state);
	struct err e = {0};

	fake_tree_put(t, "cg/p/g/cgroup.controllers", "cpu memory pids\n");
	fake_tree_put(t, "cg/p/g/memory.max", "");
	t->cg.settings.v = v;
	t->cg.settings.n = 1;
	assert_ok(cg_v2_configure(&t->cg, &e), e);
	fake_tree_is(t, "cg/p/g/memory.max", "4096");
	t->cg.settings.n = 2;
	assert_fails(cg_v2_configure(&t->cg, &e), e, ENOENT,
		     "controller 'io', which io.weight = 5 needs, is not available (there are: cpu memory pids)");
	v[1].optional = true;
	assert_ok(cg_v2_configure(&t->cg, &e), e);
}

static void event_lines(void **state)
{
	struct fake_tree *t = deep(state);

	fake_tree_put(t, "cg/p/g/cgroup.events", "populated 1\nfrozen 0\n");
	assert_int_equal(cg_v2_wait(t->dirs[0].path, "populated", '1', 0), 0);
	assert_int_equal(cg_v2_wait(t->dirs[0].path, "frozen", '0', 0), 0);
	assert_int_equal(cg_v2_wait(t->dirs[0].path, "frozen", '1', 5), -ETIMEDOUT);
	assert_int_equal(cg_v2_wait(t->dirs[0].path, "froz", '1', 5), -ETIMEDOUT);
	assert_int_equal(cg_v2_wait("/none", "populated", '0', 5), 0);
}

static void freezing(void **state)
{
	struct fake_tree *t = deep(state);
	struct err e = {0};

	assert_fails(cg_v2_freeze(&t->cg, true, 5, &e), e, ENOENT, "not frozen");
	fake_tree_put(t, "cg/p/g/cgroup.freeze", "0");
	fake_tree_put(t, "cg/p/g/cgroup.events", "populated 1\nfrozen 1\n");
	assert_ok(cg_v2_freeze(&t->cg, true, 5, &e), e);
	fake_tree_is(t, "cg/p/g/cgroup.freeze", "1");
	fake_tree_put(t, "cg/p/g/cgroup.events", "populated 1\nfrozen 0\n");
	assert_fails(cg_v2_freeze(&t->cg, true, 5, &e), e, ETIMEDOUT, "not frozen");
	fake_tree_is(t, "cg/p/g/cgroup.freeze", "0"); /* taken back */
}

#define with_tree(f) cmocka_unit_test_setup_teardown(f, fake_tree_setup, fake_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tree(controllers_level_by_level),
		with_tree(only_what_is_missing),
		with_tree(nothing_to_do),
		with_tree(settings_are_written),
		with_tree(event_lines),
		with_tree(freezing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
