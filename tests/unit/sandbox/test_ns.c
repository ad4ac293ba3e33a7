/* SPDX-License-Identifier: Apache-2.0 */
/* Namespace kinds, what passes for a namespace file, and which kernel parameters may be set. */
#include "sandbox/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "unit.h"

static void needs_types(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	bool known = ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;

	close(fd);
	unit_needs("ioctl NS_GET_NSTYPE", known);
}

static void flags_by_kind(void **state)
{
	static const struct {
		int kind;
		unsigned long flag;
		const char *word, *file;
	} kinds[] = {
		{NS_PID, CLONE_NEWPID, "pid", "pid"},
		{NS_NET, CLONE_NEWNET, "network", "net"},
		{NS_MNT, CLONE_NEWNS, "mount", "mnt"},
		{NS_IPC, CLONE_NEWIPC, "ipc", "ipc"},
		{NS_UTS, CLONE_NEWUTS, "uts", "uts"},
		{NS_USER, CLONE_NEWUSER, "user", "user"},
		{NS_CGROUP, CLONE_NEWCGROUP, "cgroup", "cgroup"},
		{NS_TIME, CLONE_NEWTIME, "time", "time"},
	};
	struct err e = {0};
	char path[64];
	int fd;

	(void)state;
	needs_types();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		assert_int_equal(ns_clone_flag(kinds[i].kind), kinds[i].flag);
		assert_string_equal(ns_kind_names[kinds[i].kind], kinds[i].word);
		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i].file);
		fd = -1;
		assert_ok(ns_open(&(struct confine_ns){kinds[i].kind, path}, &fd, &e), e);
		assert_true(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
		close(fd);
	}
	assert_int_equal(ns_clone_flag(99), 0);
}

static void other_files_are_refused(void **state)
{
	char dir[256], path[300];
	int fd = 4711;
	struct err e;

	(void)state;
	needs_types();
	unit_tmpdir(dir);
	assert_fails(ns_open(&(struct confine_ns){NS_NET, dir}, &fd, &e), e, EINVAL, "not a namespace");
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_fails(ns_open(&(struct confine_ns){NS_NET, path}, &fd, &e), e, EINVAL,
		     "a network namespace is expected");
	assert_fails(ns_open(&(struct confine_ns){NS_NET, "/proc/self/ns/ipc"}, &fd, &e), e, EINVAL,
		     "'/proc/self/ns/ipc': is a ipc namespace");
	assert_fails(ns_open(&(struct confine_ns){NS_UTS, "/none"}, &fd, &e), e, EINVAL, "'/none'");
	assert_int_equal(fd, 4711);
	unit_rmdir(dir);
}

static void sysctl_names(void **state)
{
	static const char *const bad[] = {"",
					  "net/ipv4/x",
					  "net..core",
					  "net.core.",
					  "kernel.panic",
					  "kernel.msgmaxx",
					  "vm.swappiness",
					  "network.x",
					  "fs.file-max",
					  "kernel.sem.x",
					  "../net.x",
					  "net"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(ns_sysctl(bad[i], "1", &e), e, EINVAL, "sysctl '");
	assert_fails(ns_sysctl("net.none.such", "1", &e), e, ENOENT, "net.none.such");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_by_kind),
		cmocka_unit_test(other_files_are_refused),
		cmocka_unit_test(sysctl_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
