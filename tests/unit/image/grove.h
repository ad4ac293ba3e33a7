/* SPDX-License-Identifier: Apache-2.0 */
/* A directory tree to make images of, and short words to grow it. */
#ifndef URUNC_TESTS_GROVE_H
#define URUNC_TESTS_GROVE_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "common/arena.h"
#include "common/io.h"
#include "image/tree.h"
#include "unit.h"

struct grove {
	char top[256], dir[300];
	int fd;
	struct arena a;
	struct err e;
	struct tree t;
	struct tree_limits limits;
};

static inline int grove_setup(void **state)
{
	struct grove *g = calloc(1, sizeof(*g));

	unit_tmpdir(g->top);
	snprintf(g->dir, sizeof(g->dir), "%s/tree", g->top);
	assert_int_equal(mkdir(g->dir, 0755), 0);
	g->fd = open(g->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(g->fd >= 0);
	g->limits = (struct tree_limits){.max_nodes = 100000, .max_bytes = 1u << 30};
	*state = g;
	return 0;
}

static inline int grove_teardown(void **state)
{
	struct grove *g = *state;

	close(g->fd);
	arena_release(&g->a);
	unit_rmdir(g->top);
	free(g);
	return 0;
}

static inline void grow_dir(struct grove *g, const char *name, mode_t mode)
{
	assert_int_equal(mkdirat(g->fd, name, 0700), 0);
	assert_int_equal(fchmodat(g->fd, name, mode, 0), 0);
}

/* n bytes that are unlike from block to block and from file to file. */
static inline void grow_file(struct grove *g, const char *name, size_t n, mode_t mode)
{
	int fd = openat(g->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	unsigned char *p = malloc(n + 1);
	uint64_t seed = n + 77;

	assert_true(fd >= 0 && p);
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)unit_random(&seed);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	free(p);
	close(fd);
}

static inline void grow_xattr(struct grove *g, const char *name, const char *key, const void *v, size_t n)
{
	char path[700];

	snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	assert_int_equal(lsetxattr(path, key, v, n, 0), 0);
}

static inline int grove_read(struct grove *g)
{
	return tree_read(g->fd, &g->limits, &g->a, &g->t, &g->e);
}

static inline struct tree_node *grove_find(struct grove *g, const char *name)
{
	for (size_t i = 0; i < g->t.top->nkids; i++)
		if (streq(g->t.top->kids[i]->name, name))
			return g->t.top->kids[i];
	fail_msg("no '%s' in the tree", name);
	return NULL;
}

/* Runs a shell command; its exit status. */
static inline _printf_(1, 2) int grove_run(const char *fmt, ...)
{
	char cmd[2048];
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	r = system(cmd);
	return WIFEXITED(r) ? WEXITSTATUS(r) : 128 + WTERMSIG(r);
}

static inline const char *image_path(struct grove *g, const char *name)
{
	return arena_printf(&g->a, "%s/%s", g->top, name);
}

/* What is at the borders of blocks, of names, of what the format knows. */
static inline void grow_all(struct grove *g)
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
static inline void grow_privileged(struct grove *g)
{
	assert_int_equal(mknodat(g->fd, "whiteout", S_IFCHR | 0600, makedev(0, 0)), 0);
	assert_int_equal(mknodat(g->fd, "tty", S_IFCHR | 0620, makedev(4, 300)), 0);
	assert_int_equal(mknodat(g->fd, "disk", S_IFBLK | 0660, makedev(259, 70000)), 0);
	assert_int_equal(fchownat(g->fd, "size-4096", 70000, 100000, 0), 0);
	assert_int_equal(fchmodat(g->fd, "size-4096", 06755, 0), 0);
	grow_xattr(g, "empty", "trusted.overlay.opaque", "y", 1);
	g->limits.layer = true;
}

/* Owner, mode, times, device numbers, link counts, attributes, contents: all that a reader can see. */
static const char grove_listing[] =
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

static inline int grove_list(struct grove *g, const char *dir)
{
	return grove_run("python3 '%s/list.py' '%s/%s' >'%s/list.%s'", g->top, g->top, dir, g->top, dir);
}

/* As root: what this kernel shows of the file "image" is what the tree is. */
static inline void grove_looks_the_same(struct grove *g, const char *fstype)
{
	int r, q;

	assert_ok(file_write(AT_FDCWD, image_path(g, "list.py"), O_CREAT, grove_listing,
			     sizeof(grove_listing) - 1, &g->e),
		  g->e);
	assert_int_equal(grove_run("mkdir '%s/mnt' && mount -t %s -o loop,ro '%s/image' '%s/mnt'", g->top,
				   fstype, g->top, g->top),
			 0);
	r = grove_list(g, "tree");
	q = grove_list(g, "mnt");
	assert_int_equal(grove_run("umount '%s/mnt'", g->top), 0);
	assert_int_equal(r | q, 0);
	assert_int_equal(grove_run("diff '%s/list.tree' '%s/list.mnt' >&2", g->top, g->top), 0);
}

#endif
