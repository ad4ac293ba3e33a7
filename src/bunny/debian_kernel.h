/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's cloud kernel, out of its package: fetched by apt-get, unpacked, never installed. */
#ifndef URUNC_BUNNY_DEBIAN_KERNEL_H
#define URUNC_BUNNY_DEBIAN_KERNEL_H

#include "bunny/cache.h"
#include "bunny/report.h"

/* *ret: a directory of the cache with vmlinuz and modules/. -ENOENT in words where there is no apt. */
int debian_kernel_fetch(const char *arch, const struct cache *cache, struct report *report, struct arena *a,
			const char **ret, struct err *e) _must_check_;

#endif
