/* SPDX-License-Identifier: Apache-2.0 */
/* The root of the box: a tmpfs filled through its descriptor, made read-only, and pivoted into. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/fd.h"
#include "sandbox/box.h"

#define SPARE_BYTES (1u << 20)

static void box_done(struct box *b)
{
	size_t i;

	for (i = 0; i < b->ncopies; i++)
		fd_close(&b->copies[i].fd);
	for (i = 0; i < b->nlate; i++)
		fd_close(&b->late[i].fd);
	fd_close(&b->image);
	fd_close(&b->root);
}

/* Makes the tmpfs and attaches it over "/". That hides nothing from us: absolute names still begin at our old root,
 * and the new one is reached by descriptor. Attached before it is filled, or Linux 6.1 refuses the mounts inside. */
static int attach_tmpfs(struct box *b, uint64_t size_bytes, struct err *e)
{
	_cleanup_fd_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	char size[24];

	if (fs < 0)
		return err_sys(e, "box: fsopen tmpfs (Linux 5.12 or later is needed)");
	snprintf(size, sizeof(size), "%llu", (unsigned long long)size_bytes);
	if (fsconfig(fs, FSCONFIG_SET_STRING, "size", size, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(e, "box: tmpfs of %s bytes", size);
	b->root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (b->root < 0)
		return err_sys(e, "box: fsmount");
	if (move_mount(b->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, "box: cannot attach its root");
	if (fchdir(b->root) < 0)
		return err_sys(e, "box: cannot enter its root");
	return 0;
}

static bool has_nodes(const struct box_params *p)
{
	size_t i;

	for (i = 0; i < p->nops; i++) {
		if (p->ops[i].kind == BOX_NODE || p->ops[i].kind == BOX_BLOCK)
			return true;
	}
	return false;
}

/* /dev becomes a mount of its own, so that it alone may lack nodev. The tmpfs behind it can be the same one. */
static int make_dev(struct err *e)
{
	if (mkdir("dev", 0755) < 0 || mount("dev", "dev", NULL, MS_BIND, NULL) < 0)
		return err_sys(e, "box: /dev");
	return 0;
}

static int make_readonly(const struct box *b, bool dev, struct err *e)
{
	struct mount_attr all = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
		.propagation = MS_PRIVATE, /* what the host mounts later below a bound directory is not for the box */
	};
	struct mount_attr nodes = {.attr_set = MOUNT_ATTR_NOEXEC, .attr_clr = MOUNT_ATTR_NODEV};

	if (mount_setattr(b->root, "", AT_EMPTY_PATH | AT_RECURSIVE, &all, sizeof(all)) < 0)
		return err_sys(e, "box: cannot make it read-only");
	if (dev && mount_setattr(AT_FDCWD, "dev", 0, &nodes, sizeof(nodes)) < 0)
		return err_sys(e, "box: cannot allow devices in /dev");
	return 0;
}

static bool same_mount(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor && a->stx_mnt_id == b->stx_mnt_id;
}

/* Is "/" the tmpfs itself, and nothing above it or below? */
static int verify_root(const struct box *b, struct err *e)
{
	const unsigned mask = STATX_INO | STATX_MNT_ID;
	struct statx want, root, up;

	if (statx(b->root, "", AT_EMPTY_PATH, mask, &want) < 0 || statx(AT_FDCWD, "/", 0, mask, &root) < 0 ||
	    statx(AT_FDCWD, "/..", 0, mask, &up) < 0)
		return err_sys(e, "box: cannot look at its root");
	if (!same_mount(&want, &root) || !same_mount(&want, &up))
		return err_set(e, EBUSY, "box: the old root is still there after pivot_root");
	return 0;
}

/* A host that runs from its initramfs has a root that cannot be moved. The box lies over it then, and nothing in the
 * box has the capability to look below. */
static int cover_initramfs(struct err *e)
{
	struct statfs fs;

	if (statfs("/", &fs) < 0 || (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC))
		return err_set(e, EINVAL,
			       "box: pivot_root is refused: the host's root is no mount point (a chroot?)");
	if (chroot(".") < 0)
		return err_sys(e, "box: chroot");
	return 0;
}

static int pivot(const struct box *b, struct err *e)
{
	int r = 0;

	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (umount2(".", MNT_DETACH) < 0)
			return err_sys(e, "box: cannot detach the old root");
	} else {
		r = errno == EINVAL ? cover_initramfs(e) : err_sys(e, "box: pivot_root");
	}
	if (r < 0)
		return r;
	if (chdir("/") < 0)
		return err_sys(e, "box: chdir");
	return verify_root(b, e);
}

static int build(struct box *b, struct err *e)
{
	bool dev = has_nodes(b->p);
	uint64_t size = 0;
	size_t i;
	int r;

	r = box_open_copies(b, &size, e);
	if (r == 0)
		r = attach_tmpfs(b, b->p->size_bytes ? b->p->size_bytes : size + SPARE_BYTES, e);
	if (r == 0 && dev)
		r = make_dev(e);
	for (i = 0; r == 0 && i < b->p->nops; i++)
		r = box_do_op(b, i, e);
	if (r == 0)
		r = make_readonly(b, dev, e);
	if (r == 0)
		r = box_attach_late(b, e);
	if (r == 0)
		r = pivot(b, e);
	return r;
}

int box_enter(const struct box_params *p, struct err *e)
{
	struct box b = {.p = p, .root = -1, .image = -1};
	mode_t mask;
	int r;

	if (!p->is_slave && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, "box: cannot cut its mounts off from the host's");
	mask = umask(0); /* modes are meant as they are written */
	r = build(&b, e);
	umask(mask);
	box_done(&b);
	return r;
}
