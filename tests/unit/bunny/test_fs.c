/* SPDX-License-Identifier: Apache-2.0 */
/* Trees: order, replacing, links that end at the top, limits. */
#include "bunny/fs.h"

#include "bunny/tree.h"

static struct arena a;

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void names_are_in_order(void **state)
{
	struct fs fs = tree_new(&a);

	(void)state;
	tree_put(&fs, "/b/z", "1");
	tree_put(&fs, "b/a", "2");
	tree_put(&fs, "a", "3");
	tree_put(&fs, "b-", "4");
	tree_put(&fs, "b/a", "5");
	assert_string_equal(tree_text(&fs), "a 100644 3\nb 40755\nb/a 100644 5\nb/z 100644 1\nb- 100644 4\n");
	assert_int_equal(fs.nodes, 5);
}

static void what_replaces_what(void **state)
{
	struct fs fs = tree_new(&a);
	const struct fs_inode dir = {.mode = S_IFDIR | 0700};
	struct err e = {0};

	(void)state;
	tree_put(&fs, "d/f", "1");
	assert_ok(fs_put(&fs, fs.top, "d", &dir, NULL, &e), e);
	assert_string_equal(tree_text(&fs), "d 40700\nd/f 100644 1\n");
	tree_put(&fs, "d", "file now");
	assert_string_equal(tree_text(&fs), "d 100644 file now\n");
	assert_int_equal(fs.nodes, 1);
	assert_ok(fs_put(&fs, fs.top, "d", &dir, NULL, &e), e);
	assert_string_equal(tree_text(&fs), "d 40700\n");
}

static void links_end_at_the_top(void **state)
{
	struct fs fs = tree_new(&a);
	struct fs_node *n;
	struct err e = {0};

	(void)state;
	tree_link(&fs, "up", "../../../..");
	tree_link(&fs, "abs", "/real");
	tree_put(&fs, "real/f", "1");
	tree_put(&fs, "up/abs/g", "2");
	assert_ok(fs_find(&fs, "up/up/abs/../real/g", true, &n, &e), e);
	assert_string_equal(fs_path(n, &a), "real/g");
	assert_ok(fs_find(&fs, "abs", false, &n, &e), e);
	assert_string_equal(fs_path(n, &a), "abs");
	assert_ok(fs_find(&fs, "/", true, &n, &e), e);
	assert_ptr_equal(n, fs.top);
	assert_fails(fs_find(&fs, "real/none", true, &n, &e), e, ENOENT, "real/none");
	assert_fails(fs_find(&fs, "real/f/x", true, &n, &e), e, ENOTDIR, "'f'");
}

static void limits(void **state)
{
	struct fs fs = tree_new(&a);
	char deep[2 * FS_DEPTH_MAX + 8] = "", long_name[FS_NAME_MAX + 2];
	struct fs_node *n;
	struct err e = {0};

	(void)state;
	tree_link(&fs, "loop", "loop");
	assert_fails(fs_find(&fs, "loop/x", true, &n, &e), e, ELOOP, "40");
	for (int i = 0; i <= FS_DEPTH_MAX; i++)
		strcat(deep, "d/");
	assert_fails(fs_mkdirs(&fs, deep, 0, &n, &e), e, ELOOP, "deeper");
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_fails(fs_put_file(&fs, long_name, 0644, 0, piece_bytes("", 0), &e), e, EINVAL, "255");
	assert_fails(fs_put_file(&fs, "a/..", 0644, 0, piece_bytes("", 0), &e), e, EINVAL, "names no file");
	tree_put(&fs, "file", "");
	assert_fails(fs_put_file(&fs, "file/x", 0644, 0, piece_bytes("", 0), &e), e, ENOTDIR, "file");
}

static void hard_links_count(void **state)
{
	struct fs fs = tree_new(&a);
	struct fs_node *n;
	struct err e = {0};

	(void)state;
	tree_put(&fs, "one", "x");
	assert_ok(fs_find(&fs, "one", false, &n, &e), e);
	assert_ok(fs_link(&fs, fs.top, "two", n->i, &e), e);
	assert_ok(fs_link(&fs, fs.top, "two", n->i, &e), e);
	assert_string_equal(tree_text(&fs), "one 100644 x x2\ntwo 100644 x x2\n");
	fs_remove(&fs, fs_kid(fs.top, "one", 3));
	assert_string_equal(tree_text(&fs), "two 100644 x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(names_are_in_order, clean),
		cmocka_unit_test_teardown(what_replaces_what, clean),
		cmocka_unit_test_teardown(links_end_at_the_top, clean),
		cmocka_unit_test_teardown(limits, clean),
		cmocka_unit_test_teardown(hard_links_count, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
