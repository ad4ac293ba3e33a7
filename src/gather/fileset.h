/* SPDX-License-Identifier: Apache-2.0 */
/* A set of names and a list of files without doubles, in an arena. */
#ifndef URUNC_GATHER_FILESET_H
#define URUNC_GATHER_FILESET_H

#include "common/arena.h"
#include "common/err.h"
#include "plan/facts.h"

#define FILE_LIST_MAX 1024u

/* Open addressing; zero-initialise. Keeps the pointers that it is given. */
struct name_set {
	const char **slots;
	size_t n, cap;
};
/* 1: added, 0: was there, -ENOMEM. */
int name_set_add(struct name_set *s, const char *name, struct arena *a) _must_check_;

struct file_list {
	struct host_file *v;
	size_t n, cap;
	struct name_set boxes;
};
/* Adds one file unless its place in the box is taken. fd >= 0 is the opened file: its path with all symbolic links
 * resolved is noted in place of `path`. */
int file_list_add(struct file_list *l, int fd, const char *path, const char *box, bool optional,
		  struct arena *a, struct err *e) _must_check_;

#endif
