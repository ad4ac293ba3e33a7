/* SPDX-License-Identifier: Apache-2.0 */
/* The box while it is being built: what root.c and box_op.c share; nobody else includes this. */
#ifndef URUNC_SANDBOX_BOX_H
#define URUNC_SANDBOX_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "sandbox/root.h"

#define BOX_COPIES_MAX 16

struct box {
	const struct box_params *p;
	int root;  /* the tmpfs */
	int image; /* the container root, -1 if no op needs it */
	size_t ncopies;
	struct {
		size_t op;
		int fd;
		uint64_t size_bytes;
	} copies[BOX_COPIES_MAX]; /* opened before the tmpfs is made, because its size depends on them */
};

/* Checks every op and opens the files that will be copied. *ret_bytes: what all ops together need of the tmpfs. */
int box_open_copies(struct box *b, uint64_t *ret_bytes, struct err *e) _must_check_;
/* Carries one op out. The working directory is the root of the tmpfs, the umask 0. */
int box_do_op(struct box *b, size_t index, struct err *e) _must_check_;

#endif
