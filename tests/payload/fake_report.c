/* SPDX-License-Identifier: Apache-2.0 */
/* What the fake monitor finds out about itself, by system calls alone: there is no /proc in the box. */
#include "fake_monitor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "json_out.h"

#define FD_MAX 1024
#define TREE_MAX 4000
#define TMPFS_MAGIC 0x01021994

static void report_ids(void)
{
	uid_t u[3] = {0};
	gid_t g[3] = {0}, groups[256];
	int i, n = getgroups(256, groups);

	js_open("uid", '[');
	(void)getresuid(&u[0], &u[1], &u[2]);
	for (i = 0; i < 3; i++)
		js_int(NULL, u[i]);
	js_close(']');
	js_open("gid", '[');
	(void)getresgid(&g[0], &g[1], &g[2]);
	for (i = 0; i < 3; i++)
		js_int(NULL, g[i]);
	js_close(']');
	js_open("groups", '[');
	for (i = 0; i < n; i++)
		js_int(NULL, groups[i]);
	js_close(']');
}

static uint64_t cap_bits(int option, int arg)
{
	uint64_t bits = 0;
	int cap, r;

	for (cap = 0; cap < 64; cap++) {
		r = arg < 0 ? prctl(option, cap, 0, 0, 0) : prctl(option, arg, cap, 0, 0);
		if (r > 0)
			bits |= UINT64_C(1) << cap;
	}
	return bits;
}

static void report_caps(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}};

	(void)syscall(SYS_capget, &head, d);
	js_open("caps", '{');
	js_hex("effective", d[0].effective | (uint64_t)d[1].effective << 32);
	js_hex("permitted", d[0].permitted | (uint64_t)d[1].permitted << 32);
	js_hex("inheritable", d[0].inheritable | (uint64_t)d[1].inheritable << 32);
	js_hex("bounding", cap_bits(PR_CAPBSET_READ, -1));
	js_hex("ambient", cap_bits(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET));
	js_close('}');
	js_int("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	js_int("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	js_int("securebits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	js_int("seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
}

static void report_process(void)
{
	struct utsname u;
	char cwd[4096];
	int sig = 0;
	mode_t mask = umask(0);

	umask(mask);
	js_int("pid", getpid());
	js_int("ppid", getppid());
	js_int("pgid", getpgrp());
	js_int("sid", getsid(0));
	(void)prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
	js_int("pdeathsig", sig);
	js_int("umask", mask);
	js_str("cwd", getcwd(cwd, sizeof(cwd)));
	js_int("nice", getpriority(PRIO_PROCESS, 0));
	if (uname(&u) == 0) {
		js_str("hostname", u.nodename);
		js_str("domainname", u.domainname);
		js_str("kernel", u.release);
	}
}

static void report_signals(void)
{
	struct sigaction sa;
	sigset_t mask;
	int i;

	js_open("signals_blocked", '[');
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	for (i = 1; i < NSIG; i++) {
		if (sigismember(&mask, i) == 1)
			js_int(NULL, i);
	}
	js_close(']');
	js_open("signals_ignored", '[');
	for (i = 1; i < NSIG; i++) {
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			js_int(NULL, i);
	}
	js_close(']');
}

static void report_rlimits(void)
{
	static const char *const names[] = {"CPU",      "FSIZE",  "DATA",    "STACK", "CORE",  "RSS",
					    "NPROC",    "NOFILE", "MEMLOCK", "AS",    "LOCKS", "SIGPENDING",
					    "MSGQUEUE", "NICE",   "RTPRIO",  "RTTIME"};
	struct rlimit l;
	unsigned i;

	js_open("rlimits", '{');
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (getrlimit((__rlimit_resource_t)i, &l) < 0)
			continue;
		js_open(names[i], '[');
		js_int(NULL, (int64_t)l.rlim_cur);
		js_int(NULL, (int64_t)l.rlim_max);
		js_close(']');
	}
	js_close('}');
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "symlink";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "other"; /* pidfd, eventfd, ... */
	}
}

static void report_fds(void)
{
	struct stat st;
	int fd, flags;

	js_open("fds", '[');
	for (fd = 0; fd < FD_MAX; fd++) {
		flags = fcntl(fd, F_GETFD);
		if (flags < 0 || fstat(fd, &st) < 0)
			continue;
		js_open(NULL, '{');
		js_int("fd", fd);
		js_str("type", type_name(st.st_mode));
		js_bool("cloexec", flags & FD_CLOEXEC);
		js_int("access", fcntl(fd, F_GETFL) & O_ACCMODE);
		js_bool("tty", isatty(fd));
		/* Only the controlling terminal tells its foreground group. */
		js_bool("controlling", isatty(fd) && tcgetpgrp(fd) >= 0);
		js_int("dev", (int64_t)st.st_dev);
		js_int("ino", (int64_t)st.st_ino);
		js_close('}');
	}
	js_close(']');
}

/* A pidfd of oneself tells the namespaces without /proc, on Linux 6.11 and later. */
static void report_namespaces(void)
{
	static const struct {
		const char *name;
		unsigned nr;
	} kinds[] = {{"cgroup", 1}, {"ipc", 2},  {"mount", 3}, {"network", 4},
		     {"pid", 5},    {"time", 7}, {"user", 9},  {"uts", 10}};
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0), fd;
	struct stat st;
	size_t i;

	js_open("namespaces", '{');
	for (i = 0; self >= 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		fd = ioctl(self, _IO(0xFF, kinds[i].nr), 0);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0)
			js_int(kinds[i].name, (int64_t)st.st_ino);
		close(fd);
	}
	if (self >= 0)
		close(self);
	js_close('}');
}

static void report_mount(const char *key, const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0) {
		js_null(key);
		return;
	}
	js_open(key, '{');
	js_bool("tmpfs", fs.f_type == TMPFS_MAGIC);
	js_bool("readonly", fs.f_flags & ST_RDONLY);
	js_bool("nosuid", fs.f_flags & ST_NOSUID);
	js_bool("nodev", fs.f_flags & ST_NODEV);
	js_bool("noexec", fs.f_flags & ST_NOEXEC);
	js_int("bytes", (int64_t)fs.f_blocks * fs.f_bsize);
	js_close('}');
}

static bool can_write(const char *path, mode_t mode)
{
	char probe[4200];
	int fd;

	if (S_ISDIR(mode)) {
		snprintf(probe, sizeof(probe), "%s/.probe", path);
		fd = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			unlink(probe);
	} else if (S_ISREG(mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		return false;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void report_entry(const char *path, const struct stat *st)
{
	char target[1024] = "", rdev[32];
	struct statx x;
	ssize_t n;

	js_open(NULL, '{');
	js_str("path", path);
	js_str("type", type_name(st->st_mode));
	snprintf(rdev, sizeof(rdev), "%04o", (unsigned)st->st_mode & 07777);
	js_str("mode", rdev);
	js_int("uid", st->st_uid);
	js_int("gid", st->st_gid);
	js_int("size", st->st_size);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		snprintf(rdev, sizeof(rdev), "%u:%u", major(st->st_rdev), minor(st->st_rdev));
		js_str("rdev", rdev);
		js_str("open", open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) >= 0 ? "ok" : strerror(errno));
	}
	if (S_ISLNK(st->st_mode)) {
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		js_str("target", target);
	}
	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &x) == 0)
		js_int("mount", (int64_t)x.stx_mnt_id);
	js_bool("writable", can_write(path, st->st_mode));
	js_close('}');
}

static void walk(char *path, size_t len, unsigned *left)
{
	struct dirent *ent;
	struct stat st;
	size_t n;
	DIR *d = opendir(len ? path : "/");

	if (!d)
		return;
	while (*left > 0 && (ent = readdir(d)) != NULL) {
		n = strlen(ent->d_name);
		if (strcmp(ent->d_name, ".") == 0 || strcmp(ent->d_name, "..") == 0 || len + n + 2 > 4096)
			continue;
		path[len] = '/';
		memcpy(path + len + 1, ent->d_name, n + 1);
		if (lstat(path, &st) == 0) {
			(*left)--;
			report_entry(path, &st);
			if (S_ISDIR(st.st_mode))
				walk(path, len + 1 + n, left);
		}
		path[len] = '\0';
	}
	closedir(d);
}

static void report_tree(void)
{
	unsigned left = TREE_MAX;
	char path[4097] = "";
	struct stat root, up;
	struct statfs fs;

	js_bool("dotdot_is_root", stat("/", &root) == 0 && stat("/..", &up) == 0 &&
					  root.st_dev == up.st_dev && root.st_ino == up.st_ino);
	/* Trying to write all over a root that is no box would not be kind. */
	if (statfs("/", &fs) < 0 || fs.f_type != TMPFS_MAGIC) {
		js_null("tree");
		return;
	}
	js_open("tree", '[');
	if (stat("/", &root) == 0)
		report_entry("/", &root);
	walk(path, 0, &left);
	js_close(']');
	js_bool("tree_complete", left > 0);
}

void fake_report(char **argv, char **envp)
{
	js_open(NULL, '{');
	js_open("argv", '[');
	for (; *argv; argv++)
		js_str(NULL, *argv);
	js_close(']');
	js_open("env", '[');
	for (; *envp; envp++)
		js_str(NULL, *envp);
	js_close(']');
	report_fds(); /* first: nothing of our own is open yet */
	report_process();
	report_ids();
	report_caps();
	report_signals();
	report_rlimits();
	report_namespaces();
	report_mount("root", "/");
	report_mount("dev", "/dev");
	report_tree();
	js_close('}');
	js_flush(STDOUT_FILENO, "FAKE-REPORT ");
}
