/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal of a process: the runtime makes it and sends its master over a socket. */
#ifndef URUNC_SHIM_CONSOLE_H
#define URUNC_SHIM_CONSOLE_H

#include <stdint.h>

#include "common/err.h"

struct console {
	int listener, master;
	char *dir; /* of the socket */
	char path[108];
};

void console_init(struct console *c);
/* Makes the socket, in a directory of its own; its path is in c->path. */
int console_listen(struct console *c, struct err *e) _must_check_;
/* Takes the master which a runtime that has ended must have sent; never waits. The socket goes. */
int console_receive(struct console *c, struct err *e) _must_check_;
int console_resize(const struct console *c, uint32_t width, uint32_t height, struct err *e) _must_check_;
void console_done(struct console *c);

#endif
