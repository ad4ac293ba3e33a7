/* SPDX-License-Identifier: Apache-2.0 */
/* Copying between trees in memory. Contents are shared, not copied. */
#ifndef URUNC_BUNNY_FS_COPY_H
#define URUNC_BUNNY_FS_COPY_H

#include "bunny/fs.h"
#include "common/str.h"

struct fs_copy_options {
	int mode; /* of all that is copied but links; -1: as it is */
	bool set_owner;
	uint32_t uid, gid;
	struct strs exclude; /* patterns of pattern_match, against paths below a copied directory */
	int64_t mtime;       /* of directories that have to be made */
};

/* One node with all below it, as `name` in the directory `into` (of fs). A directory that is there already is joined. */
int fs_copy_node(struct fs *fs, struct fs_node *into, const char *name, const struct fs_node *from,
		 const struct fs_copy_options *o, struct err *e) _must_check_;
/* What is in a directory, into a directory. */
int fs_copy_kids(struct fs *fs, struct fs_node *into, const struct fs_node *from,
		 const struct fs_copy_options *o, struct err *e) _must_check_;
/* A whole tree again, layers' numbers and all. */
int fs_clone(const struct fs *fs, struct fs *ret, struct err *e) _must_check_;

#endif
