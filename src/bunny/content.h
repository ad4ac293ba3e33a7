/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, by its first bytes. Pure. */
#ifndef URUNC_BUNNY_CONTENT_H
#define URUNC_BUNNY_CONTENT_H

#include "bunny/build.h"

/* As much of the beginning as content_of looks at. */
#define CONTENT_HEAD_BYTES 4096u

/* head: the first CONTENT_HEAD_BYTES of the file, or all of it. *ret_arch: of a kernel, in OCI's names ("amd64"); NULL for
 * others, and for a kernel of a machine without a name here. Solo5 and multiboot kernels are ELF files like others. */
enum path_content content_of(struct bytes head, const char **ret_arch);

#endif
