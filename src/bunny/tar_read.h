/* SPDX-License-Identifier: Apache-2.0 */
/* Reads tar archives: ustar, pax and GNU, in a regular file, uncompressed. Contents are not read, only found. */
#ifndef URUNC_BUNNY_TAR_READ_H
#define URUNC_BUNNY_TAR_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "common/xattr.h"

#define TAR_BLOCK 512u
#define TAR_PATH_MAX 4095
#define TAR_PAX_MAX (1u << 20) /* of one extended header */
#define TAR_MEMBERS_MAX (4u << 20)
#define TAR_BYTES_MAX (1ull << 42) /* of one file */
#define TAR_XATTRS_MAX 64

enum tar_type { TAR_FILE, TAR_HARDLINK, TAR_SYMLINK, TAR_CHAR, TAR_BLOCKDEV, TAR_DIR, TAR_FIFO };

/* One member. The names are as they stand there: nothing is said about where they lead. */
struct tar_member {
	enum tar_type type;
	const char *path, *target; /* target: of links */
	uint32_t mode, uid, gid, major, minor;
	int64_t mtime;
	uint64_t at, n; /* where the contents begin in the file, and how many bytes they have */
	const struct xattr *xattrs;
	size_t nxattrs;
};

/* Members in their order; strings live in the arena. Negative: an error, told in e, which ends the reading. */
typedef int tar_see(const struct tar_member *m, void *arg, struct err *e);

/* The archive fd[at, at + n). What breaks the format, sparse files, sizes and counts beyond the limits, and a member that goes on
 * beyond the end are refused; the end mark may be missing. */
int tar_read(int fd, uint64_t at, uint64_t n, struct arena *a, tar_see *see, void *arg, struct err *e)
	_must_check_;
/* Whether the 512 bytes at p could begin an archive. */
bool tar_is_header(const unsigned char *p);

#endif
