/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a tree to disk. */
#ifndef URUNC_BUNNY_FS_EXTRACT_H
#define URUNC_BUNNY_FS_EXTRACT_H

#include "bunny/fs.h"

/* Into the empty directory dirfd. Each name is made anew, in the directory that was made for it, so that nothing can lead out. Root keeps
 * owners and file capabilities; for others all is theirs. Devices are not made: *ret_skipped counts them. */
int fs_extract(const struct fs *fs, int dirfd, size_t *ret_skipped, struct err *e) _must_check_;
/* Takes away what fs_extract has written there, all or some of it. */
void fs_extract_undo(const struct fs *fs, int dirfd);

#endif
