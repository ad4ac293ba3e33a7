/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials and namespaces, with the privileges it takes to give them up. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box_test.h"
#include "sandbox/creds.h"
#include "sandbox/ns.h"

static void no_privileges_left(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2] = {{~0u, ~0u, ~0u}, {~0u, ~0u, ~0u}};
	int cap;

	check(syscall(SYS_capset, &head, all) < 0 && errno == EPERM);
	for (cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		check(prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 0);
	check(cap > 30);
	check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) < 0);
	check(prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) < 0);
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	check(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	check(unshare(CLONE_NEWNS) < 0 && errno == EPERM);
	check(chroot("/") < 0 && errno == EPERM);
	check(setgroups(0, NULL) < 0 && errno == EPERM);
}

static void test_drop_user(void)
{
	struct confine_creds c = {.uid = 1234, .gid = 4321, .umask = 077};
	gid_t groups[4] = {1, 2, 3};
	struct err e = {0};

	check(setgroups(3, groups) == 0);
	must(creds_drop(&c, &e), &e);
	check(getuid() == 1234 && geteuid() == 1234 && getgid() == 4321 && getegid() == 4321);
	check(getgroups(0, NULL) == 0); /* the caller's groups are gone though none were asked for */
	check(umask(0) == 077);
	check(setuid(0) < 0 && setgid(0) < 0);
	no_privileges_left();
}

static void test_drop_root(void)
{
	struct confine_creds c = {.uid = 0, .gid = 0, .umask = 022};
	struct err e = {0};

	must(creds_drop(&c, &e), &e);
	check(getuid() == 0 && geteuid() == 0);
	no_privileges_left();
}

/* Without CAP_SYS_RESOURCE, as in many containers: what cannot be raised is told and is no error. */
static void test_limits_unprivileged(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];
	struct rlimit_value limits[] = {{"RLIMIT_NOFILE", 700000, 800000}, {"RLIMIT_STACK", 1 << 20, 1 << 20}};
	struct confine_creds c = {.has_oom_score_adj = true, .oom_score_adj = -998};
	const char *warn = NULL;
	struct err e = {0};
	struct rlimit l;

	check(setrlimit(RLIMIT_NOFILE, &(struct rlimit){100, 1000}) == 0);
	check(syscall(SYS_capget, &head, d) == 0);
	d[0].effective &= ~(1u << CAP_SYS_RESOURCE);
	d[0].permitted &= ~(1u << CAP_SYS_RESOURCE);
	check(syscall(SYS_capset, &head, d) == 0);
	c.rlimits.v = limits;
	c.rlimits.n = 2;
	must(creds_limits(&c, &warn, &e), &e);
	check(warn && strstr(warn, "RLIMIT_NOFILE") && !strstr(warn, "oom_score_adj"));
	must(creds_oom_score(&c, &warn, &e), &e);
	check(warn && strstr(warn, "oom_score_adj") && !strstr(warn, "RLIMIT_NOFILE"));
	check(getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur == 1000 && l.rlim_max == 1000);
	check(getrlimit(RLIMIT_STACK, &l) == 0 && l.rlim_max == 1 << 20);
	check(getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_max == 0);
}

static void test_oom_score(void)
{
	struct confine_creds c = {.has_oom_score_adj = true, .oom_score_adj = 567};
	const char *warn = NULL;
	struct err e = {0};
	char buf[32];

	must(creds_oom_score(&c, &warn, &e), &e);
	check(!warn && read_text("/proc/self/oom_score_adj", buf, sizeof(buf)) > 0 &&
	      strcmp(buf, "567\n") == 0);
}

void creds_tests(void)
{
	test_run("creds: another user with nothing left", test_drop_user);
	test_run("creds: root with nothing left", test_drop_root);
	test_run("creds: limits that may not be raised are a warning", test_limits_unprivileged);
	test_run("creds: oom score", test_oom_score);
}

static int open_ns(int kind, const char *path, struct err *e)
{
	int fd = -1, r = ns_open(&(struct confine_ns){kind, path}, &fd, e);

	return r < 0 ? r : fd;
}

static void test_ns_open(void)
{
	struct err e = {0};

	scratch_make();
	check(open_ns(NS_NET, "/proc/self/ns/net", &e) >= 0);
	check(open_ns(NS_CGROUP, "/proc/self/ns/cgroup", &e) >= 0);
	must_fail(open_ns(NS_NET, "/proc/self/ns/mnt", &e), EINVAL, &e,
		  "is a mount namespace, a network namespace is expected");
	write_text(SCRATCH "/file", "x");
	check(mkfifo(SCRATCH "/fifo", 0600) == 0);
	must_fail(open_ns(NS_NET, SCRATCH "/file", &e), EINVAL, &e, "not a namespace");
	must_fail(open_ns(NS_NET, SCRATCH "/fifo", &e), EINVAL, &e, "not a namespace");
	must_fail(open_ns(NS_NET, SCRATCH, &e), EINVAL, &e, "not a namespace");
	must_fail(open_ns(NS_IPC, SCRATCH "/none", &e), EINVAL, &e, "ipc namespace");
}

static ino_t net_ino(void)
{
	struct stat st;

	check(stat("/proc/thread-self/ns/net", &st) == 0);
	return st.st_ino;
}

static void test_ns_join(void)
{
	struct confine_ns ns = {NS_NET, "/proc/thread-self/ns/net"};
	struct err e = {0};
	ino_t first;
	int fd;

	fd = open_ns(NS_NET, ns.path, &e);
	check(fd >= 0);
	first = net_ino();
	check(unshare(CLONE_NEWNET) == 0 && net_ino() != first);
	must(ns_join(fd, &ns, &e), &e);
	check(net_ino() == first);
	must_fail(ns_join(fd, &(struct confine_ns){NS_UTS, "/x"}, &e), EINVAL, &e,
		  "cannot join the uts namespace '/x'");
}

static void test_sysctl(void)
{
	struct err e = {0};
	char buf[32];

	check(unshare(CLONE_NEWNET) == 0);
	must(ns_sysctl("net.core.somaxconn", "77", &e), &e);
	check(read_text("/proc/sys/net/core/somaxconn", buf, sizeof(buf)) > 0 && strcmp(buf, "77\n") == 0);
	must(ns_sysctl("kernel.msgmax", "9999", &e), &e);
	check(read_text("/proc/sys/kernel/msgmax", buf, sizeof(buf)) > 0 && strcmp(buf, "9999\n") == 0);
	must_fail(ns_sysctl("net.core.none", "1", &e), ENOENT, &e, "net.core.none");
	must_fail(ns_sysctl("net.core.somaxconn", "many", &e), EINVAL, &e, "many");
	must_fail(ns_sysctl("kernel.panic", "1", &e), EINVAL, &e, "whole host");
}

void ns_tests(void)
{
	test_run("ns: paths are opened only as what they are", test_ns_open);
	test_run("ns: join", test_ns_join);
	test_run("ns: sysctl", test_sysctl);
}
