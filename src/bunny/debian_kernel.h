/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's cloud kernel, out of its package: fetched by apt-get, unpacked, never installed. */
#ifndef URUNC_BUNNY_DEBIAN_KERNEL_H
#define URUNC_BUNNY_DEBIAN_KERNEL_H

#include "bunny/source.h"

/* *ret: a directory of the cache with vmlinuz and modules, of the version that apt would install now; apt is asked again when its
 * package lists have changed. Where that fails, the one that is there is taken, with a warning. -ENOENT in words where there is
 * neither apt nor a cached one. s->o->offline: apt is not asked. arch: Debian's and OCI's name. */
int debian_kernel_fetch(const char *arch, const struct sources *s, const char **ret, struct err *e)
	_must_check_;

#endif
