/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces: opening, checking, joining, and the kernel parameters that belong to them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/path.h"
#include "common/str.h"
#include "sandbox/ns.h"

static const struct {
	int kind;
	unsigned long flag;
} flags[] = {
	{NS_PID, CLONE_NEWPID},       {NS_NET, CLONE_NEWNET},   {NS_MNT, CLONE_NEWNS},
	{NS_IPC, CLONE_NEWIPC},       {NS_UTS, CLONE_NEWUTS},   {NS_USER, CLONE_NEWUSER},
	{NS_CGROUP, CLONE_NEWCGROUP}, {NS_TIME, CLONE_NEWTIME},
};

#define NFLAGS (sizeof(flags) / sizeof(flags[0]))

unsigned long ns_clone_flag(int kind)
{
	size_t i;

	for (i = 0; i < NFLAGS; i++) {
		if (flags[i].kind == kind)
			return flags[i].flag;
	}
	return 0;
}

static const char *flag_name(unsigned long flag)
{
	size_t i;

	for (i = 0; i < NFLAGS; i++) {
		if (flags[i].flag == flag)
			return ns_kind_names[flags[i].kind];
	}
	return "unknown";
}

int ns_open(const struct confine_ns *ns, int *ret_fd, struct err *e)
{
	const char *want = ns_kind_names[ns->kind];
	_cleanup_fd_ int fd = -1;
	struct statfs fs;
	int type;

	/* O_NONBLOCK: a FIFO in place of a namespace must not hang us. */
	fd = open(ns->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(e, EINVAL, "namespace path '%s': cannot be opened as a %s namespace: %s",
			       ns->path, want, strerror(errno));
	/* Only nsfs descriptors know NS_GET_NSTYPE; other drivers may take the number for something of theirs. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return err_set(e, EINVAL, "namespace path '%s': not a namespace; a %s namespace is expected",
			       ns->path, want);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return err_sys(e, "namespace path '%s': cannot ask for its type", ns->path);
	if ((unsigned long)type != ns_clone_flag(ns->kind))
		return err_set(e, EINVAL, "namespace path '%s': is a %s namespace, a %s namespace is expected",
			       ns->path, flag_name((unsigned long)type), want);
	*ret_fd = fd_steal(&fd);
	return 0;
}

int ns_join(int fd, const struct confine_ns *ns, struct err *e)
{
	if (setns(fd, (int)ns_clone_flag(ns->kind)) < 0)
		return err_sys(e, "cannot join the %s namespace '%s'", ns_kind_names[ns->kind],
			       ns->path ? ns->path : "(by descriptor)");
	return 0;
}

/* Parameters that exist once per namespace. Names ending in '.' are prefixes. */
static const char *const namespaced[] = {
	"net.",          "fs.mqueue.",    "kernel.domainname", "kernel.hostname",
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni",     "kernel.sem",
	"kernel.shmall", "kernel.shmmax", "kernel.shmmni",     "kernel.shm_rmid_forced",
};

static bool is_namespaced(const char *key)
{
	size_t i;

	for (i = 0; i < sizeof(namespaced) / sizeof(namespaced[0]); i++) {
		const char *name = namespaced[i];

		if (str_ends(name, ".") ? str_starts(key, name) : streq(key, name))
			return true;
	}
	return false;
}

static int check_key(const char *key, struct err *e)
{
	size_t len = strlen(key);

	if (len == 0 || len > 200 || strchr(key, '/') || strstr(key, "..") || key[len - 1] == '.')
		return err_set(e, EINVAL, "sysctl '%.200s': not a dotted name", key);
	if (!is_namespaced(key))
		return err_set(e, EINVAL,
			       "sysctl '%s' belongs to the whole host: only net.*, fs.mqueue.*, kernel.hostname, "
			       "kernel.domainname and the System V IPC parameters kernel.msg*, kernel.sem, "
			       "kernel.shm* "
			       "can be set for a container",
			       key);
	return 0;
}

int ns_sysctl(const char *key, const char *value, struct err *e)
{
	_cleanup_fd_ int dir = -1, fd = -1;
	char name[256];
	struct statfs fs;
	size_t i;
	int r;

	r = check_key(key, e);
	if (r < 0)
		return r;
	for (i = 0; key[i]; i++)
		name[i] = key[i] == '.' ? '/' : key[i];
	name[i] = '\0';
	dir = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, "sysctl '%s': /proc/sys", key);
	r = rpath_open(&(struct rpath){dir, name}, O_WRONLY | O_NOCTTY, &fd, e);
	if (r < 0)
		return err_wrap(e, "sysctl '%s'", key);
	/* Whatever someone mounted over /proc/sys must not receive this. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, EINVAL, "sysctl '%s': /proc/sys is not procfs", key);
	if (write(fd, value, strlen(value)) < 0)
		return err_sys(e, "sysctl '%s': cannot set it to '%.64s'", key, value);
	return 0;
}
