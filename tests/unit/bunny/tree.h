/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of trees and archives share. */
#ifndef URUNC_TESTS_BUNNY_TREE_H
#define URUNC_TESTS_BUNNY_TREE_H

#include <sys/mman.h>
#include <sys/stat.h>

#include "bunny/fs.h"
#include "bunny/tar_write.h"
#include "unit.h"

static inline struct fs tree_new(struct arena *a)
{
	struct err e = {0};
	struct fs fs;

	assert_ok(fs_init(&fs, a, &e), e);
	return fs;
}

static inline void tree_put(struct fs *fs, const char *path, const char *text)
{
	struct err e = {0};

	assert_ok(fs_put_file(fs, path, 0644, 5, piece_bytes(text, strlen(text)), &e), e);
}

static inline void tree_link(struct fs *fs, const char *path, const char *target)
{
	const struct fs_inode like = {.mode = S_IFLNK | 0777, .target = target};
	struct err e = {0};
	struct fs_node *dir;
	const char *name;

	assert_ok(fs_parent(fs, path, 0, &dir, &name, &e), e);
	assert_ok(fs_put(fs, dir, name, &like, NULL, &e), e);
}

static inline int tree_line(struct fs_node *n, void *arg, struct err *e)
{
	struct strbuf *out = arg;
	struct bytes b = {"", 0};

	sb_addf(out, "%s %o", fs_path(n, out->a), n->i->mode);
	if (S_ISREG(n->i->mode)) {
		if (piece_read(&n->i->data, 1 << 20, out->a, &b, e) < 0)
			return -1;
		sb_addf(out, " %.*s", (int)b.n, (const char *)b.p);
	}
	if (S_ISLNK(n->i->mode))
		sb_addf(out, " -> %s", n->i->target);
	if (n->i->nlink > 1 && !S_ISDIR(n->i->mode))
		sb_addf(out, " x%u", n->i->nlink);
	sb_add(out, "\n");
	return 0;
}

/* "path mode contents" of all that is in it. */
static inline const char *tree_text(const struct fs *fs)
{
	struct strbuf out = STRBUF(fs->a);
	struct err e = {0};
	const char *text;

	assert_ok(fs_walk(fs, tree_line, &out, &e), e);
	assert_ok(sb_done(&out, &text, &e), e);
	return text;
}

static inline int rope_fd(const struct rope *r)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct err e = {0};

	assert_true(fd >= 0);
	assert_ok(rope_write(r, &(struct rope_out){.fd = fd}, &e), e);
	return fd;
}

#endif
