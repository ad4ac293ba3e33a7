/* SPDX-License-Identifier: Apache-2.0 */
/* The autoclear flag of loop devices. */
#include "storage/loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include "common/fd.h"

static int open_status(const char *device, struct loop_info64 *ret)
{
	int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	/* Drivers of other devices do not know this request. */
	if (fd >= 0 && ioctl(fd, LOOP_GET_STATUS64, ret) < 0)
		fd_close(&fd);
	return fd;
}

bool loop_vanishes(const char *device)
{
	struct loop_info64 info;
	_cleanup_fd_ int fd = open_status(device, &info);

	return fd >= 0 && (info.lo_flags & LO_FLAGS_AUTOCLEAR);
}

int loop_set_vanishes(const char *device, bool on, struct err *e)
{
	struct loop_info64 info;
	_cleanup_fd_ int fd = open_status(device, &info);

	if (fd < 0)
		return err_sys(e, "cannot ask loop device '%s' for its state", device);
	if (on)
		info.lo_flags |= LO_FLAGS_AUTOCLEAR;
	else
		info.lo_flags &= ~(unsigned)LO_FLAGS_AUTOCLEAR;
	if (ioctl(fd, LOOP_SET_STATUS64, &info) < 0)
		return err_sys(e, "cannot %s loop device '%s' when nobody uses it", on ? "free" : "keep",
			       device);
	return 0;
}
