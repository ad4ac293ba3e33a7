/* SPDX-License-Identifier: Apache-2.0 */
/* Images that other readers of the format find whole: fsck.erofs, and as root this kernel. */
#include "image/erofs.h"

#include <sys/sysmacros.h>

#include "common/io.h"
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

static const char *image_path(struct grove *g, const char *name)
{
	return arena_printf(&g->a, "%s/%s", g->top, name);
}

/* What is at the borders of blocks, of names, of what the format knows. */
static void grow_all(struct grove *g)
{
	static const size_t sizes[] = {0, 1, 4031, 4032, 4033, 4095, 4096, 4097, 8192, 12345, 300000};
	char name[300], value[3000];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(name, sizeof(name), "size-%zu", sizes[i]);
		grow_file(g, name, sizes[i], 0640);
	}
	grow_dir(g, "many", 01777);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "many/%0*d", 20 + i % 200, i);
		grow_file(g, name, (size_t)i, 0600);
	}
	memset(name, 'n', 255);
	name[255] = '\0';
	grow_dir(g, name, 0700);
	grow_dir(g, "empty", 0755);
	grow_file(g, "odd \n\xff'\\", 3, 0444);
	assert_int_equal(linkat(g->fd, "size-4097", g->fd, "many/linked", 0), 0);
	assert_int_equal(symlinkat("../target with blanks", g->fd, "link"), 0);
	memset(value, 't', 2999);
	value[2999] = '\0';
	assert_int_equal(symlinkat(value, g->fd, "long-link"), 0);
	assert_int_equal(mkfifoat(g->fd, "fifo", 0622), 0);
	grow_xattr(g, "size-12345", "user.short", "v", 1);
	grow_xattr(g, "size-12345", "user.empty", "", 0);
	grow_xattr(g, "size-1", "user.long", value, 2000);
	grow_xattr(g, "many", "user.on-a-directory", "\0\1\2", 3);
}

/* The same as root may: nodes, owners, capabilities. */
static void grow_privileged(struct grove *g)
{
	assert_int_equal(mknodat(g->fd, "whiteout", S_IFCHR | 0600, makedev(0, 0)), 0);
	assert_int_equal(mknodat(g->fd, "tty", S_IFCHR | 0620, makedev(4, 300)), 0);
	assert_int_equal(mknodat(g->fd, "disk", S_IFBLK | 0660, makedev(259, 70000)), 0);
	assert_int_equal(fchownat(g->fd, "size-4096", 70000, 100000, 0), 0);
	assert_int_equal(fchmodat(g->fd, "size-4096", 06755, 0), 0);
	grow_xattr(g, "empty", "trusted.overlay.opaque", "y", 1);
	g->limits.layer = true;
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

/* Owner, mode, times, device numbers, link counts, attributes, contents: all that a reader can see. */
static const char listing[] =
	"import os, stat, sys, hashlib\n"
	"def show(p):\n"
	"    s = os.lstat(p)\n"
	"    d = stat.S_ISDIR(s.st_mode)\n"
	"    x = {k: os.getxattr(p, k, follow_symlinks=False) for k in os.listxattr(p, follow_symlinks=False)}\n"
	"    h = hashlib.sha1(open(p, 'rb').read()).hexdigest() if stat.S_ISREG(s.st_mode) else ''\n"
	"    l = os.readlink(p) if stat.S_ISLNK(s.st_mode) else ''\n"
	"    print(p, oct(s.st_mode), s.st_uid, s.st_gid, s.st_nlink, 0 if d else s.st_size, s.st_mtime_ns,\n"
	"        os.major(s.st_rdev), os.minor(s.st_rdev), l, h, sorted(x.items()))\n"
	"os.chdir(os.fsencode(sys.argv[1]))\n"
	"show(b'.')\n"
	"for top, dirs, files in os.walk(b'.'):\n"
	"    dirs.sort()\n"
	"    for n in sorted(dirs + files): show(os.path.join(top, n))\n";

static int list_tree(struct grove *g, const char *dir)
{
	return grove_run("python3 '%s/list.py' '%s/%s' >'%s/list.%s'", g->top, g->top, dir, g->top, dir);
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
	assert_ok(file_write(AT_FDCWD, image_path(g, "list.py"), O_CREAT, listing, sizeof(listing) - 1, &g->e),
		  g->e);
	assert_int_equal(grove_run("mkdir '%s/mnt' && mount -t erofs -o loop,ro '%s/image' '%s/mnt'", g->top,
				   g->top, g->top),
			 0);
	int r = list_tree(g, "tree"), q = list_tree(g, "mnt");

	assert_int_equal(grove_run("umount '%s/mnt'", g->top), 0);
	assert_int_equal(r | q, 0);
	assert_int_equal(grove_run("diff '%s/list.tree' '%s/list.mnt' >&2", g->top, g->top), 0);
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
	assert_fails(erofs_write(&g->t, g->fd, fd, &g->a, &n, &g->e), g->e, E2BIG, "'f'");
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
		T(attributes_beyond_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
