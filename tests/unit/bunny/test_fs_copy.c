/* SPDX-License-Identifier: Apache-2.0 */
/* Copying between trees. */
#include "bunny/fs_copy.h"

#include "bunny/tree.h"

static struct arena a;

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static struct fs source(void)
{
	struct fs fs = tree_new(&a);
	struct fs_node *n;
	struct err e = {0};

	tree_put(&fs, "d/a", "1");
	tree_put(&fs, "d/sub/b", "2");
	tree_put(&fs, "d/sub/c.o", "3");
	tree_link(&fs, "d/l", "a");
	assert_ok(fs_find(&fs, "d/a", false, &n, &e), e);
	assert_ok(fs_link(&fs, n->parent, "same", n->i, &e), e);
	return fs;
}

static void a_directory_with_all_that_it_holds(void **state)
{
	const struct fs_copy_options o = {.mode = -1};
	struct fs from = source(), to = tree_new(&a);
	struct err e = {0};

	(void)state;
	tree_put(&to, "x/old", "0");
	assert_ok(fs_copy_node(&to, to.top, "x", from.top->kids[0], &o, &e), e);
	assert_string_equal(tree_text(&to),
			    "x 40755\nx/a 100644 1 x2\nx/l 120777 -> a\nx/old 100644 0\n"
			    "x/same 100644 1 x2\nx/sub 40755\nx/sub/b 100644 2\nx/sub/c.o 100644 3\n");
	/* The source is as it was. */
	assert_string_equal(tree_text(&from), "d 40755\nd/a 100644 1 x2\nd/l 120777 -> a\nd/same 100644 1 x2\n"
					      "d/sub 40755\nd/sub/b 100644 2\nd/sub/c.o 100644 3\n");
}

static void changes_and_what_is_left_out(void **state)
{
	const char *patterns[] = {"**/*.o", "l", "same"};
	const struct fs_copy_options o = {.mode = 0600,
					  .set_owner = true,
					  .uid = 5,
					  .gid = 6,
					  .exclude = {patterns, 3}};
	struct fs from = source(), to = tree_new(&a);
	struct fs_node *n;
	struct err e = {0};

	(void)state;
	assert_ok(fs_copy_kids(&to, to.top, from.top->kids[0], &o, &e), e);
	assert_string_equal(tree_text(&to), "a 100600 1\nsub 40600\nsub/b 100600 2\n");
	assert_ok(fs_find(&to, "sub/b", false, &n, &e), e);
	assert_int_equal(n->i->uid, 5);
	assert_int_equal(n->i->gid, 6);
}

static void a_clone_is_a_tree_of_its_own(void **state)
{
	struct fs from = source(), to;
	struct err e = {0};

	(void)state;
	from.layer = 3;
	tree_put(&from, "new", "n");
	assert_ok(fs_clone(&from, &to, &e), e);
	assert_string_equal(tree_text(&to), tree_text(&from));
	assert_int_equal(fs_kid(to.top, "new", 3)->layer, 3);
	assert_int_equal(fs_kid(to.top, "d", 1)->layer, 0);
	tree_put(&to, "d/a", "changed");
	assert_string_equal(tree_text(&from),
			    "d 40755\nd/a 100644 1 x2\nd/l 120777 -> a\nd/same 100644 1 x2\n"
			    "d/sub 40755\nd/sub/b 100644 2\nd/sub/c.o 100644 3\nnew 100644 n\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_directory_with_all_that_it_holds, clean),
		cmocka_unit_test_teardown(changes_and_what_is_left_out, clean),
		cmocka_unit_test_teardown(a_clone_is_a_tree_of_its_own, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
