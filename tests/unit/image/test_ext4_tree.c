/* SPDX-License-Identifier: Apache-2.0 */
/* Images that e2fsck finds nothing wrong with, and in which this kernel shows the tree. */
#include "image/ext4_tree.h"

#include "grove.h"

#define MOST (1ull << 30)

static int write_image(struct grove *g, const char *name, uint64_t most, uint64_t *ret)
{
	int fd = openat(AT_FDCWD, image_path(g, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

	assert_true(fd >= 0);
	r = grove_read(g);
	if (r == 0)
		r = ext4_tree_write(&g->t, g->fd, fd, most, &g->a, ret, &g->e);
	close(fd);
	return r;
}

static void e2fsck_is_content(struct grove *g)
{
	if (unit_programs_are_native())
		assert_int_equal(
			grove_run("/sbin/e2fsck -fn '%s/image' >'%s/fsck' 2>&1 || { cat '%s/fsck' >&2; exit 1; }",
				  g->top, g->top, g->top),
			0);
}

static void a_checker_finds_it_whole(void **state)
{
	struct grove *g = *state;
	uint64_t n = 0;
	struct stat st;

	grow_all(g);
	if (geteuid() == 0)
		grow_privileged(g);
	assert_ok(write_image(g, "image", MOST, &n), g->e);
	assert_int_equal(stat(image_path(g, "image"), &st), 0);
	assert_int_equal(st.st_size, n);
	assert_true((uint64_t)st.st_blocks * 512 < n);
	e2fsck_is_content(g);
}

static void this_kernel_shows_the_same(void **state)
{
	struct grove *g = *state;
	uint64_t n;

	unit_needs("programs of this architecture on this machine", unit_programs_are_native());
	unit_needs_root();
	unit_needs("ext4 in this kernel", grove_run("grep -qw ext4 /proc/filesystems") == 0);
	grow_all(g);
	grow_privileged(g);
	assert_ok(write_image(g, "image", MOST, &n), g->e);
	grove_looks_the_same(g, "ext4");
}

static void the_same_tree_gives_the_same_bytes(void **state)
{
	struct grove *g = *state;
	uint64_t n, m;

	grow_all(g);
	assert_ok(write_image(g, "one", MOST, &n), g->e);
	assert_ok(write_image(g, "two", MOST, &m), g->e);
	assert_int_equal(n, m);
	assert_int_equal(grove_run("cmp '%s/one' '%s/two'", g->top, g->top), 0);
	/* Not only because both were written within one second. */
	assert_int_equal(grove_run("test 3 = $(LC_ALL=C TZ=UTC /sbin/dumpe2fs -h '%s/one' 2>/dev/null | grep -cE '^(Filesystem "
				   "created|Last write time|Last checked): .* 1970$')",
				   g->top),
			 0);
}

/* Files larger than one extent's, directories larger than one block's, more nodes than one group's. */
static void large_ones(void **state)
{
	struct grove *g = *state;
	char name[300];
	uint64_t n;

	grow_file(g, "seed", 1u << 20, 0600);
	assert_int_equal(grove_run("for i in $(seq 150); do cat '%s/seed'; done >'%s/large'", g->dir, g->dir),
			 0);
	assert_int_equal(grove_run("truncate -s 300M '%s/holes' && echo end >>'%s/holes'", g->dir, g->dir), 0);
	grow_dir(g, "many", 0755);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "many/%0*d", 100 + i % 100, i);
		if (i % 3 == 0)
			grow_dir(g, name, 0700);
		else
			grow_file(g, name, 1, 0600);
	}
	assert_ok(write_image(g, "image", MOST, &n), g->e);
	e2fsck_is_content(g);
	assert_int_equal(grove_run("test $(du -m '%s/image' | cut -f1) -lt 190", g->top), 0);
	if (!unit_programs_are_native() || geteuid() != 0)
		return;
	grove_looks_the_same(g, "ext4");
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
		assert_ok(ext4_tree_write(&g->t, g->fd, fd, MOST, &g->a, &n, &g->e), g->e);
		used[i] = g->a.used_bytes - before;
		close(fd);
	}
	assert_int_equal(used[0], used[1]);
}

static void an_empty_tree(void **state)
{
	struct grove *g = *state;
	uint64_t n;

	assert_ok(write_image(g, "image", MOST, &n), g->e);
	e2fsck_is_content(g);
}

static void what_cannot_be_written(void **state)
{
	struct grove *g = *state;
	static const char *const names[] = {"user.a", "user.b", "user.c"};
	struct tree_xattr big = {"user.a", "", 40000}, several[3];
	char *value = calloc(1, 40000);
	uint64_t n = 42;
	int fd = open(image_path(g, "image"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	grow_file(g, "f", 10000, 0600);
	assert_fails(write_image(g, "other", 1u << 20, &n), g->e, EFBIG, "allowed are 1048576");
	assert_ok(grove_read(g), g->e);
	assert_int_equal(truncate(arena_printf(&g->a, "%s/f", g->dir), 5000), 0);
	assert_fails(ext4_tree_write(&g->t, g->fd, fd, MOST, &g->a, &n, &g->e), g->e, EAGAIN, "'f'");
	assert_ok(grove_read(g), g->e);
	big.value = value;
	grove_find(g, "f")->xattrs = &big;
	grove_find(g, "f")->nxattrs = 1;
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_fails(ext4_tree_write(&g->t, g->fd, fd, MOST, &g->a, &n, &g->e), g->e, EOPNOTSUPP,
		     "'f' has more or longer extended attributes than an ext4 image can hold (4096 bytes");
	/* Nor several together. */
	assert_ok(grove_read(g), g->e);
	for (int i = 0; i < 3; i++)
		several[i] = (struct tree_xattr){names[i], value, 2000};
	grove_find(g, "f")->xattrs = several;
	grove_find(g, "f")->nxattrs = 3;
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_fails(ext4_tree_write(&g->t, g->fd, fd, MOST, &g->a, &n, &g->e), g->e, EOPNOTSUPP,
		     "extended attributes");
	assert_int_equal(n, 42);
	free(value);
	close(fd);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, grove_setup, grove_teardown)
	const struct CMUnitTest tests[] = {
		T(a_checker_finds_it_whole),
		T(this_kernel_shows_the_same),
		T(the_same_tree_gives_the_same_bytes),
		T(large_ones),
		T(memory_does_not_grow_with_the_files),
		T(an_empty_tree),
		T(what_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
