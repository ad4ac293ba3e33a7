/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that change mounts: a child in a mount namespace of its own, with a user namespace unless we are root. */
#ifndef URUNC_TESTS_SANDBOX_JAIL_H
#define URUNC_TESTS_SANDBOX_JAIL_H

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "unit.h"

#define JAIL_NONE 255 /* this kernel or its settings allow no user namespace */

static inline int jail_put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return ok ? 0 : -1;
}

/* We are root inside, whoever we are outside. */
static inline int jail_enter(uid_t uid, gid_t gid)
{
	char uids[64], gids[64];

	if (unshare(CLONE_NEWNS | (uid ? CLONE_NEWUSER : 0)) < 0)
		return -1;
	snprintf(uids, sizeof(uids), "0 %u 1", uid);
	snprintf(gids, sizeof(gids), "0 %u 1", gid);
	if (uid && (jail_put("/proc/self/uid_map", uids) < 0 ||
		    jail_put("/proc/self/setgroups", "deny") < 0 || jail_put("/proc/self/gid_map", gids) < 0))
		return -1;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* What fn (0, or a line number) returned in the child; use it with assert_jailed. */
static inline int jail_run(int (*fn)(void *), void *arg)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (jail_enter(getuid(), getgid()) < 0)
			_exit(JAIL_NONE);
		_exit(fn(arg) ? 1 : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define assert_jailed(fn, arg)                                                                               \
	do {                                                                                                 \
		int jail_r_ = jail_run((fn), (arg));                                                         \
		if (jail_r_ == JAIL_NONE) {                                                                  \
			print_message("user namespaces are missing\n");                                      \
			skip();                                                                              \
		}                                                                                            \
		assert_int_equal(jail_r_, 0);                                                                \
	} while (0)

/* In the child: leaves fn with a line on standard error. */
#define jail_check(cond)                                                                                     \
	do {                                                                                                 \
		if (!(cond)) {                                                                               \
			dprintf(2, "%s:%d: %s is not so (errno %d)\n", __FILE__, __LINE__, #cond, errno);    \
			return __LINE__;                                                                     \
		}                                                                                            \
	} while (0)

#endif
