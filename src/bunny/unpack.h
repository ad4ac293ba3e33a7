/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacks gzip and zstd streams into a file, and digests both ends. */
#ifndef URUNC_BUNNY_UNPACK_H
#define URUNC_BUNNY_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "bunny/digest.h"
#include "bunny/rope.h"

#define UNPACK_MAX_BYTES (256ull << 30)

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD, PACKING_BZIP2, PACKING_XZ };

/* By the first bytes (6 are enough). */
enum packing packing_of(const void *p, size_t n);
const char *packing_name(enum packing p);

/* Writes what fd[at, at + n) holds, unpacked, to out_fd. Broken streams, bytes after the end, kinds that bunny cannot unpack,
 * and more than UNPACK_MAX_BYTES are refused. */
int unpack(enum packing how, int fd, uint64_t at, uint64_t n, int out_fd, uint64_t *ret_bytes,
	   struct digest *ret_packed, struct digest *ret_unpacked, struct err *e) _must_check_;

#endif
