/* SPDX-License-Identifier: Apache-2.0 */
/* newc cpio writer for the archive the runtime adds to a guest's initrd.
 * Format: Linux Documentation/driver-api/early-userspace/buffer-format.rst. */
#ifndef URUNC_COMMON_CPIO_H
#define URUNC_COMMON_CPIO_H

#include <stdint.h>

#include "common/err.h"
#include "common/str.h"

/* One member: name without leading '/', full st_mode (type bits included), mtime 0, inode chosen by
 * the writer, uid and gid as given. Data padded to 4. Directories and links by mode (link target as data). */
void cpio_add(struct strbuf *out, uint32_t *ino, const char *name, uint32_t mode, uint32_t uid, uint32_t gid,
	      const void *data, size_t n);
void cpio_trailer(struct strbuf *out); /* TRAILER!!! , padded to 4 */

#endif
