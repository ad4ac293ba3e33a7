/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the box that may be written: block images and trees of the container, files and trees of the host, small
 * tmpfs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/path.h"
#include "sandbox/box.h"

#define TMPFS_INODES "256" /* files are kernel memory too */

static bool is_writable(const struct box_op *op)
{
	return op->mode & 0222;
}

static bool is_of_host(const struct box_op *op)
{
	return op->kind == BOX_HOST_TREE || op->kind == BOX_HOST_MOUNT;
}

/* Whether it is a file that is mounted, not a directory. */
static bool is_file(const struct box_op *op)
{
	return op->kind == BOX_DISK || (is_of_host(op) && S_ISREG(op->mode));
}

static int open_host_source(const struct box_op *op, int *ret_fd, struct err *e)
{
	/* O_DIRECTORY has what is mounted on first use mounted. */
	_cleanup_fd_ int fd = open(op->src, O_PATH | O_CLOEXEC | (is_file(op) ? 0 : O_DIRECTORY));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "mount source '%s'", op->src);
	if ((st.st_mode & S_IFMT) != (op->mode & S_IFMT) ||
	    ((op->dev || op->ino) && (op->dev != st.st_dev || op->ino != st.st_ino)))
		return err_set(e, ESTALE,
			       "mount source '%s' was replaced since the container was created; create it again",
			       op->src);
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* Opens the source without a driver or FIFO learning of it; what is opened is checked, and that very thing mounted. */
static int open_source(struct box *b, const struct box_op *op, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	if (is_of_host(op))
		return open_host_source(op, ret_fd, e);
	r = box_open_image_root(b, e);

	if (r < 0)
		return r;
	r = rpath_open(&(struct rpath){b->image, op->src}, O_PATH, &fd, e);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return box_op_failed(op, op->src, e);
	r = box_check_same(op, &st, op->kind == BOX_TREE, e);
	if (r < 0)
		return r;
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* A monitor would say this in words of its own, and later. */
static int check_writable(const struct box_op *op, int fd, struct err *e)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return box_op_failed(op, op->src, e);
	if (fs.f_flags & ST_RDONLY)
		return err_set(
			e, EROFS,
			"box: '%s' in the container root lies on a read-only mount, but the guest is to write it",
			op->src);
	return 0;
}

/* A copy of the mount of what is open at fd, with the mounts below it for a tree. Read-only stays what was so. */
static int clone_mount(const struct box_op *op, int fd, int *ret_fd, struct err *e)
{
	const unsigned deep = op->kind == BOX_TREE || op->kind == BOX_HOST_TREE ? AT_RECURSIVE : 0;
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (is_writable(op) ? 0 : MOUNT_ATTR_RDONLY),
		.propagation = MS_PRIVATE,
	};
	_cleanup_fd_ int tree = -1;

	tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | deep);
	if (tree < 0)
		return box_op_failed(op, "cannot copy its mount", e);
	if (mount_setattr(tree, "", AT_EMPTY_PATH | deep, &attr, sizeof(attr)) < 0)
		return box_op_failed(op, "cannot protect its mount", e);
	*ret_fd = fd_steal(&tree);
	return 0;
}

static int bind_source(struct box *b, const struct box_op *op, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = -1;
	int r = open_source(b, op, &fd, e);

	if (r == 0 && op->kind == BOX_DISK && is_writable(op))
		r = check_writable(op, fd, e);
	return r < 0 ? r : clone_mount(op, fd, ret_fd, e);
}

static int set_number(int fs, const char *key, unsigned long long n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", n);
	return fsconfig(fs, FSCONFIG_SET_STRING, key, text, 0);
}

static int make_tmpfs(const struct box_op *op, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), tree = -1;
	char mode[16];

	if (fs < 0)
		return box_op_failed(op, "fsopen", e);
	snprintf(mode, sizeof(mode), "%04o", op->mode & 07777);
	if (set_number(fs, "size", op->host_bytes) < 0 || set_number(fs, "uid", op->uid) < 0 ||
	    set_number(fs, "gid", op->gid) < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", TMPFS_INODES, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return box_op_failed(op, "cannot be configured", e);
	tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (tree < 0)
		return box_op_failed(op, "fsmount", e);
	*ret_fd = fd_steal(&tree);
	return 0;
}

int box_prepare_late(struct box *b, size_t index, struct err *e)
{
	const struct box_op *op = &b->p->ops[index];
	_cleanup_fd_ int fd = -1;
	int r;

	if (b->nlate == BOX_LATE_MAX)
		return err_set(e, E2BIG, "box: more than %d disks, trees and tmpfs", BOX_LATE_MAX);
	r = box_nothing_below(b, op, is_file(op) ? "file" : "mount of its own", e);
	if (r < 0)
		return r;
	r = op->kind == BOX_TMPFS ? make_tmpfs(op, &fd, e) : bind_source(b, op, &fd, e);
	if (r == -ENOENT && op->optional)
		return 0;
	if (r == 0)
		r = box_make_entry(op, is_file(op) ? S_IFREG | 0444 : S_IFDIR | 0755, e);
	if (r < 0)
		return r;
	b->late[b->nlate].op = index;
	b->late[b->nlate++].fd = fd_steal(&fd);
	return 0;
}

int box_attach_late(struct box *b, struct err *e)
{
	size_t i;

	for (i = 0; i < b->nlate; i++) {
		const struct box_op *op = &b->p->ops[b->late[i].op];

		if (move_mount(b->late[i].fd, "", AT_FDCWD, box_op_name(op), MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return box_op_failed(op, "cannot be mounted", e);
	}
	return 0;
}
