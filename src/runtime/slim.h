/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping a resident process small: it is a copy of a program that did much more. */
#ifndef URUNC_RUNTIME_SLIM_H
#define URUNC_RUNTIME_SLIM_H

#include <poll.h>
#include <stddef.h>

/* Gives back the pages of the stack below the caller's frame. */
void slim_stack(void);

/* poll(2) for a process that waits for hours: before it blocks, the program's code and constants are taken out of its
 * memory (they come back from the page cache when they are needed, in microseconds). What stays mapped while it waits is
 * the neighbourhood of this function. Returns as poll does, but with -errno. */
int slim_poll(struct pollfd *fds, size_t n, int timeout_ms);

#endif
