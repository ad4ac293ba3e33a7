/* SPDX-License-Identifier: Apache-2.0 */
/* Directories and control files of groups, on ordinary directories. Processes and the kernel's own rules are in
 * tests/payload/box_test_cgroup.c. */
#include "sandbox/cgroup_internal.h"

#include "fake_tree.h"
#include "unit.h"

static void words(void **state)
{
	(void)state;
	assert_true(cg_has_word("cpu,cpuacct", "cpu", ","));
	assert_true(cg_has_word("cpu,cpuacct", "cpuacct", ","));
	assert_false(cg_has_word("cpuacct", "cpu", ","));
	assert_false(cg_has_word("cpu", "cpuacct", ","));
	assert_false(cg_has_word("", "cpu", ","));
	assert_true(cg_has_word("name=systemd", "name=systemd", ","));
	assert_true(cg_has_word("a  b", "b", " "));
}

static void reading(void **state)
{
	struct fake_tree *t = *state;
	char buf[8];

	fake_tree_put(t, "f", "0-3\n");
	assert_int_equal(cg_read(t->root, "f", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "0-3");
	fake_tree_put(t, "f", "\n");
	assert_int_equal(cg_read(t->root, "f", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	fake_tree_put(t, "f", "0123456789");
	assert_int_equal(cg_read(t->root, "f", buf, sizeof(buf)), 7);
	assert_string_equal(buf, "0123456");
	assert_int_equal(cg_read(t->root, "none", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(cg_write(t->root, "none", "1"), -ENOENT); /* never makes a file */
}

static void made_with_parents(void **state)
{
	struct fake_tree *t = *state;
	struct err e = {0};
	bool made = false;

	fake_tree_dir(t, 2, "", "m", "/a/b/c");
	assert_ok(cg_tree_make(&t->dirs[0], fake_tree_note, t, &made, &e), e);
	assert_true(made && fake_tree_has(t, "m/a/b/c"));
	assert_int_equal(t->nnotes, 3);
	assert_string_equal(t->notes[0], "/m/a/");
	assert_string_equal(t->notes[1], "/m/a/b/");
	assert_string_equal(t->notes[2], "/m/a/b/c");
}

static void what_exists_is_not_noted(void **state)
{
	struct fake_tree *t = *state;
	struct err e = {0};
	bool made = false;

	fake_tree_dir(t, 2, "", "m", "/a/b");
	fake_tree_mkdir(t, "m/a");
	assert_ok(cg_tree_make(&t->dirs[0], fake_tree_note, t, &made, &e), e);
	assert_true(made);
	assert_int_equal(t->nnotes, 1);
	assert_string_equal(t->notes[0], "/m/a/b");
	made = false;
	t->nnotes = 0;
	assert_ok(cg_tree_make(&t->dirs[0], fake_tree_note, t, &made, &e), e);
	assert_false(made);
	assert_int_equal(t->nnotes, 0);
}

/* A refused note stops everything before the directory it was about. */
static void notes_come_first(void **state)
{
	struct fake_tree *t = *state;
	bool made = false;
	struct err e;

	fake_tree_dir(t, 2, "", "m", "/a/b");
	t->fail_at = 1;
	assert_fails(cg_tree_make(&t->dirs[0], fake_tree_note, t, &made, &e), e, EIO, "journal broken");
	assert_false(fake_tree_has(t, "m/a"));
	t->fail_at = 2;
	assert_fails(cg_tree_make(&t->dirs[0], fake_tree_note, t, &made, &e), e, EIO, "journal broken");
	assert_true(fake_tree_has(t, "m/a"));
	assert_false(fake_tree_has(t, "m/a/b"));
	assert_false(made);
}

static void removed_with_children(void **state)
{
	struct fake_tree *t = *state;
	char path[512];

	fake_tree_mkdir(t, "g");
	fake_tree_mkdir(t, "g/one");
	fake_tree_mkdir(t, "g/one/deep");
	fake_tree_mkdir(t, "g/two");
	snprintf(path, sizeof(path), "%s/g", t->root);
	assert_int_equal(cg_tree_remove(path), 0);
	assert_false(fake_tree_has(t, "g"));
	assert_int_equal(cg_tree_remove(path), 0);
}

static void pids_are_collected(void **state)
{
	struct fake_tree *t = *state;
	struct arena a = {0};
	struct cg_pids p = {.a = &a};
	struct err e = {0};
	char path[512], many[4096] = "";

	fake_tree_mkdir(t, "g");
	fake_tree_mkdir(t, "g/below");
	fake_tree_put(t, "g/cgroup.procs", "12\n7\n0\n12\n");
	fake_tree_put(t, "g/below/cgroup.procs", "3000000\n");
	snprintf(path, sizeof(path), "%s/g", t->root);
	assert_ok(cg_tree_pids(path, &p, &e), e);
	assert_int_equal(p.n, 3); /* each once, and 0 is nobody */
	assert_int_equal(p.v[0], 12);
	assert_int_equal(p.v[1], 7);
	assert_int_equal(p.v[2], 3000000);

	for (int i = 1000; i < 1700; i++) /* over the size of a read, and of the first list */
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "%d\n", i);
	fake_tree_put(t, "g/cgroup.procs", many);
	assert_ok(cg_tree_pids(path, &p, &e), e);
	assert_int_equal(p.n, 701);
	for (int i = 0; i < 700; i++)
		assert_int_equal(p.v[i], 1000 + i);
	snprintf(path, sizeof(path), "%s/none", t->root);
	assert_ok(cg_tree_pids(path, &p, &e), e);
	assert_int_equal(p.n, 0);
	arena_release(&a);
}

#define with_tree(f) cmocka_unit_test_setup_teardown(f, fake_tree_setup, fake_tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),       with_tree(reading),
		with_tree(made_with_parents),  with_tree(what_exists_is_not_noted),
		with_tree(notes_come_first),   with_tree(removed_with_children),
		with_tree(pids_are_collected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
