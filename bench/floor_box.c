/* SPDX-License-Identifier: Apache-2.0 */
/* The box and the drop of privileges, as straight as the kernel allows. */
#include "floor.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void parents(const char *name)
{
	char path[1024];
	size_t i;

	for (i = 0; name[i] && i < sizeof(path) - 1; i++) {
		path[i] = '\0';
		if (name[i] == '/')
			(void)mkdir(path, 0755);
		path[i] = name[i];
	}
}

static void touch(const char *name, mode_t mode, dev_t dev)
{
	if (mknod(name, mode, dev) == 0)
		return;
	parents(name);
	if (mknod(name, mode, dev) < 0)
		floor_die(name);
}

static void bind_file(const char *src, const char *dst)
{
	touch(dst, S_IFREG | 0444, 0);
	if (mount(src, dst, NULL, MS_BIND, NULL) < 0)
		floor_die(src);
}

static void put_file(const char *src, const char *dst, size_t bytes)
{
	static char zeros[65536];
	int in = -1, out = open(dst, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	struct stat st;
	size_t n;

	if (out < 0) {
		parents(dst);
		out = open(dst, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	}
	if (src && strcmp(src, "-") != 0) {
		in = open(src, O_RDONLY | O_CLOEXEC);
		if (in < 0 || fstat(in, &st) < 0 || sendfile(out, in, NULL, (size_t)st.st_size) < 0)
			floor_die(src);
		close(in);
	}
	for (; bytes > 0; bytes -= n) {
		n = bytes < sizeof(zeros) ? bytes : sizeof(zeros);
		if (write(out, zeros, n) != (ssize_t)n)
			floor_die(dst);
	}
	close(out);
}

static void do_line(const struct line *l)
{
	char *const *w = l->word;

	if (strcmp(w[0], "bind") == 0 || strcmp(w[0], "image") == 0)
		bind_file(w[1], w[2]);
	else if (strcmp(w[0], "dir") == 0)
		(void)mkdir(w[1], 0755);
	else if (strcmp(w[0], "node") == 0)
		touch(w[1], S_IFCHR | 0666,
		      makedev((unsigned)strtoul(w[2], NULL, 10), (unsigned)strtoul(w[3], NULL, 10)));
	else if (strcmp(w[0], "copy") == 0)
		put_file(w[1], w[2], 0);
	else if (strcmp(w[0], "file") == 0)
		put_file(NULL, w[1], strtoul(w[2], NULL, 10));
	else if (strcmp(w[0], "initrd") == 0)
		put_file(w[1], w[2], strtoul(w[3], NULL, 10));
}

void floor_box(const struct work *w)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	struct mount_attr dev = {.attr_clr = MOUNT_ATTR_NODEV, .attr_set = MOUNT_ATTR_NOEXEC};
	int nodes = floor_find(w, "node") != NULL, fs, root;
	size_t i;

	umask(0);
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		floor_die("slave");
	fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		floor_die("tmpfs");
	root = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (root < 0 || move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(root) < 0)
		floor_die("root");
	if (nodes && (mkdir("dev", 0755) < 0 || mount("dev", "dev", NULL, MS_BIND, NULL) < 0))
		floor_die("dev");
	for (i = 0; i < w->n; i++)
		do_line(&w->line[i]);
	if (mount_setattr(root, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro, sizeof(ro)) < 0 ||
	    (nodes && mount_setattr(AT_FDCWD, "dev", 0, &dev, sizeof(dev)) < 0))
		floor_die("read-only");
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		floor_die("pivot_root");
}

void floor_drop(const struct work *w)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};
	const struct line *l = floor_find(w, "user");
	unsigned uid = l ? (unsigned)strtoul(l->word[1], NULL, 10) : 0,
		 gid = l ? (unsigned)strtoul(l->word[2], NULL, 10) : 0;
	int cap;

	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	for (cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	(void)prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 ||
	    syscall(SYS_capset, &head, none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		floor_die("drop");
}
