/* SPDX-License-Identifier: Apache-2.0 */
/* A root file system that exists in memory only: names, attributes, and where the contents are. Layers are put on top of
 * each other in it, and archives and disks are written of it. Nothing in it can lead out of it. */
#ifndef URUNC_BUNNY_FS_H
#define URUNC_BUNNY_FS_H

#include <stdbool.h>
#include <stdint.h>

#include "bunny/rope.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/xattr.h"

#define FS_NODES_MAX (4u << 20)
#define FS_PATH_MAX 4096
#define FS_NAME_MAX 255
#define FS_DEPTH_MAX 256 /* directories in each other */
#define FS_LINKS_MAX 40  /* symbolic links on one way, as Linux counts */

/* What names share that are hard links of each other. */
struct fs_inode {
	uint32_t mode, uid, gid, nlink; /* mode with its type; nlink: names, of anything but a directory */
	uint32_t major, minor;          /* of a device */
	int64_t mtime;
	const char *target; /* of a symbolic link */
	struct piece data;  /* of a regular file */
	const struct xattr *xattrs;
	size_t nxattrs;
	uint64_t number; /* room for a writer */
};

struct fs_node {
	const char *name; /* "" for the top */
	struct fs_node *parent;
	struct fs_inode *i;
	struct fs_node **kids; /* of a directory, in byte order of their names */
	size_t nkids, cap;
	uint32_t layer; /* the last layer that made or replaced it */
	uint32_t depth;
};

struct fs {
	struct arena *a;
	struct fs_node *top;
	uint64_t nodes;
	uint32_t layer; /* noted in what is made from now on */
};

/* An empty root: a directory of root's, 0755. */
int fs_init(struct fs *fs, struct arena *a, struct err *e) _must_check_;
/* An entry of a directory by its name; NULL if there is none. */
struct fs_node *fs_kid(const struct fs_node *dir, const char *name, size_t n);

/* What `path` names, seen from the top: links are followed inside the tree, the last component's only with `follow`.
 * 0 and the node; -ENOENT, -ENOTDIR, -ELOOP. */
int fs_find(const struct fs *fs, const char *path, bool follow, struct fs_node **ret, struct err *e)
	_must_check_;
/* The directory that holds the last component of `path`, and that component (borrowed from path). Missing directories are
 * made, root's and 0755, with mtime. Links to directories are followed, inside the tree. "", "/", ".." at the end: -EINVAL. */
int fs_parent(struct fs *fs, const char *path, int64_t mtime, struct fs_node **ret, const char **ret_name,
	      struct err *e) _must_check_;
/* The directory `path`, made with what leads to it where missing. */
int fs_mkdirs(struct fs *fs, const char *path, int64_t mtime, struct fs_node **ret, struct err *e)
	_must_check_;

/* A new name in a directory for a new inode (a copy of *like, not linked yet), or for an existing one. What had this name goes,
 * but a directory that replaces a directory takes over what is in it. */
int fs_put(struct fs *fs, struct fs_node *dir, const char *name, const struct fs_inode *like,
	   struct fs_node **ret, struct err *e) _must_check_;
int fs_link(struct fs *fs, struct fs_node *dir, const char *name, struct fs_inode *i, struct err *e)
	_must_check_;
/* Takes a name away, with what is below it. */
void fs_remove(struct fs *fs, struct fs_node *n);

/* fs_put of a file with these contents. */
int fs_put_file(struct fs *fs, const char *path, uint32_t mode, int64_t mtime, struct piece data,
		struct err *e) _must_check_;

/* "a/b"; "" for the top. NULL when memory is out. */
const char *fs_path(const struct fs_node *n, struct arena *a);
/* Each node but the top, a directory before what it holds, in byte order of the names. */
typedef int fs_visit(struct fs_node *n, void *arg, struct err *e);
int fs_walk(const struct fs *fs, fs_visit *visit, void *arg, struct err *e) _must_check_;

#endif
