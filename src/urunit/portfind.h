/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the control port, which appears some time after its driver. */
#ifndef URUNC_URUNIT_PORTFIND_H
#define URUNC_URUNIT_PORTFIND_H

#include <stdbool.h>
#include <stddef.h>

#define UPORT_NODE_BYTES 32

/* A socket that hears of new devices; open it before loading drivers. -1 when the kernel has none. */
int uevent_open(void);

/* The entry of class_dir (normally /sys/class/virtio-ports) whose name attribute is CTL_PORT_NAME. */
bool uport_find(const char *class_dir, char ret[UPORT_NODE_BYTES]);

/* Whether devices_dir (normally /sys/bus/virtio/devices) has a console device, which may bring a port. */
bool uport_device_present(const char *devices_dir);

/* Opens the control port, waiting for it up to timeout_ms on the uevent socket (-1 = do not wait).
 * Returns a non-blocking descriptor, or -1. */
int uport_open(int uevent_fd, int timeout_ms);

#endif
