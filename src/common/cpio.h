/* SPDX-License-Identifier: Apache-2.0 */
/* newc cpio: a writer for the archive the runtime adds to a guest's initrd, a reader for the image's own.
 * Format: Linux Documentation/driver-api/early-userspace/buffer-format.rst. */
#ifndef URUNC_COMMON_CPIO_H
#define URUNC_COMMON_CPIO_H

#include <stdint.h>

#include "common/err.h"
#include "common/str.h"

#define CPIO_TRAILER "TRAILER!!!"

/* One member: name without leading '/', full st_mode (type bits included), mtime 0, inode chosen by
 * the writer, uid and gid as given. Data padded to 4. Directories and links by mode (link target as data). */
void cpio_add(struct strbuf *out, uint32_t *ino, const char *name, uint32_t mode, uint32_t uid, uint32_t gid,
	      const void *data, size_t n);
void cpio_trailer(struct strbuf *out); /* TRAILER!!! , padded to 4 */

/* One member whose contents are written by somebody else, who pads them to 4 too. */
struct cpio_member {
	const char *name;
	uint32_t mode, uid, gid, mtime, bytes;
	uint32_t nlink, ino;   /* 0: as usual for the mode; the next one of *ino */
	uint32_t major, minor; /* of a device */
};
/* ino may be NULL where the member names its own. */
void cpio_header(struct strbuf *out, uint32_t *ino, const struct cpio_member *m);

/* Reads the archive that begins fd, a file of size bytes, up to its end mark, whose place is *ret_end. Each member is
 * shown to see (may be NULL) before its contents are looked at. An archive that breaks its own rules, has no end
 * mark, or names with ".." is -EINVAL. */
typedef void cpio_see(const char *name, uint32_t mode, void *arg);
int cpio_scan(int fd, uint64_t size, cpio_see *see, void *arg, uint64_t *ret_end, struct err *e) _must_check_;

#endif
