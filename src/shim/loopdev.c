/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching loop devices. */
#include "shim/loopdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/fd.h"

/* Others look for free devices, too. */
#define TRIES 64

static int attach_to(int device, int file, const char *path, int read_only, int direct_io)
{
	struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};

	if (ioctl(device, LOOP_SET_FD, file) < 0)
		return -errno;
	if (read_only)
		info.lo_flags |= LO_FLAGS_READ_ONLY;
	snprintf((char *)info.lo_file_name, sizeof(info.lo_file_name), "%s", path);
	if (ioctl(device, LOOP_SET_STATUS64, &info) < 0) {
		int r = -errno;

		ioctl(device, LOOP_CLR_FD, 0);
		return r;
	}
	/* A wish: not every file system can. */
	if (direct_io)
		ioctl(device, LOOP_SET_DIRECT_IO, 1ul);
	return 0;
}

int loopdev_attach(const char *path, int read_only, int direct_io, char name[LOOPDEV_NAME_BYTES], int *ret_fd,
		   struct err *e)
{
	int mode = read_only ? O_RDONLY : O_RDWR, r = -EBUSY;
	_cleanup_fd_ int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	_cleanup_fd_ int file = open(path, mode | O_CLOEXEC);

	if (control < 0)
		return err_sys(e, "cannot open /dev/loop-control");
	if (file < 0)
		return err_sys(e, "cannot open '%s'", path);
	for (int i = 0; i < TRIES && r == -EBUSY; i++) {
		_cleanup_fd_ int device = -1;
		int number = ioctl(control, LOOP_CTL_GET_FREE);

		if (number < 0)
			return err_sys(e, "there is no free loop device");
		snprintf(name, LOOPDEV_NAME_BYTES, "/dev/loop%d", number);
		device = open(name, mode | O_CLOEXEC);
		if (device < 0)
			return err_sys(e, "cannot open '%s'", name);
		r = attach_to(device, file, path, read_only, direct_io);
		if (r == 0)
			*ret_fd = fd_steal(&device);
	}
	return r < 0 ? err_set(e, -r, "cannot attach '%s' to a loop device: %s", path, strerror(-r)) : 0;
}
