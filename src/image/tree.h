/* SPDX-License-Identifier: Apache-2.0 */
/* A directory tree as read from disk: everything about its files but their contents. */
#ifndef URUNC_IMAGE_TREE_H
#define URUNC_IMAGE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/arena.h"
#include "common/err.h"

struct tree_xattr {
	const char *name; /* "security.capability" */
	const void *value;
	size_t n;
};

struct tree_node {
	const char *name; /* "" for the top */
	struct tree_node *parent;
	struct tree_node *
		same; /* the node that stands for this inode: itself, or for a further hard link the first one */
	uint32_t mode, uid, gid, nlink; /* nlink: names within the tree */
	uint64_t rdev, dev, ino;
	uint64_t size_bytes;
	int64_t mtime_s;
	uint32_t mtime_ns;
	const char *target; /* of a symbolic link */
	struct tree_xattr *xattrs;
	size_t nxattrs;
	struct tree_node **kids; /* of a directory, in byte order of their names */
	size_t nkids;
	/* Room for a writer: where it put the inode and the data. */
	uint64_t at;
	uint32_t block;
};

struct tree_limits {
	uint64_t max_nodes, max_bytes; /* of contents */
	const char *skip;              /* a name in the top directory that is left out; NULL = none */
	/* The tree is an overlay's upper layer: what it says of the layers below is kept. What a guest could not make
	 * sense of (redirects, copies of metadata alone) is -EOPNOTSUPP. */
	bool layer;
};
struct tree {
	struct tree_node *top;
	uint64_t nodes, bytes;
};

/* Reads what lies below the directory `fd`, without following links and without entering other mounts (those are empty
 * directories). -E2BIG beyond max_bytes, -EOPNOTSUPP beyond max_nodes; names the file. The nodes live in the arena. */
int tree_read(int fd, const struct tree_limits *limits, struct arena *a, struct tree *ret, struct err *e)
	_must_check_;
/* The path below the top, "a/b"; "." for the top itself. NULL when memory is out. */
const char *tree_path(const struct tree_node *n, struct arena *a);
/* Opens the contents of a regular file of the tree below fd, refusing whatever changed in between. */
int tree_open(int fd, const struct tree_node *n, struct arena *a, int *ret_fd, struct err *e) _must_check_;

#endif
