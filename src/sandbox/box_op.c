/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that fill the box: directories, binds, copies, devices, files, links. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/io.h"
#include "common/path.h"
#include "sandbox/box.h"

#define PAGE_BYTES 4096u
#define HOST_FILE_MAX (4ull << 30) /* what a cpio header can say */

/*
 * While it is filled, the working directory is the new root, and every name in it is relative to that: the name of an
 * op without its first '/'. Nothing is ever created through a symbolic link or in a directory bound from the host,
 * which would lead out of the box: no op may lie below one (nothing_below).
 */
const char *box_op_name(const struct box_op *op)
{
	return op->dst + 1;
}

static bool below_dev(const struct box_op *op)
{
	return strncmp(op->dst, "/dev/", 5) == 0;
}

static bool is_device(const struct box_op *op)
{
	return op->kind == BOX_NODE || op->kind == BOX_BLOCK;
}

int box_op_failed(const struct box_op *op, const char *what, struct err *e)
{
	return err_sys(e, "box: %s %s: %s", box_kind_names[op->kind], op->dst, what);
}

/* "/a/b": absolute, not the root itself, no empty component, no "." and no "..". */
static bool is_clean(const char *path)
{
	size_t len;

	if (!path || path[0] != '/')
		return false;
	while (*path == '/') {
		len = strcspn(++path, "/");
		if (len == 0 || (len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
	}
	return true;
}

static int check_op(const struct box_op *op, struct err *e)
{
	if (op->kind < BOX_DIR || op->kind > BOX_HOST_MOUNT)
		return err_set(e, EINVAL, "box: unknown kind %d of operation", op->kind);
	if (!is_clean(op->dst))
		return err_set(e, EINVAL, "box: '%s' is not a clean absolute path",
			       op->dst ? op->dst : "(null)");
	if (is_device(op) && !below_dev(op))
		return err_set(e, EINVAL, "box: device '%s' must be below /dev", op->dst);
	if (op->kind == BOX_TMPFS && op->host_bytes == 0) /* to the kernel 0 is without limit */
		return err_set(e, EINVAL, "box: tmpfs %s needs a size", op->dst);
	if (op->host_bytes > HOST_FILE_MAX)
		return err_set(e, EFBIG, "box: %s: the host file is larger than %llu bytes", op->dst,
			       HOST_FILE_MAX);
	if (!op->src && op->kind != BOX_DIR && op->kind != BOX_FILE && op->kind != BOX_INITRD &&
	    op->kind != BOX_TMPFS && op->kind != BOX_PROC && !is_device(op))
		return err_set(e, EINVAL, "box: %s %s needs a source", box_kind_names[op->kind], op->dst);
	return 0;
}

int box_check_same(const struct box_op *op, const struct stat *st, bool directory, struct err *e)
{
	if (directory ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode))
		return err_set(e, EINVAL, "'%s' in the container root is not a %s", op->src,
			       directory ? "directory" : "regular file");
	if ((op->dev || op->ino) && (op->dev != st->st_dev || op->ino != st->st_ino))
		return err_set(e, ESTALE,
			       "'%s' in the container root is not the %s any more that it was at create",
			       op->src, directory ? "directory" : "file");
	return 0;
}

int box_open_image_root(struct box *b, struct err *e)
{
	if (b->image >= 0)
		return 0;
	if (!b->p->image_root)
		return err_set(e, EINVAL, "box: a file of the container root is wanted, but there is none");
	if (b->p->image_fd > 0)
		b->image = fcntl(b->p->image_fd, F_DUPFD_CLOEXEC, 3);
	else
		b->image = open(b->p->image_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (b->image < 0)
		return err_sys(e, "container root '%s'", b->p->image_root);
	return 0;
}

/* The file that an op copies: of the container root, or for BOX_INITRD one of our own on the host. */
static int open_copy(struct box *b, const struct box_op *op, int *ret_fd, struct stat *ret_st, struct err *e)
{
	int r;

	if (op->kind == BOX_INITRD && op->host_base) {
		*ret_fd = open(op->host_base, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		return *ret_fd < 0 || fstat(*ret_fd, ret_st) < 0 ? box_op_failed(op, op->host_base, e) : 0;
	}
	r = box_open_image_root(b, e);
	if (r == 0)
		r = rpath_open_regular(&(struct rpath){b->image, op->src}, ret_fd, ret_st, e);
	return r;
}

/* Opens the files that will be copied and adds up what the tmpfs must hold. */
int box_open_copies(struct box *b, uint64_t *ret_bytes, struct err *e)
{
	uint64_t sum = 0;
	struct stat st;
	size_t i;
	int r;

	for (i = 0; i < b->p->nops; i++) {
		const struct box_op *op = &b->p->ops[i];

		r = check_op(op, e);
		if (r < 0)
			return r;
		sum += PAGE_BYTES + op->data.n + op->tail.n;
		if (op->kind != BOX_TMPFS) /* that is one of its own */
			sum += op->host_bytes;
		for (size_t k = 0; k < op->adds.n; k++)
			sum += op->adds.v[k].max_bytes;
		if ((!op->src && !op->host_base) || (op->kind != BOX_IMAGE_COPY && op->kind != BOX_INITRD))
			continue;
		if (b->ncopies == BOX_COPIES_MAX)
			return err_set(e, E2BIG, "box: more than %d files to copy", BOX_COPIES_MAX);
		r = open_copy(b, op, &b->copies[b->ncopies].fd, &st, e);
		if (r == -ENOENT && op->optional)
			continue;
		if (r < 0)
			return r;
		b->copies[b->ncopies].op = i;
		b->copies[b->ncopies++].size_bytes = (uint64_t)st.st_size;
		r = box_check_same(op, &st, false, e);
		if (r < 0)
			return r;
		sum += (uint64_t)st.st_size;
	}
	*ret_bytes = sum;
	return 0;
}

static int make_parents(const char *name, struct err *e)
{
	char path[4096];
	size_t i;

	if (strlen(name) >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "box: '%.64s...' is too long", name);
	for (i = 0; name[i]; i++) {
		if (name[i] == '/') {
			path[i] = '\0';
			if (mkdir(path, 0755) < 0 && errno != EEXIST)
				return err_sys(e, "box: directory /%s", path);
		}
		path[i] = name[i];
	}
	return 0;
}

/* One try at what make_entry does. 0 or a descriptor; -1 and errno. */
static int try_make(const struct box_op *op, mode_t mode, bool open_it)
{
	const char *name = box_op_name(op);

	if (open_it)
		return open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 07777);
	if (S_ISDIR(mode))
		return mkdir(name, mode & 07777);
	if (S_ISLNK(mode))
		return symlink(op->src, name);
	return mknod(name, mode, makedev(op->major, op->minor));
}

/* Makes the directory, file, node or link of an op. Its parents are looked at only when one is missing. 0, or with
 * open_it the descriptor of the new file. */
static int make_entry(const struct box_op *op, mode_t mode, bool open_it, struct err *e)
{
	int r = try_make(op, mode, open_it);

	if (r < 0 && errno == ENOENT) {
		r = make_parents(box_op_name(op), e);
		if (r < 0)
			return r;
		r = try_make(op, mode, open_it);
	}
	return r < 0 ? box_op_failed(op, "cannot be made", e) : r;
}

int box_make_entry(const struct box_op *op, mode_t mode, struct err *e)
{
	struct stat st;
	int r = make_entry(op, mode, false, e);

	/* A directory may have been made as somebody's parent. */
	if (r == -EEXIST && S_ISDIR(mode) && lstat(box_op_name(op), &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return r;
}

static int set_owner(const struct box_op *op, struct err *e)
{
	if ((op->uid || op->gid) && lchown(box_op_name(op), op->uid, op->gid) < 0)
		return box_op_failed(op, "cannot change its owner", e);
	return 0;
}

static int do_dir(const struct box_op *op, struct err *e)
{
	struct stat st;
	int r = make_entry(op, S_IFDIR | op->mode, false, e);

	/* It may have been made as somebody's parent. */
	if (r == -EEXIST && lstat(box_op_name(op), &st) == 0 && S_ISDIR(st.st_mode))
		r = chmod(box_op_name(op), op->mode & 07777) < 0
			    ? box_op_failed(op, "cannot change its mode", e)
			    : 0;
	return r < 0 ? r : set_owner(op, e);
}

int box_nothing_below(const struct box *b, const struct box_op *op, const char *what, struct err *e)
{
	size_t len = strlen(op->dst), i;

	for (i = 0; i < b->p->nops; i++) {
		const char *dst = b->p->ops[i].dst;

		if (strncmp(dst, op->dst, len) == 0 && dst[len] == '/')
			return err_set(e, EINVAL, "box: %s cannot be put below %s, which is a %s", dst,
				       op->dst, what);
	}
	return 0;
}

static int bind_directory(const struct box *b, const struct box_op *op, struct err *e)
{
	int r = box_nothing_below(b, op, "directory of the host", e);

	if (r < 0)
		return r;
	if (mkdir(box_op_name(op), 0755) < 0 && errno != EEXIST)
		return box_op_failed(op, "cannot be made", e);
	if (mount(op->src, box_op_name(op), NULL, MS_BIND, NULL) < 0)
		return box_op_failed(op, op->src, e);
	return 0;
}

/*
 * mount(2) rather than open_tree and move_mount: the same thing in one call instead of three, some sixty times. The
 * source is a host path of the administrator's, the target a name of ours in our own tmpfs. Most sources are files, so
 * a file it is at first; the kernel says when that is wrong.
 */
static int do_bind(const struct box *b, const struct box_op *op, struct err *e)
{
	struct stat st;
	int r = make_entry(op, S_IFREG | 0444, false, e);

	if (r == -EEXIST && lstat(box_op_name(op), &st) == 0 && S_ISDIR(st.st_mode))
		return bind_directory(b, op, e);
	if (r < 0)
		return r;
	if (mount(op->src, box_op_name(op), NULL, MS_BIND, NULL) == 0)
		return 0;
	r = errno;
	if (unlink(box_op_name(op)) == 0 && r == ENOTDIR)
		return bind_directory(b, op, e);
	if (r == ENOENT && op->optional)
		return 0;
	return err_set(e, r, "box: cannot bind '%s' to %s: %s", op->src, op->dst, strerror(r));
}

static int do_image(struct box *b, const struct box_op *op, struct err *e)
{
	_cleanup_fd_ int fd = -1, tree = -1;
	struct stat st;
	int r = box_open_image_root(b, e);

	if (r < 0)
		return r;
	/* O_PATH: neither a FIFO nor a device driver learns of it. The opened file is checked, and that very file bound. */
	r = rpath_open(&(struct rpath){b->image, op->src}, O_PATH, &fd, e);
	if (r == -ENOENT && op->optional)
		return 0;
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return box_op_failed(op, op->src, e);
	r = box_check_same(op, &st, false, e);
	if (r == 0)
		r = make_entry(op, S_IFREG | 0444, false, e);
	if (r < 0)
		return r;
	tree = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || move_mount(tree, "", AT_FDCWD, box_op_name(op), MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return box_op_failed(op, "cannot bind it", e);
	return 0;
}

/* BOX_FILE, BOX_IMAGE_COPY and BOX_INITRD: a file of our own out of an image file and bytes. */
static int do_file(struct box *b, size_t index, struct err *e)
{
	const struct box_op *op = &b->p->ops[index];
	_cleanup_fd_ int fd = -1;
	uint64_t size = 0;
	int in = -1, r;
	size_t i;

	for (i = 0; i < b->ncopies && b->copies[i].op != index; i++)
		;
	if (i == b->ncopies && op->kind == BOX_IMAGE_COPY)
		return 0; /* optional and missing */
	fd = make_entry(op, S_IFREG | op->mode, true, e);
	if (fd < 0)
		return fd;
	if (i < b->ncopies) {
		in = b->copies[i].fd;
		size = b->copies[i].size_bytes;
	}
	if (op->kind == BOX_INITRD)
		r = box_write_initrd(op, fd, in, size, e);
	else
		r = op->kind == BOX_IMAGE_COPY ? box_copy(fd, in, size)
					       : write_all(fd, op->data.p, op->data.n);
	if (op->kind != BOX_INITRD && r < 0)
		err_set(e, -r, "box: %s %s: cannot be written: %s", box_kind_names[op->kind], op->dst,
			strerror(-r));
	if (r < 0)
		return r;
	if ((op->uid || op->gid) && fchown(fd, op->uid, op->gid) < 0)
		return box_op_failed(op, "cannot change its owner", e);
	return 0;
}

static int do_node(const struct box_op *op, struct err *e)
{
	mode_t type = op->kind == BOX_BLOCK ? S_IFBLK : S_IFCHR;
	int r = make_entry(op, type | (op->mode & 07777), false, e);

	return r < 0 ? r : set_owner(op, e);
}

static int do_symlink(const struct box *b, const struct box_op *op, struct err *e)
{
	int r = box_nothing_below(b, op, "symbolic link", e);

	return r < 0 ? r : make_entry(op, S_IFLNK, false, e);
}

/* hidepid=4 (Linux 5.8) hides every process that the reader may not trace: on a host's PID namespace nearly all. */
static int do_proc(const struct box *b, const struct box_op *op, struct err *e)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
	int r = box_nothing_below(b, op, "mount of its own", e);

	if (r == 0)
		r = box_make_entry(op, S_IFDIR | 0555, e);
	if (r == 0 && mount("proc", box_op_name(op), "proc", flags, "subset=pid,hidepid=4") < 0)
		r = box_op_failed(op, "cannot be mounted", e);
	return r;
}

int box_do_op(struct box *b, size_t index, struct err *e)
{
	const struct box_op *op = &b->p->ops[index];

	switch (op->kind) {
	case BOX_DIR:
		return do_dir(op, e);
	case BOX_BIND:
		return do_bind(b, op, e);
	case BOX_IMAGE:
		return do_image(b, op, e);
	case BOX_NODE:
	case BOX_BLOCK:
		return do_node(op, e);
	case BOX_SYMLINK:
		return do_symlink(b, op, e);
	case BOX_PROC:
		return do_proc(b, op, e);
	case BOX_DISK:
	case BOX_TREE:
	case BOX_TMPFS:
	case BOX_HOST_TREE:
	case BOX_HOST_MOUNT:
		return box_prepare_late(b, index, e);
	default:
		return do_file(b, index, e);
	}
}
