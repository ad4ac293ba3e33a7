/* SPDX-License-Identifier: Apache-2.0 */
/* The public functions on ordinary directories: order, refusals, the meaning of notes. */
#include "sandbox/cgroup.h"

#include "fake_tree.h"
#include "unit.h"

static void no_cgroup_is_no_work(void **state)
{
	struct fake_tree *t = *state;
	struct arena a = {0};
	struct err e = {0};
	bool frozen = true;
	pid_t *pids = (pid_t *)1;
	size_t n = 7;
	int fd = 9;

	assert_ok(cgroup_make(&t->cg, fake_tree_note, t, &e), e);
	assert_ok(cgroup_attach(&t->cg, 1, &e), e);
	assert_ok(cgroup_kill(&t->cg, &a, 10, &e), e);
	assert_ok(cgroup_pids(&t->cg, &a, &pids, &n, &e), e);
	assert_int_equal(n, 0);
	assert_ok(cgroup_frozen(&t->cg, &frozen, &e), e);
	assert_false(frozen);
	assert_fails(cgroup_freeze(&t->cg, true, 10, &e), e, ENOTSUP, "has no cgroup");
	assert_fails(cgroup_open(&t->cg, &fd, &e), e, EINVAL, "no cgroup v2");
	assert_int_equal(fd, 9);
	assert_int_equal(t->nnotes, 0);
	arena_release(&a);
}

static void paths_outside_are_refused(void **state)
{
	static const char *const bad[] = {"", "/", "/a/../../b", "/a/", "x"};
	struct fake_tree *t = *state;
	struct arena a = {0};
	struct err e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t->cg.dirs.n = 0;
		fake_tree_dir(t, 2, "", "cg", bad[i]);
		assert_fails(cgroup_make(&t->cg, fake_tree_note, t, &e), e, EINVAL, "linux.cgroupsPath");
		assert_fails(cgroup_kill(&t->cg, &a, 10, &e), e, EINVAL, "linux.cgroupsPath");
	}
	assert_int_equal(t->nnotes, 0);
}

static void set_writes_and_takes_back(void **state)
{
	struct cgroup_setting v[] = {{NULL, "pids.max", "9", false},
				     {NULL, "cpu.max", "1 2", true},
				     {NULL, "io.weight", "5", false}};
	struct fake_tree *t = *state;
	struct err e = {0};

	fake_tree_dir(t, 2, "", "cg", "/g");
	fake_tree_mkdir(t, "cg/g");
	fake_tree_put(t, "cg/g/pids.max", "7\n");
	t->cg.settings.v = v;
	t->cg.settings.n = 2;
	assert_ok(cgroup_set(&t->cg, &e), e); /* cpu.max is not there, and need not be */
	fake_tree_is(t, "cg/g/pids.max", "9");
	v[0].value = "8";
	t->cg.settings.n = 3;
	assert_fails(cgroup_set(&t->cg, &e), e, ENOENT, "io.weight");
	fake_tree_is(t, "cg/g/pids.max", "9");
	t->cg.settings.n = 0;
	assert_ok(cgroup_set(&t->cg, &e), e);
	/* v1: each in its own hierarchy. */
	t->cg.dirs.n = 0;
	fake_tree_dir(t, 1, "pids", "pids", "/g");
	fake_tree_mkdir(t, "pids/g");
	fake_tree_put(t, "pids/g/pids.max", "7\n");
	v[0].controller = "pids";
	v[1] = (struct cgroup_setting){"cpu", "cpu.shares", "100", false};
	t->cg.settings.n = 2;
	assert_fails(cgroup_set(&t->cg, &e), e, ENOENT, "'cpu' is not mounted");
	fake_tree_is(t, "pids/g/pids.max", "7");
}

static void every_hierarchy_is_made_and_undone(void **state)
{
	struct fake_tree *t = *state;
	struct err e = {0};
	char path[1024];

	fake_tree_dir(t, 1, "memory", "memory", "/p/c");
	fake_tree_dir(t, 1, "pids", "pids", "/p/c");
	assert_ok(cgroup_make(&t->cg, fake_tree_note, t, &e), e);
	assert_int_equal(t->nnotes, 4);
	assert_true(fake_tree_has(t, "memory/p/c") && fake_tree_has(t, "pids/p/c"));
	while (t->nnotes > 0) {
		snprintf(path, sizeof(path), "%s%s", t->root, t->notes[--t->nnotes]);
		assert_ok(cgroup_remove(path, &e), e);
	}
	assert_false(fake_tree_has(t, "memory/p") || fake_tree_has(t, "pids/p"));
}

/* A shared parent is removed only when it is empty; a group of ours goes with what is below it. */
static void what_a_note_means(void **state)
{
	struct fake_tree *t = *state;
	struct err e = {0};
	char path[512];

	fake_tree_mkdir(t, "p");
	fake_tree_mkdir(t, "p/other");
	snprintf(path, sizeof(path), "%s/p/", t->root);
	assert_ok(cgroup_remove(path, &e), e);
	assert_true(fake_tree_has(t, "p/other"));
	snprintf(path, sizeof(path), "%s/p", t->root);
	assert_ok(cgroup_remove(path, &e), e);
	assert_false(fake_tree_has(t, "p"));
	snprintf(path, sizeof(path), "%s/p/", t->root);
	assert_ok(cgroup_remove(path, &e), e);
}

static void used_or_frozen_groups_are_refused(void **state)
{
	struct fake_tree *t = *state;
	struct err e;

	fake_tree_dir(t, 2, "", "cg", "/g");
	fake_tree_mkdir(t, "cg/g");
	fake_tree_put(t, "cg/g/cgroup.procs", "4711\n4712\n");
	assert_fails(cgroup_make(&t->cg, fake_tree_note, t, &e), e, EBUSY, "holds processes (first: 4711)");
	fake_tree_put(t, "cg/g/cgroup.procs", "");
	fake_tree_put(t, "cg/g/cgroup.freeze", "1\n");
	assert_fails(cgroup_make(&t->cg, fake_tree_note, t, &e), e, EBUSY, "is frozen");
	fake_tree_put(t, "cg/g/cgroup.freeze", "0\n");
	e = (struct err){0};
	assert_ok(cgroup_make(&t->cg, fake_tree_note, t, &e), e);
	assert_int_equal(t->nnotes, 0);
}

static void frozen_by_version(void **state)
{
	static const struct {
		const char *text;
		bool v1, v2;
	} cases[] = {{"THAWED\n", false, true},
		     {"FROZEN\n", true, true},
		     {"FREEZING\n", true, true},
		     {"0\n", true, false}};
	struct fake_tree *t = *state;
	struct err e = {0};
	bool frozen = true;

	fake_tree_dir(t, 1, "freezer", "f", "/g");
	assert_ok(cgroup_frozen(&t->cg, &frozen, &e), e);
	assert_false(frozen); /* no such group */
	fake_tree_mkdir(t, "f/g");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_tree_put(t, "f/g/freezer.state", cases[i].text);
		fake_tree_put(t, "f/g/cgroup.freeze", cases[i].text);
		t->cg.version = 1;
		assert_ok(cgroup_frozen(&t->cg, &frozen, &e), e);
		assert_int_equal(frozen, cases[i].v1);
		t->cg.version = 2;
		assert_ok(cgroup_frozen(&t->cg, &frozen, &e), e);
		assert_int_equal(frozen, cases[i].v2);
	}
}

/* A v2 kernel does the killing, and the end is seen in cgroup.events. */
static void kill_by_the_kernel(void **state)
{
	struct fake_tree *t = *state;
	struct arena a = {0};
	struct err e = {0};

	fake_tree_dir(t, 2, "", "cg", "/g");
	fake_tree_mkdir(t, "cg/g");
	fake_tree_put(t, "cg/g/cgroup.kill", "");
	fake_tree_put(t, "cg/g/cgroup.events", "populated 1\n");
	assert_fails(cgroup_kill(&t->cg, &a, 10, &e), e, ETIMEDOUT, "do not end");
	fake_tree_put(t, "cg/g/cgroup.events", "populated 0\n");
	e = (struct err){0};
	assert_ok(cgroup_kill(&t->cg, &a, 10, &e), e);
	fake_tree_is(t, "cg/g/cgroup.kill", "1");
}

#define with_tree(f) cmocka_unit_test_setup_teardown(f, fake_tree_setup, fake_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_tree(no_cgroup_is_no_work),      with_tree(paths_outside_are_refused),
		with_tree(set_writes_and_takes_back), with_tree(every_hierarchy_is_made_and_undone),
		with_tree(what_a_note_means),         with_tree(used_or_frozen_groups_are_refused),
		with_tree(frozen_by_version),         with_tree(kill_by_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
