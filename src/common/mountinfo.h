/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/mountinfo as a list. */
#ifndef URUNC_COMMON_MOUNTINFO_H
#define URUNC_COMMON_MOUNTINFO_H

#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct mount_entry {
	int64_t id;
	const char *root; /* of the file system, where the mount begins */
	const char *mountpoint;
	const char *options; /* of the mount: "rw,relatime" */
	const char *fstype, *source;
	const char *super_options; /* of the file system */
};
struct mount_list {
	struct mount_entry *v; /* in the kernel's order: a later one lies over an earlier one of the same place */
	size_t n;
};

/* Parses the text; octal escapes are decoded; lines that are no mounts are left out. -ENOMEM only. */
int mountinfo_parse(struct bytes text, struct arena *a, struct mount_list *ret, struct err *e) _must_check_;
/* The calling process's own, read and parsed. Returns 0, -ENOMEM, -EFBIG above 64 MiB, or that of the file. */
int mountinfo_read(struct arena *a, struct mount_list *ret, struct err *e) _must_check_;
/* The kernel's number of the mount that path is on, which has no symbolic link at its end; 0 = it does not tell. */
int64_t mountinfo_id(const char *path);
/* The mount that an absolute clean path is on: the one with this id (statx) if id > 0 and it is listed, else the
 * topmost with the longest matching mount point. NULL if the list has none. */
const struct mount_entry *mountinfo_find(const struct mount_list *l, const char *path, int64_t id);
/* Decodes "\040" and the like, as the kernel and fstab write them, in place. Anything else behind a backslash is kept. */
void mountinfo_decode(char *s);
/* What lies over the place of a block device that a guest has: an empty read-only tmpfs of this name. */
#define MOUNT_GUARD_SOURCE "urunc-taken"
bool mount_is_guard(const struct mount_entry *m);
/* Is word one of the comma-separated options? */
bool mount_option_has(const char *options, const char *word);

#endif
