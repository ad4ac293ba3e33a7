/* SPDX-License-Identifier: Apache-2.0 */
/* Layers: written, read back, put on top of each other; hostile ones stay where they are. */
#include "bunny/fs_layer.h"

#include "bunny/tree.h"

static struct arena a;

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void apply(struct fs *fs, struct rope *r, unsigned flags, int want, const char *words)
{
	struct err e = {0};
	int fd;

	tar_end(r);
	fd = rope_fd(r);
	fs->layer++;
	if (want)
		assert_fails(fs_layer_apply(fs, "", fd, 0, r->bytes, flags, &e), e, want, words);
	else
		assert_ok(fs_layer_apply(fs, "", fd, 0, r->bytes, flags, &e), e);
}

static void add(struct rope *r, const char *path, const char *text)
{
	tar_add(r, path, S_IFREG | 0644, 1, piece_bytes(text, strlen(text)));
}

static void there_and_back(void **state)
{
	char deep[300];
	struct fs fs = tree_new(&a), again = tree_new(&a);
	struct rope r = ROPE(&a);
	struct fs_node *n;
	struct err e = {0};

	(void)state;
	memset(deep, 'n', sizeof(deep));
	deep[150] = '/';
	deep[sizeof(deep) - 1] = '\0';
	tree_put(&fs, deep, "long name");
	tree_put(&fs, "etc/a", "A");
	tree_link(&fs, "etc/l", deep);
	assert_ok(fs_find(&fs, "etc/a", false, &n, &e), e);
	assert_ok(fs_link(&fs, n->parent, "b", n->i, &e), e);
	n->i->uid = 0x12345678;
	n->i->xattrs = &(const struct xattr){"user.x", "1\0\n2", 4};
	n->i->nxattrs = 1;
	assert_ok(tar_write_layer(&fs, &r, &e), e);
	assert_int_equal(r.bytes % 512, 0);
	assert_ok(fs_layer_apply(&again, "", rope_fd(&r), 0, r.bytes, 0, &e), e);
	assert_string_equal(tree_text(&again), tree_text(&fs));
	assert_ok(fs_find(&again, "etc/b", false, &n, &e), e);
	assert_int_equal(n->i->uid, 0x12345678);
	assert_int_equal(n->i->nxattrs, 1);
	assert_memory_equal(n->i->xattrs[0].value, "1\0\n2", 4);
}

static void whiteouts(void **state)
{
	struct fs fs = tree_new(&a);
	struct rope one = ROPE(&a), two = ROPE(&a);

	(void)state;
	add(&one, "d/old", "1");
	add(&one, "d/sub/old", "1");
	add(&one, "keep", "1");
	add(&one, "gone", "1");
	apply(&fs, &one, 0, 0, NULL);
	add(&two, "d/sub/new", "2");
	add(&two, "d/.wh..wh..opq", "");
	add(&two, ".wh.gone", "");
	add(&two, ".wh..wh.plnk", "");
	apply(&fs, &two, 0, 0, NULL);
	assert_string_equal(tree_text(&fs), "d 40755\nd/sub 40755\nd/sub/new 100644 2\nkeep 100644 1\n");
}

static void only_what_a_layer_changed_is_written(void **state)
{
	struct fs fs = tree_new(&a), diff = tree_new(&a);
	struct rope r = ROPE(&a);
	struct err e = {0};

	(void)state;
	tree_put(&fs, "base/f", "1");
	fs.layer = 1;
	tree_put(&fs, "base/g", "2");
	tree_put(&fs, "new/h", "3");
	assert_ok(tar_write_layer(&fs, &r, &e), e);
	assert_ok(fs_layer_apply(&diff, "", rope_fd(&r), 0, r.bytes, 0, &e), e);
	assert_string_equal(tree_text(&diff), "base 40755\nbase/g 100644 2\nnew 40755\nnew/h 100644 3\n");
}

static void slips_are_refused(void **state)
{
	static const char *const bad[] = {"../x", "a/../../x", "/../x", "a/..", "./.."};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fs fs = tree_new(&a);
		struct rope r = ROPE(&a);

		add(&r, bad[i], "");
		apply(&fs, &r, 0, EINVAL, "leads out of the archive");
	}
}

static void links_of_layers_stay_inside(void **state)
{
	struct fs fs = tree_new(&a);
	struct rope r = ROPE(&a);

	(void)state;
	tree_link(&fs, "etc", "../../../../../tmp");
	add(&r, "etc/passwd", "x");
	apply(&fs, &r, 0, 0, NULL);
	assert_string_equal(tree_text(&fs),
			    "etc 120777 -> ../../../../../tmp\ntmp 40755\ntmp/passwd 100644 x\n");
}

static void a_plain_archive_has_no_meaning_in_names(void **state)
{
	struct fs fs = tree_new(&a);
	struct rope r = ROPE(&a);

	(void)state;
	tree_put(&fs, "x", "1");
	add(&r, ".wh.x", "");
	apply(&fs, &r, FS_LAYER_PLAIN, 0, NULL);
	assert_string_equal(tree_text(&fs), ".wh.x 100644 \nx 100644 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(there_and_back, clean),
		cmocka_unit_test_teardown(whiteouts, clean),
		cmocka_unit_test_teardown(only_what_a_layer_changed_is_written, clean),
		cmocka_unit_test_teardown(slips_are_refused, clean),
		cmocka_unit_test_teardown(links_of_layers_stay_inside, clean),
		cmocka_unit_test_teardown(a_plain_archive_has_no_meaning_in_names, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
