/* SPDX-License-Identifier: Apache-2.0 */
/* Files of this machine as a tree in memory. Nothing is read of them but names and attributes. */
#ifndef URUNC_BUNNY_FS_DIR_H
#define URUNC_BUNNY_FS_DIR_H

#include "bunny/fs.h"

struct fs_dir_options {
	/* A whole root: devices, FIFOs and extended attributes belong to it, owners and times stay. Otherwise a file of a build
	 * context: only files, directories and links, root's. */
	bool whole;
	bool keep_modes; /* otherwise 0755 for directories and what may be executed, 0644 for the rest */
	bool keep_times; /* otherwise no time is later than mtime, which all directories have */
	int64_t mtime;
	bool (*skip)(const char *path, bool dir, void *arg); /* by its path below fd; may be NULL */
	void *arg;
};

/* Puts what lies in the directory fd, which stays open, into `into`. Links are not followed, and hard links stay so.
 * `label` begins messages. */
int fs_read_dir(struct fs *fs, struct fs_node *into, int fd, const char *label,
		const struct fs_dir_options *o, struct err *e) _must_check_;
/* One file or directory `path` below fd, as `name` in `into`. Links on the way are followed inside fd, the last is not. */
int fs_read_path(struct fs *fs, struct fs_node *into, const char *name, int fd, const char *path,
		 const char *label, const struct fs_dir_options *o, struct err *e) _must_check_;

#endif
