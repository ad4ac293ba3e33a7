/* SPDX-License-Identifier: Apache-2.0 */
/* Working inside another network namespace without staying there. */
#include "net/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"
#include "common/log.h"
#include "common/netlink.h"

/* In a directory where only root makes files. A lock on the namespace itself could be held by any process in it. */
#define LOCK_FILE "/run/urunc-net.lock"

int netns_enter(int netns_fd, int *ret_home, struct err *e)
{
	_cleanup_fd_ int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (home < 0)
		return err_sys(e, "cannot open the own network namespace /proc/thread-self/ns/net");
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return err_sys(e, "cannot enter the container's network namespace");
	*ret_home = fd_steal(&home);
	return 0;
}

void netns_leave(int *home)
{
	if (*home < 0)
		return;
	if (setns(*home, CLONE_NEWNET) < 0) {
		log_msg(LOG_LVL_ERROR, "cannot go back to the own network namespace");
		abort();
	}
	fd_close(home);
}

int netns_netlink(int netns_fd, int family, int *ret_fd, struct err *e)
{
	_cleanup_ns_ int home = -1;
	int r = netns_enter(netns_fd, &home, e);

	return r < 0 ? r : nl_open(family, ret_fd, e);
}

int netns_lock(int netns_fd, int *ret_fd, struct err *e)
{
	_cleanup_fd_ int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	struct stat st;
	/* One byte for each namespace, at the offset of its inode number. */
	struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int r;

	if (fd < 0)
		return err_sys(e, "cannot open the lock file %s", LOCK_FILE);
	if (fstat(netns_fd, &st) < 0)
		return err_sys(e, "cannot look at the container's network namespace");
	range.l_start = (off_t)st.st_ino;
	do
		r = fcntl(fd, F_OFD_SETLKW, &range);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, "cannot lock %s", LOCK_FILE);
	*ret_fd = fd_steal(&fd);
	return 0;
}
