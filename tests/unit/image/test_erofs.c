/* SPDX-License-Identifier: Apache-2.0 */
/* Images that other readers of the format find whole: fsck.erofs, and as root this kernel. */
#include "image/erofs.h"

#include "grove.h"

static int write_image(struct grove *g, const char *name, uint64_t *ret)
{
	int fd = openat(AT_FDCWD, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

	assert_true(fd >= 0);
	r = grove_read(g);
	if (r == 0)
		r = erofs_write(&g->t, g->fd, fd, &g->a, ret, &g->e);
	close(fd);
	return r;
}

static void readers_find_it_whole(void **state)
{
	struct grove *g = *state;
	uint64_t n = 0;
	struct stat st;

	grow_all(g);
	if (geteuid() == 0)
		grow_privileged(g);
	assert_ok(write_image(g, image_path(g, "image"), &n), g->e);
	assert_int_equal(stat(image_path(g, "image"), &st), 0);
	assert_int_equal(st.st_size, n);
	assert_int_equal(n % EROFS_BLOCK_BYTES, 0);
	if (!unit_programs_are_native())
		return;
	/* The program of Debian 12 takes directory blocks apart, follows every inode, and reads the files. */
	assert_int_equal(
		grove_run("fsck.erofs --extract='%s/out' '%s/image' >'%s/fsck' 2>&1 || { cat '%s/fsck' >&2; exit 1; }",
			  g->top, g->top, g->top, g->top),
		0);
	assert_int_equal(grove_run("diff -r --no-dereference --exclude=fifo --exclude=whiteout --exclude=tty "
				   "--exclude=disk '%s/tree' '%s/out'",
				   g->top, g->top),
			 0);
}

static void this_kernel_shows_the_same(void **state)
{
	struct grove *g = *state;
	uint64_t n;

	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	unit_needs_root();
	unit_needs("erofs in this kernel", grove_run("grep -qw erofs /proc/filesystems") == 0);
	grow_all(g);
	grow_privileged(g);
	assert_ok(write_image(g, image_path(g, "image"), &n), g->e);
	grove_looks_the_same(g, "erofs");
}

static void the_same_tree_gives_the_same_bytes(void **state)
{
	struct grove *g = *state;
	uint64_t n, m;

	grow_all(g);
	assert_ok(write_image(g, image_path(g, "one"), &n), g->e);
	assert_ok(write_image(g, image_path(g, "two"), &m), g->e);
	assert_int_equal(n, m);
	assert_int_equal(grove_run("cmp '%s/one' '%s/two'", g->top, g->top), 0);
}

static void an_empty_tree(void **state)
{
	struct grove *g = *state;
	uint64_t n;

	assert_ok(write_image(g, image_path(g, "image"), &n), g->e);
	assert_int_equal(n, EROFS_BLOCK_BYTES);
	if (unit_programs_are_native())
		assert_int_equal(grove_run("fsck.erofs '%s/image' >/dev/null 2>&1", g->top), 0);
}

/* Nothing in a file of the tree may be trusted to stay: the writer must stop, not write something torn. */
static void a_file_that_shrinks_ends_it(void **state)
{
	struct grove *g = *state;
	uint64_t n = 42;
	int fd = open(image_path(g, "image"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	grow_file(g, "f", 10000, 0600);
	assert_ok(grove_read(g), g->e);
	assert_int_equal(truncate(arena_printf(&g->a, "%s/f", g->dir), 5000), 0);
	assert_fails(erofs_write(&g->t, g->fd, fd, &g->a, &n, &g->e), g->e, EAGAIN, "'f'");
	assert_int_equal(n, 42);
	close(fd);
}

/* Millions of files have to do with the memory that their tree takes. */
static void memory_does_not_grow_with_the_files(void **state)
{
	struct grove *g = *state;
	size_t used[2];
	char name[64];
	uint64_t n;

	grow_dir(g, "d", 0755);
	for (int i = 0; i < 2; i++) {
		size_t before;
		int fd = open(image_path(g, "image"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		for (int k = i; k < 1 + 200 * i; k++) {
			snprintf(name, sizeof(name), "d/%d", k);
			grow_file(g, name, 1, 0600);
		}
		assert_ok(grove_read(g), g->e);
		before = g->a.used_bytes;
		assert_ok(erofs_write(&g->t, g->fd, fd, &g->a, &n, &g->e), g->e);
		used[i] = g->a.used_bytes - before;
		close(fd);
	}
	assert_int_equal(used[0], used[1]);
}

static void attributes_beyond_the_format(void **state)
{
	struct grove *g = *state;
	struct tree_xattr many[2] = {{"user.a", "", 40000}, {"user.b", "", 40000}};
	char *big = calloc(1, 40000);
	uint64_t n;
	int fd = open(image_path(g, "image"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	grow_file(g, "f", 1, 0600);
	assert_ok(grove_read(g), g->e);
	many[0].value = many[1].value = big;
	grove_find(g, "f")->xattrs = many;
	grove_find(g, "f")->nxattrs = 2;
	assert_fails(erofs_write(&g->t, g->fd, fd, &g->a, &n, &g->e), g->e, EOPNOTSUPP,
		     "'f' has more or longer extended attributes than an image can hold (32768 bytes)");
	free(big);
	close(fd);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, grove_setup, grove_teardown)
	const struct CMUnitTest tests[] = {
		T(readers_find_it_whole),
		T(this_kernel_shows_the_same),
		T(the_same_tree_gives_the_same_bytes),
		T(an_empty_tree),
		T(a_file_that_shrinks_ends_it),
		T(memory_does_not_grow_with_the_files),
		T(attributes_beyond_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
