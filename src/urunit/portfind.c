/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the control port, which appears some time after its driver. */
#include "urunit/portfind.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/ctl.h"
#include "urunit/file.h"
#include "urunit/text.h"
#include "urunit/uapi.h"

#define CLASS_DIR "/sys/class/virtio-ports"
#define VIRTIO_ID_CONSOLE "0x0003"

int uevent_open(void)
{
	struct u_sockaddr_nl addr = {.family = AF_NETLINK, .groups = 1};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, U_NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_control_port(const char *dir, const char *name, void *arg)
{
	char port[sizeof(CTL_PORT_NAME) + 2];

	if (strlen(name) >= UPORT_NODE_BYTES || !ufile_attr(dir, name, "name", port, sizeof(port)) ||
	    strcmp(port, CTL_PORT_NAME) != 0)
		return false;
	memcpy(arg, name, strlen(name) + 1);
	return true;
}

bool uport_find(const char *class_dir, char ret[UPORT_NODE_BYTES])
{
	return udir_each(class_dir, is_control_port, ret);
}

static bool is_console(const char *dir, const char *name, void *arg)
{
	char id[16];

	(void)arg;
	return ufile_attr(dir, name, "device", id, sizeof(id)) && strcmp(id, VIRTIO_ID_CONSOLE) == 0;
}

bool uport_device_present(const char *devices_dir)
{
	return udir_each(devices_dir, is_console, NULL);
}

static int open_node(const char *name)
{
	struct utext path = {0};

	utext_add(&path, "/dev/");
	utext_add(&path, name);
	return open(path.s, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

static long now_ms(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Forgets the events so far: what they told is in /sys, where the caller looks next. */
static void drain(int uevent_fd)
{
	char event[512];

	while (recv(uevent_fd, event, sizeof(event), MSG_TRUNC) >= 0)
		;
}

int uport_open(int uevent_fd, int timeout_ms)
{
	long end = now_ms() + timeout_ms;
	char name[UPORT_NODE_BYTES];

	for (;;) {
		if (uevent_fd >= 0)
			drain(uevent_fd);
		if (uport_find(CLASS_DIR, name)) {
			int fd = open_node(name);

			/* The node and the name come in either order; an event follows each. */
			if (fd >= 0)
				return fd;
		}

		struct pollfd p = {.fd = uevent_fd, .events = POLLIN};
		long left = end - now_ms();

		if (timeout_ms < 0 || uevent_fd < 0 || left <= 0 || poll(&p, 1, (int)left) <= 0)
			return -1;
	}
}
