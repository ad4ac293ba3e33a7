/* SPDX-License-Identifier: Apache-2.0 */
/* The box while it is being built: what root.c and box_op.c share; nobody else includes this. */
#ifndef URUNC_SANDBOX_BOX_H
#define URUNC_SANDBOX_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/err.h"
#include "sandbox/root.h"

#define BOX_COPIES_MAX 16
#define BOX_LATE_MAX 576 /* as many mounts as a bundle may have, and some */

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
	size_t nlate;
	struct {
		size_t op;
		int fd;       /* a mount that is nowhere yet */
	} late[BOX_LATE_MAX]; /* put in place when everything else is read-only already */
};

/* Checks every op and opens the files that will be copied. *ret_bytes: what all ops together need of the tmpfs. */
int box_open_copies(struct box *b, uint64_t *ret_bytes, struct err *e) _must_check_;
/* Carries one op out. The working directory is the root of the tmpfs, the umask 0. */
int box_do_op(struct box *b, size_t index, struct err *e) _must_check_;

/* --- what the steps share --- */

/* "box: disk /disk0 WHAT: error text" from errno. */
int box_op_failed(const struct box_op *op, const char *what, struct err *e);
/* The name of an op relative to the root of the tmpfs. */
const char *box_op_name(const struct box_op *op);
/* Opens b->image once. */
int box_open_image_root(struct box *b, struct err *e) _must_check_;
/* Is the opened file still the one that was looked at when the plan was made? It has to be a regular file, or with
 * `directory` a directory. */
int box_check_same(const struct box_op *op, const struct stat *st, bool directory, struct err *e) _must_check_;
/* Makes an empty regular file or directory (mode: S_IFREG or S_IFDIR with permissions), and its parents. */
int box_make_entry(const struct box_op *op, mode_t mode, struct err *e) _must_check_;
/* No op may lie below this one. what: its kind, in words. */
int box_nothing_below(const struct box *b, const struct box_op *op, const char *what, struct err *e)
	_must_check_;

/* --- archive.c: BOX_INITRD --- */

/* size_bytes from one file to the place of another. 0 or -errno. */
int box_copy(int out, int in, uint64_t size_bytes) _must_check_;
/* All of an initrd into the empty file out. in: the image's own, of size_bytes; -1 = it has none. */
int box_write_initrd(const struct box_op *op, int out, int in, uint64_t size_bytes, struct err *e)
	_must_check_;

/* --- box_mount.c: BOX_DISK, BOX_TREE, BOX_TMPFS, BOX_HOST_* --- */

/* Makes the place of such a mount and the mount itself, which stays out of the box until box_attach_late: so making
 * the box read-only neither reaches it nor loses what was read-only in it before. */
int box_prepare_late(struct box *b, size_t index, struct err *e) _must_check_;
int box_attach_late(struct box *b, struct err *e) _must_check_;

#endif
