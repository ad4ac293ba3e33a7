/* SPDX-License-Identifier: Apache-2.0 */
/* A Linux kernel for guests, with the modules that one of ours needs. */
#ifndef URUNC_BUNNY_GUEST_KERNEL_H
#define URUNC_BUNNY_GUEST_KERNEL_H

#include "bunny/source.h"
#include "common/arena.h"
#include "common/err.h"
#include "common/str.h"

struct kernel_module_file {
	const char *path; /* below /lib/modules/RELEASE: "kernel/drivers/block/virtio_blk.ko" */
	struct bytes bytes;
};

struct guest_kernel {
	const char *where; /* for messages */
	struct bytes bytes;
	const char *release;                /* NULL: not known, and then there are no modules */
	struct kernel_module_file *modules; /* in the order of loading */
	size_t nmodules;
	struct bytes dep, builtin; /* modules.dep of these modules, modules.builtin */
};

/* what: a file; a directory with vmlinuz and modules/ in it; NULL: the newest kernel in /boot, the cloud kernel first, if the guest is for
 * this machine's architecture, or else Debian's cloud kernel package, which is fetched into the cache by apt-get and unpacked. modules: a directory such as /lib/modules/RELEASE;
 * NULL: "modules" beside the file, or this machine's for that kernel. arch: OCI's name. */
int guest_kernel_find(const char *what, const char *modules, const char *arch, const struct sources *s,
		      struct guest_kernel *ret, struct err *e) _must_check_;

#endif
