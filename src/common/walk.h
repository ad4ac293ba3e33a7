/* SPDX-License-Identifier: Apache-2.0 */
/* A directory tree entry by entry, never through a symbolic link. */
#ifndef URUNC_COMMON_WALK_H
#define URUNC_COMMON_WALK_H

#include <sys/stat.h>

#include "common/err.h"

/* Deeper trees are -ELOOP: each level keeps a directory open. */
#define WALK_DEPTH_MAX 64

struct walk_entry {
	int dirfd;        /* the directory that holds it */
	const char *name; /* there */
	const char *path; /* below the start, without '/' in front; "" = the start itself */
	const struct stat *st;
};
/* Negative: an error that ends the walk, told in e. Positive: enough. */
typedef int walk_visit(const struct walk_entry *entry, void *arg, struct err *e);

/* The tree whose top is the directory open at fd, which stays open; each directory before what it holds, in
 * the file system's own order. label begins messages. What vanishes meanwhile is left out. 0, or what the visit returned. */
int walk_tree(int fd, const char *label, walk_visit *visit, void *arg, struct err *e) _must_check_;

#endif
