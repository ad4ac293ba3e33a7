/* SPDX-License-Identifier: Apache-2.0 */
/* Block volumes: finding the disk, finding its file system type, mounting it. */
#ifndef URUNC_URUNIT_VOLUMES_H
#define URUNC_URUNIT_VOLUMES_H

#include <stddef.h>

#include "urunit/config.h"
#include "urunit/text.h"

#define UVOLUME_NAME_BYTES 32

/*
 * The name ("vdb") of the disk for volume number `order` (0 = the first): below sys_block (normally
 * /sys/block) the vd* whose serial is id. A virtio serial has 20 bytes, so only those count. An id that
 * begins with "FC" and is longer means "by order": the volumes follow the root, vda, so number 0 is
 * vdb; a disk without any serial is taken by order too. 0 or -ENODEV.
 */
int uvolume_find(const char *sys_block, const char *id, size_t order, char ret[UVOLUME_NAME_BYTES]);

/*
 * The same for a volume of a URS section: the vd* whose serial is the volume's id; where none has it, number
 * `order` (0 = vda), unless its serial is the id of another of the volumes.
 */
int uvolume_find_exact(const char *sys_block, const struct uvec *volumes, const struct uvolume *v,
		       char ret[UVOLUME_NAME_BYTES]);

/* Cuts the next type that needs a disk out of the text of /proc/filesystems; NULL at the end. */
const char *uvolume_next_type(char **cursor);

/* When a URS section has a volume for "/": mounts it and moves there. 0, or -errno and one line in *why. */
int uvolume_move_to_root(const struct uvec *volumes, struct utext *why);

/* Mounts the i-th of them on path, which is made if missing; 0, or -errno and one line in *why. */
int uvolume_mount(const struct uvec *volumes, size_t i, const char *path, struct utext *why);

/* Mounts those for binds to take from, which is to be done before the root is left; 0, or -errno and one line in *why. */
int uvolume_mount_archive(const struct uvec *volumes, struct utext *why);

/* Takes these away again, once everything is bound. Where the root has moved meanwhile, they are out of reach anyway. */
void uvolume_hide_archive(const struct uvec *volumes);

/* Of all others mounts those that come after so many binds; 0, or -errno and one line in *why at the first that fails. */
int uvolume_mount_due(const struct uvec *volumes, size_t after, struct utext *why);

#endif
