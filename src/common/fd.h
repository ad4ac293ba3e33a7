/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors as owned values. */
#ifndef URUNC_COMMON_FD_H
#define URUNC_COMMON_FD_H

#include <sys/types.h>

#include "common/err.h"

/* Closes *fd if >= 0 and sets it to -1; errno is preserved. */
void fd_close(int *fd);
/* Hands the descriptor over: returns *fd and sets it to -1. */
int fd_steal(int *fd);
#define _cleanup_fd_ __attribute__((cleanup(fd_close)))

/* close_range(2) above last, with a /proc-free fallback loop for kernels before 5.9. */
void fd_close_from(int first);
/* Moves fd to exactly `to` without CLOEXEC (for a descriptor that must pass exec). */
int fd_move(int fd, int to, struct err *e) _must_check_;
/* Connects to the stream socket of that name. One whose queue of connections is full is waited for that long, then it is
 * -ETIMEDOUT; with 0 it is that at once, and the descriptor is non-blocking. */
int fd_connect(const char *path, int timeout_ms, int *ret_fd, struct err *e) _must_check_;
/* Opens /dev/null on any of 0,1,2 that is closed, so that no later open lands there. */
int fd_sanitize_stdio(struct err *e) _must_check_;

#endif
