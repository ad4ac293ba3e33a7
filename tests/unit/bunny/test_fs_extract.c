/* SPDX-License-Identifier: Apache-2.0 */
/* A tree on disk: all of it, and nothing elsewhere. */
#include "bunny/fs_extract.h"

#include <fcntl.h>

#include "bunny/fs_dir.h"
#include "bunny/tree.h"

static void there_and_back(void **state)
{
	const struct fs_dir_options o = {.whole = true, .keep_modes = true, .keep_times = true};
	const struct fs_inode device = {.mode = S_IFCHR | 0600, .major = 1, .minor = 3};
	struct arena a = {0};
	char dir[] = "/tmp/extract.XXXXXX", command[64];
	struct fs fs = tree_new(&a), again = tree_new(&a);
	size_t skipped = 0;
	struct fs_node *n;
	struct err e = {0};
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	tree_put(&fs, "etc/a", "text");
	/* Written before what is put "into" it: that goes where the link leads inside the tree. */
	tree_link(&fs, "abs", "/tmp/somewhere");
	tree_put(&fs, "abs/f", "inside");
	assert_ok(fs_find(&fs, "etc/a", false, &n, &e), e);
	assert_ok(fs_link(&fs, n->parent, "same", n->i, &e), e);
	assert_ok(fs_extract(&fs, fd, &skipped, &e), e);
	assert_int_equal(skipped, 0);
	assert_ok(fs_read_dir(&again, again.top, fd, "again", &o, &e), e);
	assert_string_equal(tree_text(&again), tree_text(&fs));
	assert_int_equal(fs_kid(again.top, "etc", 3)->i->mtime, fs_kid(fs.top, "etc", 3)->i->mtime);
	assert_int_equal(access("/tmp/somewhere/f", F_OK), -1);
	/* What is there already is not written over. */
	assert_fails(fs_extract(&fs, fd, &skipped, &e), e, EEXIST, "abs");
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
	close(fd);
	fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	again = tree_new(&a);
	assert_ok(fs_put(&again, again.top, "null", &device, NULL, &e), e);
	assert_ok(fs_extract(&again, fd, &skipped, &e), e);
	assert_int_equal(skipped, 1);
	close(fd);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
