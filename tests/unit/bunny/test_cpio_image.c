/* SPDX-License-Identifier: Apache-2.0 */
/* Initial RAM file systems: readable by our own reader, aligned, the same for the same tree. */
#include "bunny/cpio_image.h"

#include "bunny/tree.h"
#include "common/cpio.h"

static struct arena a;

static int clean(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void see(const char *name, uint32_t mode, void *arg)
{
	sb_addf(arg, "%s %o\n", name, mode);
}

static struct rope image(void)
{
	struct fs fs = tree_new(&a);
	struct rope r = ROPE(&a);
	struct fs_node *n;
	struct err e = {0};

	tree_put(&fs, "conf/redis.conf", "port 1");
	tree_link(&fs, "link", "conf");
	assert_ok(fs_find(&fs, "conf/redis.conf", false, &n, &e), e);
	assert_ok(fs_link(&fs, fs.top, "same", n->i, &e), e);
	assert_ok(cpio_image_write(&fs, &r, &e), e);
	return r;
}

static void it_is_an_archive(void **state)
{
	struct rope r = image();
	struct strbuf out = STRBUF(&a);
	struct err e = {0};
	uint64_t end;

	(void)state;
	assert_int_equal(r.bytes % 512, 0);
	assert_ok(cpio_scan(rope_fd(&r), r.bytes, see, &out, &end, &e), e);
	assert_string_equal(out.p, ". 40755\nconf 40755\nconf/redis.conf 100644\nlink 120777\nsame 100644\n");
}

static void the_same_tree_gives_the_same_bytes(void **state)
{
	struct rope one = image(), two = image();
	struct digest x, y;
	struct err e = {0};

	(void)state;
	assert_ok(rope_digest(&one, &x, &e), e);
	assert_ok(rope_digest(&two, &y, &e), e);
	assert_true(digest_eq(&x, &y));
}

static void a_file_beyond_4_gib(void **state)
{
	struct fs fs = tree_new(&a);
	struct rope r = ROPE(&a);
	struct err e = {0};

	(void)state;
	assert_ok(fs_put_file(&fs, "big", 0644, 0, piece_fd(0, 0, 1ull << 32), &e), e);
	assert_fails(cpio_image_write(&fs, &r, &e), e, EFBIG, "4294967295");
}

/* What came after it would be out of many readers' sight. */
static void a_file_named_like_the_end(void **state)
{
	struct fs fs = tree_new(&a);
	struct rope r = ROPE(&a);
	struct err e = {0};

	(void)state;
	tree_put(&fs, "dir/TRAILER!!!", "");
	assert_ok(cpio_image_write(&fs, &r, &e), e);
	tree_put(&fs, "TRAILER!!!", "");
	assert_fails(cpio_image_write(&fs, &r, &e), e, EINVAL, "TRAILER!!!");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_is_an_archive, clean),
		cmocka_unit_test_teardown(the_same_tree_gives_the_same_bytes, clean),
		cmocka_unit_test_teardown(a_file_beyond_4_gib, clean),
		cmocka_unit_test_teardown(a_file_named_like_the_end, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
