/* SPDX-License-Identifier: Apache-2.0 */
/* What the bytes of a kernel, an initrd or a block image say about themselves. */
#ifndef URUNC_GATHER_IMAGE_H
#define URUNC_GATHER_IMAGE_H

#include <stdint.h>

#include "common/arena.h"
#include "common/err.h"
#include "plan/facts.h"

/* kernel.c: format, elf_arch, memory_bytes, solo5 and solo5_problem. Unreadable or broken files are KERNEL_UNKNOWN;
 * memory_bytes is the file's claim, to be compared with limits before it is believed. 0 or -ENOMEM. */
int kernel_inspect(int fd, struct arena *a, struct image_file *f, struct err *e) _must_check_;
/* initrd.c: compression, unpacked_bytes. */
void initrd_inspect(int fd, uint64_t size_bytes, struct image_file *f);
/* blockfs.c: fstype. */
void block_inspect(int fd, struct image_file *f);

#endif
