/* SPDX-License-Identifier: Apache-2.0 */
/* The root of the box, from outside and from inside. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box_test.h"
#include "sandbox/creds.h"
#include "sandbox/root.h"

#define IMAGE SCRATCH "/image"
#define HOST SCRATCH "/host"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct box_op op(int kind, const char *dst, const char *src)
{
	return (struct box_op){.kind = kind, .dst = dst, .src = src, .mode = 0644};
}

static struct box_op owned(struct box_op o, uint32_t mode, uint32_t uid, uint32_t gid)
{
	o.mode = mode;
	o.uid = uid;
	o.gid = gid;
	return o;
}

static struct box_op with_data(struct box_op o, const char *text)
{
	o.data = (struct bytes){text, strlen(text)};
	return o;
}

static struct box_op node(const char *dst, uint32_t major, uint32_t minor)
{
	struct box_op o = op(BOX_NODE, dst, NULL);

	o.major = major;
	o.minor = minor;
	return owned(o, 0660, 1000, 36);
}

static void make_trees(void)
{
	scratch_make();
	check(mkdir(IMAGE, 0755) == 0 && mkdir(IMAGE "/sub", 0755) == 0 && mkdir(HOST, 0755) == 0);
	write_text(IMAGE "/kernel", "KERNEL");
	write_text(IMAGE "/secret", "SECRET");
	check(chmod(IMAGE "/secret", 0600) == 0);
	write_text(IMAGE "/initrd", "07070"); /* 5 bytes: seven zeros follow */
	write_text(HOST "/lib.so", "LIBRARY");
	check(mkdir(HOST "/data", 0755) == 0);
	write_text(HOST "/data/rom", "ROM");
}

static int enter(const struct box_op *ops, size_t n, struct err *e)
{
	return box_enter(&(struct box_params){.ops = ops, .nops = n, .image_root = IMAGE}, e);
}

/* --- seen from inside, as root --- */

static void contains(const char *path, const char *text)
{
	char buf[256];
	long n = read_text(path, buf, sizeof(buf));

	if (n < 0)
		fail("%s: %s", path, strerror(errno));
	if ((size_t)n != strlen(text) || strcmp(buf, text) != 0)
		fail("%s holds '%s' (%ld bytes), not '%s'", path, buf, n, text);
}

static void test_contents(void)
{
	struct err e = {0};
	char buf[64];
	int fd;

	make_trees();
	const struct box_op ops[] = {
		op(BOX_BIND, "/usr/lib/a/lib.so", HOST "/lib.so"),
		op(BOX_BIND, "/usr/share/data", HOST "/data"),
		op(BOX_IMAGE, "/boot/kernel", "/kernel"),
		owned(op(BOX_IMAGE_COPY, "/boot/secret", "secret"), 0400, 1000, 1000),
		with_data(op(BOX_INITRD, "/boot/initrd", "/initrd"), "MORE"),
		with_data(op(BOX_INITRD, "/boot/only", NULL), "ONLY"),
		with_data(op(BOX_FILE, "/etc/conf", NULL), "{}"),
		op(BOX_SYMLINK, "/lib", "usr/lib"),
		owned(op(BOX_DIR, "/tmp", NULL), 01777, 0, 0),
		owned(op(BOX_DIR, "/usr", NULL), 0711, 0, 0), /* made as a parent before */
	};
	must(enter(ops, COUNT(ops), &e), &e);
	contains("/usr/lib/a/lib.so", "LIBRARY");
	contains("/lib/a/lib.so", "LIBRARY");
	contains("/usr/share/data/rom", "ROM");
	contains("/boot/kernel", "KERNEL");
	contains("/boot/secret", "SECRET");
	contains("/boot/only", "ONLY");
	contains("/etc/conf", "{}");
	fd = open("/boot/initrd", O_RDONLY);
	check(read(fd, buf, sizeof(buf)) == 16 && memcmp(buf, "07070\0\0\0\0\0\0\0MORE", 16) == 0);
	check(access("/proc", F_OK) < 0 && access(SCRATCH, F_OK) < 0 && access("/dev", F_OK) < 0);
	check(getcwd(buf, sizeof(buf)) && strcmp(buf, "/") == 0);
}

static void test_readonly(void)
{
	static const char *const files[] = {"/lib.so",   "/data/rom", "/kernel",   "/conf",
					    "/dev/conf", "/new",      "/data/new", "/dev/new"};
	struct err e = {0};
	size_t i;

	make_trees();
	const struct box_op ops[] = {
		op(BOX_BIND, "/lib.so", HOST "/lib.so"),
		op(BOX_BIND, "/data", HOST "/data"),
		op(BOX_IMAGE, "/kernel", "/kernel"),
		with_data(op(BOX_FILE, "/conf", NULL), "x"),
		with_data(op(BOX_FILE, "/dev/conf", NULL), "x"),
		node("/dev/zero", 1, 5),
	};
	must(enter(ops, COUNT(ops), &e), &e);
	for (i = 0; i < COUNT(files); i++) {
		if (open(files[i], O_WRONLY | O_CREAT, 0644) >= 0)
			fail("%s can be written", files[i]);
		if (errno != EROFS)
			fail("%s: %s", files[i], strerror(errno));
	}
	check(unlink("/conf") < 0 && errno == EROFS);
	check(open("/dev/zero", O_RDWR) >= 0);
}

/* A kernel that is a set-user-id program of the host, by a hard link: a file to read, like any other. */
static void test_setuid_kernel(void)
{
	struct err e = {0};
	struct statfs fs;

	make_trees();
	check(link(IMAGE "/kernel", IMAGE "/setuid") == 0 && chmod(IMAGE "/setuid", 04755) == 0);
	const struct box_op ops[] = {op(BOX_IMAGE, "/kernel", "/setuid")};
	must(enter(ops, COUNT(ops), &e), &e);
	check(statfs("/kernel", &fs) == 0 && (fs.f_flags & ST_NOSUID) && (fs.f_flags & ST_RDONLY));
}

/* Somebody exchanges the kernel all the time: what is bound is the file that was looked at, or nothing. */
static void test_racer(void)
{
	struct err e = {0};
	struct stat st;
	int status = 0, bound = 0;
	pid_t racer, pid;

	make_trees();
	check(stat(IMAGE "/kernel", &st) == 0);
	check(symlink("/etc/shadow", IMAGE "/link") == 0);
	racer = fork();
	if (racer == 0) {
		for (;;) {
			(void)rename(IMAGE "/kernel", IMAGE "/kept");
			(void)rename(IMAGE "/link", IMAGE "/kernel");
			(void)rename(IMAGE "/kernel", IMAGE "/link");
			(void)rename(IMAGE "/kept", IMAGE "/kernel");
		}
	}
	for (int i = 0; i < 200; i++) {
		pid = fork();
		if (pid == 0) {
			struct box_op o = op(BOX_IMAGE, "/kernel", "/kernel");

			o.dev = st.st_dev;
			o.ino = st.st_ino;
			check(unshare(CLONE_NEWNS) == 0);
			if (enter(&o, 1, &e) < 0)
				_exit(2);
			contains("/kernel", "KERNEL");
			_exit(0);
		}
		check(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
		check(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2);
		bound += WEXITSTATUS(status) == 0;
	}
	kill(racer, SIGKILL);
	(void)waitpid(racer, NULL, 0);
	check(bound > 0);
}

/* A device node in the image or in a bound directory must stay a dead name. */
static void test_nodev(void)
{
	struct err e = {0};

	make_trees();
	check(mknod(HOST "/data/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	check(mknod(HOST "/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	const struct box_op ops[] = {
		op(BOX_BIND, "/data", HOST "/data"),
		op(BOX_BIND, "/zero", HOST "/zero"),
		op(BOX_BIND, "/dev/zero", HOST "/zero"),
		node("/dev/good", 1, 5),
	};
	must(enter(ops, COUNT(ops), &e), &e);
	check(open("/data/zero", O_RDONLY) < 0 && errno == EACCES);
	check(open("/zero", O_RDONLY) < 0 && errno == EACCES);
	check(open("/dev/zero", O_RDONLY) < 0 && errno == EACCES);
	check(open("/dev/good", O_RDONLY) >= 0);
}

static struct box_op block(const char *dst, uint32_t major, uint32_t minor)
{
	struct box_op o = node(dst, major, minor);

	o.kind = BOX_BLOCK;
	return o;
}

static struct box_op tmpfs(const char *dst, uint64_t bytes)
{
	struct box_op o = owned(op(BOX_TMPFS, dst, NULL), 0700, 1000, 1001);

	o.host_bytes = bytes;
	return o;
}

static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	check(write(fd, "W", 1) == 1);
	close(fd);
	return true;
}

/* A block image of the container can be written, unless the op says otherwise; nothing beside it can. */
static void test_disk(void)
{
	struct err e = {0};
	struct stat st;
	struct statfs fs;

	make_trees();
	write_text(IMAGE "/disk", "DISK");
	check(symlink("/disk", IMAGE "/sub/link") == 0);
	struct box_op ops[] = {
		op(BOX_DISK, "/disk0", "/sub/link"),
		owned(op(BOX_DISK, "/disk1", "/disk"), 0444, 0, 0),
		op(BOX_DISK, "/none", "/none"),
		op(BOX_IMAGE, "/kernel", "/kernel"),
	};
	ops[2].optional = true;
	check(stat(IMAGE "/disk", &st) == 0);
	ops[0].dev = st.st_dev;
	ops[0].ino = st.st_ino;
	must(enter(ops, COUNT(ops), &e), &e);
	check(can_write("/disk0"));
	contains("/disk0", "WISK");
	contains("/disk1", "WISK");
	check(!can_write("/disk1") && errno == EROFS);
	check(!can_write("/kernel") && errno == EROFS);
	check(!can_write("/new") && errno == EROFS);
	check(access("/none", F_OK) < 0);
	check(statfs("/disk0", &fs) == 0 && (fs.f_flags & (ST_NOSUID | ST_NODEV)) == (ST_NOSUID | ST_NODEV));
}

/* A tree of the container with what is mounted in it: no device in it works, what was read-only there stays so. */
static void test_tree(void)
{
	struct err e = {0};
	struct statfs fs;

	make_trees();
	check(mkdir(IMAGE "/dev", 0755) == 0 && mkdir(IMAGE "/ro", 0755) == 0 &&
	      mkdir(IMAGE "/rw", 0755) == 0);
	check(mknod(IMAGE "/dev/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	check(mknod(IMAGE "/dev/sda", S_IFBLK | 0666, makedev(7, 0)) == 0);
	check(mount("ro", IMAGE "/ro", "tmpfs", MS_RDONLY, NULL) == 0);
	check(mount("rw", IMAGE "/rw", "tmpfs", 0, NULL) == 0);
	check(mknod(IMAGE "/rw/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	check(symlink("/", IMAGE "/sub/out") == 0);
	const struct box_op ops[] = {
		op(BOX_TREE, "/share0", "/"),
		owned(op(BOX_TREE, "/deep/share1", "/rw"), 0555, 0, 0),
		op(BOX_TREE, "/share2", "/sub/out/../../.."), /* of the container, not of the host */
		node("/dev/good", 1, 5),
	};
	must(enter(ops, COUNT(ops), &e), &e);
	contains("/share0/kernel", "KERNEL");
	contains("/share2/kernel", "KERNEL");
	check(can_write("/share0/new") && can_write("/share0/rw/new") && can_write("/share2/sub/new"));
	contains("/deep/share1/new", "W");
	check(!can_write("/deep/share1/new") && errno == EROFS);
	check(!can_write("/share0/ro/new") && errno == EROFS);
	check(open("/share0/dev/zero", O_RDONLY) < 0 && errno == EACCES);
	check(open("/share0/dev/sda", O_RDONLY) < 0 && errno == EACCES);
	check(open("/share0/rw/zero", O_RDONLY) < 0 && errno == EACCES);
	check(open("/dev/good", O_RDONLY) >= 0);
	check(statfs("/share0/rw", &fs) == 0 && (fs.f_flags & ST_NOSUID));
	check(!can_write("/new") && errno == EROFS);
	check(!can_write("/deep/new") && errno == EROFS);
}

/* Files and trees of the host: with or without what is mounted below, written or not, and no device in them works. */
static void test_host_trees(void)
{
	struct err e = {0};
	struct stat st;

	make_trees();
	check(mkdir(HOST "/tree", 0755) == 0 && mkdir(HOST "/tree/other", 0755) == 0);
	write_text(HOST "/tree/file", "F");
	write_text(HOST "/alone", "A");
	check(symlink(HOST "/alone", HOST "/link") == 0);
	check(mknod(HOST "/tree/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	check(mount("other", HOST "/tree/other", "tmpfs", 0, NULL) == 0);
	write_text(HOST "/tree/other/deep", "D");
	check(stat(HOST "/tree", &st) == 0);
	struct box_op same = owned(op(BOX_HOST_TREE, "/share/m0", HOST "/tree"), S_IFDIR | 0700, 0, 0);
	same.dev = st.st_dev;
	same.ino = st.st_ino;
	const struct box_op ops[] = {
		same,
		owned(op(BOX_HOST_TREE, "/share/m1", HOST "/tree"), S_IFDIR | 0500, 0, 0),
		owned(op(BOX_HOST_MOUNT, "/share/m2", HOST "/tree"), S_IFDIR | 0700, 0, 0),
		owned(op(BOX_HOST_MOUNT, "/share/m3", HOST "/link"), S_IFREG | 0600, 0, 0),
		owned(op(BOX_HOST_MOUNT, "/share/m4", HOST "/alone"), S_IFREG | 0400, 0, 0),
	};
	must(enter(ops, COUNT(ops), &e), &e);
	check(can_write("/share/m0/new") && can_write("/share/m0/other/new"));
	contains("/share/m1/new", "W");
	contains("/share/m1/other/new", "W");
	contains("/share/m1/other/deep", "D");
	check(!can_write("/share/m1/no") && errno == EROFS);
	check(!can_write("/share/m1/other/no") && errno == EROFS);
	check(can_write("/share/m2/new2") && access("/share/m2/other/deep", F_OK) < 0);
	check(open("/share/m0/zero", O_RDONLY) < 0 && errno == EACCES);
	contains("/share/m4", "A");
	check(can_write("/share/m3"));
	contains("/share/m4", "W");
	check(open("/share/m4", O_WRONLY) < 0 && errno == EROFS);
	check(!can_write("/share/no") && errno == EROFS);
}

static void test_tmpfs(void)
{
	struct err e = {0};
	char path[64];
	struct statfs fs;
	struct stat st;
	int made = 0;

	make_trees();
	const struct box_op ops[] = {tmpfs("/run", 64 << 10), op(BOX_DIR, "/x", NULL)};
	must(enter(ops, COUNT(ops), &e), &e);
	check(stat("/run", &st) == 0 && (st.st_mode & 07777) == 0700 && st.st_uid == 1000 &&
	      st.st_gid == 1001);
	check(can_write("/run/file"));
	check(!can_write("/x/file") && errno == EROFS);
	check(statfs("/run", &fs) == 0 && fs.f_blocks * (uint64_t)fs.f_bsize == 64 << 10);
	check((fs.f_flags & ST_NOSUID) && (fs.f_flags & ST_NODEV) && (fs.f_flags & ST_NOEXEC));
	for (made = 0; made < 10000; made++) {
		snprintf(path, sizeof(path), "/run/%d", made);
		if (mkdir(path, 0700) < 0)
			break;
	}
	check(made > 50 && made < 1000);
}

static void test_block(void)
{
	struct err e = {0};
	struct stat st;

	make_trees();
	const struct box_op ops[] = {block("/dev/disk0", 7, 0)};
	must(enter(ops, COUNT(ops), &e), &e);
	check(stat("/dev/disk0", &st) == 0 && S_ISBLK(st.st_mode) && (st.st_mode & 07777) == 0660);
	check(st.st_rdev == makedev(7, 0) && st.st_uid == 1000 && st.st_gid == 36);
	/* Whether there is such a device is another matter, but it is not nodev that stops us. */
	check(open("/dev/disk0", O_RDONLY) >= 0 || errno != EACCES);
}

static void test_optional(void)
{
	struct err e = {0};

	make_trees();
	struct box_op ops[] = {
		op(BOX_BIND, "/a/none", HOST "/none"),
		op(BOX_IMAGE, "/b/none", "/none"),
		op(BOX_IMAGE_COPY, "/c/none", "/none"),
		op(BOX_BIND, "/lib.so", HOST "/lib.so"),
	};
	ops[0].optional = ops[1].optional = ops[2].optional = true;
	must(enter(ops, COUNT(ops), &e), &e);
	check(access("/a/none", F_OK) < 0 && access("/b/none", F_OK) < 0 && access("/c/none", F_OK) < 0);
	contains("/lib.so", "LIBRARY");
}

static void test_large_copy(void)
{
	const size_t size = 5 << 20;
	char *data = calloc(1, size + 1);
	struct err e = {0};
	struct stat st;

	make_trees();
	memset(data, 'i', size);
	write_text(IMAGE "/big", data);
	const struct box_op ops[] = {with_data(op(BOX_INITRD, "/big", "/big"), "tail")};
	must(enter(ops, COUNT(ops), &e), &e);
	check(stat("/big", &st) == 0 && st.st_size == (off_t)size + 8); /* four zeros between them */
}

/* A host that was started from an initramfs keeps that, and what is mounted on it, under everything for ever. */
static bool from_initramfs(void)
{
	struct statfs fs;

	return statfs("/", &fs) == 0 && (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC);
}

/* How many mounts this mount namespace has, also those that cannot be reached; 0 where the kernel cannot tell (before
 * Linux 6.8). */
static int mounts_left(void)
{
	struct {
		uint32_t size, spare;
		uint64_t mnt_id, param, ns_id;
	} request = {.size = 32, .mnt_id = UINT64_MAX};
	uint64_t ids[64];
	long n = syscall(458, &request, ids, 64, 0); /* listmount */

	return n < 0 ? 0 : (int)n;
}

/* Descriptors of the caller survive; the way back to the host does not. */
static void test_old_root_gone(void)
{
	struct err e = {0};
	struct stat box, up;
	bool initramfs;
	int fd;

	make_trees();
	initramfs = from_initramfs();
	fd = open(HOST "/lib.so", O_RDONLY);
	const struct box_op ops[] = {op(BOX_DIR, "/x", NULL)};
	must(enter(ops, COUNT(ops), &e), &e);
	check(fcntl(fd, F_GETFD) >= 0);
	check(stat("/", &box) == 0 && stat("/../..", &up) == 0 && box.st_ino == up.st_ino &&
	      box.st_dev == up.st_dev);
	check(initramfs || mounts_left() <= 2); /* the box, and the kernel's own empty root under everything */
	check(chdir("/") == 0 && chroot("x") == 0 && chdir("../../..") == 0 && stat(".", &up) == 0);
	check(box.st_ino == up.st_ino && box.st_dev == up.st_dev);
}

/* --- what must be refused --- */

static void refused(struct box_op o, int code, const char *part)
{
	struct err e = {0};

	must_fail(enter(&o, 1, &e), code, &e, part);
}

static void in_child(void (*fn)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		check(unshare(CLONE_NEWNS) == 0);
		fn();
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	if (status != 0)
		_exit(1);
}

static void fifo(void)
{
	refused(op(BOX_IMAGE, "/k", "/fifo"), EINVAL, "not a regular file");
}
static void fifo_copy(void)
{
	refused(op(BOX_IMAGE_COPY, "/k", "/fifo"), EINVAL, "FIFO");
}
static void directory(void)
{
	refused(op(BOX_IMAGE, "/k", "/sub"), EINVAL, "not a regular file");
}
static void device(void)
{
	refused(op(BOX_IMAGE, "/k", "/zero"), EINVAL, "not a regular file");
}
static void link_out(void)
{
	refused(op(BOX_IMAGE, "/k", "/out"), ENOENT, "/out");
}
static void link_up(void)
{
	refused(op(BOX_IMAGE, "/k", "../../../../../etc/passwd"), ENOENT, "passwd");
}
static void swapped(void)
{
	struct box_op o = op(BOX_IMAGE, "/k", "/kernel");

	o.dev = 1;
	o.ino = 1;
	refused(o, ESTALE, "not the file any more");
}
static void unclean(void)
{
	refused(op(BOX_DIR, "/a/../b", NULL), EINVAL, "clean");
}
static void relative(void)
{
	refused(op(BOX_DIR, "a", NULL), EINVAL, "clean");
}
static void node_outside(void)
{
	refused(node("/null", 1, 3), EINVAL, "below /dev");
}
static void missing(void)
{
	refused(op(BOX_BIND, "/a", HOST "/none"), ENOENT, HOST "/none");
}
static void through_link(void)
{
	const struct box_op ops[] = {op(BOX_SYMLINK, "/lib", SCRATCH), op(BOX_FILE, "/lib/escaped", NULL)};
	struct err e = {0};

	must_fail(enter(ops, COUNT(ops), &e), EINVAL, &e, "symbolic link");
}
static void through_bind(void)
{
	const struct box_op ops[] = {op(BOX_BIND, "/data", HOST "/data"), op(BOX_FILE, "/data/escaped", NULL)};
	struct err e = {0};

	must_fail(enter(ops, COUNT(ops), &e), EINVAL, &e, "directory of the host");
}

static void disk_fifo(void)
{
	refused(op(BOX_DISK, "/d", "/fifo"), EINVAL, "not a regular file");
}
static void disk_directory(void)
{
	refused(op(BOX_DISK, "/d", "/sub"), EINVAL, "not a regular file");
}
static void disk_device(void)
{
	refused(op(BOX_DISK, "/d", "/tosda"), EINVAL, "not a regular file");
}
static void disk_of_the_host(void)
{
	refused(op(BOX_DISK, "/d", "/out"), ENOENT, "/out");
}
static void disk_swapped(void)
{
	struct box_op o = op(BOX_DISK, "/d", "/kernel");

	o.dev = o.ino = 1;
	refused(o, ESTALE, "not the file any more");
}
static void disk_readonly(void)
{
	check(mount(IMAGE "/sub", IMAGE "/sub", NULL, MS_BIND, NULL) == 0);
	write_text(IMAGE "/sub/disk", "x");
	check(mount(NULL, IMAGE "/sub", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	refused(op(BOX_DISK, "/d", "/sub/disk"), EROFS, "read-only mount");
}
static void tree_file(void)
{
	refused(op(BOX_TREE, "/t", "/kernel"), EINVAL, "not a directory");
}
static void tree_swapped(void)
{
	struct box_op o = op(BOX_TREE, "/t", "/sub");

	o.dev = o.ino = 1;
	refused(o, ESTALE, "not the directory any more");
}
static void host_tree_swapped(void)
{
	struct box_op o = owned(op(BOX_HOST_TREE, "/t", HOST), S_IFDIR | 0700, 0, 0);

	o.dev = o.ino = 1;
	refused(o, ESTALE, "was replaced since the container was created");
}
static void host_tree_file(void)
{
	refused(owned(op(BOX_HOST_TREE, "/t", IMAGE "/kernel"), S_IFDIR | 0700, 0, 0), ENOTDIR,
		"mount source '");
	refused(owned(op(BOX_HOST_TREE, "/t", HOST), S_IFREG | 0600, 0, 0), ESTALE, "was replaced");
	refused(owned(op(BOX_HOST_MOUNT, "/t", HOST "/none"), S_IFREG | 0600, 0, 0), ENOENT, "mount source '");
}
static void through_tree(void)
{
	const struct box_op ops[] = {op(BOX_TREE, "/t", "/sub"), op(BOX_FILE, "/t/escaped", NULL)};
	struct err e = {0};

	must_fail(enter(ops, COUNT(ops), &e), EINVAL, &e, "mount of its own");
}
static void tmpfs_without_end(void)
{
	refused(tmpfs("/run", 0), EINVAL, "needs a size");
}
static void block_outside(void)
{
	refused(block("/disk0", 7, 0), EINVAL, "below /dev");
}

static void test_refused(void)
{
	static void (*const all[])(
		void) = {disk_fifo,     disk_directory, disk_device,  disk_of_the_host, disk_swapped,
			 disk_readonly, tree_file,      tree_swapped, through_tree,     tmpfs_without_end,
			 block_outside, fifo,           fifo_copy,    directory,        device,
			 link_out,      link_up,        swapped,      unclean,          relative,
			 node_outside,  missing,        through_link, through_bind,     host_tree_swapped,
			 host_tree_file};
	size_t i;

	make_trees();
	check(mkfifo(IMAGE "/fifo", 0644) == 0);
	check(mknod(IMAGE "/zero", S_IFCHR | 0666, makedev(1, 5)) == 0);
	check(mkdir(IMAGE "/dev", 0755) == 0 && mknod(IMAGE "/dev/sda", S_IFBLK | 0666, makedev(8, 0)) == 0);
	check(symlink("/dev/sda", IMAGE "/tosda") == 0);
	check(symlink("/etc/shadow", IMAGE "/out") == 0);
	for (i = 0; i < COUNT(all); i++)
		in_child(all[i]);
	check(access(SCRATCH "/escaped", F_OK) < 0 && access(HOST "/data/escaped", F_OK) < 0);
}

/* --- the whole of it, as the fake monitor sees it --- */

static char report[1 << 20];

static void __attribute__((format(printf, 1, 2))) has(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!strstr(report, text))
		fail("the report lacks %s: %.500s", text, report);
}

static void become_monitor(const struct box_op *ops, size_t n)
{
	static const char *const argv[] = {"monitor", "-append", "x", NULL};
	static const char *const envp[] = {"LANG=C", NULL};
	uint32_t groups[] = {36, 44};
	struct rlimit_value limits[] = {{"RLIMIT_NOFILE", 256, 512}, {"RLIMIT_CORE", 4096, 4096}};
	struct confine_creds c = {.uid = 1000, .gid = 1000, .umask = 022, .groups = {groups, 2}};
	const char *warn = NULL;
	struct err e = {0};

	c.rlimits.v = limits;
	c.rlimits.n = COUNT(limits);
	must(creds_limits(&c, &warn, &e), &e);
	must(enter(ops, n, &e), &e);
	must(creds_drop(&c, &e), &e);
	execve("/usr/bin/monitor", (char *const *)argv, (char *const *)envp);
	fail("exec: %s", strerror(errno));
}

static void get_report(const struct box_op *ops, size_t n)
{
	size_t len = 0;
	ssize_t r;
	int p[2];
	pid_t pid;

	check(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		close(p[0]);
		close(p[1]);
		become_monitor(ops, n);
	}
	close(p[1]);
	while ((r = read(p[0], report + len, sizeof(report) - 1 - len)) > 0)
		len += (size_t)r;
	close(p[0]);
	(void)waitpid(pid, NULL, 0);
}

static void test_monitor_view(void)
{
	make_trees();
	const struct box_op ops[] = {
		op(BOX_BIND, "/usr/bin/monitor", fake_path),
		op(BOX_IMAGE, "/boot/kernel", "/kernel"),
		owned(op(BOX_IMAGE_COPY, "/boot/secret", "/secret"), 0400, 1000, 1000),
		owned(with_data(op(BOX_FILE, "/etc/hidden", NULL), "h"), 0600, 0, 0),
		node("/dev/zero", 1, 5),
	};
	get_report(ops, COUNT(ops));
	has("\"argv\":[\"monitor\",\"-append\",\"x\"],\"env\":[\"LANG=C\"]");
	has("\"uid\":[1000,1000,1000],\"gid\":[1000,1000,1000],\"groups\":[36,44]");
	has("\"caps\":{\"effective\":\"0\",\"permitted\":\"0\",\"inheritable\":\"0\",\"bounding\":\"0\",\"ambient\":\"0\"}");
	has("\"no_new_privs\":1");
	has("\"CORE\":[0,0]");
	has("\"NOFILE\":[256,512]");
	has("\"umask\":18,\"cwd\":\"/\"");
	has("\"root\":{\"tmpfs\":true,\"readonly\":true,\"nosuid\":true,\"nodev\":true,\"noexec\":false");
	has("\"dev\":{\"tmpfs\":true,\"readonly\":true,\"nosuid\":true,\"nodev\":false,\"noexec\":true");
	has("\"dotdot_is_root\":true");
	has("\"tree_complete\":true");
	has("{\"path\":\"/dev/zero\",\"type\":\"char\",\"mode\":\"0660\",\"uid\":1000,\"gid\":36,\"size\":0,\"rdev\":\"1:5\","
	    "\"open\":\"ok\"");
	has("{\"path\":\"/boot/secret\",\"type\":\"file\",\"mode\":\"0400\",\"uid\":1000,\"gid\":1000,\"size\":6,");
	has("{\"path\":\"/etc/hidden\",\"type\":\"file\",\"mode\":\"0600\",\"uid\":0,");
	if (strstr(report, "\"writable\":true"))
		fail("something in the box can be written: %.300s", strstr(report, "\"writable\":true") - 200);
	if (strstr(report, "\"path\":\"/proc\"") || strstr(report, "\"path\":\"/tmp\""))
		fail("there is more in the box than was put in");
}

void box_tests(void)
{
	test_run("box: every kind of operation puts the right thing in place", test_contents);
	test_run("box: nothing in it can be written", test_readonly);
	test_run("box: only nodes we made are devices", test_nodev);
	test_run("box: a disk of the container is the one thing beside it that can be written", test_disk);
	test_run("box: a tree of the container comes with its mounts and without devices", test_tree);
	test_run("box: files and trees of the host, with their mounts or without", test_host_trees);
	test_run("box: a tmpfs of its own has a size, an owner and a number of files", test_tmpfs);
	test_run("box: a block device is a node in /dev", test_block);
	test_run("box: a set-user-id kernel gives nobody anything", test_setuid_kernel);
	test_run("box: a kernel that is exchanged meanwhile is the old one or none", test_racer);
	test_run("box: optional sources may be missing", test_optional);
	test_run("box: its size follows what is copied", test_large_copy);
	test_run("box: the old root is gone, open descriptors stay", test_old_root_gone);
	test_run("box: hostile and wrong operations are refused", test_refused);
	test_run("box: what a monitor sees", test_monitor_view);
}
