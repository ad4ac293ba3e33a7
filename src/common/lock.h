/* SPDX-License-Identifier: Apache-2.0 */
/* File locks that are waited for, but not for ever. */
#ifndef URUNC_COMMON_LOCK_H
#define URUNC_COMMON_LOCK_H

/* flock(fd, LOCK_EX). Returns 0, -EWOULDBLOCK when somebody else still has it after that time, or -errno. Uses SIGALRM and the
 * real-time timer meanwhile, and puts the signal's handler and mask back. */
int lock_within(int fd, int timeout_ms);

#endif
