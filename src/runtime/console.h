/* SPDX-License-Identifier: Apache-2.0 */
/* Pseudo-terminals of containers, and descriptors sent to engines over their sockets. */
#ifndef URUNC_RUNTIME_CONSOLE_H
#define URUNC_RUNTIME_CONSOLE_H

#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

#define CONSOLE_NAME_BYTES 32

/* A new pty of the given size (0 x 0: left alone), its slave owned by uid. Both ends O_CLOEXEC, not the
 * controlling terminal of anybody. ret_name: "/dev/pts/N". */
int console_open(uint32_t width, uint32_t height, uid_t uid, int *ret_master, int *ret_slave,
		 char ret_name[CONSOLE_NAME_BYTES], struct err *e) _must_check_;
/* In the container's process, a session leader: makes slave its controlling terminal and its fds 0, 1, 2. */
int console_adopt(int slave, struct err *e) _must_check_;
/* Connects to the stream socket at path and sends fd by SCM_RIGHTS with `payload` as the data (the --console-socket
 * protocol; also --pidfd-socket). */
int fd_send_to(const char *path, int fd, const char *payload, const char *what, struct err *e) _must_check_;

#endif
