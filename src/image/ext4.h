/* SPDX-License-Identifier: Apache-2.0 */
/* Makes an empty, writable ext4 file system in a sparse file. */
#ifndef URUNC_IMAGE_EXT4_H
#define URUNC_IMAGE_EXT4_H

#include <stdint.h>

#include "common/err.h"

#define EXT4_LEAST_BYTES (16ull << 20)
#define EXT4_MOST_BYTES (8ull << 40)

/* fd is an empty regular file, open for reading and writing. The file becomes size_bytes long (rounded down to whole
 * blocks) but takes about one part in four thousand of that on disk; the guest's kernel need not initialise anything.
 * -EINVAL beyond the sizes above. */
int ext4_make(int fd, uint64_t size_bytes, struct err *e) _must_check_;

#endif
