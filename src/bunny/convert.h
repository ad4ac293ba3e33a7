/* SPDX-License-Identifier: Apache-2.0 */
/* Decides how any Linux container image becomes one that boots. Pure. */
#ifndef URUNC_BUNNY_CONVERT_H
#define URUNC_BUNNY_CONVERT_H

#include "bunny/build.h"
#include "bunny/guest_kernel.h"

struct convert {
	const char *ref;            /* the image, as written */
	const char *digest;         /* of its manifest, or NULL */
	struct image_config config; /* its own, with a user that is a number */
	const char *monitor;        /* "qemu" */
	enum root_type root;        /* INITRD, BLOCK or RAW */
	bool ext4;                  /* BLOCK: otherwise ext2 */
	uint64_t size_bytes;        /* BLOCK: 0 = what fits */
	bool urunit;                /* put ours in, and first */
	struct strs command;        /* instead of the image's; may be empty */
	const struct guest_kernel *kernel;
};

/* -EINVAL for an image that says no command, when none is given. */
int convert_decide(const struct convert *c, struct arena *a, struct build *ret, struct err *e) _must_check_;

#endif
